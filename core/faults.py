"""What goes wrong with the database or a disk, not with what somebody asked: what to say of it, and what helps.

Who asks is told to come again, and when; who runs the registry is told in the log what it is and what to do. See
docs/operations.md, "When something breaks".
"""

import errno
import logging
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, Error, InterfaceError, OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)


class Fault(NamedTuple):
    """A kind of fault: its name in the log, what whoever asked is told, when to come again, and what helps."""

    name: str
    told: str | Promise
    # In seconds.
    wait: int
    advice: str


BUSY = Fault(
    "busy",
    _("Others are writing at this moment. Try again in a second."),
    1,
    "Another transaction holds what this one waited for. If that lasts, find it in pg_stat_activity: where it waits for"
    " SyncRep, start what receives (registry-wal, a replica), else end it with pg_terminate_backend; on SQLite end the"
    " process that writes.",
)
DEADLOCK = BUSY._replace(
    name="deadlock",
    advice="Two edits waited for each other, and this one was undone. Nothing to do: it is tried again, or its sender"
    " is told to.",
)
SLOW = Fault(
    "slow",
    _("This took so long that it was stopped. Ask for less, or try again later."),
    30,
    "One statement took longer than DATABASE_STATEMENT_TIMEOUT. If that is usual, ANALYZE the database, or allow more.",
)
AWAY = Fault(
    "database away",
    _("The database of the registry is away at this moment. Try again in a few seconds."),
    5,
    "Look whether PostgreSQL runs and answers at DATABASE_URL. Connections are made anew by themselves.",
)
CROWDED = Fault(
    "no connection left",
    _("The database of the registry has no connection left at this moment. Try again in a few seconds."),
    5,
    "Others hold all connections of PostgreSQL. Each thread of each worker needs one: raise max_connections, or run"
    " fewer; pg_stat_activity tells who holds them.",
)
FULL = Fault(
    "disk full",
    _("A disk of the server is full, so nothing was written: tell those who run it, and try again later."),
    60,
    "Make room: on the disk of the database, of IMPORT_FILES, or of temporary files (TMPDIR). It then goes on by"
    " itself.",
)
READ_ONLY = Fault(
    "read only",
    _("The registry can only be read at this moment. Try again later."),
    30,
    "This database takes no writes: a standby, or a file or folder that the server's account may not write to.",
)
BEHIND = Fault(
    "not migrated",
    _("The registry is being updated. Try again in a minute."),
    60,
    "The tables are not those of this code. Run: manage.py migrate",
)

# By SQLSTATE (PostgreSQL, Appendix A) or its class, and by the names of SQLite's result codes.
KINDS = {
    "40P01": DEADLOCK,
    "40001": DEADLOCK,
    "55P03": BUSY,
    "57014": SLOW,
    "08": AWAY,
    "57P": AWAY,
    # it stood idle within a transaction for too long
    "25P03": AWAY,
    "53300": CROWDED,
    "53100": FULL,
    "25006": READ_ONLY,
    "SQLITE_FULL": FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_CANTOPEN": READ_ONLY,
}
UNKNOWN_TABLES = ("42P01", "42703", "42883")
UNKNOWN_TO_SQLITE = ("no such table", "no such column", "has no column named")
# Told without a code, since there was no connection yet to tell it.
TOLD_BEFORE_CONNECTED = {"too many clients": CROWDED, "connection slots": CROWDED}


class NotMigrated(OperationalError):
    """What migrating lays is not there."""


def fault_of(error: BaseException | None) -> Fault | None:
    """Which fault `error` comes from; None where it is another kind of error."""
    if isinstance(error, OSError):
        return FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
    if isinstance(error, NotMigrated):
        return BEHIND
    if not isinstance(error, Error):
        return None
    cause = error.__cause__
    code = getattr(cause, "pgcode", None) or getattr(cause, "sqlite_errorname", None) or ""
    for known, fault in KINDS.items():
        if code.startswith(known):
            return fault
    if code in UNKNOWN_TABLES or (code == "SQLITE_ERROR" and any(each in str(error) for each in UNKNOWN_TO_SQLITE)):
        return BEHIND if _is_behind() else None
    if isinstance(error, InterfaceError):
        return AWAY
    if not isinstance(error, OperationalError):
        return None
    if connection.vendor == "postgresql" and not code and cause is not None:
        return next((fault for text, fault in TOLD_BEFORE_CONNECTED.items() if text in str(error)), AWAY)
    return BUSY


def _is_behind() -> bool:
    """Whether migrations wait; also where that cannot be asked."""
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return True


def note(fault: Fault, error: BaseException, request):
    """One line in the log: where it was met, what the database or the system said of it, and what helps."""
    # What follows may tell what was written.
    said = (str(error).splitlines() or [""])[0]
    logger.error("%s: %s %s: %s. %s", fault.name, request.method, request.path, said, fault.advice)


# --- Patience -------------------------------------------------------------------------------------------------------


def limit_patience():
    """From here on connections to PostgreSQL end what lasts longer than `settings.DATABASE_PATIENCE` allows, so that
    nobody waits for ever for an edit that is stuck. For processes that answer people: a command may take its time.
    """
    spans = settings.DATABASE_PATIENCE.items()
    limits = " ".join(f"-c {name}={int(span.total_seconds() * 1000)}" for name, span in spans if span)
    for described in connections.settings.values():
        if described["ENGINE"] == "django.db.backends.postgresql" and limits:
            options = described.setdefault("OPTIONS", {})
            # what the operator wrote into the address comes last, and holds
            options["options"] = f"{limits} {options.get('options', '')}".strip()


def take_time():
    """Let statements of the transaction under way take as long as they take."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
