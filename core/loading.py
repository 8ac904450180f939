"""Rows read for many records at once, and each given to its record.

Django's own prefetch makes a queryset for each relation of each record, and a join makes anew for each row what many
rows refer to: that took most of the time in which a list of parks was told. Here `record.roles.all()` is a plain list,
and what several rows refer to is one object. It is to be read, and not filtered any further.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from django.db.models import ForeignKey, ManyToOneRel, Model, Prefetch, QuerySet


class Loaded:
    """Where a prefetch of Django's finds what `loading` asks for: an attribute of each model that it is used with."""

    def get_prefetch_querysets(self, records, querysets):
        for load in querysets:
            load(records)
        # No rows that Django should share out, and nothing to match them by.
        return [], None, lambda record: None, True, "", False


class Loading(Prefetch):
    """What `loading` asks for; `paths` are what is loaded, as a prefetch of Django's own names it."""

    def __init__(self, name, load, paths):
        super().__init__("loaded", to_attr=name)
        self.load, self.paths = load, paths

    def get_current_querysets(self, level):
        return [self.load]


def loading(records: QuerySet, name: str, load: Callable[[list], None], paths: Iterable[str]) -> QuerySet:
    """The same records, for which `load` is called with all of them when they have been read: once for each `name`.

    Documents that tell the records are marked when what stands at one of `paths` is written (see `core.mentions`).
    """
    return records.prefetch_related(Loading(name, load, tuple(paths)))


def load_rows(records: list[Model], relations: Iterable[ManyToOneRel]) -> list[Model]:
    """Read the rows of each of `relations` of `records`, which are of one model; all of these rows."""
    found = []
    keys = {record.pk for record in records}
    for relation in relations:
        field, of_each = relation.field, defaultdict(list)
        for row in relation.related_model._default_manager.filter(**{f"{field.name}__in": keys}):
            of_each[getattr(row, field.attname)].append(row)
        for record in records:
            rows = of_each.get(record.pk, [])
            for row in rows:
                field.set_cached_value(row, record)
            give(record, relation.name, rows)
            found += rows
    return found


def load_references(rows: Iterable[Model], names: Iterable[str] | None = None) -> list[Model]:
    """Read what `rows` refer to, by all their foreign keys or those of these names; each record of that once."""
    of_model, lacking = defaultdict(list), defaultdict(set)
    for row in rows:
        of_model[type(row)].append(row)
    wanted = {
        model: [model._meta.get_field(name) for name in references_of(model) if names is None or name in names]
        for model in of_model
    }
    for model, fields in wanted.items():
        for field in fields:
            lacking[field.related_model] |= {
                getattr(row, field.attname) for row in of_model[model] if not field.is_cached(row)
            }
    found = {model: model._default_manager.in_bulk(keys - {None}) for model, keys in lacking.items()}
    for model, fields in wanted.items():
        for field in fields:
            there = found[field.related_model]
            for row in of_model[model]:
                if not field.is_cached(row):
                    field.set_cached_value(row, there.get(getattr(row, field.attname)))
    return [each for model in found for each in found[model].values()]


def references_of(model: type[Model], but: str = "") -> list[str]:
    """The names of all foreign keys of a model, but for one that leads to whose rows they are."""
    fields = (field for field in model._meta.concrete_fields if isinstance(field, ForeignKey))
    return [field.name for field in fields if field.name != but]


def give(record: Model, name: str, rows: list[Model]):
    """Let `record` have `rows` for all of its relation of this name."""
    record.__dict__.setdefault("_prefetched_objects_cache", {})[name] = rows


def is_loaded(record: Model, name: str) -> bool:
    return name in record.__dict__.get("_prefetched_objects_cache", ())


def rows_of(record: Model, name: str) -> Iterable[Model]:
    """All rows of a relation: those that have been loaded, else as the database has them."""
    return record._prefetched_objects_cache[name] if is_loaded(record, name) else getattr(record, name).all()
