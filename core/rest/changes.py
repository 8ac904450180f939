"""The changes of a record, and of all, as the API tells them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.reverse import reverse

from core.bulk import batches
from core.changes import FieldChange, RowChange, entries_of, feed_of, row_changes, versions_of_any
from core.history import is_generic, label_of, record_models, versions_of
from core.models import Change, Record, Version
from core.rest.filters import RecordFilter, Where, WhereRow
from core.rest.pagination import Newest, Pages
from core.rest.parameters import Choice, Instant, Text
from core.rest.references import key_of, kind_of, records_ever
from core.rest.streaming import CHUNK, Streamed
from core.rest.views import ApiView
from core.settling import settled

# An import is one entry and may have thousands of rows: the first are told, fewer of each where many entries are asked.
ROWS_TOLD, ROWS_OF_A_PAGE = 100, 5000

# Of what came between a reading and an edit, so many rows are told, and so much of each value.
CHANGES_TOLD, VALUE_TOLD = 20, 80


@extend_schema_field({"description": "As kept; a reference by its key."})
class Value(serializers.Field):
    def to_representation(self, value):
        return value


class FieldChangeSerializer(serializers.Serializer):
    field = serializers.CharField()
    old = Value()
    new = Value()


class RowChangeSerializer(serializers.Serializer):
    record = serializers.SerializerMethodField(help_text=_("What was changed, as kind:key: co-management-role:17."))
    label = serializers.CharField(help_text=_("The kind of record, in words."))
    operation = serializers.ChoiceField(Version.Operation.choices)
    fields = FieldChangeSerializer(many=True)

    def get_record(self, row) -> str:
        return f"{kind_of(row.model)}:{row.version.data.get(key_of(row.model), row.key)}"


class ChangeSerializer(serializers.Serializer):
    """One edit: who, when, why, from which source, and each row and field that it changed."""

    id = serializers.IntegerField(source="change.id")
    at = serializers.DateTimeField()
    person = serializers.SerializerMethodField(help_text=_("Who; null for a program."))
    origin = serializers.ChoiceField(Change.Origin.choices, source="change.origin")
    reason = serializers.CharField(source="change.reason")
    source = serializers.CharField(source="change.source", help_text=_("The slug of the source."))
    row_count = serializers.IntegerField(help_text=_("How many rows it changed, of those asked for."))
    rows_url = serializers.SerializerMethodField(help_text=_("The address of them all, page by page."))
    rows = RowChangeSerializer(many=True, help_text=_("The first of them."))

    def get_person(self, entry) -> str | None:
        return entry.person.get_username() if entry.person else None

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_rows_url(self, entry):
        address = reverse("change-rows", args=[entry.change.id], request=self.context["request"])
        return f"{address}?{urlencode(asked)}" if (asked := self.context["rows_asked"]) else address


def with_keys(rows: Iterable[RowChange]) -> list[RowChange]:
    """The same rows with the keys of the API for the numbers by which the database keeps references.

    What a citation is for, two columns of its row, becomes one: `target`, as kind:key. Keys of records deleted since
    too: the history has them, and a key never changes.
    """
    rows, numbers = list(rows), defaultdict(set)
    for row in rows:
        for change in row.fields:
            if model := _referred_to(row, change.field):
                numbers[model] |= {str(change.old), str(change.new)}
    keys = {model: _keys_of(model, wanted) for model, wanted in numbers.items()}
    for row in rows:
        row.fields = [_with_key(row, change, keys) for change in row.fields if change.field != _kind_field(row)]
    return rows


def changes_since(record: Record, version: int) -> list[dict]:
    """What others did to the record and its facts after this version of it, as a problem document tells it: a field of
    the record at its pointer, what else is told of it at the whole.
    """
    versions = versions_of(record).filter(id__gt=version).select_related("change__person").order_by("id")
    told = []
    for row in with_keys(row_changes(versions[:CHANGES_TOLD])):
        change, own = row.version.change, row.version.model == label_of(type(record))
        by = f"{change.person or change.get_origin_display()}, {change.at:%Y-%m-%dT%H:%M:%SZ}"
        name = f"{kind_of(row.model)}:{row.version.data.get(key_of(row.model), row.key)}"
        if row.operation != Version.Operation.CHANGED:
            told.append({"pointer": "#", "detail": f"{name}: {row.version.get_operation_display()} ({by})"})
            continue
        for field in row.fields:
            old, new = ("" if value is None else str(value)[:VALUE_TOLD] for value in (field.old, field.new))
            detail = f"“{old}” → “{new}” ({by})"
            pointer, detail = (f"#/{field.field}", detail) if own else ("#", f"{name}: {field.field} {detail}")
            told.append({"pointer": pointer, "detail": detail})
    return told


def _keys_of(model: type[Record], numbers: set[str]) -> dict[str, str]:
    """The keys that the records of these numbers have or had; none where the number is the key."""
    key = key_of(model)
    if key == model._meta.pk.name:
        return {}
    made = Version.objects.filter(model=label_of(model), key__in=numbers, operation=Version.Operation.CREATED)
    return dict(made.values_list("key", f"data__{key}"))


def _with_key(row: RowChange, change: FieldChange, keys: dict) -> FieldChange:
    model = _referred_to(row, change.field)
    if model is None:
        return change
    old, new = (keys[model].get(str(value), value) for value in (change.old, change.new))
    target = _target_of(row)
    if target is None or change.field != target.fk_field:
        return FieldChange(change.field, old, new)
    return FieldChange(target.name, *(None if key is None else f"{kind_of(model)}:{key}" for key in (old, new)))


def _referred_to(row: RowChange, name: str) -> type[Record] | None:
    """The kind of record that the field of this name refers to, if any."""
    target = _target_of(row)
    if target and name == target.fk_field:
        column = row.model._meta.get_field(target.ct_field).column
        return ContentType.objects.get_for_id(row.version.data[column]).model_class()
    related = row.model._meta.get_field(name).related_model
    return related if related and issubclass(related, Record) else None


def _target_of(row: RowChange) -> GenericForeignKey | None:
    return row.model._meta.get_field(row.model.belongs_to) if is_generic(row.model) else None


def _kind_field(row: RowChange) -> str:
    """The field that says of what kind the target is, and is told with it."""
    target = _target_of(row)
    return target.ct_field if target else ""


# --- All changes ------------------------------------------------------------------------------------------------------


class Person(Text):
    """Somebody who has changed something, by the name they log in with."""

    def read(self, text):
        person = get_user_model().objects.filter(username=text).first()
        # Who has only read is nobody's business.
        if person is None or not Change.objects.filter(person=person).exists():
            self.refuse(_("Nobody called “%(value)s” has changed anything."), text)
        return person


class OfRecord(Text):
    """A record that there is or was, by its key; read as every record that has or had it."""

    def __init__(self, model: type[Record], help_text=""):
        super().__init__(help_text)
        self.model = model

    def read(self, text):
        records = records_ever(self.model, text)
        if not records:
            self.refuse(_("There is no such record, nor was there one: “%(value)s”."), text)
        return records


class AnyRecord(Text):
    """A record of any kind that there is or was, as kind:key; read as every record that has or had that key."""

    def read(self, text):
        kind, _colon, key = text.partition(":")
        records = records_ever(kinds()[kind], key) if kind in kinds() and key else []
        if not records:
            self.refuse(_("There is no such record, nor was there one: “%(value)s”."), text)
        return records


def kinds() -> dict[str, type[Record]]:
    return {kind_of(model): model for model in record_models()}


class ChangeFilter(RecordFilter):
    person = Where(
        Person(_("Who made the change; empty for programs.")), lambda who, on: Q(person=who), unknown=Q(person=None)
    )
    at__gte = Where(Instant(_("At this instant or later.")), lambda instant, on: Q(at__gte=instant), alone=True)
    at__lte = Where(Instant(_("At this instant or earlier.")), lambda instant, on: Q(at__lte=instant), alone=True)
    model = WhereRow(
        Choice([(kind, "") for kind in kinds()], _("Changes of records of this kind.")),
        lambda kind, on: Q(model=label_of(kinds()[kind])),
    )
    record = WhereRow(
        AnyRecord(_("Changes of this record, its facts and citations, as kind:key: agreement:wuxi-taizhou-2023.")),
        lambda records, on: Q(pk__in=versions_of_any(*records).values("pk")),
        alone=True,
    )

    class Meta:
        model = Change
        fields = ["origin"]


class ChangesView(Streamed, ApiView, GenericAPIView):
    """Every change of the registry, newest first: who, when, why, from which source, and what."""

    queryset = Change.objects.select_related("person")
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    pagination_class = Newest
    looks_back = True
    # They tell people by a name that can be changed, which is no change of the registry.
    kept = False
    # Programs follow what they tell, and would take an old answer for the news that there are none.
    shared = False

    def known_parameters(self):
        return super().known_parameters() | self.filterset_class.known() | self.pages(Newest.parameters)

    @extend_schema(operation_id="changes_list", responses=ChangeSerializer(many=True))
    def get(self, request, **kwargs):
        changes, (versions, names) = settled(self.queryset.all()), rows_asked(self)
        filters = self.filterset_class.base_filters
        for name in filters.keys() & self.asked.keys() - set(names):
            changes = filters[name].filter(changes, self.asked[name])
        if names:
            changes = changes.filter(id__in=versions.values("change"))
        asked = {name: request.query_params[name] for name in names}
        return tell_changes(self, changes, versions if names else None, asked)


class ChangeRowsView(Streamed, ApiView, GenericAPIView):
    """All rows that one change changed, or those of a kind or record, in the order in which they were written."""

    queryset = Change.objects.all()
    serializer_class = RowChangeSerializer
    filterset_class = ChangeFilter
    pagination_class = Pages
    looks_back = True

    def known_parameters(self):
        filters = self.filterset_class.base_filters
        known = {
            name: each for name, each in self.filterset_class.known().items() if isinstance(filters[name], WhereRow)
        }
        return super().known_parameters() | known | self.pages(Pages.parameters)

    @extend_schema(operation_id="changes_rows_list", responses=RowChangeSerializer(many=True))
    def get(self, request, id, **kwargs):
        if not self.queryset.filter(id=id).exists():
            raise Http404(_("There is no %(kind)s “%(key)s”.") % {"kind": Change._meta.verbose_name, "key": id})
        versions, _names = rows_asked(self)
        versions, serializer = versions.filter(change=id).order_by("id"), self.get_serializer()
        if self.is_streamed:
            return self.stream(lambda: map(serializer.to_representation, _rows_of(versions)), serializer)
        page = self.paginate_queryset(versions)
        return self.get_paginated_response([serializer.to_representation(row) for row in with_keys(row_changes(page))])


def _rows_of(versions: QuerySet[Version]) -> Iterator[RowChange]:
    for batch in batches(versions.iterator(chunk_size=CHUNK), CHUNK):
        yield from with_keys(row_changes(batch))


def rows_asked(view) -> tuple[QuerySet[Version], list[str]]:
    """The rows that the query asks about, any if it does not, and the names of the filters that say so."""
    versions, filters = Version.objects.all(), view.filterset_class.base_filters
    names = [name for name in view.asked if isinstance(filters.get(name), WhereRow)]
    for name in names:
        versions = filters[name].filter(versions, view.asked[name])
    return versions, names


class WithChanges:
    """A view of records that also tells each one's changes."""

    @extend_schema(responses=ChangeSerializer(many=True))
    @action(detail=True, parameters=Newest.parameters, pagination_class=Newest, kept=False, shared=False)
    def changes(self, request, **kwargs):
        """Every change of the record and of its facts, newest first: who, when, why, from which source, and what.

        Those of a record that has been deleted too, also where another has its key now.
        """
        model, key = self.queryset.model, self.kwargs[self.lookup_field]
        records = records_ever(model, key)
        if not records:
            self.find(model.objects.none())
        asked = {"record": f"{kind_of(model)}:{key}"}
        return tell_changes(self, settled(feed_of(*records)), versions_of_any(*records), asked)


def tell_changes(view, changes: QuerySet[Change], versions: QuerySet[Version] | None, asked: dict[str, str]):
    """A page of the changes, or all, with what they did to the rows of `versions`, or if None, to any; `asked` asks
    for just these rows.
    """
    looking_back = {name: view.request.query_params[name] for name in ("known", "lang") if name in view.asked}
    serializer = ChangeSerializer(context={**view.get_serializer_context(), "rows_asked": {**asked, **looking_back}})

    def told(page, most):
        entries = entries_of(page, versions, most)
        with_keys(row for entry in entries for row in entry.rows)
        return [serializer.to_representation(entry) for entry in entries]

    if view.is_streamed:
        read = changes.order_by("-id")
        size = ROWS_OF_A_PAGE // ROWS_TOLD
        return view.stream(
            lambda: (
                entry for page in batches(read.iterator(chunk_size=size), size) for entry in told(page, ROWS_TOLD)
            ),
            serializer,
        )
    page = view.paginate_queryset(changes)
    return view.get_paginated_response(told(page, min(ROWS_TOLD, ROWS_OF_A_PAGE // view.paginator.limit)))
