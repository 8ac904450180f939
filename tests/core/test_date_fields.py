"""Dates and periods in forms, in the ORM and in the database: everywhere the same texts are let in."""

import re
from contextlib import suppress
from datetime import date, datetime

import pytest
from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.models import Agreement
from core.dates import (
    PartialDate,
    PartialDateField,
)
from core.history import record_models
from parks.models import Observation
from tests.days import NO_DATES
from tests.factories import make_agreement, make_observation, make_post

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


def test_a_period_has_no_first_day_to_ask_for():
    # The text of a half-year or a quarter is no date: its bound would be nonsense.
    with pytest.raises(FieldError):
        str(Observation.objects.filter(period__earliest="2012").query)


@pytest.mark.django_db
def test_a_period_ends_on_its_last_day():
    days = {
        "2011": "2011-12-31",
        "2011-H1": "2011-06-30",
        "2011-H2": "2011-12-31",
        "2011-Q1": "2011-03-31",
        "2011-Q2": "2011-06-30",
        "2011-Q3": "2011-09-30",
        "2011-Q4": "2011-12-31",
        "2012-02": "2012-02-29",
        "2012-08-29": "2012-08-29",
    }
    for period in days:
        make_observation(period=period)
    assert dict(Observation.objects.values_list("period", "period__latest")) == days
