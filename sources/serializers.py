"""How sources and citations are told, and what every cited record has beside its own fields."""

import re
from functools import cache, cached_property

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.model_meta import get_field_info

from core.rest.references import Reference, key_of, kind_of
from core.rest.serializers import ChangeNote, Choice, FactSerializer, RecordSerializer, Text
from core.text import validate_line
from sources.evidence import support, tally
from sources.models import Citation, CitedRecord, Source


class SourceReference(Reference):
    model = Source
    route = "source"
    tells = ("title", "publisher", "published_on")


class SourceSerializer(RecordSerializer):
    route = "source"
    # `url` is where the API tells the record.
    address = serializers.URLField(source="url", max_length=600, required=False, allow_blank=True)
    archived_address = serializers.URLField(source="archived_url", max_length=600, required=False, allow_blank=True)

    class Meta:
        model = Source
        fields = [
            "slug",
            "title",
            "publisher",
            "address",
            "archived_address",
            "published_on",
            "language",
            "kind",
            "reprint_of",
            "note",
        ]


@cache
def cited_kinds() -> dict[str, type[CitedRecord]]:
    """The kinds of record that can be cited, by the name that the API has for them: "co-management-role"."""
    models = [model for model in apps.get_models() if issubclass(model, CitedRecord) and not model._meta.proxy]
    return {kind_of(model): model for model in models}


def target_of(text: str) -> CitedRecord:
    """The record told as `park:jiangyin-jingjiang` or `co-management-role:17`. Raises ValidationError."""
    kind, _colon, key = text.partition(":")
    model = cited_kinds().get(kind)
    if model is None:
        raise ValidationError(
            _("Write what is cited as kind:key, the kind one of: %s.") % ", ".join(sorted(cited_kinds()))
        )
    name = key_of(model)
    if name == "id" and not re.fullmatch(r"[0-9]{1,18}", key):
        raise ValidationError(_("Write the id of the %(kind)s, a whole number.") % {"kind": kind})
    record = model.objects.filter(**{name: key}).first()
    if record is None:
        raise ValidationError(_("There is no %(kind)s “%(key)s”.") % {"kind": kind, "key": key[:60]})
    return record


def told_target(record: CitedRecord) -> str:
    return f"{kind_of(type(record))}:{getattr(record, key_of(type(record)))}"


@extend_schema_field({"type": "string", "examples": ["park:jiangyin-jingjiang", "co-management-role:17"]})
class Target(Text):
    """What is cited: a park, a division, a role, a figure ..."""

    def __init__(self, **kwargs):
        super().__init__(source="*", **kwargs)

    def to_representation(self, citation):
        if citation.target is None:
            # SQL by hand took it away and left this.
            return f"{citation.content_type.model}:{citation.object_id}"
        return told_target(citation.target)

    def to_internal_value(self, data):
        try:
            record = target_of(super().to_internal_value(data))
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        content_type = ContentType.objects.get_for_model(record)
        return {"content_type": content_type, "object_id": str(record.pk)}


class CitationNoteSerializer(FactSerializer):
    """A citation as told with what it cites."""

    class Meta:
        model = Citation
        fields = ["id", "source", "field", "stance", "stated_value", "locator", "quote", "confidence", "note"]


class CitationSerializer(RecordSerializer):
    route = "citation"
    target = Target()

    class Meta:
        model = Citation
        fields = ["id", "target", "source", "field", "stance", "stated_value", "locator", "quote", "confidence", "note"]

    def validate(self, values):
        """What it cites never changes: whoever read it there would find it said of something else."""
        if self.instance is not None and any(
            name in values and values[name] != getattr(self.instance, name) for name in ("content_type", "object_id")
        ):
            lasting = self.fields["target"].to_representation(self.instance)
            raise serializers.ValidationError({"target": [_("This never changes: it stays “%s”.") % lasting]})
        return super().validate(values)


class CitedChangeNote(ChangeNote):
    """Where a change comes from: kept with it, and cited for all that it makes and changes."""

    also = ("change_reason", "source", "source_locator", "source_confidence")
    source = SourceReference(write_only=True, required=False, help_text=_("The source that says so, by its slug."))
    source_locator = Text(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=120,
        validators=[validate_line],
        help_text=_("Where in the source: ¶2."),
    )
    source_confidence = Choice(Citation.Confidence.choices, write_only=True, required=False)


class DisputeSerializer(serializers.Serializer):
    """What a source says against what is recorded."""

    field = serializers.CharField(help_text=_("The field that is disputed; empty for the whole record."))
    accepted = serializers.SerializerMethodField(help_text=_("What is recorded."))
    stated = serializers.CharField(source="stated_value", help_text=_("What the source states instead."))
    source = SourceReference(read_only=True)
    reason = serializers.CharField(source="note", help_text=_("Why the record has it otherwise."))
    citation = serializers.IntegerField(source="id", help_text=_("The id of the citation that disputes it."))

    @extend_schema_field({"description": "As the record tells it."})
    def get_accepted(self, citation):
        return self.context["accepted"](citation.field)


@extend_schema_field(DisputeSerializer(many=True))
class Disputes(serializers.Field):
    """Both values of each field that a source disputes, with the source and the reason for the decision."""

    def __init__(self):
        super().__init__(source="*", read_only=True)

    @cached_property
    def telling(self) -> dict[str, serializers.Field]:
        """What tells each field that can be cited, by the model's names: as the row tells it where that is not left out
        of the answer, by the query or since the row stands in what it refers to.
        """
        row = type(self.parent)(context=self.context)
        model = row.Meta.model
        # A reference may be told twice, the second time by its address.
        told = {field.source: field for field in reversed([*row.fields.values()]) if not field.write_only}
        for name in model.citable_fields():
            if name not in told:
                field_class, options = row.build_field(name, get_field_info(model), model, 0)
                row.fields[name] = told[name] = field_class(**options)
        return {name: told[name] for name in model.citable_fields()}

    def to_representation(self, record):
        def accepted(name):
            # The whole record has no one value; nor does a field that SQL by hand or an old release has cited.
            value = getattr(record, name) if name in self.telling else None
            return None if value is None else self.telling[name].to_representation(value)

        disputing = [each for each in record.citations.all() if each.stance == Citation.Stance.DISPUTES]
        context = {**self.context, "accepted": accepted}
        return DisputeSerializer(disputing, many=True, context=context).data


class SupportSerializer(serializers.Serializer):
    """How well a fact is evidenced: a reprint is one voice with what it reprints."""

    cited = serializers.BooleanField()
    sources = serializers.IntegerField(help_text=_("How many sources support it that do not repeat each other."))
    disputed = serializers.BooleanField()

    def to_representation(self, told):
        return super().to_representation(support(told) if isinstance(told, CitedRecord) else told)


class CitedFactSerializer(FactSerializer):
    """A fact with its citations, its evidence and what is disputed of it, when asked to `expand` citations."""

    told_when = {**FactSerializer.told_when, "citations": "citations", "disputes": "citations", "support": "citations"}
    citations = CitationNoteSerializer(many=True, read_only=True)
    disputes = Disputes()
    support = SupportSerializer(source="*", read_only=True)

    def get_field_names(self, declared_fields, info):
        return [*super().get_field_names(declared_fields, info), "support", "citations", "disputes"]


class EvidenceSerializer(serializers.Serializer):
    """How many facts of a record are cited. Its filled fields and its rows are its facts: see `sources.evidence`."""

    facts = serializers.IntegerField()
    cited = serializers.IntegerField(help_text=_("How many of the facts some source supports."))
    single_source = serializers.IntegerField(help_text=_("How many of these one voice alone supports."))
    disputed = serializers.IntegerField(help_text=_("How many values some source disputes."))
    uncited = serializers.IntegerField(help_text=_("How many of the facts no source supports."))

    def to_representation(self, record):
        return tally(record)


class CitedRecordSerializer(CitedChangeNote, CitedFactSerializer, RecordSerializer):
    """A record of its own, with how well it and its facts are evidenced."""

    also = ("evidence", *CitedChangeNote.also)
    evidence = EvidenceSerializer(source="*", read_only=True)
