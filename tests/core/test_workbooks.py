"""Workbooks: written as XlsxWriter would, in as many sheets as there have to be; nothing in them is run or lost."""

import re
from decimal import Decimal
from io import BytesIO
from itertools import count, islice
from zipfile import ZipFile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from xlsxwriter import Workbook

from core.spreadsheets import CELL, CUT, FORMULA, was_cut
from core.workbooks import workbook

COLUMNS = ["code", "name", "value", "is_programme"]
ROWS = [
    ["320281", "江阴市", "2.9099", True],
    ["000123", '=HYPERLINK("http://example.org")', "-11735000000", False],
    ["", " a <b> & c ", None, None],
    ["2003-08", "line\r\nand\tline", 7, True],
    ["\x07", "_x0041_", "0.923456789012345", False],
]
# XlsxWriter takes such a text for markup, and writes it as it is.
MARKUP = "<r></r></is></c><c r='Z9'><f>1+1</f></c><c><is><r></r>"


def made(rows, columns=COLUMNS, numbers=("value",), **options) -> bytes:
    return b"".join(workbook("parks", columns, numbers, rows, **options))


def opened(body, **options):
    return load_workbook(BytesIO(body), **options)


def cells(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def rows_of(body):
    xml = ZipFile(BytesIO(body)).read("xl/worksheets/sheet1.xml").decode()
    return re.findall('<row r="(?!1").*?</row>', re.sub(' s="[0-9]"', "", xml), re.DOTALL)


def test_rows_are_written_as_xlsxwriter_would_write_them():
    file = BytesIO()
    with Workbook(file, {"constant_memory": True}) as book:
        sheet, text = book.add_worksheet("parks"), book.add_format({"num_format": 49})
        for at, row in enumerate(ROWS, 1):
            for index, value in enumerate(row):
                if isinstance(value, bool):
                    sheet.write_boolean(at, index, value, text)
                elif index == COLUMNS.index("value") and value is not None:
                    sheet.write_number(at, index, Decimal(value))
                elif value:
                    sheet.write_string(at, index, value, text)
    assert rows_of(made(ROWS)) == rows_of(file.getvalue())


@pytest.mark.parametrize("read_only", [False, True])
def test_what_is_read_back_is_what_was_written(read_only):
    header, *rows = cells(opened(made(ROWS), read_only=read_only)["parks"])
    assert header == COLUMNS
    # read row by row, one ends with its last cell
    assert [[*row, *[None] * (4 - len(row))] for row in rows] == [
        ["320281", "江阴市", 2.9099, True],
        ["000123", '=HYPERLINK("http://example.org")', -11735000000, False],
        [None, " a <b> & c ", None, None],
        # a carriage return as the standard writes it, which openpyxl leaves to its user
        ["2003-08", "line_x000D_\nand\tline", 7, True],
        ["_x0007_", "_x005F_x0041_", 0.923456789012345, False],
    ]


def test_a_header_stays_in_sight_and_filters_and_texts_stay_texts():
    sheet = opened(made(ROWS))["parks"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:D6")
    assert [sheet.cell(1, at).font.bold for at in (1, 4)] == [True, True]
    assert [sheet.cell(row, 1).number_format for row in (2, 4)] == ["@", "General"]
    # of a blank cell, that of its column
    assert [sheet.column_dimensions[letter].number_format for letter in "ABC"] == ["@", "@", "General"]
    assert [sheet.column_dimensions[letter].width for letter in "AB"] == [8.7109375, 32.7109375]
    assert [bool(cell.quotePrefix) for cell in sheet["B"][1:4]] == [False, True, False]
    assert [cell.data_type for cell in sheet["C"][1:]] == ["n"] * 5


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), min_size=1) | st.text(
    st.sampled_from(f"'{FORMULA}<>&r/_x04 A"), min_size=1
)


@given(TEXTS)
@example(MARKUP)
@example("_x0041_x0042_")
@example("\n")
def test_any_text_is_a_text_and_no_digit_or_letter_of_it_is_lost(text):
    [_header, [cell]] = opened(made([[text]], ["name"])).active.iter_rows()
    assert unescape(cell.value or "") == text
    assert (cell.data_type, bool(cell.quotePrefix)) == ("s", text[0] in FORMULA)


def test_what_xml_cannot_hold_is_told_to_be_missing():
    assert cells(opened(made([["a\ufffeb\ud800"]], ["name"])).active) == [["name"], ["a\ufffdb\ufffd"]]


@pytest.mark.parametrize(
    ("told", "cell"),
    [
        ("123456789012345", 123456789012345),
        ("1234567890123456", "1234567890123456"),
        ("0.000001", 0.000001),
        ("-0.1234567890123456", "-0.1234567890123456"),
        (2**63 - 1, "9223372036854775807"),
        ("12.5 km", "12.5 km"),
        ("</v>", "</v>"),
    ],
)
def test_a_number_with_more_digits_than_a_cell_holds_is_told_as_text(told, cell):
    assert cells(opened(made([[told]], ["value"])).active) == [["value"], [cell]]


def test_what_one_sheet_does_not_hold_is_on_the_next():
    rows = [[str(number)] for number in range(5)]
    book = opened(made(rows, ["code"], rows_a_sheet=3))
    assert {sheet.title: cells(sheet) for sheet in book} == {
        "parks": [["code"], ["0"], ["1"]],
        "parks 2": [["code"], ["2"], ["3"]],
        "parks 3": [["code"], ["4"]],
    }
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:A3", "A1:A3", "A1:A2"]
    assert opened(made(rows, ["code"], rows_a_sheet=6)).sheetnames == ["parks"]
    assert cells(opened(made([], ["code"]))["parks"]) == [["code"]]


def test_a_text_that_no_cell_holds_is_cut_and_told():
    # each of these is two units of UTF-16
    fits, long = "🏭" * (CELL // 2), "a" + "🏭" * (CELL // 2 + 1)
    book = opened(made([["a", fits], ["b", long]], ["code", "name"]))
    assert book["parks"]["B2"].value == fits
    cut = book["parks"]["B3"].value
    assert (cut, was_cut(cut), was_cut(fits)) == ("a" + "🏭" * ((CELL - len(CUT) - 1) // 2) + CUT, True, False)
    assert len(cut.encode("utf-16-le")) <= 2 * CELL
    assert cells(book["cut"]) == [["sheet", "row", "column"], ["parks", 3, "name"]]


def test_a_workbook_is_sent_while_its_rows_are_read():
    read = []

    def rows():
        for number in count():
            read.append(number)
            yield [f"{number} of many that are not alike {number**9}"]

    parts = workbook("parks", ["name"], (), rows())
    assert len([*islice(parts, 5)]) == 5
    assert len(read) < 10_000
    parts.close()
