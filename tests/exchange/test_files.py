import hashlib
import io
import os
import zipfile
from contextlib import suppress
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.files import FileError, kept_copy, opened

ROLES = "park,division,since\na-park,320281,2003-08\n\nb-park,321282,\n"


@pytest.fixture
def write(tmp_path):
    """Writes a file, and gives its path."""

    def write(content: str | bytes, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(path, **options):
    """The header and the rows of a file."""
    with opened(path, **options) as rows:
        return rows.header, list(rows)


def refused(path, **options) -> list[str]:
    with pytest.raises(FileError) as error:
        read(path, **options)
    return error.value.messages


def test_csv_is_read_with_the_line_of_each_row_and_without_blank_lines(write):
    assert read(write(ROLES)) == (
        ["park", "division", "since"],
        [(2, ["a-park", "320281", "2003-08"]), (4, ["b-park", "321282", ""])],
    )


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")]
)
def test_csv_is_read_in_the_encodings_of_offices(write, encoding, told):
    path = write("园区名称,所在地\n江阴-靖江工业园区,靖江市\n".encode(encoding))
    with opened(path) as rows:
        assert (rows.encoding, rows.separator, rows.header) == (told, ",", ["园区名称", "所在地"])
        assert list(rows) == [(2, ["江阴-靖江工业园区", "靖江市"])]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_is_read_with_the_separator_of_its_header(write, separator):
    path = write(f'"a,b;c|d"{separator}e{separator}f\n1{separator}2{separator}3\n')
    with opened(path) as rows:
        assert (rows.separator, rows.header) == (separator, ["a,b;c|d", "e", "f"])
        assert list(rows) == [(2, ["1", "2", "3"])]


def test_copy_is_kept_with_its_hash_and_length(write, tmp_path):
    path = write(ROLES)
    told = (hashlib.sha256(ROLES.encode()).hexdigest(), len(ROLES))
    assert kept_copy(path, tmp_path / "one") == told
    assert kept_copy(io.BytesIO(ROLES.encode()), tmp_path / "two") == told
    assert (tmp_path / "one").read_text() == (tmp_path / "two").read_text() == ROLES


def test_copy_of_a_file_that_is_too_large_is_not_kept(settings, tmp_path):
    settings.IMPORT_MEGABYTES = 1
    with pytest.raises(FileError) as error:
        kept_copy(io.BytesIO(b"x" * (1024**2 + 1)), tmp_path / "copy")
    assert error.value.messages == [
        "The file is larger than 1 MB. Have it imported on the server: manage.py import_records."
    ]
    assert list(tmp_path.iterdir()) == []


def test_copy_of_a_file_that_changes_meanwhile_is_not_kept(write, tmp_path, monkeypatch):
    path = write(ROLES)
    fsync = os.fsync

    def grow(number):
        fsync(number)
        with path.open("a") as file:
            file.write("c-park,320281,\n")

    monkeypatch.setattr(os, "fsync", grow)
    with pytest.raises(FileError) as error:
        kept_copy(path, tmp_path / "copy")
    assert error.value.messages == ["The file changed while it was read: send it again."]
    assert not (tmp_path / "copy").exists()


def test_copy_is_never_written_over_what_is_there(write, tmp_path):
    (tmp_path / "copy").write_text("there")
    with pytest.raises(FileExistsError):
        kept_copy(write(ROLES), tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "there"


def test_encoding_that_is_said_is_read_as_such(write):
    assert read(write("园区\n甲\n".encode("gbk")), encoding="GBK") == (["园区"], [(2, ["甲"])])
    assert read(write("园区\n甲\n".encode()), encoding="utf8") == (["园区"], [(2, ["甲"])])
    assert refused(write("园区\n甲\n"), encoding="latin-1") == [
        "Only these encodings are read: UTF-8, GB18030, UTF-16. Save the file as UTF-8."
    ]
    assert refused(write("园区\n甲\n".encode("utf-8-sig")), encoding="gbk") == [
        "The file begins with the mark of UTF-8: leave the encoding out."
    ]
    assert refused(write("园区\n甲\n".encode("gbk")), encoding="utf-8") == [
        "Line 1: This line is not UTF-8: save the file as UTF-8."
    ]


@pytest.mark.parametrize("encoding", ["big5", "shift_jis", "latin-1", "cp1251"])
def test_encoding_that_would_be_read_as_rare_chinese_is_refused(write, encoding):
    texts = {"big5": "園區,所在地\n江陰靖江工業園區,靖江市\n", "shift_jis": "園区,所在地\nこうぎょう,ソ能\n"}
    text = texts.get(encoding, "name,place\nCafé Zürich,Málaga\nÉté,Åse\n" if encoding == "latin-1" else "имя\nПарк\n")
    assert "neither UTF-8 nor, for certain, GB18030" in refused(write(text.encode(encoding)))[0]


def test_encoding_is_found_however_late_the_first_letter_comes(write):
    # Beyond the first megabyte, which is what is looked at at once.
    ascii_rows = "park,place\n" + f"a,{'b' * 1000}\n" * 1100
    assert len(read(write((ascii_rows + "甲,乙\n").encode("gb18030")))[1]) == 1101
    assert "neither UTF-8 nor" in refused(write((ascii_rows + "Zürich,Málaga\n").encode("latin-1")))[0]


def test_file_that_is_not_there_is_refused(tmp_path):
    assert refused(tmp_path / "none.csv") == ["The file cannot be read: No such file or directory."]
    assert refused(tmp_path) == ["The file cannot be read: Is a directory."]


def test_bytes_that_cannot_be_read_are_refused_with_their_line(write):
    good = "园区,所在地\n" + f"江阴,{'靖江' * 100}\n" * 3000
    for encoding in ("utf-8", "utf-8-sig"):
        told = "This line is not UTF-8: save the file as UTF-8."
        if encoding == "utf-8":
            told = "This line is neither UTF-8 nor, for certain, GB18030: save the file as UTF-8, or say its encoding."
        path = write(good.encode(encoding) + b"a,\xff\xff\n" + good.encode())
        assert refused(path) == [f"Line 3002: {told}"]
    path = write(good.encode("utf-16") + b"\x00\xd8a\x00")
    assert refused(path) == ["Line 3002: This line is not UTF-16: save the file as UTF-8."]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "The file is empty: write a header, and a row for each record below it."),
        ("\n \n\n", "The file is empty: write a header, and a row for each record below it."),
        ("park,since\n", "There is a header and nothing below it: add a row for each record."),
        ("park,since\n,\n", "There is a header and nothing below it: add a row for each record."),
        (
            "park，since，until\na，b，c\n",
            "Line 1: The header is separated by full-width commas: write plain ones (,).",
        ),
        (
            "park;since,until\na;b,c\n",
            "Line 1: It is not clear whether “,” or “;” separates the columns: say which, as separator.",
        ),
        (
            "park,,since\na,b,c\n",
            "Line 1: Column 2 has no header: give it one, or delete it. The header is one row, unmerged.",
        ),
        ("park,since,park\na,b,c\n", "Line 1: The header “park” stands twice: take one of the two columns out."),
        (
            "park,since\na,b\n\nc,d,e\n",
            "Line 4: The row has 3 cells and the header 2 columns. Is a text with a separator in it not in quotes, "
            "or is the first row a title and no header?",
        ),
        (
            'park,since\n"a,b\nc,d\n',
            'Line 2: A quotation mark " is opened here and never closed: close it, or write "" for one in a text.',
        ),
        (
            'park,since\n"a"b,c\n',
            'Line 2: After a closing quotation mark " comes neither a separator nor the end: '
            'write "" for one in a text.',
        ),
        (
            "park,since\na\0,b\n",
            "Line 2: A NUL character stands here, which no table has: save the file anew as CSV UTF-8.",
        ),
        (
            f"park,since\n{'a' * 200_000},b\n",
            "Line 2: A cell has more than 131072 characters. Is a quotation mark opened here and never closed?",
        ),
        (
            f"park,since\n{'a' * 10_000_000},b\n",
            "Line 2: The line has more than 1000000 characters: is this a table at all?",
        ),
        (
            ",".join(map(str, range(1_000_000))),
            "Line 1: The line has more than 1000000 characters: is this a table at all?",
        ),
        (
            ",".join(map(str, range(201))),
            "Line 1: There are 201 columns, and at most 200 are read: delete those that are not meant.",
        ),
    ],
)
def test_csv_that_is_no_table_is_refused_with_what_to_do(write, content, told):
    assert refused(write(content)) == [told]


def test_rows_that_are_shorter_end_in_empty_cells_and_longer_ones_may_have_such(write):
    assert read(write("a,b\n1\n2,3,,\n"))[1] == [(2, ["1", None]), (3, ["2", "3"])]


def test_line_of_a_row_is_the_one_on_which_it_begins(write):
    path = write('sep=;\r\n\r\na;b\r\n"1\r\n\r\n2";3\r\n\r\n4;5\r\n')
    with opened(path) as rows:
        assert (rows.header, rows.separator) == (["a", "b"], ";")
        assert list(rows) == [(4, ["1\r\n\r\n2", "3"]), (8, ["4", "5"])]


def test_text_that_was_kept_from_running_as_a_formula_is_what_it_was(write):
    assert read(write("a,b\n'=1+1,'a\n"))[1] == [(2, ["=1+1", "'a"])]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"%PDF-1.7 ...", "a.csv", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a.xlsx", "a picture"),
        (b"\x1f\x8b\x08", "a.csv.gz", "a packed archive"),
        (b"PAR1", "a.parquet", "a Parquet file"),
        (b"SQLite format 3\0", "a.sqlite3", "a database"),
    ],
)
def test_file_of_another_kind_is_told_by_what_it_is(write, content, name, told):
    assert refused(write(content, name)) == [
        f"The file is {told}, and what is read is .xlsx, .csv or .ndjson: open it, and save the table as .xlsx."
    ]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("word/document.xml", "a text document"),
        ("content.xml", "a workbook of another format"),
        ("a", "a packed archive"),
    ],
)
def test_archive_that_is_no_workbook_is_told_by_what_it_has(tmp_path, part, told):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr(part, "x")
    assert refused(tmp_path / "a.xlsx")[0].startswith(f"The file is {told},")


def test_web_pages_and_tables_that_are_named_as_workbooks_are_refused(write):
    for page in ("<html><table>", "\n <!DOCTYPE html>", '<?xml version="1.0"?><Workbook>', "\ufeff<TABLE border=1>"):
        assert refused(write(page, "a.xls")) == [
            "The file is a web page or XML, whatever its name says: open it in Excel and save it as .xlsx."
        ]
    assert refused(write("a\tb\n1\t2\n", "a.xls")) == [
        "The file is named as a workbook and is none: save it as .xlsx, or name it .csv."
    ]


def test_ndjson_is_read_with_its_numbers_exact(write):
    path = write(
        '{"park": "a", "value": 0.1, "since": null}\n\n{"park": {"slug": "b"}, "value": 12345678901234567890}\n'
    )
    with opened(path) as rows:
        assert (rows.format, rows.header) == ("ndjson", ["park", "value", "since"])
        assert list(rows) == [
            (1, ["a", Decimal("0.1"), None]),
            (3, [{"slug": "b"}, 12345678901234567890, None]),
        ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[{"park": "a"}]', "The file is a JSON list: write one object a line instead (NDJSON)."),
        ('{"park": "a"}\n["b"]\n', "Line 2: Each line is one JSON object, and not a list or a bare value."),
        (
            '{\n "park": "a"\n}',
            "Line 1: This is no JSON (Expecting property name enclosed in double quotes). "
            "Write one whole object a line, and nothing between the lines.",
        ),
        (
            '{"park": "a"}\n{"park": "b", "prak": "c"}\n',
            "Line 2: The key “prak” is not in the first line, which says what there is: add it there, as null.",
        ),
        ('{"park": "a", "park": "b"}', "Line 1: The key “park” stands twice in one object: take one out."),
        ('{"park": {"slug": 1, "slug": 2}}', "Line 1: The key “slug” stands twice in one object: take one out."),
        ('{"value": NaN}', "Line 1: NaN is no number: write null, or leave it out."),
        ('{"value": -Infinity}', "Line 1: -Infinity is no number: write null, or leave it out."),
        ('{"a": ' + "[" * 100_000, "Line 1: Lists and objects are nested too deeply here to be a record."),
        (
            '{"a": ' + "[" * 20 + "]" * 20 + "}",
            "Line 1: Lists and objects are nested too deeply here to be a record.",
        ),
        (
            '{"a": 1e99999999999999999999}',
            "Line 1: This is no JSON (a number is too long). "
            "Write one whole object a line, and nothing between the lines.",
        ),
        (
            '{"a\\ud800": 1}',
            "Line 1: Take out the unseen character U+D800 in place 2: with it, a text is not what it looks like.",
        ),
        (
            '{"a": 1}\n{"\\ud800": 1}',
            "Line 2: The key “?” is not in the first line, which says what there is: add it there, as null.",
        ),
        (
            '{"a": ' + "9" * 5000 + "}",
            "Line 1: This is no JSON (a number is too long). "
            "Write one whole object a line, and nothing between the lines.",
        ),
        (
            '{"count": 1, "results": [{"slug": "a"}]}',
            "Line 1: This is a page of the API: ask it for .ndjson, which has one record a line.",
        ),
        ("{}\n{}\n", "Line 1: Name what stands in each line: keys are texts that are not blank."),
        ('{" a": 1}', "Line 1: Name what stands in each line: keys are texts that are not blank."),
        (b'{"a": "\xff"}', "Line 1: This line is not UTF-8: save the file as UTF-8."),
        ('{"a": "' + "x" * 2_000_000 + '"}', "Line 1: The line has more than 1000000 bytes: one JSON object a line."),
    ],
)
def test_ndjson_that_is_none_is_refused_with_what_to_do(write, content, told):
    assert refused(write(content, "a.ndjson")) == [told]


def test_options_that_do_not_fit_the_file_are_refused(write):
    assert refused(write(ROLES), format="xlsx") == ["The file is csv and not xlsx: leave the format out."]
    assert refused(write(ROLES), format="ods") == ["Files are read as one of: csv, xlsx, ndjson."]
    assert refused(write(ROLES), sheet="a") == ["Only a workbook has sheets: leave the sheet out."]
    assert refused(write('{"a": 1}'), separator=";") == [
        "Only CSV is read by an encoding or a separator: leave them out."
    ]
    assert refused(write(ROLES), separator="x") == ["The separator is one of: comma, semicolon, tab (\\t), or |."]
    assert read(write("a,b;c\n1,2;3\n"), separator=";") == (["a,b", "c"], [(2, ["1,2", "3"])])


@given(st.binary(max_size=2000) | st.text(max_size=2000).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=1000)
def test_any_bytes_are_rows_or_refused(tmp_path, content):
    for name in ("a.csv", "a.ndjson", "a.xlsx"):
        (tmp_path / name).write_bytes(content)
        with suppress(FileError), opened(tmp_path / name) as rows:
            for _line, cells in rows:
                assert len(cells) == len(rows.header)


@given(place=st.integers(0, 5000), put=st.binary(min_size=1, max_size=8), cut=st.booleans())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=2000)
def test_workbook_with_any_bytes_changed_is_rows_or_refused(tmp_path, workbook, place, put, cut):
    place %= len(workbook)
    (tmp_path / "a.xlsx").write_bytes(workbook[:place] + put + (b"" if cut else workbook[place + len(put) :]))
    with suppress(FileError), opened(tmp_path / "a.xlsx") as rows:
        for _line, cells in rows:
            assert len(cells) == len(rows.header)


@given(text=st.text("<>/crowvist=\"'0123456789ABCXFD &;!-[]", max_size=300))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=2000)
def test_workbook_with_any_markup_in_its_sheet_is_rows_or_refused(tmp_path, workbook, text):
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"</sheetData>", text.encode() + b"</sheetData>")
            changed.writestr(name, content)
    with suppress(FileError), opened(tmp_path / "a.xlsx") as rows:
        for _line, cells in rows:
            assert len(cells) == len(rows.header)


@pytest.fixture(scope="module")
def workbook() -> bytes:
    """A small workbook with texts, numbers and dates."""
    content = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["park", "since", "value"])
    book.active.append(["a", date(2003, 8, 29), 1.5])
    book.save(content)
    return content.getvalue()
