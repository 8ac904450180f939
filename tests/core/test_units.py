import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.units import in_base, is_unit, read_precision

FIXTURES = Path(__file__).parents[2] / "fixtures"


def refused(text, base, **options) -> str:
    with pytest.raises(ValidationError) as error:
        in_base(text, base, **options)
    return " ".join(error.value.messages)


@pytest.mark.parametrize(
    ("text", "base", "value"),
    [
        ("117.35亿元", "CNY", "11735000000"),
        ("3,500万", "CNY", "35000000"),
        ("１１７．３５億元", "CNY", "11735000000"),
        ("人民币3亿元", "CNY", "300000000"),
        ("¥3,000万", "CNY", "30000000"),
        ("10万元人民币", "CNY", "100000"),
        ("117 hundred million yuan", "CNY", "11700000000"),
        ("4.75亿美元", "USD", "475000000"),
        ("$5 million", "USD", "5000000"),
        ("US$ 1.2 billion", "USD", "1200000000"),
        ("405亩", "km²", "0.27"),
        ("405 畝", "m²", "270000"),
        ("5万亩", "km²", "33.3333"),
        ("12公顷", "km²", "0.12"),
        ("34平方公里", "km²", "34"),
        ("5 ㎢", "km²", "5"),
        ("22万平方米", "km²", "0.22"),
        ("2 ha", "m²", "20000"),
        ("69.8公里", "km", "69.8"),
        ("800米", "km", "0.8"),
        ("7.65万人", "persons", "76500"),
        ("−5.5%", "%", "-5.5"),
        ("37.5 ％", "%", "37.5"),
        ("65家", "enterprises", "65"),
        ("1.2万户", "entities", "12000"),
        ("第5名", "rank", "5"),
        ("3万吨", "吨", "30000"),
        ("5 tonnes", "tonnes", "5"),
    ],
)
def test_figure_is_turned_into_the_base_unit(text, base, value):
    assert in_base(text, base) == (Decimal(value), text)


def test_number_without_a_unit_is_in_the_base_unit_or_in_the_one_beside():
    assert in_base("5", "CNY") == (Decimal(5), "")
    assert in_base("5", "CNY", "亿元") == (Decimal(500_000_000), "5亿元")
    assert in_base("5亿", "CNY", "万元") == (Decimal(500_000_000), "5亿")
    assert in_base("5", "") == (Decimal(5), "")
    assert in_base("5", "CNY", "CNY") == in_base("5", "CNY", "元") == (Decimal(5), "")
    assert in_base("约5", "CNY", "元", may_be_inexact=True) == (Decimal(5), "约5元")


def test_mu_are_rounded_half_up_to_the_places_that_are_kept():
    assert in_base("73.63亩", "km²") == (Decimal("0.0491"), "73.63亩")
    assert in_base("0.075亩", "km²") == (Decimal("0.0001"), "0.075亩")
    assert in_base("1亩", "m²", places=2) == (Decimal("666.67"), "1亩")
    assert refused("0.01亩", "km²") == "“0.01亩” is less than can be kept in km² with 4 decimal places."
    # What needs no turning stays as it is, for its field to refuse.
    assert in_base("0.00001km²", "km²") == (Decimal("0.00001"), "0.00001km²")


@pytest.mark.parametrize(
    ("text", "base", "told"),
    [
        ("405亩", "CNY", "“405亩” is not a measure of this: it is kept in CNY. Is it the figure of another indicator?"),
        (
            "4.75亿美元",
            "CNY",
            "“4.75亿美元” is not a measure of this: it is kept in CNY. Is it the figure of another indicator?",
        ),
        ("3万人次", "persons", "“3万人次” is not a number in a unit that is known here: write it in persons."),
        ("1,5亿", "CNY", "“1,5亿” is not a number in a unit that is known here: write it in CNY."),
        ("五亿", "CNY", "“五亿” is not a number. Write it with the digits 0 to 9, or leave the cell empty."),
        ("5 apples", "", "“5 apples” is not a number. Write it with the digits 0 to 9, or leave the cell empty."),
        (
            "大约5亿元",
            "CNY",
            "“大约5亿元” is not exact: write the number here, and about, at least or at most as its precision.",
        ),
        (
            "800亿元以上",
            "CNY",
            "“800亿元以上” is not exact: write the number here, and about, at least or at most as its precision.",
        ),
        (
            "59–64平方公里",
            "km²",
            "“59–64平方公里” is a range: write its lower end here, and the upper one in the column value_high.",
        ),
        (
            "1.17E+10",
            "CNY",
            "“1.17E+10” has lost digits in Excel: give the column the number format 0, and save it again.",
        ),
    ],
)
def test_figure_that_is_not_understood_is_refused_with_what_to_do(text, base, told):
    assert refused(text, base) == told


def test_figures_of_the_real_parks_are_those_that_were_recorded_as_exact_as_they_were_stated():
    objects = [
        each for name in ("parks", "jiangyin_jingjiang") for each in json.loads((FIXTURES / f"{name}.json").read_text())
    ]
    units = {each["fields"]["code"]: each["fields"]["unit"] for each in objects if each["model"] == "parks.indicator"}
    told, recorded, not_understood = [], [], []
    for each in (each["fields"] for each in objects if each["model"] == "parks.observation"):
        if not each.get("as_stated") or not each.get("value"):
            continue
        try:
            value, stated = in_base(each["as_stated"], units[each["indicator"][0]], may_be_inexact=True)
        except ValidationError:
            not_understood.append(each["as_stated"])
            continue
        told.append((stated, value, read_precision(stated)[1] or "EXACT"))
        recorded.append((each["as_stated"], Decimal(each["value"]), each.get("precision", "EXACT")))
    assert told == recorded
    assert len(told) > 270
    # A range, and places of which it is also said among how many.
    assert [each for each in not_understood if "45" not in each] == ["59–64平方公里"]


@pytest.mark.parametrize(
    ("text", "rest", "precision"),
    [
        ("约5.8平方公里", "5.8平方公里", "ABOUT"),
        ("100多亿元", "100亿元", "AT_LEAST"),
        ("不超过5亿元", "5亿元", "AT_MOST"),
        ("＞5亿元", "5亿元", "AT_LEAST"),
        ("More than 5000 persons", " 5000 persons", "AT_LEAST"),
        ("约5亿元以上", "约5亿元以上", ""),
        ("5亿元", "5亿元", ""),
    ],
)
def test_words_that_say_how_exact_a_figure_is_are_read(text, rest, precision):
    assert read_precision(text) == (rest, precision)


def test_figure_that_is_not_exact_is_read_where_that_can_be_kept():
    assert in_base("约500", "CNY", may_be_inexact=True) == (Decimal(500), "约500")
    assert in_base("约5", "CNY", "亿元", may_be_inexact=True) == (Decimal(500_000_000), "约5亿元")
    assert refused("约5亿元以上", "CNY", may_be_inexact=True) == (
        "“约5亿元以上” is not exact: write the number here, and about, at least or at most as its precision."
    )


def test_unit_is_known_however_it_is_written():
    assert all(
        map(is_unit, ["亿元", " 亿 元 ", "億元", "亩", "KM²", "km2", "万 人", "％", "US$", "hundred million yuan"])
    )
    assert not any(map(is_unit, ["", "含税", "2023", "亿亿元"]))


@given(st.decimals(0, 10**6, places=4), st.sampled_from(["亿元", "万元", "元", "百万元", "千元"]))
def test_turning_money_is_exact(number, unit):
    factor = {"亿元": 10**8, "万元": 10**4, "元": 1, "百万元": 10**6, "千元": 1000}[unit]
    assert in_base(f"{number}{unit}", "CNY") == (number * factor, f"{number}{unit}")
