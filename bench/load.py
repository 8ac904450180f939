"""Fills the database of DATABASE_URL: `python -m bench.load 0` lays it out, `python -m bench.load 3000` loads parks.

The rows go in as COPY, and on SQLite as one INSERT after another, through the triggers: so the history is what it is
for any other import. What the models have beside the columns given here gets the default of its field, or what the
database makes of it.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta

import django
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import NOT_PROVIDED, Max

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LOGIN = "bench"
PASSWORD = "bench"
# How often a COPY is timed.
TURNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int)
    parser.add_argument("--time", action="store_true", help="only time COPY, with history and without")
    asked = parser.parse_args()
    django.setup()
    told = time_copy(asked.size) if asked.time else fill(asked.size)
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
            for pragma in (
                "journal_mode = MEMORY",
                "cache_size = -2000000",
                "synchronous = OFF",
                "temp_store = MEMORY",
            ):
                cursor.execute(f"PRAGMA {pragma}")
    with transaction.atomic(), connection.cursor() as cursor:
        told = {"rows": 0, "seconds": time.perf_counter()}
        with change(origin="IMPORT", reason="made up for the bench"):
            for model, columns, rows in made_up(size):
                told["rows"] += write(model, columns, rows)
        told["seconds"] = time.perf_counter() - told["seconds"]
        for statement in connection.ops.sequence_reset_sql(no_style(), record_models()):
            cursor.execute(statement)
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if postgresql else "PRAGMA journal_mode = WAL")
    started = time.perf_counter()
    call_command("render_documents", verbosity=0)
    told["render_seconds"] = time.perf_counter() - started
    with connection.cursor() as cursor:
        # again, or the documents would be taken to wait still
        cursor.execute("VACUUM ANALYZE" if postgresql else "ANALYZE")
    person = get_user_model().objects.create_superuser(LOGIN, password=PASSWORD)
    told["token"] = AuthToken.objects.create(person, expiry=timedelta(days=1))[1]
    return told


def time_copy(size: int) -> dict:
    """Seconds that the same rows take as COPY, references checked: into tables that no trigger watches, and into those
    whose history is kept. Medians of some turns, each rolled back.
    """
    from core.history import change

    # made before the clock runs: it is COPY that is timed
    tables = [(model, columns, list(rows)) for model, columns, rows in made_up(size)]
    taken: dict[str, list[float]] = {"plain": [], "history": []}
    for _turn in range(TURNS):
        for name, seconds in taken.items():
            with transaction.atomic(), connection.cursor() as cursor:
                if name == "plain":
                    for model, _columns, _rows in tables:
                        cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER USER")
                started = time.perf_counter()
                with change(origin="IMPORT"):
                    rows = sum(write(*table) for table in tables)
                # what would be checked when the transaction ends
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                seconds.append(time.perf_counter() - started)
                transaction.set_rollback(True)
    return {"rows": rows} | {name: statistics.median(seconds) for name, seconds in taken.items()}


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


def write(model, columns: tuple[str, ...], rows: Iterable[tuple]) -> int:
    """Write all rows; how many there were. Columns that are not given get the default of their field."""
    from core.bulk import write_rows

    fields = {field.column: field for field in model._meta.concrete_fields}
    others = [
        field
        for field in fields.values()
        if field.column not in columns and not field.generated and field.db_default is NOT_PROVIDED
    ]
    defaults = tuple(field.get_default() for field in others)
    return write_rows([*(fields[column] for column in columns), *others], (row + defaults for row in rows))


if __name__ == "__main__":
    main()
