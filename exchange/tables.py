"""Records as rows of a table: which columns each kind has, alike for import and export.

A row stands by itself: a reference is told by the natural key of what it refers to, in as many columns as that has, and
no column holds a number that only one database knows. So a table can leave one registry and enter another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import TopologicalSorter
from urllib.parse import unquote

from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models

from core.history import is_generic, record_models
from core.models import Record
from core.rest.references import kind_of


@dataclass(frozen=True)
class Column:
    """One column: its name, the field that it belongs to, and where its value is.

    `path` is the query path of the value (`"host__code"`), `leaf` the field whose value that is. Of what a citation
    speaks of, both are those of the generic reference itself: its text is made by `target_text`.
    """

    name: str
    field: models.Field | GenericForeignKey
    path: str
    leaf: models.Field | GenericForeignKey

    @property
    def is_reference(self) -> bool:
        return self.leaf is not self.field

    @property
    def is_target(self) -> bool:
        return isinstance(self.field, GenericForeignKey)


class Table:
    """How the records of one kind stand in rows. `name` is that of the resource in the API: `co-management-roles`."""

    def __init__(self, model: type[Record]):
        self.model = model
        self.name = _plural(kind_of(model))

    def __repr__(self):
        return f"<Table {self.name}>"

    @cached_property
    def columns(self) -> list[Column]:
        """All columns: first what tells one row from another, then what the model itself adds to that."""
        return [column for field in _in_order(self.model) for column in _columns(field)]

    @cached_property
    def key(self) -> list[Column]:
        """The columns that tell one row from another."""
        return [column for column in self.columns if column.field in _known_by(self.model)]


@cache
def tables() -> dict[str, Table]:
    """Every table by name, in an order in which all that a row refers to has come before."""
    there = record_models()
    after = {
        model: [
            other
            for other in there
            if other is not model and (is_generic(model) or any(_leads(field, other) for field in _fields(model)))
        ]
        for model in there
    }
    return {table.name: table for table in map(Table, TopologicalSorter(after).static_order())}


def table_of(model: type[Record]) -> Table:
    """The table of a kind of record; of a proxy, that of the kind it stands for."""
    return next(table for table in tables().values() if table.model is model._meta.concrete_model)


def find_table(name: str) -> Table | None:
    """The table of this name; also by the last words of it, where no other ends so: `roles`."""
    found = [table for each, table in tables().items() if each == name] or [
        table for each, table in tables().items() if each.endswith(f"-{name}")
    ]
    return found[0] if len(found) == 1 else None


def target_text(model: type[Record], key: Iterable) -> str:
    """A record as one text, its kind and the parts of its natural key: `co-management-role:a-park/OPERATIONS/320281`.

    A part that has a stroke or a percent sign has it percent-encoded (RFC 3986, 2.1); one that is unknown is empty.
    """
    return f"{kind_of(model)}:" + "/".join(_told(part) for part in key)


def read_target(text: str) -> tuple[str, list[str]]:
    """The kind and the parts of the key in a text of `target_text`. The kind may be one that there is not."""
    kind, _colon, key = text.partition(":")
    return kind, [unquote(part) for part in key.split("/")]


def halves_of(model: type[Record]) -> dict[str, GenericForeignKey]:
    """By the names of the two fields in which it is kept, each generic reference of a kind of record."""
    generic = [field for field in model._meta.private_fields if isinstance(field, GenericForeignKey)]
    return {half: field for field in generic for half in (field.ct_field, field.fk_field)}


def _told(part) -> str:
    if part is None or isinstance(part, bool):
        return "" if part is None else str(part).lower()
    return str(part).replace("%", "%25").replace("/", "%2F")


def _in_order(model) -> list[models.Field | GenericForeignKey]:
    known_by, inherited = _known_by(model), _inherited(model)
    others = [field for field in _fields(model) if field not in known_by]
    # The two ends of a period stay side by side; then what any record of such a sort has, such as a place.
    others.sort(key=lambda field: (field.name != "until", field.name in inherited))
    return known_by + others


def _known_by(model) -> list[models.Field | GenericForeignKey]:
    halves = halves_of(model)
    named = [halves.get(name) or model._meta.get_field(name) for name in model.identity]
    return list(dict.fromkeys(named))


def _fields(model) -> list[models.Field | GenericForeignKey]:
    """The fields that rows tell: all but bare numbers, and what a row speaks of as one, where that is kept in two."""
    halves = halves_of(model)
    plain = [field for field in model._meta.concrete_fields if field.name not in halves]
    return [*dict.fromkeys(halves.values())] + [
        field for field in plain if not field.primary_key or model.identity == (field.name,)
    ]


def _inherited(model) -> set[str]:
    abstract = [base for base in model.__mro__ if issubclass(base, models.Model) and hasattr(base, "_meta")]
    return {field.name for base in abstract if base._meta.abstract for field in base._meta.local_fields}


def _columns(field) -> Iterator[Column]:
    related = getattr(field, "related_model", None)
    if not (related and issubclass(related, Record)):
        yield Column(field.name, field, field.name, field)
        return
    paths = related.identity_lookups()
    for path in paths:
        name = field.name if len(paths) == 1 else f"{field.name}.{_short(related, path)}"
        yield Column(name, field, f"{field.name}__{path}", _leaf(related, path))


def _short(model, path) -> str:
    """A path with dots, without the key of a reference that has but one: `official`, not `official.slug`."""
    first, _dots, rest = path.partition("__")
    related = model._meta.get_field(first).related_model
    if not related or len(related.identity_lookups()) == 1:
        return first
    return f"{first}.{_short(related, rest)}"


def _leaf(model, path) -> models.Field:
    first, _dots, rest = path.partition("__")
    field = model._meta.get_field(first)
    return _leaf(field.related_model, rest) if rest else field


def _leads(field, model) -> bool:
    return getattr(field, "related_model", None) is not None and field.related_model._meta.concrete_model is model


def _plural(noun) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
