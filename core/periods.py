"""Periods beside one another: what held at once, and what held in a half-year or quarter."""

from collections.abc import Iterable
from itertools import combinations

from core.dates import Certainty, as_partial_date, certainty

# The months of the parts of a year that PeriodField knows beside partial dates.
MONTHS = {"H1": range(1, 7), "H2": range(7, 13), "Q1": range(1, 4), "Q2": range(4, 7), "Q3": range(7, 10)}
MONTHS["Q4"] = range(10, 13)


def dates_of(period) -> list[str]:
    """The partial dates that make up `period`: the months of `2012-H1` or `2012-Q3`, else the one it is.

    Raises ValueError where it is no period, or an unknown one.
    """
    year, _hyphen, part = str(period).partition("-")
    if part in MONTHS:
        return [as_partial_date(f"{year}-{month:02}") for month in MONTHS[part]]
    if not (date := as_partial_date(period)):
        raise ValueError("Say which day, month or year is asked about.")
    return [date]


def certainty_during(since: str, until: str, period) -> Certainty | None:
    """`core.dates.certainty`, asked about a period that may also be a half-year or quarter."""
    return _over_all(certainty(since, until, date) for date in dates_of(period))


def together(periods: Iterable[tuple[str, str]], during, *, life: tuple[str, str] = ("", "")) -> Certainty | None:
    """Whether the facts of these periods `[since, until)` all held at once on some day of `during`.

    CERTAIN when each of them held on each day, POSSIBLE when they may have shared a day, None when they did not. Where
    one takes turns with another it shared no day with it. An unknown start or end is that of `life`, the period of
    what they are facts of.
    """
    periods = set(periods)
    if any(take_turns(*pair) for pair in combinations(periods, 2)):
        return None
    # Days were shared just when each end lies after each start.
    pairs = [(since or life[0], until or life[1]) for since, _until in periods for _since, until in periods]
    return _over_all(_least(certainty(since, until, date) for since, until in pairs) for date in dates_of(during))


def take_turns(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether one of two periods may end on the very day the other begins (until 2006, since 2006-03).

    Then the other took its place, whatever else those dates might mean.
    """
    return _hands_over(one[1], other[0]) or _hands_over(other[1], one[0])


def _hands_over(until: str, since: str) -> bool:
    return bool(until and since) and (until.startswith(since) or since.startswith(until))


def _least(answers) -> Certainty | None:
    answers = set(answers)
    return None if None in answers else Certainty.POSSIBLE if Certainty.POSSIBLE in answers else Certainty.CERTAIN


def _over_all(answers) -> Certainty | None:
    answers = set(answers)
    return answers.pop() if len(answers) == 1 else Certainty.POSSIBLE
