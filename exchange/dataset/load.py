"""Reads a dataset back: every row of every table, exactly as it was written, through the engine of the imports."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, models, transaction

from core.history import change, current_change_id
from core.integrity import explain, hold_references
from core.locks import take_turns
from core.models import Change, validate_characters
from exchange.cells import CLEAR
from exchange.dataset.errors import DatasetError
from exchange.dataset.place import NAME, PACKAGE
from exchange.files import FileError, digest_of, opened
from exchange.headers import Header, HeaderColumn
from exchange.imports.engine import TURNS, Engine
from exchange.imports.keys import TRUTHS
from exchange.imports.rows import ERROR, Row
from exchange.imports.running import undo_written
from exchange.tables import Column, Table, tables

# Problems that are told; there may be one in every row.
TOLD = 20
# What the reason of a change begins with that took in a dataset.
TOLD_BY = "dataset "


@dataclass
class Outcome:
    """What became of a dataset: how many rows of each table are new, changed, unchanged or wrong, and what is wrong."""

    version: str
    counts: dict[str, Counter] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    # The number of the change that it made, if it made one.
    change: int | None = None

    @property
    def is_good(self) -> bool:
        return not self.problems


def import_dataset(
    folder: Path,
    *,
    dry: bool = False,
    person: AbstractUser | None = None,
    reason: str = "",
    progress: Callable[[int], object] = lambda rows: None,
) -> Outcome:
    """Make the rows of the dataset in `folder` those of the registry, as one change; with `dry`, only say what that is.

    Rows that the dataset has not are left alone. Where any row is wrong, nothing is written: `problems` tell of those
    in the first table that has any, since what builds upon it could not be judged. Raises DatasetError where the folder
    holds no dataset of a registry, or its files are not those that were written.
    """
    package = _read(folder)
    found = _tables_in(package)
    for resource in found.values():
        _check(folder, resource)
    outcome = Outcome(str(package.get("version", "")))
    digest = digest_of(folder / PACKAGE)
    with _explained(), change() as this:
        take_turns(TURNS)
        for table in tables().values():
            if table.name in found and outcome.is_good:
                _load(table, folder / found[table.name]["path"], outcome, person, progress)
                # It may have been written to meanwhile.
                _check(folder, found[table.name])
        if dry or not outcome.is_good:
            transaction.set_rollback(True)
        else:
            hold_references()
        this.origin, this.person = Change.Origin.IMPORT, person
        this.reason = f"{TOLD_BY}{outcome.version} {digest[:12]} {reason}".strip()
        outcome.change = None if transaction.get_rollback() else current_change_id()
    return outcome


def undo_dataset(number: int, *, person: AbstractUser | None = None, reason: str = "") -> int:
    """Put every row back to how it was before a dataset was taken in by the change of this number; how many those were.

    It is one change too. Raises DatasetError where that change took in no dataset; ValidationError where rows were
    written to since, or are referred to; PermissionDenied where the person may not restore them.
    """
    undone = Change.objects.filter(pk=number, origin=Change.Origin.IMPORT, reason__startswith=TOLD_BY).first()
    if undone is None:
        raise DatasetError(f"Change {number} took in no dataset.")
    with change():
        return undo_written(undone, person, reason or f"Undone: change {number}, {undone.reason}")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except IntegrityError as refused:
        # It refers to what has gone meanwhile.
        raise DatasetError(" ".join(explain(refused).messages)) from refused


def _read(folder) -> dict[str, Any]:
    try:
        package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
        is_ours = package["name"] == NAME
    except OSError as error:
        raise DatasetError(f"{folder} holds no dataset: {error}.") from error
    except (ValueError, LookupError, TypeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise DatasetError(f"{folder / PACKAGE} is not that of a registry's dataset: one is written by export_dataset.")
    return package


def _tables_in(package) -> dict[str, dict]:
    """The CSV files of the package by table. Raises DatasetError where there is none, or one of an unknown table."""
    found = {}
    resources = package.get("resources")
    for resource in resources if isinstance(resources, list) else ():
        if isinstance(resource, dict) and resource.get("profile") == "tabular-data-resource":
            found[str(resource.get("name"))] = resource
    if not found:
        raise DatasetError("The dataset has no CSV files, which are what is read: have it written with them.")
    if unknown := found.keys() - tables().keys():
        raise DatasetError(f"The dataset has tables that this registry has not: {', '.join(sorted(unknown))}.")
    return found


def _check(folder, resource):
    """Raise DatasetError where a file is not the one that the package tells of."""
    path = folder / str(resource.get("path"))
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise DatasetError(f"{resource.get('path')} lies outside of the dataset.")
        digest = digest_of(path)
    except (OSError, ValueError) as error:
        # the latter of a path with NUL, or with half a character
        raise DatasetError(f"The dataset is not whole: {error}.") from error
    if resource.get("hash") != f"sha256:{digest}":
        raise DatasetError(
            f"{resource['path']} is not the file that was written: its SHA-256 is another. To change rows, import the "
            "file by itself with import_records."
        )


class _Problems:
    """Takes the outcomes of rows, and keeps what is wrong with the first of them."""

    def __init__(self, path: Path, outcome: Outcome):
        self._name, self._outcome = path.name, outcome

    def tell(self, row: Row, late: bool = False):
        for each in row.problems if row.outcome == ERROR else ():
            if len(self._outcome.problems) < TOLD:
                place = f", {each['column']}" if each["column"] else ""
                self._outcome.problems.append(f"{self._name}, line {row.line}{place}: {each['reason']}")


def _load(table: Table, path: Path, outcome: Outcome, person, progress):
    try:
        with opened(path, format="csv", encoding="utf-8", separator=",") as rows:
            if rows.header != [column.name for column in table.columns]:
                raise DatasetError(f"The columns of {path.name} are not those of this registry's {table.name}.")
            header = Header([_Exact(column, column.name) for column in table.columns])
            with closing(Engine(table, header, _Problems(path, outcome), person=person)) as engine:
                engine.work(_cells(table, rows.rows), progress)
    except FileError as error:
        outcome.problems.append(f"{path.name}: {' '.join(error.messages)}")
    else:
        outcome.counts[table.name] = engine.counts


def _cells(table: Table, rows) -> Iterator[tuple[int, list]]:
    """Rows in which each empty cell says that there is nothing, and not that what is there be left alone."""
    references: dict[Any, list[int]] = {}
    for place, column in enumerate(table.columns):
        if column.is_reference:
            references.setdefault(column.field, []).append(place)
    key = {place for place, column in enumerate(table.columns) if column in table.key}
    for line, cells in rows:
        empty = {place for place, cell in enumerate(cells) if cell in ("", None)}
        for places in references.values():
            if not empty.issuperset(places) or key.intersection(places):
                # Only a part of its key is empty; or nothing is what it is known by.
                empty.difference_update(places)
        yield line, [CLEAR if place in empty else cell for place, cell in enumerate(cells)]


@dataclass(frozen=True, eq=False)
class _Exact(HeaderColumn):
    """A column whose cells were written by `exchange.dataset`: read to the letter, where others' are understood."""

    measures = None

    @cached_property
    def read(self):
        return _reader_of(self.column)


def _reader_of(column: Column):
    leaf = column.leaf
    truths = TRUTHS if isinstance(leaf, models.BooleanField) else {}

    def read(text):
        if text is CLEAR or column.is_target or column.is_reference:
            return text
        value = leaf.clean(truths.get(text, text), None)
        validate_characters(leaf, value)
        return value

    return read
