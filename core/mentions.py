"""Which documents tell of a row: followed from what a queryset loads, written as SQL for triggers.

A document tells its record, the facts of that, and what those refer to: the name of a host, the title of an agreement.
What it tells is what is loaded for it, so the paths are read off the queryset and none can be forgotten.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.contenttypes.fields import GenericRelation
from django.db import connection, models
from django.db.models.query import Prefetch

from core.loading import Loading
from core.models import Record

Step = models.Field | models.ForeignObjectRel
# SQL for what the row that was written to has in a field.
Row = Callable[[models.Field], str]


@dataclass(frozen=True)
class Mention:
    """Documents of `root` tell rows of `model`: followed from a record step by step, these are at the end."""

    root: type[Record]
    steps: tuple[Step, ...]

    @property
    def model(self) -> type[models.Model]:
        return self.steps[-1].related_model._meta.concrete_model

    @property
    def is_of_the_row(self) -> bool:
        """Whether it is the row that refers to what leads to it; else it is referred to."""
        return isinstance(self.steps[-1], models.ForeignObjectRel | GenericRelation)

    def keys(self, row: Row) -> str:
        """SQL for the keys, as text, of the records whose documents tell `row`."""
        *way, last = self.steps
        at, value = _ends(last, row)
        if not way:
            return f"SELECT {_text(value)} WHERE {value} IS NOT NULL" if at.primary_key else self._found(1, at, value)
        return self._found(len(way), at, value)

    def _found(self, length: int, at: models.Field, value: str) -> str:
        """The records from which one comes in so many steps to a row that has `value` in the field `at`."""
        way = self.steps[:-1]
        first = way[0] if way else None
        if isinstance(first, models.ForeignObjectRel):
            # Each such row names its record, which then need not be read.
            tables, key = [f"{_table(first.related_model)} t1"], f"t1.{first.field.column}"
            rest, last = way[1:], "t1"
        else:
            tables, key = [f"{_table(self.root)} t0"], f"t0.{self.root._meta.pk.column}"
            rest, last = way, "t0"
        for number, step in enumerate(rest, start=length - len(rest) + 1):
            before, last = last, f"t{number}"
            tables.append(f"JOIN {_table(step.related_model)} {last} ON {_joined(step, before, last)}")
        return f"SELECT {_text(key)} FROM {' '.join(tables)} WHERE {last}.{at.column} = {value}"


def mentions(queryset: models.QuerySet) -> list[Mention]:
    """Where the rows stand that are told with the records of `queryset` and are not facts of these records."""
    root = queryset.model._meta.concrete_model
    paths = dict.fromkeys(_paths(root, queryset, ()))
    return [Mention(root, steps) for steps in paths if not _is_own(steps)]


def _paths(model, queryset, before) -> Iterator[tuple[Step, ...]]:
    """All ways that the queryset takes from `model`, itself reached by the steps `before`."""
    yield from _selected(model, queryset.query.select_related or {}, before)
    for lookup in queryset._prefetch_related_lookups:
        for name in _names(lookup):
            steps, at = before, model
            for part in name.split("__"):
                steps = (*steps, at._meta.get_field(part))
                at = steps[-1].related_model
                yield steps
        if isinstance(lookup, Prefetch) and lookup.queryset is not None:
            yield from _paths(at, lookup.queryset, steps)


def _names(lookup) -> tuple[str, ...]:
    if isinstance(lookup, Loading):
        return lookup.paths
    return (lookup.prefetch_through if isinstance(lookup, Prefetch) else lookup,)


def _selected(model, names, before):
    for name, further in names.items():
        steps = (*before, model._meta.get_field(name))
        yield steps
        yield from _selected(steps[-1].related_model, further, steps)


def _is_own(steps) -> bool:
    """Whether history keeps the rows at the end as the record's own."""
    *way, last = steps
    if isinstance(last, GenericRelation):
        return not way or _is_own(way)
    return not way and isinstance(last, models.ForeignObjectRel) and last.field.name == last.related_model.belongs_to


def _ends(last, row) -> tuple[models.Field, str]:
    """The field, one step before the end, by which that leads to `row`, and what it must be."""
    if isinstance(last, GenericRelation):
        kind = row(last.related_model._meta.get_field(last.content_type_field_name))
        return last.model._meta.pk, _key_if(
            last, kind, row(last.related_model._meta.get_field(last.object_id_field_name))
        )
    if isinstance(last, models.ForeignObjectRel):
        return last.field.target_field, row(last.field)
    return last, row(last.target_field)


def _joined(step, one, other) -> str:
    if isinstance(step, GenericRelation):
        key = _key_if(step, f"{other}.content_type_id", f"{other}.{step.object_id_field_name}")
        return f"{one}.{step.model._meta.pk.column} = {key}"
    if isinstance(step, models.ForeignObjectRel):
        return f"{other}.{step.field.column} = {one}.{step.field.target_field.column}"
    return f"{other}.{step.target_field.column} = {one}.{step.column}"


def _key_if(relation, kind, key) -> str:
    """The generic `key` as the type of key that its model has, where it is of that `kind`."""
    options = relation.model._meta
    named = f"app_label = '{options.app_label}' AND model = '{options.model_name}'"
    own = f"(SELECT id FROM django_content_type WHERE {named})"
    return f"CAST(CASE WHEN {kind} = {own} THEN {key} END AS {options.pk.cast_db_type(connection)})"


def _table(model) -> str:
    return model._meta.db_table


def _text(value) -> str:
    return f"CAST({value} AS varchar(40))"
