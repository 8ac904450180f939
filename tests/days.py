"""A model of partial dates that knows nothing but days, to hold the registry's answers against.

A text means every day of 2003 to 2005 that is written with it at the beginning.
"""

from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st

from core.dates import Certainty

# What looks like a date and is none.
NO_DATES = [
    "2003-13",
    "2003-00",
    "2003-1",
    "2003-1-1",
    "20030",
    "200308",
    "20030829",
    "203",
    "0203",
    "2003-02-30",
    "2003-02-29",
    "1900-02-29",
    "2003-04-31",
    "2003-06-31",
    "2003-09-31",
    "2003-11-31",
    "2003-01-32",
    "2003-01-00",
    "2003-08-29T",
    "2003-",
    "-2003",
    "2003/08",
    " 2003",
    "2003 ",
    "2003\n",
    "２００３",
    "２００３-08",
    "2003-0８",
    "٢٠٠٣",
    "2003-H1",
    "nothing",
]

FIRST, LAST = date(2003, 1, 1), date(2005, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
# An unknown start lies before every day, an unknown end after.
LONG_AGO, NEVER = date.min, date.max


@cache
def days_of(text: str, unknown: date) -> list[date]:
    """Every day that a partial date can mean, found by trying them all."""
    return [day for day in DAYS if day.isoformat().startswith(text)] if text else [unknown]


@cache
def held_by_days(since: str, until: str, on: str) -> Certainty | None:
    """What `core.dates.certainty` should say."""
    starts, ends, asked = days_of(since, LONG_AGO), days_of(until, NEVER), days_of(on, LONG_AGO)
    if all(all(start <= day for start in starts) and all(end > day for end in ends) for day in asked):
        return Certainty.CERTAIN
    if any(any(start <= day for start in starts) and any(end > day for end in ends) for day in asked):
        return Certainty.POSSIBLE
    return None


@cache
def certain_days(since: str, until: str) -> frozenset[date]:
    """The days on which the period held whatever its dates mean.

    The day before the three years and the day after stand for all that lie further off.
    """
    last_start, first_end = max(days_of(since, LONG_AGO)), min(days_of(until, NEVER))
    around = [FIRST - timedelta(days=1), *DAYS, LAST + timedelta(days=1)]
    return frozenset(day for day in around if last_start <= day < first_end)


# First and last days of the months are where mistakes live.
_edges = [
    day for day in DAYS if day.day == 1 or (day + timedelta(days=1)).day == 1 or (day + timedelta(days=2)).day == 1
]
_days = st.one_of(st.sampled_from(_edges), st.sampled_from(DAYS)).map(date.isoformat)
known = st.one_of(_days, _days.map(lambda day: day[:7]), _days.map(lambda day: day[:4]))
partial_dates = st.one_of(known, known, known, st.just(""))
