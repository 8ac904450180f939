"""Whether a park existed at a time.

A park that is only proposed is none yet. An unknown start counts as there since before; one merged or closed on a day
that nobody knows was perhaps there still.
"""

from django.db.models import Q

from core.dates import Certainty, held
from core.periods import certainty_during
from parks.models import Park


def existed(on) -> Q:
    """Parks that existed on the day `on`, a date or partial date, for certain or possibly."""
    return held(on, since="established", until="closed") & ~Q(status=Park.Status.PROPOSED)


def existence(park: Park, during) -> Certainty | None:
    """Whether `park` existed throughout `during`, a partial date, half-year or quarter; POSSIBLE: perhaps in part."""
    if park.status == Park.Status.PROPOSED:
        return None
    certain = certainty_during(park.established, park.closed, during)
    ended_some_day = park.status != Park.Status.ACTIVE and not park.closed
    return Certainty.POSSIBLE if certain and ended_some_day else certain
