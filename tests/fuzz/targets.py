"""What is fuzzed: by name the inputs to begin with, written by our own writers, and what reads one.

A reader raises nothing but what it says that it raises; everything else is a finding.
"""

import hashlib
import io
import json
import tempfile
import zipfile
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby, islice
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework.exceptions import ParseError
from rest_framework.exceptions import ValidationError as Unkeepable
from rest_framework.test import APIClient

from core.dates import PartialDate, PartialDateField, PeriodField
from core.fixtures import FixtureError, FixtureLoader
from core.fixtures import read as read_fixture
from core.history import change
from core.rest.parsers import read_json
from core.units import in_base, read_precision
from exchange.cells import read_cell
from exchange.dataset.errors import DatasetError
from exchange.dataset.load import import_dataset
from exchange.dataset.place import NAME, PACKAGE
from exchange.dates import written_date, written_period
from exchange.exports import parts_of
from exchange.files import FORMATS, FileError, opened
from exchange.headers import read_header, verbose_name
from exchange.rows import header_of, rows_of
from exchange.tables import Table, tables

ROOT = Path(__file__).parents[2]
# rows of each table in a seed
ROWS = 3
# for the file of an input: libFuzzer ends the process without a chance to clear up, so whoever starts it gives a TMPDIR
ROOM = Path(tempfile.mkdtemp())
CLIENT = APIClient(SERVER_NAME="127.0.0.1")


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def table_and_rest(data: bytes) -> tuple[Table, bytes]:
    """The table that the first byte names, and what comes after it."""
    known = list(tables().values())
    return known[(data[0] if data else 0) % len(known)], data[1:]


def of_each_table(make: Callable[[Table], bytes]) -> Iterator[bytes]:
    for number, table in enumerate(tables().values()):
        yield bytes([number]) + make(table)


def written(table: Table, format: str) -> bytes:
    """The first records of a table as a file."""
    return b"".join(parts_of(table, table.model._base_manager.order_by("pk")[:ROWS], format))


# --- Files of records -----------------------------------------------------------------------------------------------


def file_seeds():
    for format in FORMATS:
        yield from of_each_table(lambda table, format=format: written(table, format))
    first, *rest = next(of_each_table(lambda table: written(table, "csv").removeprefix(BOM_UTF8)))
    content = bytes(rest)
    for encoding in ("utf-8", "gb18030", "utf-16"):
        yield bytes([first]) + content.decode().encode(encoding)
    for separator in b";\t|":
        yield bytes([first]) + content.replace(b",", bytes([separator]))


def read_file(data: bytes):
    """A file in any format, whichever it is taken for, down to its cells."""
    table, data = table_and_rest(data)
    (path := ROOM / "file.csv").write_bytes(data)
    read_rows(table, path)


def read_rows(table: Table, path: Path):
    with suppress(FileError), opened(path) as rows:
        header = None
        with suppress(ValidationError):
            header = read_header(table, rows.header)
        for _line, cells in rows:
            assert len(cells) == len(rows.header)
            for column, cell in zip(header.columns, cells, strict=True) if header else ():
                if column is not None:
                    with suppress(ValidationError):
                        read_cell(column, cell)


# The parts of a workbook that say what its cells are, as they stand in an input, with this between them.
PARTS = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml")
BETWEEN = b"\n--part--\n"


def workbook_seeds():
    return of_each_table(parts_written)


def parts_written(table: Table) -> bytes:
    with zipfile.ZipFile(io.BytesIO(written(table, "xlsx"))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return BETWEEN.join(parts.get(name, SHARED_STRINGS) for name in PARTS)


SHARED_STRINGS = (
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<si><t>slug</t></si><si><r><t>a</t></r><r><t>_x000D_</t></r></si></sst>"
)


def read_workbook(data: bytes):
    """A workbook of which any part may be anything: packed, hardly a changed one would be a ZIP archive."""
    table, data = table_and_rest(data)
    parts = dict(zip(PARTS, data.split(BETWEEN), strict=False))
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | parts
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", SHARED_STRINGS_TYPE + b"</Types>")
    with zipfile.ZipFile(path := ROOM / "file.xlsx", "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    read_rows(table, path)


SHARED_STRINGS_TYPE = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType='
    b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
WORKBOOK = written(tables()["parks"], "xlsx")


# --- Cells, headers, figures and dates ------------------------------------------------------------------------------


def cell_seeds():
    for table in tables().values():
        for row in rows_of(table, table.model._base_manager.order_by("pk")[:ROWS]):
            for place, cell in enumerate(row):
                if cell:
                    yield place_of(table, place) + cell.encode()
    yield b"\0\0" + json.dumps({"slug": "a", "code": "320281", "kind": "A"}).encode()


def place_of(table: Table, place: int) -> bytes:
    return bytes([[*tables().values()].index(table), place])


def read_one_cell(data: bytes):
    table, data = table_and_rest(data)
    columns = read_header(table, header_of(table)).columns
    column, text = columns[(data[0] if data else 0) % len(columns)], text_of(data[1:])
    values = [text]
    with suppress(ValueError, RecursionError):
        values.append(json.loads(text))
    for value in values:
        for beside in ({}, {"base": "CNY", "unit": "亿元"}):
            with suppress(ValidationError):
                assert read_cell(column, value, beside) is not None


def header_seeds():
    yield from of_each_table(lambda table: "\n".join(header_of(table)).encode())
    yield from of_each_table(
        lambda table: "\n".join(f"{verbose_name(each)}（亿元）" for each in table.columns).encode()
    )


def read_one_header(data: bytes):
    table, data = table_and_rest(data)
    header = text_of(data).split("\n")
    with suppress(ValidationError):
        assert len(read_header(table, header).columns) == len(header)


BASES = ("", "CNY", "km²", "m²", "%", "persons", "rank", "吨")


UNITS = "117.35亿元 405亩 约1,200万平方米 US$5million 第3名 -0.5% ≥10hundredmillionofCNY 3-5公顷"


def unit_seeds():
    for text in UNITS.split():
        yield text.encode()


def read_unit(data: bytes):
    text = text_of(data)
    read_precision(text)
    for base in BASES:
        for beside in ("", "万元", text[-3:]):
            for may_be_inexact in (False, True):
                with suppress(ValidationError):
                    number, _stated = in_base(text, base, beside, may_be_inexact=may_be_inexact)
                    assert number.is_finite()


DATES = "2003 2003-08 2003-08-29 2003年8月29日 2022年上半年 2022年第三季度 2022Q3 20030829 29/8/2003 2003.1 37862"


def date_seeds():
    for text in DATES.split():
        yield text.encode()


def read_date(data: bytes):
    text = text_of(data)
    with suppress(ValueError):
        day = PartialDate(text)
        assert day == text
        assert not text or day.earliest <= day.latest
    for field, of_offices in ((PartialDateField(), written_date), (PeriodField(), written_period)):
        with suppress(ValidationError):
            field.clean(of_offices(text), None)


# --- What programs send ---------------------------------------------------------------------------------------------


def query_seeds():
    yield b"on=2003-08&ordering=-established&limit=3&fields=slug,name_en"
    yield "q=江阴&bbox=119.9,31.8,120.6,32.2&expand=citations".encode()
    yield b"offset=1&status__in=ACTIVE,MERGED&lang=zh-hans&within=320000&established__gte=2003"


def read_query(data: bytes):
    """Any query of the list of parks, byte by byte."""
    response = CLIENT.get("/api/v1/parks/", QUERY_STRING=data.decode("latin-1"))
    assert response.status_code in (200, 400, 404, 406), response.status_code


def body_seeds():
    yield from written(tables()["parks"], "ndjson").splitlines()
    yield b'{"a": [1.5e3, null, true, "\\ud83d\\ude00"]}'


def read_body(data: bytes):
    with suppress(ParseError, Unkeepable):
        json.dumps(read_json(text_of(data))).encode()


# --- What is taken in whole -----------------------------------------------------------------------------------------


def fixture_seeds():
    for path in (ROOT / "fixtures").glob("*.json"):
        for _model, objects in groupby(json.loads(path.read_text()), key=lambda each: each["model"]):
            yield json.dumps([*islice(objects, ROWS)], ensure_ascii=False).encode()


def read_a_fixture(data: bytes):
    (path := ROOM / "fixture.json").write_bytes(data)
    with suppress(FixtureError), transaction.atomic():
        try:
            with change():
                FixtureLoader().load(path.name, read_fixture(path))
        finally:
            transaction.set_rollback(True)


def dataset_seeds():
    for table in tables().values():
        rows = rows_of(table, table.model._base_manager.order_by("pk")[:ROWS])
        lines = [header_of(table), *rows]
        yield table.name.encode() + b"\n" + "\r\n".join(",".join(map(quoted, each)) for each in lines).encode()


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set('",\r\n') else cell


def read_dataset(data: bytes):
    """A dataset of one file, whose description tells of it as it is: the first line names its table."""
    name, _line, content = data.partition(b"\n")
    (ROOM / "table.csv").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    resource = {"name": text_of(name), "path": "table.csv", "hash": f"sha256:{digest}"}
    package = {"name": NAME, "resources": [resource | {"profile": "tabular-data-resource"}]}
    (ROOM / PACKAGE).write_text(json.dumps(package))
    with suppress(DatasetError, ValidationError), transaction.atomic():
        try:
            import_dataset(ROOM)
        finally:
            transaction.set_rollback(True)


def package_seeds():
    resource = {"name": "parks", "path": "table.csv", "hash": "sha256:0", "profile": "tabular-data-resource"}
    yield json.dumps({"name": NAME, "version": "1", "resources": [resource]}).encode()


def read_package(data: bytes):
    (ROOM / PACKAGE).write_bytes(data)
    with suppress(DatasetError), transaction.atomic():
        import_dataset(ROOM, dry=True)


TARGETS: dict[str, tuple[Callable[[], Iterator[bytes]], Callable[[bytes], object]]] = {
    "files": (file_seeds, read_file),
    "workbooks": (workbook_seeds, read_workbook),
    "cells": (cell_seeds, read_one_cell),
    "headers": (header_seeds, read_one_header),
    "units": (unit_seeds, read_unit),
    "dates": (date_seeds, read_date),
    "queries": (query_seeds, read_query),
    "bodies": (body_seeds, read_body),
    "fixtures": (fixture_seeds, read_a_fixture),
    "datasets": (dataset_seeds, read_dataset),
    "packages": (package_seeds, read_package),
}
