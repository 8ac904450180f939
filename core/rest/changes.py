"""The changes of a record, and of all, as the API tells them."""

from collections import defaultdict

from django.contrib.auth import get_user_model
from django.db.models import ForeignKey, Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView

from core.changes import ChangeEntry, entries, feed_of
from core.history import label_of, record_models
from core.models import Change, Record, Version
from core.rest.filters import RecordFilter, Where
from core.rest.pagination import Newest
from core.rest.parameters import Choice, Instant, Text
from core.rest.references import key_of, kind_of, records_ever
from core.rest.views import ApiView


@extend_schema_field({"description": "As kept; a reference by its key."})
class Value(serializers.Field):
    def to_representation(self, value):
        return value


class FieldChangeSerializer(serializers.Serializer):
    field = serializers.CharField()
    old = Value()
    new = Value()

    def to_representation(self, change):
        keys = self.context["keys"].get(id(change), {})
        return {"field": change.field, "old": keys.get(change.old, change.old), "new": keys.get(change.new, change.new)}


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
    rows = RowChangeSerializer(many=True)

    def get_person(self, entry) -> str | None:
        return entry.person.get_username() if entry.person else None


def keys_of_references(told: list[ChangeEntry]) -> dict[int, dict]:
    """For each field change of a reference, the keys that the API has for the numbers that the database keeps.

    Those of records deleted since too: the history has them, and a key never changes.
    """
    fields = [
        (change, model)
        for entry in told
        for row in entry.rows
        for change in row.fields
        if isinstance(reference := row.model._meta.get_field(change.field), ForeignKey)
        if issubclass(model := reference.related_model, Record) and key_of(model) != model._meta.pk.name
    ]
    numbers = defaultdict(set)
    for change, model in fields:
        numbers[model] |= {change.old, change.new} - {None}
    keys = {}
    for model, wanted in numbers.items():
        made = Version.objects.filter(
            model=label_of(model), key__in=[str(each) for each in wanted], operation=Version.Operation.CREATED
        )
        named = {int(number): key for number, key in made.values_list("key", f"data__{key_of(model)}")}
        keys[model] = named
    return {id(change): keys[model] for change, model in fields}


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


def touching(**versions) -> Q:
    return Q(id__in=Version.objects.filter(**versions).values("change"))


def kinds() -> dict[str, type[Record]]:
    return {kind_of(model): model for model in record_models()}


class ChangeFilter(RecordFilter):
    person = Where(
        Person(_("Who made the change; empty for programs.")), lambda who, on: Q(person=who), unknown=Q(person=None)
    )
    at__gte = Where(Instant(_("At this instant or later.")), lambda instant, on: Q(at__gte=instant), alone=True)
    at__lte = Where(Instant(_("At this instant or earlier.")), lambda instant, on: Q(at__lte=instant), alone=True)
    model = Where(
        Choice([(kind, "") for kind in kinds()], _("Changes that touched a record of this kind.")),
        lambda kind, on: touching(model=label_of(kinds()[kind])),
    )

    class Meta:
        model = Change
        fields = ["origin"]


class ChangesView(ApiView, GenericAPIView):
    """Every change of the registry, newest first: who, when, why, from which source, and what."""

    queryset = Change.objects.select_related("person")
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    pagination_class = Newest
    looks_back = True

    def known_parameters(self):
        return super().known_parameters() | self.filterset_class.known() | Newest.parameters

    @extend_schema(operation_id="changes_list", responses=ChangeSerializer(many=True))
    def get(self, request, **kwargs):
        changes = self.queryset.all()
        for name in self.filterset_class.base_filters.keys() & self.asked.keys():
            changes = self.filterset_class.base_filters[name].filter(changes, self.asked[name])
        return tell_changes(self, changes)


class WithChanges:
    """A view of records that also tells each one's changes."""

    @extend_schema(responses=ChangeSerializer(many=True))
    @action(detail=True, parameters=Newest.parameters, pagination_class=Newest)
    def changes(self, request, **kwargs):
        """Every change of the record and of its facts, newest first: who, when, why, from which source, and what.

        Those of a record that has been deleted too, also where another has its key now.
        """
        records = records_ever(self.queryset.model, self.kwargs[self.lookup_field])
        if not records:
            self.find(self.queryset.model.objects.none())
        return tell_changes(self, feed_of(*records), *records)


def tell_changes(view, changes, *records: Record):
    """A page of the changes, with what they did to `records` and their facts, or to any."""
    told = entries(view.paginate_queryset(changes), *records)
    context = {**view.get_serializer_context(), "keys": keys_of_references(told)}
    return view.get_paginated_response(ChangeSerializer(told, many=True, context=context).data)
