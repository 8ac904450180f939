"""Records as rows of cells, read as they are asked for: the one way in which tables leave the registry."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Collate

from core.bulk import batches
from exchange.tables import Column, Table, target_text

# Rows that are read, and whose targets are looked up, at once.
BATCH = 2000


def header_of(table: Table) -> list[str]:
    """The names of the columns, in the order of the cells of `rows_of`."""
    return [column.name for column in table.columns]


def rows_of(table: Table, records: models.QuerySet, cells: Literal["text", "typed"] = "text") -> Iterator[list]:
    """One list of cells for each of `records`, in their order, a cell for each column of `table`; in constant memory.

    Typed cells are str, int, bool, Decimal with all places of its field, or None for what is unknown. As text a truth
    is `true` or `false`, and what is unknown is empty; nothing is neutralised. All is text of what a row tells: what
    `core.spreadsheets` does to it is for whoever writes a file that spreadsheets open.
    """
    targets = [place for place, column in enumerate(table.columns) if column.is_target]
    paths = [path for column in table.columns for path in _paths(column)]
    # What the records were to be read with beside: Django takes rows of values for records there.
    rows = records.select_related(None).prefetch_related(None).values_list(*paths).iterator(chunk_size=BATCH)
    if targets:
        rows = _with_targets(rows, *targets)
    yield from map(list if cells == "typed" else as_text(table), rows)


def as_text(table: Table) -> Callable[[Sequence], list[str]]:
    """What makes a row of texts of a row of typed cells."""
    told = [_text_of(column.leaf) for column in table.columns]
    return lambda row: [tell(value) for tell, value in zip(told, row, strict=True)]


def in_key_order(table: Table) -> models.QuerySet:
    """All records of a table by their natural keys: texts by their characters' numbers, what is unknown first.

    So the order is the same on each engine, in whatever language the database sorts by itself. What a record speaks of
    is no column of the database and has no part in it.
    """
    order = [_in_order(column).asc(nulls_first=True) for column in table.key if not column.is_target]
    return table.model._base_manager.order_by(*order)


def _in_order(column: Column):
    if not isinstance(column.leaf, models.CharField | models.TextField):
        return F(column.path)
    return Collate(F(column.path), "C" if connection.vendor == "postgresql" else "BINARY")


def _paths(column: Column) -> tuple[str, ...]:
    return (column.field.ct_field, column.field.fk_field) if column.is_target else (column.path,)


def _with_targets(rows: Iterator[tuple], place: int) -> Iterator[tuple]:
    """Rows with what each speaks of as one text, where it stood in two values at `place`.

    What is gone since the rows were asked for went with all that spoke of it: so do these rows.
    """
    for batch in batches(rows, BATCH):
        keys = defaultdict(set)
        for row in batch:
            keys[row[place]].add(row[place + 1])
        told = {kind: _texts(kind, of_kind) for kind, of_kind in keys.items()}
        for row in batch:
            if text := told[row[place]].get(row[place + 1]):
                yield (*row[:place], text, *row[place + 2 :])


def _texts(kind: int, keys: set[str]) -> dict[str, str]:
    model = ContentType.objects.get_for_id(kind).model_class()
    rows = model._base_manager.filter(pk__in=keys).values_list("pk", *model.identity_lookups())
    return {str(key): target_text(model, parts) for key, *parts in rows}


def _text_of(leaf) -> Callable[[object], str]:
    """What makes a text of a value of the field `leaf`."""
    if isinstance(leaf, models.BooleanField):
        return {True: "true", False: "false", None: ""}.__getitem__
    if isinstance(leaf, models.DecimalField):
        return lambda value: "" if value is None else f"{value:f}"
    return _text


def _text(value) -> str:
    return "" if value is None else str(value)
