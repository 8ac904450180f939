"""Partial dates, compared with a model that knows nothing but days: a text means every day that begins with it."""

from datetime import date, datetime

import pytest
from django.db.models import F
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agreements.models import Agreement, Post
from core.dates import (
    Certainty,
    PartialDate,
    as_partial_date,
    certainty,
    held,
    held_between,
    not_before,
)
from tests.days import DAYS, LONG_AGO, NEVER, NO_DATES, days_of, held_by_days, known, partial_dates
from tests.factories import make_official, make_post

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE

DATES = ["", "1000", "2003", "9999", "2003-01", "2003-12", "2003-01-01", "2003-12-31", "2000-02-29", "2004-02-29"]


# --- PartialDate ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*DATES, "2003-08-29"])
def test_a_partial_date_is_its_own_text(text):
    assert PartialDate(text) == text
    assert str(PartialDate(text)) == text


@pytest.mark.parametrize("text", [*NO_DATES, "2003\x00", "\x002003", "200\x003", "2003-08\x00"])
def test_a_partial_date_refuses_any_other_text(text):
    with pytest.raises(ValueError, match=r"not a year, a month or a day|day is out of range"):
        PartialDate(text)


@given(known)
def test_the_bounds_of_a_partial_date_are_the_first_and_last_day_it_can_mean(text):
    meant = days_of(text, LONG_AGO)
    assert (PartialDate(text).earliest, PartialDate(text).latest) == (meant[0], meant[-1])


def test_an_unknown_date_has_no_bounds():
    assert (PartialDate().earliest, PartialDate().latest) == (None, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2003, 8, 29), "2003-08-29"),
        (datetime(2003, 8, 29, 23, 59), "2003-08-29"),
        ("2003-08", "2003-08"),
        ("", ""),
        (None, ""),
    ],
)
def test_days_and_instants_are_read_as_partial_dates(value, expected):
    assert as_partial_date(value) == expected


@given(st.lists(known, max_size=20))
def test_texts_sort_by_their_first_day(texts):
    assert [PartialDate(text).earliest for text in sorted(texts)] == sorted(PartialDate(t).earliest for t in texts)


# --- Whether a period held on a day ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "on", "expected"),
    [
        ("2003", "", "2003-08-01", POSSIBLE),
        ("2003", "", "2004-01-01", CERTAIN),
        ("2003", "", "2002-12-31", None),
        ("", "", "2003-08-01", CERTAIN),
        ("", "2003-08-29", "2003-08-28", CERTAIN),
        # Half-open: on the day that ends it, it no longer held.
        ("", "2003-08-29", "2003-08-29", None),
        ("2003-08-29", "", "2003-08-29", CERTAIN),
        # The last day of February is the last day that "2003-02" can mean.
        ("", "2003-02", "2003-02-27", POSSIBLE),
        ("", "2003-02", "2003-02-28", None),
        ("2003-02", "", "2003-02-28", CERTAIN),
        ("2004-02", "", "2004-02-28", POSSIBLE),
        # A reduced day asks about all of its days.
        ("2003", "2004", "2003", POSSIBLE),
        ("2002", "2005", "2003", CERTAIN),
        ("2003-08-29", "", "2003-08", POSSIBLE),
        # It ended on the day it began, so it never held.
        ("2003-08-29", "2003-08-29", "2003", None),
        ("2003-08-31", "2003-08", "2003", None),
    ],
)
def test_certainty_of_a_period_on_a_day(since, until, on, expected):
    assert certainty(since, until, on) == expected


def test_certainty_takes_days_as_well_as_texts():
    assert certainty("2003", "", date(2004, 1, 1)) == CERTAIN


@pytest.mark.parametrize("ask", [lambda on: certainty("2003", "", on), held])
@pytest.mark.parametrize("on", ["", None])
def test_no_day_at_all_cannot_be_asked_about(ask, on):
    with pytest.raises(ValueError, match="Say which day"):
        ask(on)


@given(partial_dates, partial_dates, known)
@example("2003-04", "", "2003-04-30")
@example("2003-08-29", "2003-08-29", "2003")
@settings(max_examples=300)
def test_certainty_agrees_with_trying_every_day(since, until, on):
    assert certainty(since, until, on) == held_by_days(since, until, on)


@pytest.mark.django_db
@given(
    st.lists(st.tuples(partial_dates, partial_dates), min_size=20, max_size=60), st.lists(known, min_size=3, max_size=6)
)
@example([("2003-02", ""), ("", "2003-02"), ("2003-08-29", "2003-08-29")], ["2003-02-28", "2003-02", "2003"])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_queries_agree_with_trying_every_day(periods, asked):
    # Agreements, since nothing binds the two dates of theirs that stand here for the start and the end.
    Agreement.objects.all().delete()
    Agreement.objects.bulk_create(
        Agreement(slug=f"a-{n}", title_en="A", signed_on=since, effective_from=until)
        for n, (since, until) in enumerate(periods)
    )
    rows = dict(zip(Agreement.objects.order_by("id").values_list("id", flat=True), periods, strict=True))
    for on in asked:
        expected = {key: held_by_days(*period, on) for key, period in rows.items()}
        got = dict.fromkeys(rows)
        got |= dict.fromkeys(_keys(held(on, since="signed_on", until="effective_from")), POSSIBLE)
        assert got == {key: answer and POSSIBLE for key, answer in expected.items()}
    for end, start in (("signed_on", "effective_from"), ("effective_from", "signed_on")):
        expected = {
            row.pk
            for row in Agreement.objects.all()
            if max(days_of(getattr(row, end), NEVER)) >= min(days_of(getattr(row, start), LONG_AGO))
        }
        assert _keys(not_before(end, start)) == expected
    bounds = Agreement.objects.values_list("id", F("signed_on__earliest"), F("signed_on__latest"))
    assert {key: (first, last) for key, first, last in bounds} == {
        key: tuple(each.isoformat() if each else None for each in (date_.earliest, date_.latest))
        for key, date_ in Agreement.objects.values_list("id", "signed_on")
    }


@pytest.mark.django_db
@given(
    st.lists(st.tuples(partial_dates, partial_dates), min_size=20, max_size=60),
    st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS), st.integers(0, 5)), min_size=3, max_size=6),
)
@example([("2003-02", ""), ("", "2003-02"), ("2003-08-29", "2003-08-29")], [(date(2003, 2, 28), date(2003, 3, 1), 0)])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_queries_between_two_days_agree_with_trying_every_day(periods, asked):
    Agreement.objects.all().delete()
    Agreement.objects.bulk_create(
        Agreement(slug=f"a-{n}", title_en="A", signed_on=since, effective_from=until)
        for n, (since, until) in enumerate(periods)
    )
    rows = dict(zip(Agreement.objects.order_by("id").values_list("id", flat=True), periods, strict=True))
    for one, other, open_at in asked:
        first, last = None if open_at == 1 else min(one, other), None if open_at == 2 else max(one, other)
        days = [day for day in DAYS if (first is None or first <= day) and (last is None or day <= last)]
        # Those further off stand for all beyond the three years.
        days = [LONG_AGO] * (first is None) + days + [date(9998, 12, 31)] * (last is None)
        expected = {
            key
            for key, (since, until) in rows.items()
            if any(min(days_of(since, LONG_AGO)) <= day < max(days_of(until, NEVER)) for day in days)
        }
        assert _keys(held_between(first, last, since="signed_on", until="effective_from")) == expected


def _keys(condition) -> set[int]:
    return set(Agreement.objects.filter(condition).values_list("id", flat=True))


@pytest.mark.django_db
def test_february_is_as_long_as_the_calendar_says():
    years = [1600, 1700, 1900, 2000, 2003, 2004, 2008, 2010, 2012, 2096, 2100, 2400]
    Agreement.objects.bulk_create(Agreement(slug=f"a-{y}", title_en="A", signed_on=f"{y}-02") for y in years)
    rows = Agreement.objects.order_by("signed_on").values_list("signed_on", "signed_on__latest")
    assert list(rows) == [(f"{year}-02", PartialDate(f"{year}-02").latest.isoformat()) for year in years]


@pytest.mark.django_db
def test_what_held_for_certain_and_what_possibly_are_told_apart():
    official = make_official()
    since_2003 = make_post(official, since="2003", title_en="Since 2003")
    since_long = make_post(official, title_en="Since long")
    make_post(official, until="2001", title_en="Until 2001")
    assert list(Post.objects.filter(held("2003-08-01"))) == [since_long, since_2003]
    assert [post.certainty_on("2003-08-01") for post in (since_2003, since_long)] == [POSSIBLE, CERTAIN]
