"""Time as places on an axis: what is dated to a year is as wide as that year."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.dateformat import format as format_date
from django.utils.translation import pgettext

from core.dates import Certainty, PartialDate
from core.periods import dates_of

DAY = timedelta(days=1)
# How far apart ticks may be, in months.
STEPS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12_000, 60_000)
# How many of these apart those ticks may be that a narrow screen has room for.
TIMES = (1, 2, 4, 5, 10, 20)


class Tick(NamedTuple):
    """A labelled day of the axis. On a narrow screen the `minor` ones are left out."""

    place: float
    label: str
    minor: bool

    @property
    def x(self) -> str:
        return percent(self.place)


def percent(part: float) -> str:
    """A part of a whole as SVG has it."""
    return f"{part * 100:.3f}%"


class Stretch(NamedTuple):
    """Days from `first` up to before `end`, on each of which something held for certain, or on each possibly."""

    first: date
    end: date
    certainty: Certainty


@dataclass(frozen=True)
class TimeScale:
    """An axis of whole years, from `first` up to before `end`."""

    first: date
    end: date

    @classmethod
    def over(cls, days: Iterable[date], years: int = 1) -> "TimeScale":
        """The axis that has all of `days`, and at least so many years."""
        days = list(days)
        first, end = min(days).year, max(days).year + 1
        return cls(date(min(first, end - years), 1, 1), date.max if end > date.max.year else date(end, 1, 1))

    def place(self, day: date) -> float:
        """Where the day begins, as a part of the axis; 0 and 1 are its ends, where all that lies beyond is."""
        part = (day - self.first).days / (self.end - self.first).days
        return min(max(part, 0.0), 1.0)

    def ticks(self, many: int = 11, few: int = 5) -> list[Tick]:
        """At most so many ticks, a round step apart, of which `few` at most are not minor."""
        step = next(step for step in STEPS if len(_every(step, self.first, self.end)) <= many)
        wide = next(step * times for times in TIMES if len(_every(step * times, self.first, self.end)) <= few)
        return [
            Tick(self.place(day), _label(day), bool(_months(day) % wide))
            for day in _every(step, self.first, self.end)
            if day < self.end
        ]


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _every(step: int, first: date, end: date) -> list[date]:
    months = range(-(-_months(first) // step) * step, _months(end), step)
    return [date(each // 12, each % 12 + 1, 1) for each in months]


def _label(day: date) -> str:
    return str(day.year) if day.month == 1 else format_date(day, pgettext("date", "M"))


def stretches(since: str, until: str, *, doubted: date = date.max) -> list[Stretch]:
    """The days of a fact of the period `[since, until)` as `core.dates.certainty` has them, in order.

    An unknown start is that of the calendar, an unknown end is its end. From `doubted` on nothing is certain any more.
    """
    since, until = PartialDate(since), PartialDate(until)
    first, begun = (since.earliest, since.latest) if since else (date.min, date.min)
    ending, end = (until.earliest, until.latest) if until else (date.max, date.max)
    if until and end <= first:
        return []
    ending = min(ending, doubted)
    if begun >= ending:
        return [Stretch(first, end, Certainty.POSSIBLE)]
    parts = [
        Stretch(first, begun, Certainty.POSSIBLE),
        Stretch(begun, ending, Certainty.CERTAIN),
        Stretch(ending, end, Certainty.POSSIBLE),
    ]
    return [each for each in parts if each.first < each.end]


def day_after(day: date) -> date:
    """The next day; the last that the calendar has is its own."""
    return day + DAY if day < date.max else day


def days_of(period: str) -> tuple[date, date]:
    """The first and the last day of a period: of a year, half-year, quarter, month or day."""
    dates = dates_of(period)
    return dates[0].earliest, dates[-1].latest
