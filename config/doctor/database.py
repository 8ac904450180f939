"""The database: whether it answers, and is as the registry needs it."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from config.doctor.findings import ERROR, WARNING, Finding
from config.readiness import missing_tables
from core.documents import outdated_documents
from core.history import record_models

POSTGRESQL = 14
# what clocks of two machines may differ by where both keep time
APART = timedelta(seconds=2)
# what a lock of SQLite does not reach over
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.glusterfs", "ceph", "afs", "lustre"}
MIGRATE = "Run: registry manage migrate (without the command `registry`: manage.py migrate)"


def reachable() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        yield Finding(
            ERROR,
            f"The database does not answer: {without_passwords(error)}",
            f"Is {connection.settings_dict['NAME']} the file that is meant, and may the registry's account write to it?"
            if connection.vendor == "sqlite"
            else "Does it run (systemctl status postgresql)? Is DATABASE_URL right: host, port, name, role?",
        )


def engine() -> Iterator[Finding]:
    yield from _sqlite() if connection.vendor == "sqlite" else _postgresql()


def _postgresql() -> Iterator[Finding]:
    if connection.pg_version < POSTGRESQL * 10_000:
        yield Finding(
            ERROR,
            f"PostgreSQL {connection.pg_version // 10_000} is too old.",
            f"Upgrade it to {POSTGRESQL} or later (Debian: pg_upgradecluster).",
        )
    if (encoding := _told("SHOW server_encoding")) != "UTF8":
        yield Finding(
            ERROR,
            f"The database is in {encoding}: it cannot keep every Chinese name.",
            "Make one with --encoding UTF8 --template template0 and load the data into it (pg_dump, pg_restore).",
        )
    if _told("SHOW transaction_read_only") == "on":
        yield Finding(
            ERROR,
            "The database takes no writes: it is a standby, or set to be read only.",
            "Name the primary in DATABASE_URL, or promote this one: docs/scaling.md, “The primary died”.",
        )
    if _told("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        yield Finding(
            WARNING,
            "The registry's role is a superuser: whoever breaks in has all databases and the server's account.",
            "Give it a role of its own that owns its database alone, and put that into DATABASE_URL.",
        )
    if not _told("SELECT has_schema_privilege(current_schema(), 'CREATE')"):
        yield Finding(
            ERROR,
            "The registry's role may not make tables, so no upgrade can migrate.",
            "As a superuser of PostgreSQL: ALTER DATABASE name OWNER TO role; or GRANT CREATE ON SCHEMA public TO it.",
        )
    for setting in ("fsync", "full_page_writes"):
        if _told(f"SHOW {setting}") == "off":
            yield Finding(
                ERROR,
                f"{setting} is off: a power cut may destroy the database.",
                f"Set {setting} = on in postgresql.conf.",
            )


def _sqlite() -> Iterator[Finding]:
    file = Path(_told("SELECT file FROM pragma_database_list WHERE name = 'main'") or "/")
    places = (file, file.parent) if file.is_file() else ()
    if closed := [str(each) for each in places if not os.access(each, os.W_OK)]:
        yield Finding(
            ERROR,
            f"The registry's account may not write to {' and '.join(closed)}: nothing can be recorded.",
            f"Run: chown registry:registry {file.parent} {file}*",
        )
    if (mode := _told("PRAGMA journal_mode")) not in ("wal", "memory"):
        yield Finding(
            ERROR,
            f"SQLite keeps its journal as {mode}, so that readers and the writer wait for each other.",
            "Leave journal_mode to the registry (WAL), on a disk that can do it.",
        )
    if (kind := file_system(file)) in NETWORK:
        yield Finding(
            ERROR,
            f"SQLite's file is on a network disk ({kind}), where locks do not hold and the file gets damaged.",
            "Move it to a local disk, or use PostgreSQL.",
        )
    if (told := _told("PRAGMA quick_check(1)")) != "ok":
        yield Finding(ERROR, f"SQLite's file is damaged: {told}", "Stop the registry and restore a backup.")


def clock() -> Iterator[Finding]:
    if connection.vendor == "sqlite":
        return
    before = datetime.now(UTC)
    there = _told("SELECT clock_timestamp()")
    apart = max(before - there, there - datetime.now(UTC), timedelta(0))
    if apart > APART:
        yield Finding(
            ERROR,
            f"The clocks of this machine and of the database are {apart.total_seconds():.0f} s apart.",
            "Keep the time on both (Debian: systemd-timesyncd or chrony): history is told in it.",
        )


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        first = f"{plan[0][0].app_label}.{plan[0][0].name}"
        yield Finding(ERROR, f"{len(plan)} migrations are not applied, the first {first}.", MIGRATE)
    elif missing := missing_tables():
        restore = "Restore a backup: docs/operations.md, “The database is lost”. migrate does not make them anew."
        yield Finding(ERROR, f"Tables are gone: {', '.join(missing)}.", restore)


def triggers() -> Iterator[Finding]:
    """Each table of records that is there has triggers that write its history, and they are on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'history_%' GROUP BY 1"
            " HAVING count(*) = 4"
            if connection.vendor == "sqlite"
            else "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname LIKE 'history_%' AND t.tgenabled = 'O' AND pg_table_is_visible(c.oid)"
            " GROUP BY 1 HAVING count(*) = 4"
        )
        laid = {table for (table,) in cursor.fetchall()}
    there = set(connection.introspection.table_names())
    if missing := sorted({model._meta.db_table for model in record_models()} & there - laid):
        yield Finding(
            ERROR,
            f"{len(missing)} tables leave no history, for their triggers are missing or off: {', '.join(missing)}.",
            MIGRATE,
        )


def documents() -> Iterator[Finding]:
    # each search reads the names of all that wait
    if (waiting := outdated_documents().count()) > 100:
        yield Finding(
            WARNING,
            f"{waiting:,} documents wait to be rendered, so that reading and searching is slow.",
            "Run: manage.py render_documents",
        )


def file_system(path: Path) -> str:
    """The kind of file system that `path` is on, as the kernel names it."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    around = [(len(place), kind) for place, kind in mounts if path.is_relative_to(place.replace("\\040", " "))]
    # of two at one place, the later lies above
    return max(reversed(around), key=lambda each: each[0])[1] if around else ""


def without_passwords(error: Exception) -> str:
    """What the driver says, in one line, without the password of any database."""
    told = " ".join(str(error).split())
    for known in settings.DATABASES.values():
        if known.get("PASSWORD"):
            told = told.replace(known["PASSWORD"], "***")
    return re.sub(r"(//[^/:@\s]*:)[^@\s]*(?=@)", r"\1***", told)


def _told(sql: str):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]
