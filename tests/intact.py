"""Whether a registry is whole after something went wrong with it: what is not, in words, and nothing where all is."""

import json
import sys

from django.db import connection, models

from core.constraints import AcrossRows
from core.documents import documented, shape_of_code
from core.history import record_models
from core.known import known_at
from core.models import Change, Document
from core.settling import newest_instant
from exchange.models import Import
from parks.quality import audit
from tests.serving import REGISTRY, manage

# What is wanting where somebody is not done, and says nothing of damage.
EDITORIAL = ("every fact is cited", "every source is used")


def broken_at(url: str, **environment: str) -> list[str]:
    """`broken` of the registry at a DATABASE_URL, looked at by a process of its own."""
    told = manage(
        "shell", "-v", "0", "-c", "from tests.intact import tell; tell()",
        environment=REGISTRY | {"DATABASE_URL": url} | environment,
    )  # fmt: skip
    return json.loads(told.stdout)


def tell():
    json.dump(broken(), sys.stdout)


def broken() -> list[str]:
    return [
        *_rows_without_their_version(),
        *_half_told_changes(),
        *_wrong_documents(),
        *_triggers_not_laid(),
        *_unfinished_imports(),
        *_what_constraints_cannot_hold(),
        *_damaged_file(),
    ]


def _rows(model) -> dict:
    """Every value of every row, to the last zero, by key."""
    fields = model._meta.concrete_fields
    return {row.pk: {each.attname: repr(getattr(row, each.attname)) for each in fields} for row in model.objects.all()}


def _rows_without_their_version():
    now = {model: _rows(model) for model in record_models()}
    with known_at(newest_instant()):
        kept = {model: _rows(model) for model in record_models()}
    for model, rows in now.items():
        for key in rows.keys() | kept[model].keys():
            if rows.get(key) != kept[model].get(key):
                yield f"{model._meta.label} {key} is not as its history has it"


def _half_told_changes():
    empty = Change.objects.annotate(rows=models.Count("versions")).filter(rows=0)
    yield from (f"change {each.pk} wrote nothing" for each in empty)
    untold = Change.objects.filter(origin=Change.Origin.UNKNOWN)
    yield from (f"change {each.pk} does not say where it came from" for each in untold)


def _wrong_documents():
    for label, kind in documented().items():
        keys = set(map(str, kind.queryset.model.objects.values_list("pk", flat=True)))
        kept = Document.objects.filter(kind=label, shape=shape_of_code()).exclude(body__in=["", "null"])
        kept = dict(kept.values_list("key", "body"))
        yield from (f"{label} {key} has a document and is gone" for key in kept.keys() - keys)
        fresh = kind.render(kept)
        yield from (f"the document of {label} {key} is old" for key in kept if kept[key] != fresh[key].body)


def triggers_laid() -> set[tuple[str, str]]:
    """Every trigger by table and name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
            if connection.vendor == "sqlite"
            else "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
        )
        return set(cursor.fetchall())


def triggers_expected() -> set[tuple[str, str]]:
    sqlite = connection.vendor == "sqlite"
    history = ("created", "changed", "moved", "deleted") if sqlite else ("insert", "update", "delete", "truncate")
    names = {("core_recordnames", f"names_{event}") for event in ("added", "changed", "taken")}
    names = names if sqlite else {("core_change", "document_at_commit")}
    for model in record_models():
        table = model._meta.db_table
        if sqlite:
            names |= {(table, f"document_{table}_{event}") for event in ("insert", "update", "delete")}
        names |= {(table, f"history_{table}_{event}" if sqlite else f"history_{event}") for event in history}
        for constraint in model._meta.constraints:
            if isinstance(constraint, AcrossRows):
                names |= {(table, f"rule_{constraint.name}_on_{event}") for event in ("insert", "update")}
    return names


def _triggers_not_laid():
    for table, name in triggers_expected() - triggers_laid():
        yield f"the trigger {name} is not on {table}"


def _unfinished_imports():
    for each in Import.objects.filter(state=Import.State.BEGUN):
        yield f"import {each.pk} of {each.name} is told to be at work"


def _what_constraints_cannot_hold():
    for check, faults in audit():
        if check not in EDITORIAL:
            yield from (f"{check}: {each.record}: {each.told}" for each in faults if each.is_error)


def _damaged_file():
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            yield from (told for (told,) in cursor.fetchall() if told != "ok")
            cursor.execute("PRAGMA foreign_key_check")
            yield from (f"a reference of {table} {row} leads nowhere" for table, row, *_ in cursor.fetchall())
