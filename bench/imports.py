"""`python -m bench.imports`: what an import costs beside writing the same rows at once, history and all.

It runs on the database of DATABASE_URL, which must be empty and is left with what was imported:

    python -m tests.postgres python -m bench.imports
"""

import csv
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
PARKS, RUNS = 1000, 3


def main(size: int):
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder:
        settings.IMPORT_FILES = folder
        call_command("migrate", verbosity=0)
        call_command("loaddata", "divisions", verbosity=0)
        _make_parks()
        for make in (_observations, _roles):
            _measure(make, size, Path(folder))


def _make_parks():
    from core.history import change
    from parks.models import Indicator, Park

    with change():
        Indicator.objects.bulk_create(
            Indicator(code=f"figure-{number}", name_en=f"Figure {number}", unit="CNY") for number in range(10)
        )
        Park.objects.bulk_create(
            Park(slug=f"park-{number}", name_en=f"Park {number}", host_id="321282") for number in range(PARKS)
        )


def _observations(size, run):
    """So many figures, in no order, as an office would list them; in each run others."""
    header = ["park", "indicator", "period", "kind", "value", "precision", "growth_percent", "scope", "as_stated"]
    rows = [
        [
            f"park-{number % PARKS}",
            f"figure-{number // PARKS % 10}",
            str(1990 + number // PARKS // 10),
            "ACTUAL",
            str(number * 7919 % 10**9),
            "EXACT",
            f"{number % 400 / 10}",
            f"run {run}",
            f"{number} 万元",
        ]
        for number in range(size)
    ]
    random.Random(run).shuffle(rows)
    return "observations", header, rows


def _roles(size, run):
    from cities.models import Division

    header = ["park", "function", "division", "standing", "since", "until", "note"]
    divisions = list(Division.objects.order_by("code").values_list("code", flat=True))[:: 3000 * PARKS // size or 1]
    functions = ["OPERATIONS", "PLANNING", "LAND", "FINANCE", "TAXATION"]
    rows = [
        [
            f"park-{number % PARKS}",
            functions[number // PARKS % 5],
            divisions[number // PARKS // 5 % len(divisions)],
            "IN_FORCE",
            str(2000 + run),
            str(2001 + run),
            f"Note {number}",
        ]
        for number in range(size)
    ]
    random.Random(run).shuffle(rows)
    return "co-management-roles", header, rows


def _measure(make, size, folder):
    from django.db import connection

    from exchange.imports.running import apply, begin, check
    from exchange.tables import find_table

    spent = defaultdict(list)
    for run in range(RUNS):
        kind, header, rows = make(size, 2 * run)
        table = find_table(kind)
        spent["at once"].append(_spent(_write_at_once, table.model, _ready(table.model, header, rows)))
        kind, header, rows = make(size, 2 * run + 1)
        path = folder / f"{kind}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
        for what, do in (("checked", check), ("applied", apply), ("checked again, all unchanged", check)):
            spent[what].append(_spent(do, begin(table, path, name=path.name)))
    assert table.model.objects.count() == 2 * RUNS * size
    middle = {what: [statistics.median(each) for each in zip(*took, strict=True)] for what, took in spent.items()}
    cpu, wall = middle["at once"]
    print(f"{connection.vendor}, {size:,} {kind}:")
    for what, (own_cpu, own_wall) in middle.items():
        worked = f"{own_cpu:6.1f} s ({own_cpu / cpu:.1f} times) of processors"
        print(f"  {what:<30} {worked}, {own_wall:6.1f} s ({own_wall / wall:.1f} times) by the clock")


def _ready(model, header, rows):
    fields = list(model._meta.concrete_fields)
    keys = {
        field: dict(field.related_model.objects.values_list(field.related_model.identity_lookups()[0], "pk"))
        for field in fields
        if field.is_relation
    }
    return [_values(fields[1:], dict(zip(header, row, strict=True)), keys) for row in rows]


def _write_at_once(model, ready):
    from core.bulk import write_rows
    from core.history import change

    with change():
        write_rows(list(model._meta.concrete_fields)[1:], ready)


def _values(fields, row, keys):
    return tuple(
        keys[field].get(row.get(field.name)) if field.is_relation else row.get(field.name) or field.get_default()
        for field in fields
    )


def _spent(do, *arguments) -> tuple[float, float]:
    """The seconds that processors worked, here and at the database, and those by the clock."""
    started, at_first = time.perf_counter(), _worked()
    do(*arguments)
    return _worked() - at_first, time.perf_counter() - started


def _worked() -> float:
    from django.db import connection

    own = time.process_time()
    if connection.vendor != "postgresql":
        return own
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        # User and system time of the process, in ticks (proc(5)).
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return own + (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
