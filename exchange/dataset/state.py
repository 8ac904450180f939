"""One state of the registry, read for as long as it takes while others write."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from core.known import known_at
from core.settling import begun_at, is_settled, newest_instant
from exchange.dataset.errors import DatasetError

# Seconds to wait for those who are in the midst of an edit, and between two looks.
PATIENCE, PAUSE = 30, 0.2


@contextmanager
def one_state(known: datetime | None = None) -> Iterator[datetime | None]:
    """What is read inside is one state of the registry; yields the instant of its newest change, None without any.

    With `known`, what had been recorded by then. An instant stands for one state: no edit that is earlier than it can
    still be committed. Raises DatasetError where that cannot be had.
    """
    if known is not None and not is_settled(known):
        raise DatasetError("What is recorded by then is not settled: it lies in the future, or an edit is under way.")
    until = time.monotonic() + PATIENCE
    while True:
        # Asked before: who has ended since is seen in the snapshot, or has begun after that.
        begun = begun_at() if connection.vendor == "postgresql" else None
        with _snapshot(), known_at(known):
            newest = newest_instant()
            if newest is None or known or begun is None or newest < begun:
                yield newest
                return
        if time.monotonic() > until:
            raise DatasetError(
                "Somebody is in the midst of a long edit: try again when it has ended, or say --known and an instant."
            )
        time.sleep(PAUSE)


@contextmanager
def _snapshot():
    if connection.in_atomic_block:
        # Whoever has begun a transaction has chosen what it sees.
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            # Django's own transaction would keep all who write waiting.
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
