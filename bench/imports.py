"""`python -m bench.imports`: what an import costs beside writing the same rows at once, history and all.

It runs on the database of DATABASE_URL, which must be empty and is left with what was imported:

    python -m tests.postgres python -m bench.imports
"""

import csv
import os
import random
import resource
import statistics
import sys
import tempfile
import time
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
        for kind, header, rows in (_observations(size), _roles(size)):
            path = Path(folder) / f"{kind}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([header, *rows])
            _measure(kind, path, header, rows)


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


def _observations(size):
    """So many figures, in no order, as an office would list them."""
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
            "",
            f"{number} 万元",
        ]
        for number in range(size)
    ]
    random.Random(1).shuffle(rows)
    return "observations", header, rows


def _roles(size):
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
            "2003-08",
            "2013",
            f"Note {number}",
        ]
        for number in range(size)
    ]
    random.Random(1).shuffle(rows)
    return "co-management-roles", header, rows


def _measure(kind, path, header, rows):
    from django.db import connection, transaction

    from core.bulk import write_rows
    from core.history import change
    from exchange.imports.running import apply, begin, check
    from exchange.tables import find_table

    table = find_table(kind)
    model = table.model
    fields = list(model._meta.concrete_fields)
    keys = {
        field: dict(field.related_model.objects.values_list(_path(field), "pk"))
        for field in fields
        if field.is_relation
    }
    ready = [_values(fields, dict(zip(header, row, strict=True)), keys) for row in rows]

    def at_once():
        with change(), transaction.atomic():
            write_rows(fields[1:], [each[1:] for each in ready])
            if connection.vendor == "postgresql":
                connection.check_constraints()
            transaction.set_rollback(True)

    upload = begin(table, path, name=path.name)
    alone, through = [], []
    for _run in range(RUNS):
        alone.append(_timed(at_once))
        through.append(_timed(lambda: check(upload)))
    applied = _timed(lambda: apply(upload))
    again = _timed(lambda: check(begin(table, path, name=path.name)))
    one = statistics.median(alone)
    times = {"checked": statistics.median(through), "applied": applied, "checked again, all unchanged": again}
    told = "; ".join(f"{what} in {took:.1f} s ({took / one:.1f} times)" for what, took in times.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{connection.vendor}, {len(rows):,} {kind}: written at once in {one:.1f} s; {told}; {peak} MB at most")
    assert upload.new == len(rows)


def _values(fields, row, keys):
    return tuple(
        keys[field].get(row.get(field.name)) if field.is_relation else row.get(field.name) or field.get_default()
        for field in fields
    )


def _path(field):
    return field.related_model.identity_lookups()[0]


def _timed(do) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
