"""Sums of all that is recorded, to tell whether two registries, or a registry and its backup, hold the same."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import TextField
from django.db.models.functions import Cast

from core.models import Change, Version
from exchange.dataset.export import ordered_rows
from exchange.dataset.state import one_state
from exchange.rows import BATCH, as_text
from exchange.tables import tables

HISTORY = {
    "changes": (Change, ("id", "at", "person__username", "origin", "reason", "source", "request_id")),
    "versions": (Version, ("id", "change_id", "model", "key", "root_model", "root_key", "operation", "row")),
}


@dataclass(frozen=True)
class Sum:
    """How many rows there are, and the SHA-256 of them in their order, in hexadecimal."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Checksum:
    """The sums of each table in one state of the registry, that of its newest change.

    Those of `records` are the same wherever the same is recorded, as a dataset is the same bytes. Those of `history`
    are the same in copies of one database alone: it counts its edits by itself, and each engine writes rows in a way
    of its own.
    """

    newest: datetime | None
    records: dict[str, Sum]
    history: dict[str, Sum]


def checksum_dataset(known: datetime | None = None, progress: Callable[[int], object] = lambda rows: None) -> Checksum:
    """The sums of all that is recorded, or with `known` had been by then. Raises DatasetError (see `one_state`)."""
    with one_state(known) as newest:
        records = {}
        for name, table in tables().items():
            with closing(ordered_rows(table)) as rows:
                records[name] = _sum(map(as_text(table), rows), progress)
        history = {}
        for name, (model, fields) in HISTORY.items():
            told = model.objects.order_by("id")
            if model is Version:
                # As the database keeps it: a million rows need not be read as JSON.
                told = told.annotate(row=Cast("data", TextField()))
            history[name] = _sum(map(_plain, told.values_list(*fields).iterator(chunk_size=BATCH)), progress)
    return Checksum(newest, records, history)


def sum_of(sums: dict[str, Sum]) -> Sum:
    """One sum of several tables."""
    lines = (f"{name} {each.rows} {each.sha256}\n" for name, each in sums.items())
    return Sum(sum(each.rows for each in sums.values()), hashlib.sha256("".join(lines).encode()).hexdigest())


def _plain(row: Sequence) -> list:
    return [f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(cell, datetime) else cell for cell in row]


def _sum(rows: Iterable[Sequence], progress) -> Sum:
    digest, count = hashlib.sha256(), 0
    for line in _lines(rows):
        digest.update(line)
        count += 1
        if count % BATCH == 0:
            progress(BATCH)
    progress(count % BATCH)
    return Sum(count, digest.hexdigest())


def _lines(rows: Iterable[Sequence]) -> Iterator[bytes]:
    """Each row as a line of JSON, in which no two rows look alike."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"
