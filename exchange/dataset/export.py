"""Writes the dataset: each table read once, in one state of the registry, and handed to every format."""

import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from core.bulk import batches
from exchange.dataset.errors import DatasetError
from exchange.dataset.place import replacing
from exchange.dataset.state import one_state
from exchange.dataset.telling import tell
from exchange.dataset.writers import CsvWriter, ParquetWriter, SqliteWriter
from exchange.rows import BATCH, in_key_order, rows_of
from exchange.tables import Table, tables

WRITERS = {"csv": CsvWriter, "sqlite": SqliteWriter, "parquet": ParquetWriter}


def export_dataset(
    folder: Path,
    *,
    formats: Iterable[str] = WRITERS,
    known: datetime | None = None,
    release: str = "",
    progress: Callable[[int], object] = lambda rows: None,
) -> tuple[dict[str, int], str]:
    """Write all tables to `folder`, in place of the dataset that may be there; how many rows each has, and the version.

    `known` writes what had been recorded by then, `release` names the version otherwise than by its instant. `progress`
    is called with the number of rows that were written since it was last called. Raises DatasetError, and leaves
    `folder` as it was.
    """
    formats = [name for name in WRITERS if name in formats]
    try:
        with replacing(folder) as part:
            writers = [WRITERS[name](part) for name in formats]
            try:
                with one_state(known) as newest:
                    counts = {name: _write(table, writers, progress) for name, table in tables().items()}
                for writer in writers:
                    writer.finish()
            finally:
                for writer in writers:
                    writer.close()
            version = release or (f"{newest.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if newest else "empty")
            tell(part, formats, counts, version)
    except (OSError, sqlite3.Error) as error:
        raise DatasetError(
            f"The dataset cannot be written: {error}. {folder} is as it was. Make room there, or name another folder."
        ) from error
    return counts, version


def _write(table: Table, writers: list, progress) -> int:
    for writer in writers:
        writer.begin(table)
    count = 0
    # Closed before the state that they are read from is left, however that comes.
    with closing(ordered_rows(table)) as rows:
        for batch in batches(rows, BATCH):
            for writer in writers:
                writer.write(batch)
            count += len(batch)
            progress(len(batch))
    for writer in writers:
        writer.end()
    return count


def ordered_rows(table: Table) -> Iterator[list]:
    """All rows in the order of their keys, with typed cells."""
    with closing(rows_of(table, in_key_order(table), "typed")) as rows:
        yield from _sorted(table, rows) if any(column.is_target for column in table.key) else rows


def _sorted(table: Table, rows: Iterator[list]) -> Iterator[list]:
    """The same rows by all of their key, where the database cannot put them in order: sorted on disk, by SQLite."""
    places = [place for place, column in enumerate(table.columns) if column in table.key]
    names = ", ".join(f"key{place}" for place in places)
    with closing(sqlite3.connect("")) as database:
        database.execute(f"CREATE TABLE sorted ({names}, row)")
        database.executemany(
            f"INSERT INTO sorted VALUES ({'?, ' * len(places)}?)",  # nosec B608 # only marks are put in
            ([*(row[place] for place in places), pickle.dumps(row)] for row in rows),
        )
        for (row,) in database.execute(f"SELECT row FROM sorted ORDER BY {names}"):  # nosec B608 # numbered above
            yield pickle.loads(row)  # nosec B301 # from a file that only this process has
