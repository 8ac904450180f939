"""How imports are told and sent over the API."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.reverse import reverse

from core.rest.references import Address, address_of
from core.rest.serializers import ChangeNote, Text, YesNo
from exchange.imports.report import OUTCOMES
from exchange.imports.running import as_it_is
from exchange.models import Import
from exchange.tables import find_table, tables


class Kind(Text):
    """The name of a table: `parks`, `co-management-roles`, or its last words: `roles`."""

    def to_internal_value(self, data):
        table = find_table(super().to_internal_value(data))
        if table is None:
            raise serializers.ValidationError(
                _("There is no kind of record “%(value)s”. There are: %(kinds)s.")
                % {"value": str(data)[:60], "kinds": ", ".join(tables())}
            )
        return table.name


class SentSerializer(ChangeNote):
    """A file of records, and what is kept with the change that it may become."""

    file = serializers.FileField(allow_empty_file=True, help_text=_("CSV, XLSX or NDJSON."))
    kind = Kind(help_text=_("What its rows are: parks, roles, observations and so on."))
    sheet = Text(required=False, help_text=_("Of a workbook: which sheet; the first that has a header if not given."))
    encoding = Text(required=False, max_length=20, help_text=_("Of CSV."))
    separator = Text(
        required=False, max_length=3, trim_whitespace=False, help_text=_("Of CSV: found out if not given.")
    )
    source = Text(required=False, max_length=120, help_text=_("The slug of the source that all of it is cited to."))


class ApplyingSerializer(ChangeNote):
    """How to apply an import."""

    only_good = YesNo(required=False, default=False, help_text=_("Leave out the lines that are wrong."))


class UndoingSerializer(ChangeNote):
    """Why an import is undone."""


class ImportSerializer(serializers.ModelSerializer):
    """One file of records, and what became of it."""

    url = Address("import", "pk")
    person = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    rows = serializers.SerializerMethodField(help_text=_("Where is told what was said of each line."))
    change = serializers.SerializerMethodField(help_text=_("Where is told what it wrote; null where it wrote nothing."))
    undone_by = serializers.SerializerMethodField(help_text=_("Where is told what undoing it wrote."))

    class Meta:
        model = Import
        fields = [
            "id",
            "url",
            "kind",
            "name",
            "format",
            "bytes",
            "sha256",
            "person",
            "source",
            "reason",
            "at",
            "state",
            "new",
            "changed",
            "unchanged",
            "errors",
            "rows",
            "change",
            "undone_by",
        ]

    def to_representation(self, upload):
        return super().to_representation(as_it_is(upload))

    def get_rows(self, upload) -> str:
        return f"{address_of(self.context, 'import', upload.pk)}rows/"

    def get_change(self, upload) -> str | None:
        return self._rows_of(upload.change_id)

    def get_undone_by(self, upload) -> str | None:
        return self._rows_of(upload.undone_by_id)

    def _rows_of(self, change_id):
        return change_id and reverse("change-rows", args=[change_id], request=self.context.get("request"))


class ChangedCellSerializer(serializers.Serializer):
    column = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class ProblemSerializer(serializers.Serializer):
    column = serializers.CharField(help_text=_("Empty where the whole line is meant."))
    reason = serializers.CharField()


class MeantSerializer(serializers.Serializer):
    column = serializers.CharField()
    written = serializers.CharField()
    meant = serializers.CharField()


class ReportLineSerializer(serializers.Serializer):
    """What was said of one line of a file."""

    line = serializers.IntegerField(help_text=_("Of a workbook: the row."))
    outcome = serializers.ChoiceField(OUTCOMES)
    key = serializers.DictField(help_text=_("What the record is known by."))
    changes = ChangedCellSerializer(many=True)
    problems = ProblemSerializer(many=True)
    meant = MeantSerializer(many=True, help_text=_("Which record was meant by a name in place of a key."))
