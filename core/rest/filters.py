"""Filters of lists, declared by model field or by condition: `field=`, `field__in=`, `field__ne=` and ranges."""

from collections.abc import Callable
from functools import cache, reduce
from operator import or_

from django.db import models
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_filters import Filter, FilterSet

from core.dates import PartialDateField, PeriodField
from core.finding import named
from core.models import Record
from core.rest import parameters
from core.rest.references import key_of


class Where(Filter):
    """Keeps the rows for which `condition(value, on)` holds; `on` is the day that the query asks about, or None.

    With `unknown`, an empty value (`until=`) keeps the rows of which it is not known. `any_of(values, on)` holds for
    any of several values, where that takes less than to ask for each.
    """

    def __init__(
        self,
        reads: parameters.Text,
        condition: Callable[..., Q],
        *,
        unknown: Q | None = None,
        alone: bool = False,
        any_of: Callable[..., Q] | None = None,
    ):
        super().__init__()
        self.reads, self.condition, self.unknown, self.alone = reads, condition, unknown, alone
        self.any_of = any_of or (lambda values, on: reduce(or_, (condition(each, on) for each in values)))

    @property
    def parameter(self) -> parameters.Text:
        return _OrUnknown(self.reads) if self.unknown is not None else self.reads

    def filter(self, rows, value, on=None):
        return rows.filter(self.asks(value, on))

    def asks(self, value, on) -> Q:
        return self.unknown if value is None else self.condition(value, on)

    def variants(self, name: str) -> dict[str, "Where"]:
        """The filter itself, and its forms for any of several values and for all but one."""
        if self.alone:
            return {name: self}
        several = parameters.Several(self.reads, _("Any of these values, with commas between them."))
        return {
            name: self,
            f"{name}__in": type(self)(several, self.any_of),
            f"{name}__ne": type(self)(
                _described(self.reads, _("All but this value.")),
                lambda value, on: ~self.condition(value, on),
                unknown=None if self.unknown is None else ~self.unknown,
            ),
        }


class WhereRow(Where):
    """A filter of edits by the rows that they changed: of all such filters that are asked, one row has to meet each."""


class _OrUnknown(parameters.Text):
    """Another parameter, or nothing: the rows of which it is not known."""

    def __init__(self, reads):
        super().__init__(reads.help_text)
        self.reads, self.allowed = reads, reads.allowed
        self.schema = {"anyOf": [reads.schema, {"const": ""}]}

    def clean(self, value):
        return None if value == "" else self.reads.clean(value)

    def check(self, value, asked):
        if value is not None:
            self.reads.check(value, asked)


def _described(reads, help_text):
    copy = reads.__class__.__new__(reads.__class__)
    copy.__dict__ = {**reads.__dict__, "help_text": help_text}
    return copy


class RecordFilter(FilterSet):
    """The filters of one resource: those in `Meta.fields` as their model fields have them, and those declared."""

    @classmethod
    def get_filters(cls):
        filters = {}
        for name in cls._meta.fields or ():
            filters |= _of_field(cls._meta.model._meta.get_field(name))
        for name, where in cls.declared_filters.items():
            filters |= where.variants(name)
        return filters

    @classmethod
    @cache
    def known(cls) -> dict[str, parameters.Text]:
        return {name: where.parameter for name, where in cls.base_filters.items()}


def part_of_text(told, *names: str) -> Where:
    """The filter that keeps the rows in one of whose fields `names` the text asked for stands, in either case."""

    def contains(text, on):
        return reduce(or_, (Q(**{f"{name}__icontains": text}) for name in names))

    return Where(parameters.Text(told), contains, alone=True)


def part_of_names(told, model: type[Record]) -> Where:
    """The filter that keeps the records of `model` that have each word asked for in some name."""
    return Where(parameters.Words(told), lambda words, on: named(model, *words), alone=True)


def _of_field(field: models.Field) -> dict[str, Where]:
    name, told = field.name, field.help_text or capfirst(field.verbose_name)

    def equals(value, on):
        return Q(**{name: value})

    def any_of(values, on):
        return Q(**{f"{name}__in": values})

    def where(reads, unknown=None, any_of=any_of):
        return Where(reads, equals, unknown=unknown, any_of=any_of).variants(name)

    if isinstance(field, models.ForeignKey):
        reads = parameters.Key(field.related_model, key_of(field.related_model), told)
        return where(reads, Q(**{name: None}) if field.null else None)
    if isinstance(field, models.BooleanField):
        return Where(parameters.Flag(told), equals, alone=True).variants(name)
    if field.choices:
        return where(parameters.Choice(field.choices, told))
    if isinstance(field, PartialDateField):
        unknown = Q(**{name: ""}) if field.blank else None
        return where(parameters.Day(told, field), unknown) | _range_of_dates(field)
    if isinstance(field, models.AutoField):
        return where(parameters.WholeNumber(1, 2**63 - 1, told))
    if isinstance(field, models.DecimalField | models.IntegerField):
        unknown = Q(**{name: None}) if field.null else None
        # One by one: of several, Django does not ask whether the database has numbers so large.
        return where(parameters.Number(told), unknown, any_of=None) | {
            f"{name}__gte": Where(parameters.Number(_("Not less than this.")), lambda v, on: Q(**{f"{name}__gte": v})),
            f"{name}__lte": Where(parameters.Number(_("Not more than this.")), lambda v, on: Q(**{f"{name}__lte": v})),
        }
    return where(parameters.Text(told), Q(**{name: ""}) if field.blank else None)


def _range_of_dates(field):
    name = field.name
    if isinstance(field, PeriodField):
        # Half-years and quarters have no order among the months, but every period lies within one year.
        return {
            f"{name}__gte": Where(
                parameters.Year(_("In this year or later.")), lambda v, on: Q(**{f"{name}__gte": str(v)})
            ),
            f"{name}__lte": Where(
                parameters.Year(_("In this year or earlier.")), lambda v, on: Q(**{f"{name}__lt": str(v + 1)})
            ),
        }
    return {
        f"{name}__gte": Where(
            parameters.Day(_("Then or later, for all that is known: 2003 is not before 2003-08.")),
            lambda day, on: Q(**{f"{name}__latest__gte": day.earliest.isoformat()}),
        ),
        f"{name}__lte": Where(
            parameters.Day(_("Then or earlier, for all that is known: 2003 is not after 2003-08.")),
            lambda day, on: Q(**{f"{name}__gt": "", f"{name}__lte": day.latest.isoformat()}),
        ),
    }
