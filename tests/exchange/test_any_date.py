"""A partial date, written in any way that offices write it, is read as that date, and as no other."""

from contextlib import suppress
from datetime import date

from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.dates import PartialDate, PartialDateField, PeriodField
from exchange.dates import written_date, written_period
from tests.days import NO_DATES, days_of, known

WIDE = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")
HALVES = {"H1": ["H1", "上半年", "1-6月"], "H2": ["h2", "下半年", "7月-12月"]}
QUARTERS = {f"Q{n}": [f"Q{n}", f"第{'一二三四'[n - 1]}季度", f"{n}季度"] for n in range(1, 5)}


@st.composite
def written(draw) -> tuple[str, str]:
    """A partial date, and a way to write it in Chinese or with any separator, with zeros or without, wide or not."""
    day = draw(known)
    parts = day.split("-")
    if draw(st.booleans()):
        parts = [part.lstrip("0") for part in parts]
    # of a year and a month, a full stop would make a number
    marks = draw(st.sampled_from(["年月日", "--", "//"] + [".."] * (len(parts) == 3)))
    text = "".join(f"{part}{mark}" for part, mark in zip(parts, marks.ljust(3), strict=False)).strip()
    text = text if marks == "年月日" else text.rstrip("-/.")
    return day, draw(st.sampled_from([text, f" {text} ", text.translate(WIDE)]))


@given(written())
def test_date_is_read_however_it_is_written(told):
    day, text = told
    assert PartialDateField().clean(written_date(text), None) == PartialDate(day)
    assert PeriodField().clean(written_period(text), None) == day


@given(st.integers(1000, 9998).map(str), st.sampled_from([*(HALVES | QUARTERS).items()]), st.data())
def test_period_is_read_in_either_language(year, part, data):
    name, words = part
    text = year + data.draw(st.sampled_from(["", "年", "-"])) + data.draw(st.sampled_from(words))
    assert PeriodField().clean(written_period(text), None) == f"{year}-{name}"


@given(st.text("0123456789０１-/.年月日号 季度上下半QH", max_size=12) | st.sampled_from(NO_DATES))
def test_any_text_is_a_date_that_reads_as_itself_or_is_refused(text):
    for field, read in ((PartialDateField(), written_date), (PeriodField(), written_period)):
        with suppress(ValidationError):
            value = field.clean(read(text), None)
            assert field.clean(read(value), None) == value


@given(known, known)
def test_dates_sort_as_their_first_days_do_and_bound_the_days_that_they_mean(one, other):
    days, others = days_of(one, date.min), days_of(other, date.min)
    assert (PartialDate(one).earliest, PartialDate(one).latest) == (days[0], days[-1])
    if days[0] != others[0]:
        assert (PartialDate(one) < PartialDate(other)) == (days[0] < others[0])
