"""What takes long to work out of the whole registry, and is the same until something is written."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from core.revision import Revision, current_revision

SECONDS = 300


class Kept(NamedTuple):
    """A value, the instant at which it was worked out, and of which state of the registry."""

    value: object
    at: datetime
    revision: Revision
    # It took so long that it is told of an older state too, for `SECONDS`.
    is_slow: bool


def kept(name: str, work_out: Callable[[], object]) -> Kept:
    """What `work_out` tells of the registry as it stands; of a large one, as it stood a few minutes ago.

    Values are remembered by `name`, so there must be few names: never one that somebody may make up.
    """
    revision, known = current_revision(), cache.get(name)
    if known and (known.revision == revision or known.is_slow):
        return known
    begun = time.monotonic()
    value = work_out()
    is_slow = time.monotonic() - begun > settings.SLOW_COUNT_SECONDS
    known = Kept(value, timezone.now(), revision, is_slow)
    cache.set(name, known, SECONDS)
    return known
