"""What takes long to work out of the whole registry, and is the same until something is written."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from core.models import Version
from core.settling import newest_and_settled

SECONDS = 300


class Kept(NamedTuple):
    """A value, the instant at which working it out began, and the newest version of any row then; None while an earlier
    edit was open, which that does not tell.
    """

    value: object
    at: datetime
    version: int | None
    # It took so long that it is told of an older state too, for `SECONDS`.
    is_slow: bool
    # Something has been written since.
    is_old: bool = False

    @property
    def as_of(self) -> datetime | None:
        """The instant to tell beside it; None where it is always of now."""
        return self.at if self.is_slow else None


_turns: dict[str, Lock] = {}


def kept(name: str, work_out: Callable[[], object]) -> Kept:
    """What `work_out` tells of the registry as it stands; of a large one, as it stood a few minutes ago.

    One thread of a process works it out, and the others wait for that; or tell the older one meanwhile, where it takes
    long. Values are remembered by `name`, so there must be few names: never one that somebody may make up.
    """
    version = Version.objects.order_by("-id").values_list("id", flat=True).first()
    if known := _still_told(name, version):
        return known
    asked, turn, older = timezone.now(), _turns.setdefault(name, Lock()), cache.get(name)
    if not turn.acquire(blocking=not (older and older.is_slow)):
        return older._replace(is_old=True)
    try:
        # What another thread has begun since is as new as what would be worked out now.
        known = cache.get(name)
        if known and known != older and known.at >= asked:
            return known
        return _still_told(name, version) or _worked_out(name, version, work_out)
    finally:
        turn.release()


def _still_told(name: str, version: int | None) -> Kept | None:
    known = cache.get(name)
    if known and known.version == version:
        return known
    # Not what was worked out later than now, before the clock was set back: the cache would keep it until then.
    if known and known.is_slow and timedelta(0) <= timezone.now() - known.at < timedelta(seconds=SECONDS):
        return known._replace(is_old=True)
    return None


def _worked_out(name: str, version: int | None, work_out: Callable[[], object]) -> Kept:
    at, begun = timezone.now(), time.monotonic()
    _newest, is_settled = newest_and_settled()
    value = work_out()
    is_slow = time.monotonic() - begun > settings.SLOW_COUNT_SECONDS
    known = Kept(value, at, version if is_settled else None, is_slow)
    # Longer than it is told unasked, so that there is something to tell while it is worked out again.
    cache.set(name, known, 2 * SECONDS)
    return known
