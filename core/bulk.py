"""What is done with very many rows: read so many at a time, and written in one statement, triggers and all, by COPY on
PostgreSQL and a prepared INSERT on SQLite.
"""

import gc
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from django.db import connection, models

# Lines of COPY handed over at once.
LINES = 2000
# After how many new objects cycles are looked for while rows are read.
SELDOM = 50_000
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def batches(rows: Iterable, size: int) -> Iterator[list]:
    """The same rows, so many at once."""
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let cycles be looked for seldom: among very many rows, of which none has any, that is an eighth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def new_keys(model: type[models.Model], count: int) -> list[int]:
    """So many keys for rows to come, which no other row had or gets.

    On SQLite only inside a transaction that has written something: nobody else writes until it ends.
    """
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The sequence is looked up once, not for each key.
            cursor.execute(
                "WITH own AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence)"
                " SELECT nextval(sequence) FROM own, generate_series(1, %s)",
                [table, column, count],
            )
            return [key for (key,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone() or (0,)
        return list(range(last + 1, last + 1 + count))


def write_rows(fields: list[models.Field], rows: Iterable[tuple]) -> int:
    """Write rows of the values of `fields` (all of one model), and say how many there were.

    The values are as `to_python` of each field makes them, or the text of that. Raises IntegrityError and its like.
    """
    quote = connection.ops.quote_name
    into = f"{quote(fields[0].model._meta.db_table)} ({', '.join(quote(field.column) for field in fields)})"
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            cursor.copy_expert(f"COPY {into} FROM STDIN", _Lines(rows))
            return cursor.rowcount
        # Past Django's cursor, which would keep all rows in memory.
        marks = ", ".join("?" * len(fields))
        return connection.connection.executemany(f"INSERT INTO {into} VALUES ({marks})", rows).rowcount  # nosec B608 # of the model


def update_rows(fields: list[models.Field], rows: list[tuple]) -> int:
    """Set `fields` of rows that are there, and say how many there were. The first of `fields` is the primary key.

    The values are as `write_rows` takes them. Raises IntegrityError and its like.
    """
    quote = connection.ops.quote_name
    table, (key, *columns) = quote(fields[0].model._meta.db_table), [quote(field.column) for field in fields]
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            names = [field.column for field in fields]
            told = json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str)
            set_to = ", ".join(f"{column} = n.{column}" for column in columns)
            cursor.execute(
                f"UPDATE {table} o SET {set_to} FROM jsonb_populate_recordset(NULL::{table}, %s) n"  # nosec B608 # of the model
                f" WHERE o.{key} = n.{key}",
                [told],
            )
            return cursor.rowcount
        set_to = ", ".join(f"{column} = ?" for column in columns)
        rows = ((*values, of) for of, *values in rows)
        return connection.connection.executemany(f"UPDATE {table} SET {set_to} WHERE {key} = ?", rows).rowcount  # nosec B608 # of the model


class _Lines(io.TextIOBase):
    """Rows as COPY reads them, made as they are asked for."""

    def __init__(self, rows: Iterable[tuple]):
        self._chunks = self._told(rows)
        self._rest = ""

    def _told(self, rows):
        lines = []
        for row in rows:
            lines.append("\t".join(map(_text, row)))
            if len(lines) == LINES:
                yield "\n".join([*lines, ""])
                lines = []
        yield "\n".join([*lines, ""])

    def read(self, size=-1):
        while len(self._rest) < size and (chunk := next(self._chunks, None)):
            self._rest += chunk
        told, self._rest = self._rest[:size], self._rest[size:]
        return told


def _text(value) -> str:
    if value is None:
        return r"\N"
    text = str(value)
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text
