"""What takes long to work out of the whole registry, and is the same until something is written."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from core.models import Version
from core.settling import newest_and_settled

SECONDS = 300


class Kept(NamedTuple):
    """A value, the instant at which it was worked out, and the newest version of any row then; None while an earlier
    edit was open, which that does not tell.
    """

    value: object
    at: datetime
    version: int | None
    # It took so long that it is told of an older state too, for `SECONDS`.
    is_slow: bool
    # Something has been written since.
    is_old: bool = False


def kept(name: str, work_out: Callable[[], object]) -> Kept:
    """What `work_out` tells of the registry as it stands; of a large one, as it stood a few minutes ago.

    Values are remembered by `name`, so there must be few names: never one that somebody may make up.
    """
    version = Version.objects.order_by("-id").values_list("id", flat=True).first()
    known = cache.get(name)
    if known and (known.version == version or known.is_slow):
        return known._replace(is_old=known.version != version)
    begun = time.monotonic()
    _newest, is_settled = newest_and_settled()
    value = work_out()
    is_slow = time.monotonic() - begun > settings.SLOW_COUNT_SECONDS
    known = Kept(value, timezone.now(), version if is_settled else None, is_slow)
    cache.set(name, known, SECONDS)
    return known
