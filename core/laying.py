"""When triggers and views are laid: anew after each migration, which may have made the tables anew, also after one that
stopped halfway.
"""

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from core import triggers
from core.documents import documented, forget_marking
from core.history import record_models
from core.known import lay_views, lift_views
from core.marking import MARK_ALL, POSTGRESQL_UNMARKED, POSTGRESQL_UNWATCHED, marking
from core.models import Change, Document, Version

# What the names of our triggers begin with: any others are an operator's own.
DOCUMENTS = "document_"
OURS = ("history_", "rule_", DOCUMENTS)
SQLITE_LAID = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
POSTGRESQL_LAID = """
SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"""


def lift_before_migrate(using=DEFAULT_DB_ALIAS, plan=(), **_):
    """Take away what would stand in the way of changing tables, before a migration that changes any.

    On SQLite the triggers: it changes a table by making it anew, and will not while triggers name it. On PostgreSQL the
    views that look back. A migration that writes records calls `install_after_migrate` before it does.
    """
    if not plan:
        return
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            lift_views(cursor)
        else:
            _lift(cursor, SQLITE_LAID, "DROP TRIGGER {name}", {model._meta.db_table for model in record_models()})


def install_after_migrate(using=DEFAULT_DB_ALIAS, **_):
    """Lay every trigger anew on `using`, and on PostgreSQL the views that look back, in one transaction.

    Where migrating stopped halfway, they speak of the columns that are there. A table without the very columns that
    say which row it is of which record refuses what is written until migrating is done.
    """
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    recorded = [model for model in record_models() if model._meta.db_table in tables]
    if not {Change._meta.db_table, Version._meta.db_table} <= tables:
        return
    postgresql = connection.vendor == "postgresql"
    with transaction.atomic(using=using), connection.cursor() as cursor:
        # Also those of constraints that are gone or renamed.
        laid = POSTGRESQL_LAID if postgresql else SQLITE_LAID
        drop = "DROP TRIGGER {name} ON {table}" if postgresql else "DROP TRIGGER {name}"
        lifted = _lift(cursor, laid, drop, {model._meta.db_table for model in recorded})
        present = {model: _fields_present(cursor, model) for model in recorded}
        for statement in triggers.postgresql(present) if postgresql else triggers.sqlite(present):
            cursor.execute(statement)
        if len(recorded) == len(record_models()) and postgresql:
            lay_views(cursor)
        forget_marking()
        if Document._meta.db_table not in tables:
            if postgresql:
                cursor.execute(POSTGRESQL_UNWATCHED)
            return
        if not postgresql and not any(name.startswith(DOCUMENTS) for name in lifted):
            # Since they were lifted, nothing was marked.
            cursor.execute(MARK_ALL)
        if all(present.get(each) == [*each._meta.concrete_fields] for each in record_models()):
            for statement in marking(each.queryset for each in documented().values()):
                cursor.execute(statement)
        elif postgresql:
            # On SQLite they were lifted before.
            cursor.execute(POSTGRESQL_UNMARKED)


def _lift(cursor, laid, drop, tables) -> list[str]:
    cursor.execute(laid)
    lifted = [(name, table) for name, table in cursor.fetchall() if table in tables and name.startswith(OURS)]
    for name, table in lifted:
        cursor.execute(drop.format(name=name, table=table))
    return [name for name, _table in lifted]


def _fields_present(cursor, model) -> list[models.Field]:
    cursor.execute(f"SELECT * FROM {model._meta.db_table} LIMIT 0")  # nosec B608 # of the model
    columns = {column[0] for column in cursor.description}
    return [field for field in model._meta.concrete_fields if field.column in columns]
