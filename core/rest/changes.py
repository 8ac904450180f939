"""The changes of a record, as the API tells them."""

from collections import defaultdict

from django.db.models import ForeignKey
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action

from core.changes import ChangeEntry, entries, feed_of
from core.models import Change, Version
from core.rest.pagination import Pages
from core.rest.references import key_of, kind_of


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
    """For each field change of a reference, the keys that the API has for the numbers that the database keeps."""
    fields = [
        (change, model)
        for entry in told
        for row in entry.rows
        for change in row.fields
        if isinstance(reference := row.model._meta.get_field(change.field), ForeignKey)
        if key_of(model := reference.related_model) != model._meta.pk.name
    ]
    numbers = defaultdict(set)
    for change, model in fields:
        numbers[model] |= {change.old, change.new} - {None}
    keys = {
        model: dict(model._base_manager.filter(pk__in=wanted).values_list("pk", key_of(model)))
        for model, wanted in numbers.items()
        if hasattr(model, key_of(model))
    }
    return {id(change): keys[model] for change, model in fields}


class WithChanges:
    """A view of records that also tells each one's changes."""

    @extend_schema(responses=ChangeSerializer(many=True))
    @action(detail=True, parameters=Pages.parameters)
    def changes(self, request, **kwargs):
        """Every change of the record and of its facts, newest first: who, when, why, from which source, and what."""
        record = self.find(self.queryset.model.objects.all())
        told = entries(self.paginate_queryset(feed_of(record)), record)
        context = {**self.get_serializer_context(), "keys": keys_of_references(told)}
        return self.get_paginated_response(ChangeSerializer(told, many=True, context=context).data)
