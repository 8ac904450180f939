"""Partial dates, compared with a model that knows nothing but days: a text means every day that begins with it."""

import re
from contextlib import suppress
from datetime import date, datetime

import pytest
from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agreements.models import Agreement, Post
from core.dates import (
    Certainty,
    PartialDate,
    PartialDateField,
    as_partial_date,
    certainty,
    held,
    held_for_certain,
    not_before,
)
from core.history import record_models
from parks.models import Observation
from tests.days import LONG_AGO, NEVER, days_of, held_by_days, known, partial_dates
from tests.factories import make_agreement, make_observation, make_official, make_post

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE

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


@pytest.mark.parametrize("ask", [lambda on: certainty("2003", "", on), held, held_for_certain])
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
        certain = _keys(held_for_certain(on, since="signed_on", until="effective_from"))
        assert certain <= {key for key, answer in got.items() if answer}
        got |= dict.fromkeys(certain, CERTAIN)
        assert got == expected
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


def _keys(condition) -> set[int]:
    return set(Agreement.objects.filter(condition).values_list("id", flat=True))


@pytest.mark.django_db
def test_february_is_as_long_as_the_calendar_says():
    years = [1600, 1700, 1900, 2000, 2003, 2004, 2008, 2010, 2012, 2096, 2100, 2400]
    Agreement.objects.bulk_create(Agreement(slug=f"a-{y}", title_en="A", signed_on=f"{y}-02") for y in years)
    rows = Agreement.objects.order_by("signed_on").values_list("signed_on", "signed_on__latest")
    assert list(rows) == [(f"{year}-02", PartialDate(f"{year}-02").latest.isoformat()) for year in years]


@pytest.mark.django_db
def test_held_on_and_certainly_held_on_are_told_apart():
    official = make_official()
    since_2003 = make_post(official, since="2003", title_en="Since 2003")
    since_long = make_post(official, title_en="Since long")
    make_post(official, until="2001", title_en="Until 2001")
    assert list(Post.objects.filter(held("2003-08-01"))) == [since_long, since_2003]
    assert list(Post.objects.filter(held_for_certain("2003-08-01"))) == [since_long]
    assert [post.certainty_on("2003-08-01") for post in (since_2003, since_long)] == [POSSIBLE, CERTAIN]


# --- The field ------------------------------------------------------------------------------------------------------


class AgreementForm(forms.ModelForm):
    class Meta:
        model = Agreement
        fields = ["slug", "title_en", "kind", "signed_on"]


@pytest.mark.parametrize(
    "value", [*(text for text in NO_DATES if text == text.strip()), "2003\x00", 2003, 20030829, True]
)
def test_the_field_refuses_what_is_no_date(value):
    with pytest.raises(ValidationError) as refused:
        PartialDateField().clean(value, None)
    assert refused.value.code == "invalid"
    assert "Write a year, a month or a day: 2003, 2003-08 or 2003-08-29." in refused.value.messages[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2003-08", "2003-08"),
        (" 2003 ", "2003"),
        ("", ""),
        (None, ""),
        (date(2003, 8, 29), "2003-08-29"),
        (datetime(2003, 8, 29, 12), "2003-08-29"),
    ],
)
def test_the_field_reads_texts_and_days(value, expected):
    cleaned = PartialDateField().to_python(value)
    assert (type(cleaned), cleaned) == (PartialDate, expected)


@pytest.mark.parametrize("text", [text for text in NO_DATES if text == text.strip()] + ["2003\x00"])
@pytest.mark.django_db
def test_a_form_refuses_what_is_no_date_at_its_field(text):
    form = AgreementForm({"slug": "a", "title_en": "A", "kind": "OTHER", "signed_on": text})
    assert list(form.errors) == ["signed_on"]


@pytest.mark.django_db
def test_a_date_comes_back_from_the_database_as_it_went_in():
    for value, expected in (("2003-08", "2003-08"), (date(2003, 8, 29), "2003-08-29"), ("", "")):
        read = Agreement.objects.get(pk=make_agreement(signed_on=value).pk).signed_on
        assert (type(read), read) == (PartialDate, expected)
    kept = make_agreement(signed_on=datetime(2003, 8, 29, 12))
    assert Agreement.objects.get(signed_on=datetime(2003, 8, 29, 1), pk=kept.pk) == kept


@pytest.mark.parametrize("text", [text for text in NO_DATES if text == text.strip()])
@pytest.mark.django_db
def test_the_orm_refuses_what_is_no_date_before_it_asks_the_database(text):
    agreements = Agreement.objects.all()
    for ask in (
        lambda: agreements.filter(signed_on=text),
        lambda: agreements.filter(signed_on__gte=text),
        lambda: agreements.update(signed_on=text),
        lambda: make_agreement(signed_on=text),
    ):
        with pytest.raises(ValidationError), transaction.atomic():
            ask()


@pytest.mark.parametrize("text", NO_DATES)
@pytest.mark.django_db
def test_the_database_refuses_what_is_no_date_from_raw_sql(text):
    agreement = make_agreement(signed_on="2003")
    # PostgreSQL says of a text longer than the column that the data are wrong, of any other that a rule is broken.
    refusals = (IntegrityError, DataError) if len(text) > 10 else IntegrityError
    with pytest.raises(refusals), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE agreements_agreement SET signed_on = %s", [text])
    agreement.refresh_from_db()
    assert agreement.signed_on == "2003"


@pytest.mark.django_db
def test_a_wrong_end_is_refused_as_a_date_whatever_else_it_breaks():
    # The check of the order of start and end must not fall over it first.
    post = make_post(since="2003-08-29")
    for text in ("2003-13", "2003-02-30", "2003-99", "abcd-02", "xx"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE agreements_post SET until = %s WHERE id = %s", [text, post.pk])


@pytest.mark.parametrize("text", ["2003\x00", "\x00", "2003-08\x00", "2003-08-29\x00", "200\x003"])
@pytest.mark.django_db
def test_the_database_refuses_the_nul_character_in_a_date(text):
    agreement = make_agreement(signed_on="2003")
    # The driver of PostgreSQL refuses it before the server sees it.
    with pytest.raises((IntegrityError, DataError, ValueError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE agreements_agreement SET signed_on = %s", [text])
    agreement.refresh_from_db()
    assert agreement.signed_on == "2003"


def accepted_by_the_database(field, texts) -> set[str]:
    """Which of `texts` the column's own check lets in."""
    column = connection.ops.quote_name(field.column)
    listed = " UNION ALL ".join([f"SELECT CAST(%s AS text) AS {column}"] * len(texts))
    check = field.db_check(connection).replace("%", "%%")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM ({listed}) t WHERE {check}", texts)
        return {text for (text,) in cursor.fetchall()}


def accepted_by_python(field, texts) -> set[str]:
    accepted = set()
    for text in texts:
        with suppress(ValueError):
            accepted.add(str(field.parse(text)))
    return accepted


@pytest.mark.parametrize("field", [Agreement._meta.get_field("signed_on"), Observation._meta.get_field("period")])
@pytest.mark.django_db
def test_the_database_lets_in_the_days_that_the_calendar_has_and_no_others(field):
    for year in (1900, 2000, 2003, 2004, 2100):
        texts = [f"{year}-{month:02}-{day:02}" for month in range(14) for day in range(33)]
        assert accepted_by_the_database(field, texts) == accepted_by_python(field, texts)


@pytest.mark.parametrize("field", [Agreement._meta.get_field("signed_on"), Observation._meta.get_field("period")])
@pytest.mark.django_db
@given(
    st.lists(
        st.one_of(
            st.text(st.sampled_from("0123459-HQ２"), max_size=11),
            st.from_regex(r"[12][0-9]{3}-[0-9HQ][0-9](-[0-9]{2})?", fullmatch=True),
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6),
        ),
        min_size=50,
        max_size=200,
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_and_python_accept_the_same_texts(field, texts):
    assert accepted_by_the_database(field, texts) == accepted_by_python(field, texts)


@pytest.mark.django_db
def test_every_date_column_sorts_by_plain_bytes_whatever_the_collation_of_the_database():
    columns = {
        (model._meta.db_table, field.column)
        for model in record_models()
        for field in model._meta.concrete_fields
        if isinstance(field, PartialDateField)
    }
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'")
            plain = set(cursor.fetchall())
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            column = re.compile(r'"(\w+)" varchar\(10\) COLLATE BINARY')
            plain = {(table, match[1]) for table, sql in cursor.fetchall() for match in column.finditer(sql or "")}
    assert len(columns) > 10
    assert columns - plain == set()


@pytest.mark.django_db
def test_dates_sort_as_text_with_unknown_ones_first():
    dates = ["2004", "2003-12-31", "2003", "", "2003-08-29", "2003-08", "1999-12"]
    for text in dates:
        make_agreement(signed_on=text)
    assert list(Agreement.objects.order_by("signed_on").values_list("signed_on", flat=True)) == sorted(dates)


def test_the_field_tells_a_migration_only_what_differs_from_its_own_defaults():
    assert PartialDateField().deconstruct()[3] == {}
    assert PartialDateField(blank=False, default="2003").deconstruct()[3] == {"blank": False, "default": "2003"}
    assert PartialDateField().clone().max_length == 10


# --- Periods of figures ---------------------------------------------------------------------------------------------

PERIODS = ["2012", "2012-H1", "2012-H2", "2012-Q1", "2012-Q4", "2012-08", "2012-08-29", ""]
NO_PERIODS = [
    "2012-H3",
    "2012-H0",
    "2012-Q5",
    "2012-Q0",
    "2012H1",
    "2012-h1",
    "2012-Q",
    "2012-H1-01",
    "２012-H1",
    "2012-13",
]


@pytest.mark.parametrize("text", PERIODS)
@pytest.mark.django_db
def test_a_period_is_kept_as_it_is(text):
    observation = make_observation(period=text)
    observation.full_clean()
    observation.refresh_from_db()
    assert observation.period == text


@pytest.mark.parametrize("text", NO_PERIODS)
@pytest.mark.django_db
def test_what_is_no_period_is_refused_by_validation_and_by_the_database(text):
    observation = make_observation(period="2012")
    with pytest.raises(ValidationError) as refused:
        Observation(
            park=observation.park, indicator=observation.indicator, value=1, kind="ACTUAL", period=text
        ).full_clean()
    assert list(refused.value.message_dict) == ["period"]
    assert "2012-H1, 2012-Q3" in refused.value.messages[0]
    with pytest.raises(ValidationError), transaction.atomic():
        Observation.objects.filter(pk=observation.pk).update(period=text)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE parks_observation SET period = %s WHERE id = %s", [text, observation.pk])


def test_a_period_has_no_bounds_to_ask_for():
    # A half-year or a quarter is no date: its bounds would be nonsense.
    for bound in ("earliest", "latest"):
        with pytest.raises(FieldError):
            str(Observation.objects.filter(**{f"period__{bound}": "2012"}).query)
