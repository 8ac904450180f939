"""How a record is told field by field, as its serializer says: found out once for a serializer, not for each record.

The serializer's fields stay the one declaration of what is told. The REST framework asks each of them anew where its
value is and whether that is to be called, told as a text or told at all, which takes longer than to read the record.
"""

from collections.abc import Callable
from functools import partial
from inspect import isbuiltin, isfunction, ismethod
from operator import attrgetter
from typing import NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from rest_framework import serializers

from core.loading import rows_of
from core.rest.references import Reference

# Those by which a field tells what the database gives as it is.
AS_IT_IS = {
    serializers.ChoiceField.to_representation,
    serializers.BooleanField.to_representation,
    serializers.IntegerField.to_representation,
}


class Step(NamedTuple):
    """One field: where its value is, and how that is told; None: as it is."""

    name: str
    read: Callable[[models.Model], object]
    tell: Callable[[object], object] | None
    field: serializers.Field


def steps_of(serializer: serializers.ModelSerializer) -> list[Step]:
    """How `serializer` tells a record of its model, in the order of its fields."""
    model = serializer.Meta.model
    fields = [field for field in serializer.fields.values() if not field.write_only]
    return [Step(field.field_name, _reader(model, field), _teller(field), field) for field in fields]


def told(record: models.Model, steps: list[Step]) -> dict:
    """What a serializer of these `steps` tells of `record`."""
    values = {}
    for name, read, tell, field in steps:
        try:
            value = read(record)
        except (AttributeError, KeyError, ObjectDoesNotExist):
            # The framework knows whether something is told in its place, or nothing.
            try:
                value = field.get_attribute(record)
            except serializers.SkipField:
                continue
        values[name] = value if tell is None or value is None else tell(value)
    return values


def _reader(model, field):
    if field.source == "*":
        return _itself
    names = {each.name for each in model._meta.related_objects}
    if isinstance(field, serializers.ListSerializer) and field.source in names:
        return partial(rows_of, name=field.source)
    for name in field.source_attrs:
        if model is None or _is_called(getattr(model, name, None)):
            return field.get_attribute
        model = next((each.related_model for each in model._meta.concrete_fields if each.name == name), None)
    return attrgetter(field.source)


def _is_called(found):
    return isfunction(found) or ismethod(found) or isbuiltin(found)


def _itself(record):
    return record


def _teller(field):
    way = type(field).to_representation
    if way in AS_IT_IS:
        return None
    if way is serializers.CharField.to_representation:
        return str
    if way is Reference.to_representation:
        return partial(field.told, context=field.context)
    return field.to_representation
