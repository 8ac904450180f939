"""The formats of a dataset. Each writer takes the tables one after the other, and of each the rows in batches."""

import csv
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from core.rest.references import kind_of
from core.spreadsheets import neutralised
from exchange.dataset.columns import may_be_unknown, references_of, type_of
from exchange.rows import as_text, header_of
from exchange.tables import Column, Table

VIEWS = Path(__file__).parent / "views.sql"
# Rows of Parquet that are kept in memory, then written, compressed and later read together.
ROW_GROUP = 50_000


class Writer:
    """What a format does with the tables: `begin` one, `write` its rows batch by batch, `end` it; `finish` them all.

    `close` lets go of what is open, however it came to that.
    """

    def begin(self, table: Table):
        raise NotImplementedError

    def write(self, rows: list[Sequence]):
        raise NotImplementedError

    def end(self):
        pass

    def finish(self):
        pass

    def close(self):
        pass


class CsvWriter(Writer):
    """A CSV file a table (RFC 4180, UTF-8): what a spreadsheet would run as a formula has an apostrophe before it."""

    def __init__(self, folder: Path):
        self.folder = folder / "csv"
        self.folder.mkdir()
        self.file = None

    def begin(self, table: Table):
        self.file = (self.folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="")
        self.texts = as_text(table)
        self.csv = csv.writer(self.file)
        self.csv.writerow(header_of(table))

    def write(self, rows: list[Sequence]):
        self.csv.writerows([neutralised(text) for text in self.texts(row)] for row in rows)

    def end(self):
        self.close()

    def close(self):
        if self.file:
            self.file.close()


class SqliteWriter(Writer):
    """One SQLite file: the tables with their keys, and the views of `views.sql`."""

    def __init__(self, folder: Path):
        self.database = sqlite3.connect(folder / "registry.sqlite3", isolation_level=None)
        # A file that is not finished is thrown away: nothing need be undone.
        self.database.execute("PRAGMA journal_mode = OFF")
        self.database.execute("PRAGMA synchronous = OFF")
        self.database.execute("BEGIN")

    def begin(self, table: Table):
        self.database.execute(_definition(table))
        marks = ", ".join("?" * len(table.columns))
        columns = ", ".join(f'"{_named(column)}"' for column in table.columns)
        self.insert = f'INSERT INTO "{_named(table)}" ({columns}) VALUES ({marks})'
        self.decimals = [place for place, column in enumerate(table.columns) if type_of(column) == "number"]

    def write(self, rows: list[Sequence]):
        self.database.executemany(self.insert, map(self._bound, rows) if self.decimals else rows)

    def _bound(self, row):
        row = list(row)
        for place in self.decimals:
            # Fifteen digits, which eight bytes hold (see `core.numbers`).
            row[place] = None if row[place] is None else float(row[place])
        return row

    def finish(self):
        for statement in VIEWS.read_text(encoding="utf-8").split(";\n"):
            self.database.execute(statement)
        self.database.execute("COMMIT")

    def close(self):
        self.database.close()


def _definition(table: Table) -> str:
    """The SQL that makes a table, with a column `record` made of its key as citations tell what they speak of."""
    kinds = {"boolean": "BOOLEAN", "integer": "INTEGER", "string": "TEXT"}
    parts = []
    for column in table.columns:
        kind = type_of(column)
        kind = kinds.get(kind) or f"DECIMAL({column.leaf.max_digits}, {column.leaf.decimal_places})"
        parts.append(f'"{_named(column)}" {kind}{"" if may_be_unknown(column) else " NOT NULL"}')
    if not any(column.is_target for column in table.columns):
        told = " || '/' || ".join(_told(column) for column in table.key)
        parts.append(f"record TEXT AS ('{kind_of(table.model)}:' || {told})")
    parts.append(f"PRIMARY KEY ({_listed(table.key)})")
    parts += [
        f'FOREIGN KEY ({_listed(columns)}) REFERENCES "{_named(other)}" ({_listed(other.key)})'
        for columns, other in references_of(table)
    ]
    return f'CREATE TABLE "{_named(table)}" (\n  ' + ",\n  ".join(parts) + "\n)"


def _told(column: Column) -> str:
    """SQL for one part of a key as `exchange.tables.target_text` tells it."""
    name = f'"{_named(column)}"'
    if type_of(column) == "boolean":
        return f"CASE {name} WHEN 1 THEN 'true' ELSE 'false' END"
    return f"replace(replace(coalesce({name}, ''), '%', '%25'), '/', '%2F')"


def _named(of: Column | Table) -> str:
    return of.name.replace("-", "_").replace(".", "_")


def _listed(columns: list[Column]) -> str:
    return ", ".join(f'"{_named(column)}"' for column in columns)


class ParquetWriter(Writer):
    """A Parquet file a table: numbers as exact decimals, compressed by Zstandard."""

    def __init__(self, folder: Path):
        self.folder = folder / "parquet"
        self.folder.mkdir()
        self.writer = None

    def begin(self, table: Table):
        # Here and not above: it takes a third of a second, and memory, of whoever only starts a server.
        import pyarrow
        from pyarrow import parquet

        self.schema = pyarrow.schema(
            [
                pyarrow.field(column.name, _arrow_type(column), nullable=may_be_unknown(column))
                for column in table.columns
            ]
        )
        self.writer = parquet.ParquetWriter(self.folder / f"{table.name}.parquet", self.schema, compression="zstd")
        self.batches, self.count = [], 0

    def write(self, rows: list[Sequence]):
        import pyarrow

        columns = [
            pyarrow.array(values, each.type) for each, values in zip(self.schema, zip(*rows, strict=True), strict=True)
        ]
        self.batches.append(pyarrow.record_batch(columns, schema=self.schema))
        self.count += len(rows)
        if self.count >= ROW_GROUP:
            self._write_group()

    def _write_group(self):
        import pyarrow

        if self.batches:
            self.writer.write_table(pyarrow.Table.from_batches(self.batches, self.schema), row_group_size=self.count)
        self.batches, self.count = [], 0

    def end(self):
        self._write_group()
        self.close()

    def close(self):
        if self.writer:
            self.writer.close()


def _arrow_type(column: Column):
    import pyarrow

    kind = type_of(column)
    if kind == "number":
        return pyarrow.decimal128(column.leaf.max_digits, column.leaf.decimal_places)
    return {"boolean": pyarrow.bool_(), "integer": pyarrow.int64(), "string": pyarrow.string()}[kind]
