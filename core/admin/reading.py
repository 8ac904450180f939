"""Changes told in words: field names, choices and the names of what is referred to instead of columns and keys."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.changes import ChangeEntry, RowChange
from core.models import Change, Record, Version

NOTHING = "—"


@dataclass
class ToldField:
    """One field's value before and after, for people to read."""

    name: str
    old: str
    new: str


@dataclass
class ToldRow:
    """What one change did to one row, for people to read."""

    title: str
    operation: str
    operation_name: str
    url: str
    fields: list[ToldField]
    # where what was deleted can be brought back
    restore_url: str = ""


@dataclass
class ToldEntry:
    """One edit, for people to read."""

    change: Change
    rows: list[ToldRow]

    @property
    def at(self):
        return self.change.at

    @property
    def who(self) -> str:
        return who(self.change)


def who(change: Change) -> str:
    """The person of a change, or what kind of program it was."""
    if change.person:
        return change.person.get_full_name() or change.person.get_username()
    return change.get_origin_display()


def read(entries: Iterable[ChangeEntry]) -> list[ToldEntry]:
    """The entries in words. One query for each model referred to, however many entries."""
    entries = list(entries)
    names = _names_referred_to([row for entry in entries for row in entry.rows])
    return [ToldEntry(entry.change, [_told(row, names) for row in entry.rows]) for entry in entries]


def read_rows(rows: Iterable[RowChange]) -> list[ToldRow]:
    """Rows in words, as `read` tells them."""
    rows = list(rows)
    names = _names_referred_to(rows)
    return [_told(row, names) for row in rows]


def address_of(model: type[models.Model], key: str) -> str:
    """The admin's page of a record; empty where it has none."""
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])
    except NoReverseMatch:
        return ""


def told_number(number: Decimal) -> str:
    """A number with its digits in groups and without the zeros that only its column has: 11,735,000,000."""
    return number_format(number.normalize(), use_l10n=True, force_grouping=True)


def told_instant(instant) -> str:
    """A date and time that a list keeps on one line."""
    return format_html('<span class="line">{}</span>', told_at(instant))


def told_at(instant) -> str:
    """A date and time, short, and clear in any language."""
    return f"{timezone.localtime(instant):%Y-%m-%d %H:%M}"


def name_of_fact(fact: Record) -> str:
    """What tells a fact from its like: "operations, Jiangyin 江阴市 (320281), in force, 2003".

    The references in its identity must be loaded.
    """
    told = []
    for name in fact.identity:
        if name == fact.belongs_to:
            continue
        display = getattr(fact, f"get_{name}_display", None)
        value = display() if display else getattr(fact, name)
        # A mark is told by its name where it is set.
        value = str(fact._meta.get_field(name).verbose_name if value is True else value or "")
        told.append(value if len(value) <= 80 else f"{value[:79]}…")
    return ", ".join(each for each in told if each)


def _told(row: RowChange, names) -> ToldRow:
    return ToldRow(
        title=_title(row.model, row.version, names),
        operation=row.operation,
        operation_name=row.version.get_operation_display(),
        url="" if row.operation == Version.Operation.DELETED else address_of(row.model, row.key),
        fields=[
            ToldField(
                name=capfirst(row.model._meta.get_field(change.field).verbose_name),
                old=_value(row.model, change.field, change.old, names),
                new=_value(row.model, change.field, change.new, names),
            )
            for change in row.fields
            if change.field != row.model.belongs_to
        ],
    )


def _title(model: type[Record], version: Version, names) -> str:
    """The row's kind and what tells it from its like: "Co-management role: operations, Jiangyin 江阴市"."""
    data = version.data
    fields = [model._meta.get_field(name) for name in model.identity if name != model.belongs_to]
    telling = [
        # A mark is told by its name where it is set.
        (str(field.verbose_name) if data.get(field.column) else NOTHING)
        if isinstance(field, models.BooleanField)
        else _value(model, field.name, data.get(field.column), names)
        for field in fields
    ]
    if "name_en" in data:
        telling.insert(0, data["name_en"])
    elif "title_en" in data and "title_en" not in model.identity:
        telling.insert(0, data["title_en"])
    telling = [text if len(text) <= 80 else f"{text[:79]}…" for text in telling if text != NOTHING]
    kind = capfirst(model._meta.verbose_name)
    return _("%(kind)s: %(name)s") % {"kind": kind, "name": ", ".join(telling)} if telling else kind


def _value(model, name, value, names) -> str:
    field = model._meta.get_field(name)
    if value in (None, ""):
        return NOTHING
    if field.is_relation:
        return names[field.related_model].get(str(value), str(value))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.BooleanField):
        return _("yes") if value else _("no")
    if isinstance(field, models.DecimalField):
        return told_number(field.to_python(value))
    return str(value)


def _of(model, keys):
    return model._base_manager.filter(pk__in=keys)


def _names_referred_to(rows: Iterable[RowChange]) -> dict[type, dict[str, str]]:
    """The names of all records that the rows refer to, by model and key."""
    keys = defaultdict(set)
    for row in rows:
        for field in row.model._meta.concrete_fields:
            if field.is_relation:
                values = {row.version.data.get(field.column)}
                values |= {change.old for change in row.fields if change.field == field.name}
                keys[field.related_model] |= values - {None, ""}
    return defaultdict(
        dict,
        {
            # a kind of record calls itself "Parks | park"
            model: {str(each.pk): each.name if model is ContentType else str(each) for each in _of(model, found)}
            for model, found in keys.items()
        },
    )
