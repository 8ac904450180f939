"""Periods beside one another, held against trying every day."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.dates import Certainty, certainty
from core.periods import certainty_during, dates_of, together
from tests.days import LONG_AGO, NEVER, days_of, known, partial_dates

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE


def test_a_part_of_a_year_is_its_months():
    assert dates_of("2012-H2") == ["2012-07", "2012-08", "2012-09", "2012-10", "2012-11", "2012-12"]
    assert dates_of("2012-Q1") == ["2012-01", "2012-02", "2012-03"]
    assert [dates_of(text) for text in ("2012", "2012-08", "2012-08-29")] == [["2012"], ["2012-08"], ["2012-08-29"]]


@pytest.mark.parametrize("text", ["", "2012-Q5", "2012-H0", "12-H1", "2012-13", "soon", None])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011
        dates_of(text)


def test_every_part_of_a_year_is_covered_once():
    months = [f"2012-{month:02}" for month in range(1, 13)]
    assert dates_of("2012-H1") + dates_of("2012-H2") == months
    assert [date for quarter in "1234" for date in dates_of(f"2012-Q{quarter}")] == months


@pytest.mark.parametrize(
    ("since", "until", "period", "expected"),
    [
        ("2011", "", "2012-H1", CERTAIN),
        ("2012-04-01", "", "2012-H1", POSSIBLE),
        ("2012-04-01", "", "2012-Q2", CERTAIN),
        ("2012-04-01", "", "2012-Q1", None),
        ("", "2012-06-30", "2012-Q2", POSSIBLE),
        ("2012", "", "2012-Q3", POSSIBLE),
    ],
)
def test_a_half_year_or_quarter_is_asked_about_like_a_year(since, until, period, expected):
    assert certainty_during(since, until, period) == expected


periods = st.tuples(partial_dates, partial_dates)


@given(periods, st.one_of(known, st.sampled_from(["2003-H1", "2004-Q4"])))
def test_one_period_is_together_with_itself_as_certainly_as_it_held(period, on):
    assert together([period], on) == certainty_during(*period, on)
    if "H" not in on and "Q" not in on:
        assert certainty_during(*period, on) == certainty(*period, on)


@given(periods, periods, st.one_of(known, st.sampled_from(["2003-H1", "2004-Q4"])))
def test_what_held_together_shared_a_day(one, other, on):
    ends = [(one[1], other[0]), (other[1], one[0])]
    handed_over = one != other and any(u and s and (u.startswith(s) or s.startswith(u)) for u, s in ends)
    starts = [days_of(each[0], LONG_AGO) for each in (one, other)]
    stops = [days_of(each[1], NEVER) for each in (one, other)]
    asked = [day for date in dates_of(on) for day in days_of(date, LONG_AGO)]
    assume(asked)
    if handed_over:
        expected = None
    elif all(max(map(max, starts)) <= day < min(map(min, stops)) for day in asked):
        expected = CERTAIN
    elif any(max(map(min, starts)) <= day < min(map(max, stops)) for day in asked):
        expected = POSSIBLE
    else:
        expected = None
    assert together([one, other], on) == together([other, one], on) == expected
