"""The second clock: the registry as it had recorded things by an instant, for the same queries that read it today.

Inside `known_at(instant)` every table of records, and of their history, is hidden by one of the same name that holds
its rows as the newest version by then left them. So filters, serializers and matrices need not know that they look
back. Read only.

On PostgreSQL these are views, laid after each migration in a schema of their own that the block puts first on the
search path. On SQLite, which would read a view again for each row of another, the block makes temporary tables and
drops them.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

from django.db import ProgrammingError, connection, models, transaction
from django.utils import timezone

from core.faults import NotMigrated
from core.history import label_of, record_models, value_of_old
from core.models import Change, Version

SCHEMA = "known"
CHANGES, VERSIONS = Change._meta.db_table, Version._meta.db_table


# When the reader stands, where that is not now.
_instant: ContextVar[datetime | None] = ContextVar("known", default=None)


@contextmanager
def known_at(instant: datetime | None):
    """Read the registry as recorded by `instant` (aware); None: as it is now."""
    if instant is None:
        yield
        return
    token = _instant.set(instant)
    try:
        with _on_postgresql(instant) if connection.vendor == "postgresql" else _on_sqlite(instant):
            yield
    finally:
        _instant.reset(token)


def looks_back() -> bool:
    """Whether the registry is read as recorded by some instant."""
    return _instant.get() is not None


def day_of_reading() -> date:
    """Today; where the registry is read as recorded by an instant, the day of that."""
    instant = _instant.get()
    return timezone.localdate(instant) if instant else timezone.localdate()


@contextmanager
def _on_postgresql(instant):
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            # Without its views the schema would be passed over, and the registry of today be read. So they stay until
            # the end: whoever migrates waits for that.
            cursor.execute(
                f"SELECT set_config('registry.known', %s, true); SELECT FROM {SCHEMA}.{CHANGES} LIMIT 0;"  # nosec B608 # constants
                " SELECT 1, current_setting('search_path'),"
                " current_setting('enable_nestloop'), current_setting('jit')",
                [instant.isoformat()],
            )
        except ProgrammingError as missing:
            raise NotMigrated(f"No view looks back: {missing}") from missing
        _told, path, *planned = cursor.fetchone()
        # Nothing is known of how many rows a view has, and a loop within a loop over two of them takes seconds.
        # Where a loop cannot be helped it is said to cost so much that the query would be compiled first.
        cursor.execute(
            "SELECT set_config('search_path', %s, true), set_config('enable_nestloop', 'off', true),"
            " set_config('jit', 'off', true)",
            [f"{SCHEMA}, {path}"],
        )
        yield
        cursor.execute(
            "SELECT set_config('search_path', %s, true), set_config('enable_nestloop', %s, true),"
            " set_config('jit', %s, true)",
            [path, *planned],
        )


@contextmanager
def _on_sqlite(instant):
    with connection.cursor() as cursor:
        laid = []
        try:
            for kind, name, query in _copies(f"'{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"):
                cursor.execute(f"CREATE TEMP {kind} {name} AS {query}")
                laid.append((kind, name))
            for model in record_models():
                table = model._meta.db_table
                for field in model._meta.concrete_fields:
                    if field.primary_key or field.is_relation:
                        cursor.execute(f"CREATE INDEX temp.known_{table}_{field.column} ON {table} ({field.column})")
            yield
        finally:
            for kind, name in laid:
                cursor.execute(f"DROP {kind} temp.{name}")


def lay_views(cursor):
    """Lay the views of PostgreSQL anew."""
    cursor.execute("SELECT current_schema()")
    schema = cursor.fetchone()[0]
    lift_views(cursor)
    cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    for name, query in _views("current_setting('registry.known')::timestamptz", schema):
        cursor.execute(f"CREATE VIEW {SCHEMA}.{name} AS {query}")


def lift_views(cursor):
    """Take the views away: PostgreSQL changes no column that a view reads."""
    cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def _views(moment, schema):
    """Each view's name and query. `moment` is SQL for the instant, `schema` where the tables themselves are."""
    by_then = f"FROM {schema}.{VERSIONS} v JOIN {schema}.{CHANGES} c ON c.id = v.change_id WHERE c.at <= {moment}"
    yield from _history(moment, schema)
    for model in record_models():
        yield (
            model._meta.db_table,
            f"SELECT {_columns(model)} {by_then} AND v.model = '{label_of(model)}' AND v.operation <> 'DELETED'"
            f" AND NOT EXISTS (SELECT 1 FROM {schema}.{VERSIONS} w JOIN {schema}.{CHANGES} d ON d.id = w.change_id"
            f" WHERE w.model = v.model AND w.key = v.key AND w.id > v.id AND d.at <= {moment})",
        )


def _copies(moment):
    """What to make on SQLite, in order: "VIEW" or "TABLE", name and query."""
    for name, query in _history(moment, "main"):
        yield "VIEW", name, query
    newest = f"SELECT v.model, max(v.id) AS id FROM {VERSIONS} v GROUP BY v.model, v.key"
    yield "TABLE", "known_newest", newest
    for model in record_models():
        yield (
            "TABLE",
            model._meta.db_table,
            f"SELECT {_columns(model)} FROM known_newest n JOIN main.{VERSIONS} v ON v.id = n.id"
            f" WHERE n.model = '{label_of(model)}' AND v.operation <> 'DELETED'",
        )


def _history(moment, schema):
    """The views of the history itself."""
    yield CHANGES, f"SELECT c.* FROM {schema}.{CHANGES} c WHERE c.at <= {moment}"
    yield (
        VERSIONS,
        f"SELECT v.* FROM {schema}.{VERSIONS} v JOIN {schema}.{CHANGES} c ON c.id = v.change_id WHERE c.at <= {moment}",
    )


def _columns(model) -> str:
    return ", ".join(_column(field) for field in model._meta.concrete_fields)


def _column(field: models.Field) -> str:
    if connection.vendor != "postgresql":
        value = f"json_extract(v.data, '$.{field.column}')"
        # Decimals are kept as text; a table's own column would have made numbers of them.
        value = f"CAST({value} AS NUMERIC)" if isinstance(field, models.DecimalField) else value
        return f"{_filled(field, value)} AS {field.column}"
    collation = field.db_parameters(connection).get("collation")
    collated = f' COLLATE "{collation}"' if collation else ""
    value = _filled(field, f"(v.data->>'{field.column}')::{field.cast_db_type(connection)}")
    return f"{value}{collated} AS {field.column}"


def _filled(field: models.Field, value: str) -> str:
    """`value`, or where the version is older than the field, what that says of it."""
    if (old := value_of_old(field)) is None:
        return value
    prepared = field.get_db_prep_save(old, connection)
    return f"coalesce({value}, {connection.schema_editor().quote_value(prepared)})"
