import csv
import json
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.spreadsheets import cut, neutralised
from exchange.cells import CLEAR, CLEARED, LEAVE, read_cell, read_figure
from exchange.files import Unreadable, opened
from exchange.headers import read_header
from exchange.tables import tables


def column(table, header):
    return read_header(tables()[table], [header]).columns[0]


def read(table, header, value, **beside):
    return read_cell(column(table, header), value, beside)


def refused(table, header, value, **beside) -> str:
    with pytest.raises(ValidationError) as error:
        read(table, header, value, **beside)
    return " ".join(error.value.messages)


def test_cell_that_is_empty_leaves_alone_and_one_that_says_so_clears():
    for value in (None, "", "  ", "　"):
        assert read("parks", "name_zh", value) is LEAVE
    for value in ("[clear]", "[清空]", "[CLEAR]"):
        assert read("parks", "name_zh", value) is CLEAR
    assert refused("parks", "slug", "[clear]") == (
        "This is never empty: write a value, or leave the cell empty to keep it."
    )


@pytest.mark.parametrize("value", ["320281", "３２０２８１", "320281.0", 320281, 320281.0, Decimal("320281.0")])
def test_reference_is_read_as_the_text_of_its_key(value):
    assert read("parks", "host", value) == "320281"


@pytest.mark.parametrize("value", ["OPERATIONS", "operations", "Operations", "运营"])
def test_choice_is_read_by_its_value_or_its_label_in_either_language(value):
    assert read("co-management-roles", "function", value) == "OPERATIONS"


def test_figure_is_turned_into_the_unit_of_its_indicator():
    value = column("observations", "数值（亿元）")
    assert read_figure(value, 117.35, {"base": "CNY"}) == (Decimal("11735000000"), "117.35亿元")
    assert read_cell(value, "3,500万", {"base": "CNY"}) == Decimal("35000000")
    assert read("observations", "value", "405亩", base="km²") == Decimal("0.27")


def test_reference_is_read_from_an_object_as_the_api_tells_it():
    assert read("parks", "host", {"code": "320281", "name_en": "Jiangyin"}) == "320281"
    assert read("co-management-roles", "park", {"slug": "a-park", "url": "..."}) == "a-park"
    assert read("citations", "target", {"kind": "park", "key": "a-park"}) == "park:a-park"
    assert (
        refused("parks", "host", {"name_en": "Jiangyin"}) == "Write the code of the division, or an object that has it."
    )
    assert refused("parks", "host", ["320281"]) == "A list or an object stands here where one value goes."
    assert refused("parks", "name_en", {"slug": "a"}) == "A list or an object stands here where one value goes."


def test_reference_by_name_is_as_it_is_written():
    assert read("parks", "host", " 江阴市 ") == "江阴市"
    assert read("co-management-roles", "park", "江阴-靖江工业园区（靖江）") == "江阴-靖江工业园区（靖江）"
    assert read("co-management-roles", "park", "ｊｉａｎｇｙｉｎ") == "jiangyin"


def test_value_is_checked_as_its_field_checks_it():
    assert refused("parks", "slug", "not a slug") == (
        "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."
    )
    assert "Enter a valid URL." in refused("parks", "website", "nowhere")
    assert refused("parks", "industry_formula", "5" * 41) == (
        "Ensure this value has at most 40 characters (it has 41)."
    )
    assert refused("parks", "name_en", "a\nb") == "Write it in one line, without tabs."
    assert refused("parks", "host", "a\0") == (
        "Take out the unseen character U+0000 in place 2: with it, a text is not what it looks like."
    )
    assert refused("observations", "growth_percent", "1.12345") == (
        "Ensure that there are no more than 4 decimal places."
    )
    assert refused("benefit-shares", "amount", "1234567890123456") == (
        "Numbers from 1,000,000,000,000,000 on are not kept: check the unit and the zeros."
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("1,234,567", Decimal(1234567)),
        ("１２３．５", Decimal("123.5")),
        ("−5.5%", Decimal("-5.5")),
        ("53%", Decimal(53)),
        ("53％", Decimal(53)),
        (53, Decimal(53)),
        (0.1 + 0.2, Decimal("0.3")),
        (Decimal("0.5"), Decimal("0.5")),
    ],
)
def test_number_is_read_as_it_is_written(value, told):
    assert read("observations", "growth_percent", value) == told


@pytest.mark.parametrize(
    "value", ["五", "1.2E+3", "1,2", "1.234,5", True, date(2003, 8, 29), float("inf"), Decimal("1e40")]
)
def test_what_is_no_number_is_refused(value):
    refused("benefit-shares", "amount", value)


def test_whole_number_has_no_decimals():
    for value in ("３", "3.0", 3, 3.0):
        assert read("clauses", "number", value) == 3
    assert refused("clauses", "number", "2.5") == "“2.5” is not a whole number."
    assert refused("clauses", "number", "-1") == "Ensure this value is greater than or equal to 0."


@pytest.mark.parametrize("value", ["true", "是", "YES", "1", 1, 1.0, True, "1.0"])
def test_yes_is_read(value):
    assert read("parks", "is_programme", value) is True


@pytest.mark.parametrize("value", ["false", "否", "No", "0", 0, False])
def test_no_is_read(value):
    assert read("parks", "is_programme", value) is False


def test_what_is_neither_yes_nor_no_is_refused():
    assert refused("parks", "is_programme", "perhaps") == (
        "“perhaps” is neither yes nor no: write yes or no, true or false, 是 or 否."
    )


def test_choice_that_there_is_not_is_refused_with_those_that_there_are():
    assert refused("co-management-roles", "standing", "in forse") == (
        "“in forse” is none of: PROPOSED (proposed), IN_FORCE (in force). Did you mean “IN_FORCE”?"
    )
    assert read("co-management-roles", "standing", "in force") == "IN_FORCE"
    assert read("co-management-roles", "function", "社會管理") == "SOCIAL_MANAGEMENT"


def test_sign_for_nothing_is_refused_where_no_text_goes():
    assert refused("parks", "established", "—") == (
        "“—” is no value: leave the cell empty, or write [clear] to empty what is recorded."
    )
    assert read("parks", "crosses", "—") == "—"


def test_cell_of_a_workbook_that_shows_an_error_is_refused():
    assert refused("parks", "name_en", Unreadable("#REF!")) == (
        "The cell shows #REF!: mend its formula, and save the workbook again."
    )
    assert refused("observations", "value", Unreadable("#N/A"), base="CNY") == (
        "The cell shows #N/A: mend its formula, and save the workbook again."
    )


def test_number_in_a_text_is_written_in_full_and_a_date_refused():
    assert read("park-identifiers", "value", 3_000_000) == "3000000"
    assert read("park-identifiers", "value", 3e6) == "3000000"
    assert read("park-identifiers", "value", Decimal("0.10")) == "0.1"
    assert refused("park-identifiers", "value", date(2003, 8, 29)) == (
        "This cell is a date or time, and a text goes here: give it the format Text, and write it anew."
    )


def test_unit_of_a_figure_is_its_own_or_that_of_the_header_or_that_of_its_row():
    plain, headed = column("observations", "数值"), column("observations", "数值（单位：万元）")
    assert read_figure(plain, "3亿元", {"base": "CNY", "unit": "万元"}) == (Decimal(300_000_000), "3亿元")
    assert read_figure(headed, "3", {"base": "CNY", "unit": "亿元"}) == (Decimal(30_000), "3万元")
    assert read_figure(plain, 3, {"base": "CNY", "unit": "亿元"}) == (Decimal(300_000_000), "3亿元")
    assert read_figure(plain, 3, {"base": "CNY"}) == (Decimal(3), "")
    assert read_figure(column("park-sites", "面积（亩）"), 150.0) == (Decimal("0.1"), "")
    assert read_figure(column("benefit-shares", "金额"), "500万") == (Decimal(5_000_000), "")
    assert read_figure(column("observations", "增长率"), "20.1%", {"base": "CNY", "unit": "亿元"}) == (
        Decimal("20.1"),
        "",
    )
    assert refused("observations", "value", "405亩", base="CNY") == (
        "“405亩” is not a measure of this: it is kept in CNY. Is it the figure of another indicator?"
    )
    assert refused("observations", "value", "405亩") == (
        "“405亩” has a unit, and what is measured is not known: name the indicator, or leave the unit out."
    )


def kinds_of_columns():
    """A column of each sort that is read in another way."""
    found = {}
    for table in tables().values():
        for each in read_header(table, [each.name for each in table.columns]).columns:
            leaf, column = each.column.leaf, each.column
            found.setdefault(
                (
                    type(leaf),
                    bool(getattr(leaf, "choices", None)),
                    column.is_reference,
                    leaf.name == "code",
                    each.measures,
                ),
                each,
            )
    return list(found.values())


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=False)
    | st.text(max_size=40)
    | st.text("0123456789.,-/%年月日约亿万元亩第季度上半 eEkm[]清空clear", max_size=20)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["slug", "code", "kind"]), inner, max_size=2)
    ),
    max_leaves=3,
)
BASES, UNITS = st.sampled_from(["", "CNY", "km²", "%", "rank", "吨"]), st.sampled_from(["", "亿元", "亩", "x"])


@given(value=ANYTHING, base=BASES, unit=UNITS)
@example(value=10**28, base="", unit="")
@settings(max_examples=300, deadline=1000)
def test_anything_in_any_cell_is_a_value_or_refused(value, base, unit):
    for each in kinds_of_columns():
        with suppress(ValidationError):
            assert read_cell(each, value, {"base": base, "unit": unit}) is not None


def written(path, header, cells):
    """The cells that are read where these were written as exports write them."""
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file).writerows([header, [neutralised(str(each)) for each in cells]])
    elif path.suffix == ".ndjson":
        told = [each if isinstance(each, str) else str(each) for each in cells]
        path.write_text(json.dumps(dict(zip(header, told, strict=True))) + "\n")
    else:
        workbook = xlsxwriter.Workbook(path, {"constant_memory": True})
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, header)
        for index, each in enumerate(cells):
            (sheet.write_string if isinstance(each, str) else sheet.write_number)(1, index, each)
        workbook.close()
    with opened(path) as rows:
        ((_line, read),) = rows
    return read


TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"], exclude_characters=TURNING)
TEXTS = st.text(LETTERS | st.sampled_from("=+-@'\"_x000D_,;\t\n｜"), min_size=1, max_size=60).map(str.strip)


@pytest.mark.parametrize("format", ["csv", "xlsx", "ndjson"])
@given(
    text=TEXTS.filter(lambda text: text and text.casefold() not in CLEARED),
    number=st.decimals(-(10**9), 10**9, places=4),
    day=st.dates(date(1000, 1, 1)),
)
@settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(tmp_path, format, text, number, day):
    wanted = {
        ("parks", "summary_zh"): text,
        ("observations", "value"): number,
        ("parks", "established"): str(day),
        ("parks", "closed"): str(day)[:7],
        ("park-sites", "since"): str(day)[:4],
    }
    cells = written(tmp_path / f"cells.{format}", [name for _table, name in wanted], [*wanted.values()])
    read_back = [read(*place, cell, base="CNY") for place, cell in zip(wanted, cells, strict=True)]
    assert read_back == [*wanted.values()]


def test_a_text_that_an_export_cut_never_takes_the_place_of_the_whole():
    assert refused("parks", "summary_en", cut("a" * 40_000)) == (
        "This text was cut when it was exported: leave the cell empty, and the whole text stays."
    )
