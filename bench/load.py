"""Fills the database of DATABASE_URL: `python -m bench.load 0` lays it out, `python -m bench.load 3000` loads parks.

The rows go in as COPY, and on SQLite as one INSERT after another, through the triggers: so the history is what it is
for any other import. What the models have beside the columns given here gets the default of its field, or what the
database makes of it.
"""

import argparse
import io
import json
import os
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta

import django
from django.core.management import call_command, get_commands
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import NOT_PROVIDED, Max

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LOGIN = "bench"
PASSWORD = "bench"
# Lines of COPY handed over at once.
LINES = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int)
    parser.add_argument("--plain", action="store_true", help="only time COPY into tables that no trigger watches")
    asked = parser.parse_args()
    django.setup()
    told = time_copy(asked.size) if asked.plain else fill(asked.size)
    print(json.dumps(told))


def fill(size: int) -> dict:
    """Load `size` parks into a database that has been laid out, which is what asking for none does. Tells seconds,
    rows, and a token to write with.
    """
    from django.contrib.auth import get_user_model
    from knox.models import AuthToken

    from core.history import change, record_models

    if not size:
        call_command("migrate", verbosity=0)
        call_command("loaddata", "divisions", verbosity=0)
        return {}
    if connection.vendor == "sqlite":
        # for this import alone: its file is thrown away if anything goes wrong
        with connection.cursor() as cursor:
            for pragma in ("cache_size = -2000000", "synchronous = OFF", "temp_store = MEMORY"):
                cursor.execute(f"PRAGMA {pragma}")
    with transaction.atomic(), connection.cursor() as cursor:
        told = {"rows": 0, "seconds": time.perf_counter()}
        with change(origin="IMPORT", reason="made up for the bench"):
            for model, columns, rows in made_up(size):
                told["rows"] += write(cursor, model, columns, rows)
        told["seconds"] = time.perf_counter() - told["seconds"]
        for statement in connection.ops.sequence_reset_sql(no_style(), record_models()):
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    if "render_documents" in get_commands():
        started = time.perf_counter()
        call_command("render_documents", verbosity=0)
        told["render_seconds"] = time.perf_counter() - started
    person = get_user_model().objects.create_superuser(LOGIN, password=PASSWORD)
    told["token"] = AuthToken.objects.create(person, expiry=timedelta(days=1))[1]
    return told


def time_copy(size: int) -> dict:
    """How long COPY takes for the same rows into tables without history, in a transaction that is rolled back."""
    with transaction.atomic(), connection.cursor() as cursor:
        rows, seconds = 0, 0.0
        for model, columns, made in made_up(size):
            # made before the clock runs: it is COPY that is timed
            made = list(made)
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER USER")
            started = time.perf_counter()
            rows += write(cursor, model, columns, made)
            seconds += time.perf_counter() - started
        transaction.set_rollback(True)
    return {"rows": rows, "seconds": seconds}


def made_up(size: int) -> Iterator[tuple[type, tuple[str, ...], Iterable[tuple]]]:
    """The tables of `bench.registry`, with keys that follow those that the database has."""
    from django.apps import apps
    from django.contrib.contenttypes.models import ContentType

    from bench.registry import Registry
    from cities.models import Division
    from core.history import label_of, record_models

    counties = Division.objects.filter(level="COUNTY").existing().order_by("code")
    keyed = [model for model in record_models() if model._meta.pk.name == "id"]
    first = {label_of(model): (model._base_manager.aggregate(last=Max("id"))["last"] or 0) + 1 for model in keyed}
    kinds = {label_of(model): ContentType.objects.get_for_model(model).id for model in record_models()}
    registry = Registry(size, [*counties.values_list("code", "name_en", "name_zh")], first, kinds)
    for label, columns, rows in registry.tables():
        yield apps.get_model(label), columns, rows


def write(cursor, model, columns: tuple[str, ...], rows: Iterable[tuple]) -> int:
    """Write all rows; how many there were. Columns that are not given get the default of their field."""
    others = [
        field
        for field in model._meta.concrete_fields
        if field.column not in columns and not field.generated and field.db_default is NOT_PROVIDED
    ]
    defaults = tuple(field.get_default() for field in others)
    names = [*columns, *(field.column for field in others)]
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    table = connection.ops.quote_name(model._meta.db_table)
    if connection.vendor == "postgresql":
        cursor.copy_expert(f"COPY {table} ({quoted}) FROM STDIN", Lines(rows, defaults))
        return cursor.rowcount
    marks = ", ".join("?" * len(names))
    # past Django's cursor, which would rewrite the statement for each row
    raw = connection.connection.executemany(
        f"INSERT INTO {table} ({quoted}) VALUES ({marks})", (row + defaults for row in rows)
    )
    return raw.rowcount


class Lines(io.TextIOBase):
    """Rows as COPY reads them, made as they are asked for. No value here has a tab, a line break or a backslash."""

    def __init__(self, rows: Iterable[tuple], defaults: tuple):
        self.chunks = self._chunks(rows, "".join(f"\t{_text(value)}" for value in defaults) + "\n")
        self.rest = ""

    def _chunks(self, rows, end):
        lines = []
        for row in rows:
            lines.append("\t".join(map(_text, row)) + end)
            if len(lines) == LINES:
                yield "".join(lines)
                lines = []
        yield "".join(lines)

    def read(self, size=-1):
        while len(self.rest) < size and (chunk := next(self.chunks, None)):
            self.rest += chunk
        told, self.rest = self.rest[:size], self.rest[size:]
        return told


def _text(value) -> str:
    return r"\N" if value is None else str(value)


if __name__ == "__main__":
    main()
