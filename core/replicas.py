"""Copies of the database that follow it (PostgreSQL's streaming replication), and which requests are read from them.

A request as a whole reads from one server: for its time, that server's connection stands in for the default one, so
whatever a view does, in plain SQL too, sees one state of the registry. What may be read from a replica is settled as
far as the primary has said so (see `core.settling`): a replica does not know which edits are open.

How far a replica is behind is measured against the primary's own log (WAL), on our clock: the age of the oldest
position of it that the replica has not replayed. A replica's own word would not do: on a quiet primary the time of its
last transaction grows, and cut off from the primary it has replayed all that it ever received.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections

logger = logging.getLogger(__name__)

# Seconds between two looks at a server; how long one look holds, and is waited for by who is first.
EVERY, HOLDS = 0.5, 3
NEVER = datetime.min.replace(tzinfo=UTC)
# In bytes since the log began; and when the server started, by which it is known again.
POSITION = "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint, pg_postmaster_start_time()"
REPLAYED = """
SELECT pg_wal_lsn_diff(
  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END, '0/0')::bigint,
  CASE WHEN NOT pg_is_in_recovery() THEN pg_postmaster_start_time() END"""


class Sample(NamedTuple):
    """The primary at one look: how long its log was when all edits begun before `settled` had ended."""

    at: float
    position: int
    settled: datetime


class Standing(NamedTuple):
    """A replica at one look: how far it had replayed the log; and where it takes writes itself, when it started."""

    at: float
    position: int
    promoted: datetime | None


class Lag(NamedTuple):
    """A replica by its alias: whether it is read from, and how old what it tells may be at most, in seconds; None where
    that cannot be said, since it or the primary is away.
    """

    alias: str
    is_well: bool
    seconds: float | None


class Watch:
    """Looks at all servers, at each in a thread of its own, so that no request waits for one that is away."""

    def __init__(self, aliases: list[str]):
        # As many looks as there can be within the bound, and then some.
        self.samples: deque[Sample] = deque(maxlen=int(2 * (settings.REPLICA_LAG + HOLDS) / EVERY))
        self.standings: dict[str, Standing | None] = dict.fromkeys(aliases)
        self.primary_started: datetime | None = None
        self._turn = count()
        looks = {DEFAULT_DB_ALIAS: self._look_at_primary} | dict.fromkeys(aliases, self._look_at_replica)
        self._looked = {alias: threading.Event() for alias in looks}
        for alias, look in looks.items():
            threading.Thread(target=self._keep_looking, args=(alias, look), name=f"watch-{alias}", daemon=True).start()

    def _keep_looking(self, alias, look):
        was_well = True
        while True:
            try:
                look(alias)
                if not was_well:
                    logger.info("The database %s answers again.", alias)
                was_well = True
            except Error as error:
                if was_well:
                    logger.warning("The database %s is away: %s", alias, " ".join(str(error).split()))
                was_well = False
                self.note_away(alias)
                connections[alias].close()
            self._looked[alias].set()
            time.sleep(EVERY)

    def wait_for_first_looks(self):
        """Until each server has answered, or failed to: who asked earlier would be sent to a primary that is away."""
        until = time.monotonic() + HOLDS
        for looked in self._looked.values():
            looked.wait(max(0, until - time.monotonic()))

    def _look_at_primary(self, alias):
        # Not above: what is settled on a replica is asked here.
        from core.settling import begun_at

        at, settled = time.monotonic(), begun_at()
        position, started = ask(alias, POSITION)
        if started != self.primary_started:
            # Another has taken over: what the one before said of its log need not be true of this one's.
            self.samples.clear()
        self.primary_started = started
        self.samples.append(Sample(at, position, settled))

    def _look_at_replica(self, alias):
        at = time.monotonic()
        self.standings[alias] = Standing(at, *ask(alias, REPLAYED))

    def note_away(self, alias: str):
        """It did not answer: nothing is read from it until it has been seen again."""
        if alias == DEFAULT_DB_ALIAS:
            self.primary_started = None
        else:
            self.standings[alias] = None

    def primary_answers(self) -> bool:
        samples = self.samples
        return self.primary_started is not None and bool(samples) and time.monotonic() - samples[-1].at < HOLDS

    def lags(self) -> list[Lag]:
        """What is known of each replica. Without the primary there is no bound, and what answers is read from."""
        told = []
        for alias, standing in self.standings.items():
            answers = standing is not None and time.monotonic() - standing.at < HOLDS
            if not answers or not self.primary_answers():
                told.append(Lag(alias, answers, None))
            elif standing.promoted and standing.promoted != self.primary_started:
                # Two servers take writes: what this one tells is not the registry any more.
                told.append(Lag(alias, False, None))
            else:
                heard = self._last_replayed(standing)
                seconds = time.monotonic() - heard.at if heard else None
                told.append(Lag(alias, seconds is not None and seconds <= settings.REPLICA_LAG, seconds))
        return told

    def settled(self, alias: str) -> datetime | None:
        """Before which instant no edit can still appear on a replica, as far as that has been heard."""
        standing = self.standings[alias]
        heard = self._last_replayed(standing) if standing else None
        return heard and heard.settled

    def _last_replayed(self, standing: Standing) -> Sample | None:
        return next((each for each in reversed(self.samples.copy()) if each.position <= standing.position), None)

    def pick(self, position: int | None) -> str | None:
        """A replica that is well and has replayed the log up to `position`, each in its turn; or None."""
        well = [lag.alias for lag in self.lags() if lag.is_well]
        if position is not None:
            well = [alias for alias in well if self._has_replayed(alias, position)]
        return well[next(self._turn) % len(well)] if well else None

    def _has_replayed(self, alias, position):
        try:
            return ask(alias, REPLAYED)[0] >= position
        except Error:
            self.note_away(alias)
            connections[alias].close()
            return False


def ask(alias: str, query: str) -> tuple:
    """The one row that a server answers `query` with."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()


# --- Of this process --------------------------------------------------------------------------------------------------

_watch: Watch | None = None
_starting = threading.Lock()


def watch() -> Watch | None:
    """Who looks after the replicas in this process, from the first time on that somebody asks; None without any."""
    global _watch
    if _watch is None and settings.REPLICAS:
        # Not before: gunicorn's workers are forked off, and threads do not come along.
        with _starting:
            if _watch is None:
                started = Watch(list(settings.REPLICAS))
                started.wait_for_first_looks()
                _watch = started
    return _watch


def lags() -> list[Lag]:
    """Of each replica, how far it is behind."""
    return watch().lags() if watch() else []


def settled_on_replica() -> datetime | None:
    """Before which instant no edit can still appear, where this thread reads from a replica; else None.

    Nothing is settled on a replica of which that has not been heard.
    """
    if connection.alias == DEFAULT_DB_ALIAS:
        return None
    return watch().settled(connection.alias) or NEVER


def forget(alias: str):
    """A request failed that read from `alias`: it is left alone until it has been seen again, where it is away."""
    connections[alias].close_if_unusable_or_obsolete()
    if connections[alias].connection is None:
        watch().note_away(alias)


def choose(*, is_anonymous: bool) -> str:
    """The server that a request which only reads shall read from.

    Nobody in particular may be told what is at most `settings.REPLICA_LAG` old. Who has a name may have written just
    now, and reads all that had been committed when the request came. Where the primary is away, all are told what the
    replicas have.
    """
    watching = watch()
    if watching is None:
        return DEFAULT_DB_ALIAS
    position = None
    if not is_anonymous and watching.primary_answers():
        try:
            position = ask(DEFAULT_DB_ALIAS, POSITION)[0]
        except Error:
            watching.note_away(DEFAULT_DB_ALIAS)
            connection.close()
    return watching.pick(position) or DEFAULT_DB_ALIAS


_primary = threading.local()


def read(alias: str):
    """From here on this thread reads from the server `alias`, whatever asks for the default one; until `leave`."""
    leave()
    if alias != DEFAULT_DB_ALIAS:
        _primary.connection = connections[DEFAULT_DB_ALIAS]
        connections[DEFAULT_DB_ALIAS] = connections[alias]


def leave():
    """This thread is at the primary again."""
    if primary := vars(_primary).pop("connection", None):
        connections[DEFAULT_DB_ALIAS] = primary


@contextmanager
def at_primary() -> Iterator[None]:
    """What is within is done at the primary, also where a replica is read from."""
    alias = connection.alias
    leave()
    try:
        yield
    finally:
        read(alias)
