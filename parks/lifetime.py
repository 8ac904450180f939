"""Whether a park existed at a time, and what that bounds: nobody runs or gets anything of what is not there.

A park that is only proposed is none yet. One established on a day that nobody knows was perhaps there before, and is
there now; one merged or closed on such a day was perhaps there still.
"""

from datetime import date

from django.db.models import Q

from core.dates import Certainty, Dated, PartialDate, held, held_between
from core.known import day_of_reading
from core.periods import certainty_during, dates_of
from parks.models import Park


def existed(on) -> Q:
    """Parks that existed on the day `on`, a date or partial date, for certain or possibly."""
    return held(on, since="established", until="closed") & ~Q(status=Park.Status.PROPOSED)


def existed_between(first: date | None, last: date | None) -> Q:
    """Parks that existed on some day from `first` to `last`, for certain or possibly: see `core.dates.held_between`."""
    return held_between(first, last, since="established", until="closed") & ~Q(status=Park.Status.PROPOSED)


def existence(park: Park, during) -> Certainty | None:
    """Whether `park` existed throughout `during`, a partial date, half-year or quarter; POSSIBLE: perhaps in part."""
    if park.status == Park.Status.PROPOSED:
        return None
    certain = _as_far_as_it_lasted(park, certainty_during(park.established, park.closed, during), park.closed)
    since_some_day = not park.established and PartialDate(dates_of(during)[0]).earliest < day_of_reading()
    return Certainty.POSSIBLE if certain and since_some_day else certain


def lived(park: Park, fact: Dated) -> tuple[str, str]:
    """The period `[since, until)` of a role or share of `park`, where its own is unknown that of the park."""
    return fact.since or park.established, fact.until or park.closed


def held_in(park: Park, fact: Dated, during) -> Certainty | None:
    """Whether a role or share of `park` held throughout `during`: without a known start from when the park was
    established, without a known end until it closed.
    """
    since, until = lived(park, fact)
    return _as_far_as_it_lasted(park, certainty_during(since, until, during), until)


def _as_far_as_it_lasted(park, certain, until):
    """`certain`, and no more than possible where it lasted as long as a park that ended on a day nobody knows."""
    ended_some_day = not until and park.status in (Park.Status.MERGED, Park.Status.CLOSED)
    return Certainty.POSSIBLE if certain and ended_some_day else certain
