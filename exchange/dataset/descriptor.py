"""What `datapackage.json` tells of a table: Table Schema, version 1, read off the models."""

import inspect
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.dates import DATE_PATTERN, PERIOD_PATTERN, PartialDateField, PeriodField
from exchange.dataset.columns import fields_on, is_required, references_of, type_of
from exchange.tables import Column, Table

# The languages of titles and descriptions, and what the names of the latter end in.
LANGUAGES = {"": "en", "_zh": "zh-hans"}
SLUG = "[-a-zA-Z0-9_]+"


def described(table: Table) -> dict[str, Any]:
    """Name, titles and description of a table."""
    titles = _in_each("title", lambda: capfirst(table.model._meta.verbose_name_plural))
    return {"name": table.name, **titles, "description": inspect.cleandoc(table.model.__doc__)}


def schema_of(table: Table) -> dict[str, Any]:
    """The Table Schema: the fields with what their values have to be, and the keys."""
    return {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": [column.name for column in table.key],
        "foreignKeys": [
            {
                "fields": [column.name for column in columns],
                "reference": {
                    # A table's own name is not to be told (Table Schema, Foreign Keys).
                    "resource": "" if other.name == table.name else other.name,
                    "fields": [column.name for column in other.key],
                },
            }
            for columns, other in references_of(table)
        ],
    }


def _field(column: Column) -> dict[str, Any]:
    told = {"name": column.name, "type": type_of(column)}
    if isinstance(column.leaf, models.URLField):
        told["format"] = "uri"
    told |= _in_each("title", lambda: _title(column))
    told |= _in_each("description", lambda: _description(column))
    if not column.is_target and column.leaf.choices:
        for suffix, language in LANGUAGES.items():
            with override(language):
                told[f"labels{suffix}"] = {value: str(label) for value, label in column.leaf.choices}
    if constraints := _constraints(column):
        told["constraints"] = constraints
    return told


def _in_each(name: str, text) -> dict[str, str]:
    """What `text` says in each language, where it says anything."""
    told = {}
    for suffix, language in LANGUAGES.items():
        with override(language):
            if said := str(text()):
                told[name + suffix] = said
    return told


def _title(column: Column) -> str:
    if column.is_target:
        return capfirst(_("target"))
    return capfirst(" · ".join(str(field.verbose_name) for field in _named_by(column)))


def _description(column: Column) -> str:
    if column.is_target:
        return _("The record it speaks of: its kind and natural key, with strokes between its parts.")
    return str(_named_by(column)[-1].help_text)


def _named_by(column: Column) -> list[models.Field]:
    """The fields that the name of a column tells: the reference, and of a key with several parts, which of them."""
    return fields_on(column)[: len(column.name.split("."))]


def _constraints(column: Column) -> dict[str, Any]:
    leaf, told = column.leaf, {}
    if is_required(column):
        told["required"] = True
    if column.is_target:
        return told
    if leaf.choices:
        told["enum"] = [value for value, _label in leaf.choices]
    if pattern := _pattern(leaf):
        told["pattern"] = pattern
    return told | _bounds(leaf)


def _pattern(leaf) -> str:
    """A regular expression of XML Schema: it is of the whole text."""
    if isinstance(leaf, PeriodField):
        return f"({DATE_PATTERN}|{PERIOD_PATTERN})"
    if isinstance(leaf, PartialDateField):
        return DATE_PATTERN
    if isinstance(leaf, models.SlugField):
        # Where it begins with a dash, an apostrophe keeps a spreadsheet from running it.
        return f"'?{SLUG}"
    own = [
        each for each in leaf.validators if isinstance(each, RegexValidator) and not isinstance(leaf, models.URLField)
    ]
    return own[0].regex.pattern.removeprefix("^").removesuffix(r"\Z") if own else ""


def _bounds(leaf) -> dict[str, str | int]:
    """The least and the greatest number that the model's own rules allow, on every engine."""
    if not isinstance(leaf, models.IntegerField | models.DecimalField):
        return {}
    # No rule has a bound of a field but for each of its values.
    rules = {
        lookup: value
        for constraint in leaf.model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
        for lookup, value in _leaves(constraint.condition)
    }
    told = {"minimum": rules.get(f"{leaf.name}__gte"), "maximum": rules.get(f"{leaf.name}__lte")}
    if leaf.get_internal_type().startswith("Positive"):
        told["minimum"] = 0
    return {name: value for name, value in told.items() if isinstance(value, int)}


def _leaves(condition):
    for each in condition.children if isinstance(condition, models.Q) else ():
        if isinstance(each, tuple):
            yield each
        else:
            yield from _leaves(each)
