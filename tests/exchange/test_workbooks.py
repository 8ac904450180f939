"""Workbooks as offices make them, and as no office would."""

import io
import re
import time
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter

from exchange.files import FileError, Unreadable, opened
from exchange.files.workbooks import MOST_EMPTY


@pytest.fixture
def book(tmp_path):
    """Makes a workbook of rows, which `change` may change before it is saved; gives its path."""

    def book(*rows, change=None):
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        for row in rows:
            sheet.append(row)
        if change:
            change(workbook)
        workbook.save(tmp_path / "book.xlsx")
        return tmp_path / "book.xlsx"

    return book


def with_part(path, name, change, method=zipfile.ZIP_DEFLATED):
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(each, content, method if each == name else None)
    return path


def with_rows(path, xml: str):
    """The workbook with these rows in place of those of its first sheet."""
    return with_part(
        path,
        "xl/worksheets/sheet1.xml",
        lambda part: re.sub(rb"<sheetData>.*</sheetData>", f"<sheetData>{xml}</sheetData>".encode(), part),
    )


def read(path, **options):
    with opened(path, **options) as rows:
        return list(rows)


def refused(path, **options) -> str:
    with pytest.raises(FileError) as error:
        read(path, **options)
    return " ".join(error.value.messages)


HEADER = ["park", "host", "established"]


def test_workbook_is_read_with_the_kinds_of_its_cells(book):
    path = book(
        HEADER,
        ["a", 320281, date(2003, 8, 29)],
        ["b", 1.5, datetime(2003, 8, 29)],
        [],
        ["=", True, "2003"],
        [None, 0, ""],
    )
    with opened(path) as rows:
        assert (rows.format, rows.sheet, rows.header, rows.notes) == ("xlsx", "Sheet", HEADER, [])
        assert list(rows) == [
            (2, ["a", 320281, datetime(2003, 8, 29)]),
            (3, ["b", 1.5, datetime(2003, 8, 29)]),
            (5, ["=", True, "2003"]),
            (6, [None, 0, None]),
        ]


@pytest.mark.parametrize("options", [{"constant_memory": True}, {}])
def test_workbook_of_another_writer_gives_back_what_was_written(tmp_path, options):
    """Texts stand in the cells or in a table of their own; some have what XML cannot say."""
    texts = ["园区", " a ", "=1+1", "_x000D_", "a\nb", "\x07", "<&>", "𠮷", "'=1"]
    workbook = xlsxwriter.Workbook(tmp_path / "book.xlsx", {**options, "strings_to_formulas": False})
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, [f"c{index}" for index in range(len(texts))])
    for index, text in enumerate(texts):
        sheet.write_string(1, index, text)
    workbook.close()
    assert read(tmp_path / "book.xlsx") == [(2, texts)]


@pytest.mark.parametrize(
    ("format", "told"),
    [
        ("yyyy-mm-dd", datetime(2003, 8, 1)),
        ('yyyy"年"m"月"d"日"', datetime(2003, 8, 1)),
        ('yyyy"年"m"月"', "2003-08"),
        ("[$-804]yyyy/m", "2003-08"),
        ("mmm-yy", "2003-08"),
        ("yyyy", "2003"),
        ('m"月"d"日"', "08-01"),
        ("yyyy-mm-dd hh:mm", datetime(2003, 8, 1)),
    ],
)
def test_date_is_read_as_exactly_as_it_is_shown(book, format, told):
    def change(workbook):
        workbook.active["A2"].number_format = format

    assert read(book(["since"], [date(2003, 8, 1)], change=change)) == [(2, [told])]


@pytest.mark.parametrize(
    ("number", "told"), [(31, datetime(2003, 8, 1)), (57, "2003-08"), (58, "08-01"), (27, "2003-08")]
)
def test_date_is_read_by_the_formats_that_only_a_chinese_excel_knows(book, number, told):
    path = book(["since"], [date(2003, 8, 1)])

    def change(styles):
        return re.sub(rb'numFmtId="(?!0")\d+"(?! format)', f'numFmtId="{number}"'.encode(), styles)

    assert read(with_part(path, "xl/styles.xml", change)) == [(2, [told])]


def test_percentage_is_read_as_it_is_shown(book):
    def change(workbook):
        for row in (2, 3):
            workbook.active[f"A{row}"].number_format = "0.00%"

    assert read(book(["percent"], [0.53], [0.1 + 0.2], [0.5], change=change)) == [
        (2, ["53%"]),
        (3, ["30%"]),
        (4, [0.5]),
    ]


def test_formula_gives_the_value_that_was_last_calculated(tmp_path):
    workbook = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["value", "text"])
    sheet.write_formula("A2", "=1+1", None, 2)
    sheet.write_formula("A3", "=1/0", None, "#DIV/0!")
    sheet.write_formula("B3", '="a"', None, "a")
    workbook.close()
    rows = read(tmp_path / "book.xlsx")
    assert rows == [(2, [2, None]), (3, ["#DIV/0!", "a"])]
    assert isinstance(rows[1][1][0], Unreadable)


def test_formula_whose_value_is_an_empty_text_is_an_empty_cell(book):
    head = '<row><c t="str"><v>park</v></c><c t="str"><v>note</v></c></row>'
    row = '<row><c t="str"><v>a</v></c><c t="str"><f>IF(1,"","")</f><v></v></c></row>'
    assert read(with_rows(book(HEADER), head + row)) == [(2, ["a", None])]


def test_formula_that_was_never_calculated_is_refused_at_its_cell(book):
    assert refused(book(HEADER, ["a", "=1+1", None])) == (
        "Row 2, column B (host): The formula has never been calculated: open the workbook in Excel, and save it."
    )


def test_first_sheet_that_is_shown_and_has_a_header_is_read_and_the_others_are_named(book):
    def change(workbook):
        hidden = workbook.create_sheet("hidden", 0)
        hidden.append(["no"])
        hidden.sheet_state = "hidden"
        workbook.create_sheet("empty", 1)
        workbook.create_sheet("角色").append(["yes"])
        workbook["角色"].append([1])

    path = book(["park"], ["a"], change=change)
    with opened(path) as rows:
        assert (rows.sheet, list(rows)) == ("Sheet", [(2, ["a"])])
        assert rows.notes == ["Read is the sheet “Sheet”. Passed over are: “hidden”, “empty”, “角色”."]
    assert read(path, sheet="角色") == [(2, [1])]
    assert refused(path, sheet="roles") == (
        "There is no sheet “roles”. The sheets are: “hidden”, “empty”, “Sheet”, “角色”."
    )
    assert refused(path, sheet="empty") == (
        "The sheet “empty” is empty: write a header, and a row for each record below it."
    )


def test_merged_cells_are_refused_where_they_are_part_of_the_table(book):
    def merge(ref):
        return lambda workbook: workbook.active.merge_cells(ref)

    assert refused(book(HEADER, ["a"], ["b"], change=merge("A2:A3"))) == (
        "Row 2, column A (park): The cells A2:A3 are merged: take them apart, and write the value into each row."
    )
    assert read(book(HEADER, ["a"], change=merge("E2:E3"))) == [(2, ["a", None, None])]


def test_hidden_rows_are_read_and_that_is_said(book):
    def change(workbook):
        workbook.active.row_dimensions[3].hidden = True

    with opened(book(["park"], ["a"], ["b"], change=change)) as rows:
        assert list(rows) == [(2, ["a"]), (3, ["b"])]
        assert rows.notes == ["Hidden rows are read like all others: there are 1."]


def test_value_beside_the_table_is_refused_at_its_cell(book):
    assert refused(book(["park"], ["a"], ["b", None, "c"])) == (
        "Row 3, column C: A value stands here, and its column has no header."
    )


def test_title_above_the_header_is_refused(book):
    assert refused(book(["园区统计表"], ["园区", "所在地"])) == (
        "Row 2, column B: A value stands here, and its column has no header."
    )


@pytest.mark.parametrize("length", [30, 1000, 4000])
def test_workbook_that_is_cut_off_is_refused(book, length):
    path = book(HEADER, ["a", "b", "c"])
    path.write_bytes(path.read_bytes()[:length])
    assert "save it" in refused(path)


def test_workbook_with_a_part_that_is_broken_is_refused(book):
    for name in ("xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"):
        path = with_part(book(HEADER, ["a", "b", "c"]), name, lambda part: part[: len(part) // 2])
        assert refused(path) == "The workbook is cut off or damaged: save it anew, and send it again.", name


@pytest.mark.parametrize("part", ["workbook.xml", "styles.xml", "worksheets/sheet1.xml", "sharedStrings.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_wherever_they_are(tmp_path, part, encoding):
    workbook = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    workbook.add_worksheet().write_row(0, 0, HEADER)
    workbook.close()
    assert refused(tmp_path / "book.xlsx") == "There is a header and nothing below it: add a row for each record."
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'

    def change(content):
        return (bomb + re.sub(r"<\?xml.*?\?>", "", content.decode())).encode(encoding)

    assert "save it anew" in refused(with_part(tmp_path / "book.xlsx", f"xl/{part}", change))


def test_workbook_that_would_unpack_to_far_more_than_any_table_is_refused(book):
    path = with_rows(book(HEADER), f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"a" * 60_000_000}</t></is></c></row>')
    begun = time.process_time()
    assert refused(path) == (
        "Unpacked, the workbook would have 57 MB: copy the table into a new one, or save it as CSV."
    )
    assert time.process_time() - begun < 1


def test_workbook_that_says_less_than_it_holds_is_read_no_further_than_it_says(book):
    path = with_rows(book(HEADER), "<row><c/></row>" * 100_000)
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    assert refused(path) == "The workbook is cut off or damaged: save it anew, and send it again."


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_no_more_of_a_part_is_unpacked_than_it_says(book, part, method):
    size = 100 << 20
    path = with_part(book(HEADER), part, lambda content: content + b" " * (size - len(content)), method=method)
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    tracemalloc.start()
    assert "save it anew" in refused(path)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 << 20


@pytest.mark.parametrize(
    ("part", "before", "element"),
    [
        ("xl/styles.xml", b"<cellXfs", b"<cellXfs>" + b"<xf/>" * 3_000_000 + b"</cellXfs>"),
        ("xl/workbook.xml", b"<sheets", b'<sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets>' * 250_000),
        ("[Content_Types].xml", b"</Types", b'<Default Extension="a" ContentType="b"/>' * 410_000),
    ],
)
def test_part_of_very_many_elements_is_refused_before_they_are_made(book, part, before, element):
    path = with_part(book(HEADER), part, lambda content: content.replace(before, element + before))
    begun = time.process_time()
    assert refused(path) == "The workbook has far more parts than a table needs: copy the table into a new one."
    assert time.process_time() - begun < 2


def test_sheet_without_its_size_is_read_once_however_often_it_is_named(book):
    sheet = b'<sheet name="Sheet" sheetId="1" state="visible" r:id="rId1" />'

    def named_often(part):
        return part.replace(sheet, b"".join(sheet.replace(b"Sheet", b"S%d" % number) for number in range(1000)))

    path = with_part(with_rows(book(HEADER), "<row/>" * 1_000_000), "xl/workbook.xml", named_often)
    path = with_part(path, "xl/worksheets/sheet1.xml", lambda part: re.sub(rb"<dimension[^>]*>", b"", part))
    begun = time.process_time()
    assert refused(path).startswith("No sheet that is shown has a header")
    assert time.process_time() - begun < 3


def test_row_of_a_million_cells_and_a_cell_far_to_the_right_are_refused_quickly(book):
    begun = time.process_time()
    assert refused(with_rows(book(HEADER), "<row>" + "<c/>" * 1_000_000 + "</row>")) == (
        "A row or a text of the workbook has more parts than any table has."
    )
    far = '<row r="1"><c r="A1" t="str"><v>park</v></c></row><row r="2"><c r="{}" t="str"><v>a</v></c></row>'
    assert refused(with_rows(book(HEADER), far.format("XFD2"))) == (
        "Row 2, column XFD: A value stands here, and its column has no header."
    )
    assert "damaged" in refused(with_rows(book(HEADER), far.format("ZZZZZZZZ2")))
    assert time.process_time() - begun < 5


def test_header_of_very_many_columns_is_refused(book):
    assert read(book([f"c{index}" for index in range(200)], ["a"]))[0][1][:2] == ["a", None]
    assert refused(book([f"c{index}" for index in range(201)], ["a"])) == (
        "Line 1: There are 201 columns, and at most 200 are read: delete those that are not meant."
    )


def test_rows_without_values_at_the_end_cost_next_to_nothing(book):
    head = '<row r="1"><c r="A1" t="str"><v>park</v></c></row><row r="2"><c r="A2" t="str"><v>a</v></c></row>'
    empty = "".join(f'<row r="{number}"/>' for number in range(3, 600_000))
    path = with_rows(book(HEADER), head + empty)
    begun = time.process_time()
    assert read(path) == [(2, ["a"])]
    assert time.process_time() - begun < 1
    last = '<row r="600001"><c r="A600001" t="str"><v>b</v></c></row>'
    assert refused(with_rows(book(HEADER), head + empty + last)) == (
        f"Line {MOST_EMPTY + 2}: After more than {MOST_EMPTY} empty rows come values again: delete the empty rows."
    )


def test_size_that_a_sheet_claims_is_not_believed(book):
    path = with_part(
        book(["park"], ["a"]),
        "xl/worksheets/sheet1.xml",
        lambda part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', part),
    )
    assert read(path) == [(2, ["a"])]


def test_rows_out_of_order_or_beyond_the_last_are_refused(book):
    row = '<row r="{}"><c t="str"><v>a</v></c></row>'
    for second in (1, 0, -5, 1_048_577, 10**30):
        path = with_rows(book(HEADER), row.format(1) + row.format(second))
        assert refused(path) == "The rows are not in order: open the workbook in Excel, and save it anew."


def test_text_of_many_megabytes_is_refused(book):
    noise = "".join(chr(0x4E00 + index * 7919 % 20000) for index in range(1_500_000))
    path = with_rows(book(HEADER), f'<row r="1"><c r="A1" t="inlineStr"><is><t>{noise}</t></is></c></row>')
    assert refused(path) == "A cell has more than 1048576 characters."


def test_workbook_behind_a_password_and_old_ones_are_told_apart(tmp_path):
    path = tmp_path / "book.xlsx"
    ole = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(100_000)
    path.write_bytes(ole + "EncryptedPackage".encode("utf-16-le"))
    assert refused(path) == "The workbook is locked by a password: take the password off and save it anew."
    path.write_bytes(ole)
    assert refused(path) == "The file is an old document of Office (.xls, .doc): open it, and save it as .xlsx."


def test_archive_of_very_many_parts_is_refused_before_they_are_listed(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"xl/{number:040}", b"")
    path, end = tmp_path / "book.xlsx", len(content.getvalue()) - 22
    too_many = "The workbook has far more parts than a table needs: copy the table into a new one."
    path.write_bytes(content.getvalue())
    assert refused(path) == too_many
    # Where the directory begins may be said to be anywhere, so here another last record seems to stand.
    path.write_bytes(content.getvalue()[: end + 16] + b"PK\x05\x06" + content.getvalue()[end + 20 :])
    assert refused(path) == too_many


def test_numbers_are_those_that_excel_shows(book):
    from exchange.cells import read_cell
    from exchange.headers import read_header
    from exchange.tables import tables

    column = read_header(tables()["benefit-shares"], ["percent"]).columns[0]
    ((_line, (value,)),) = read(book(["percent"], [5.6 * 3]))
    assert read_cell(column, value) == Decimal("16.8")
