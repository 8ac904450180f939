"""What has been recorded for good: edits are committed in another order than they are begun in.

On PostgreSQL several people write at once. An edit has its number and its instant from its first row, and is seen when
it is committed: then it stands among what readers have read already. While one is open, what came after it is not
settled. Each edit holds a lock that says when it began (see `core.triggers`), which any role of the database may look
at. A replica has no such locks: what is settled there is heard from the primary (see `core.replicas`). On SQLite one
edit begins when the last has ended, so all that is seen is settled.
"""

import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import OperationalError, connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from core.models import Change
from core.replicas import settled_on_replica

EPOCH, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
# In plain SQL, as in `core.revision`: they are asked with each request.
NEWEST = f"SELECT max(at) FROM {Change._meta.db_table}"
# The lock's number is negative; those of `core.locks` are not. The locks are looked at when the statement has its view
# of the tables: who has ended between the two is seen neither there nor here, but by whoever reads next.
BEGUN = f"""
WITH held AS (
  SELECT classid::bigint << 32 | objid::bigint AS number FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND pid IS DISTINCT FROM pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT -max(number), (extract(epoch FROM history_now()) * 1000000)::bigint, ({NEWEST}) FROM held WHERE number < 0"""


def begun_at() -> datetime:
    """When the oldest edit began that others have open on PostgreSQL; else the earliest that one can begin."""
    return _begun_and_newest()[0]


def _begun_and_newest():
    if (heard := settled_on_replica()) is not None:
        return heard, newest_instant()
    with connection.cursor() as cursor:
        cursor.execute(BEGUN)
        oldest, now, newest = cursor.fetchone()
    return EPOCH + timedelta(microseconds=now if oldest is None else oldest), newest


def settled(changes: QuerySet[Change]) -> QuerySet[Change]:
    """Those of `changes` before which, by number, none can appear any more: who has read them has missed none."""
    if connection.vendor != "postgresql":
        return changes
    unsettled = Change.objects.filter(at__gte=begun_at(), id__lte=OuterRef("id"))
    return changes.filter(~Exists(unsettled))


def is_settled(instant: datetime) -> bool:
    """Whether what was recorded by `instant` can change no more."""
    if connection.vendor == "postgresql":
        return instant < begun_at()
    newest = newest_instant()
    return (newest is not None and instant <= newest) or (instant <= timezone.now() and not _is_written_to(instant))


def newest_instant() -> datetime | None:
    """The instant of the newest change; None while there is none."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return as_instant(cursor.fetchone()[0])


def as_instant(read: datetime | str | None) -> datetime | None:
    """An instant as plain SQL reads it: SQLite keeps it as text, in UTC."""
    return datetime.fromisoformat(read).replace(tzinfo=UTC) if isinstance(read, str) else read


def newest_and_settled() -> tuple[datetime | None, bool]:
    """The instant of the newest change, and whether what was recorded by then can change no more; in one query."""
    if connection.vendor == "postgresql":
        begun, newest = _begun_and_newest()
        return newest, newest is None or newest < begun
    return newest_instant(), True


def _is_written_to(instant: datetime) -> bool:
    """Whether somebody has an edit open on SQLite that may have begun by `instant`."""
    if connection.in_atomic_block:
        # It is us.
        return False
    if timezone.now() - instant < TICK:
        # An edit that begins now has the instant of the thousandth of a second that it begins in.
        time.sleep(TICK.total_seconds())
    with without_waiting(), connection.cursor() as cursor:
        try:
            # There is no other way to ask: it fails where another has begun.
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
        except OperationalError as error:
            return "locked" in str(error)
    return False


@contextmanager
def without_waiting():
    """On SQLite, whoever would have to wait for another's edit to end fails at once: OperationalError."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        patience = cursor.fetchone()[0]
        cursor.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
