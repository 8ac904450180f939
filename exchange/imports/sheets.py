"""The report of an import as a spreadsheet, and the lines that were wrong as a file to be mended and sent again."""

import csv
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from core.spreadsheets import neutralised
from core.workbooks import workbook
from exchange.files import opened
from exchange.imports.places import file_of, report_of
from exchange.imports.report import OUTCOMES, lines_of
from exchange.imports.rows import ERROR
from exchange.models import Import

# The column that says what is wrong, which is passed over when the file is read again.
PROBLEM = "problem"
# What Excel needs to take a CSV file for UTF-8.
WITH_MARK = "utf-8-sig"


def write_report(upload: Import, path: Path, format: str, outcome: str = ""):
    """Write the report as "csv" or "xlsx": a row for each value that is or was to be set, and for each problem; one for
    a line of which there is neither. With `outcome`, only the lines that had it.
    """
    header = [_("line"), _("outcome"), _("key"), _("column"), _("old value"), _("new value"), _("problem")]
    rows = _report_rows(lines_of(report_of(upload), outcome))
    if format == "xlsx":
        _write_workbook(upload, path, header, header[:1], rows)
    else:
        _write_separated(path, header, rows, WITH_MARK, ",")


def _report_rows(lines: Iterable[dict]) -> Iterator[list]:
    for line in lines:
        key = ", ".join(f"{name}: {value}" for name, value in line["key"].items() if value not in (None, ""))
        told = [line["line"], str(OUTCOMES[line["outcome"]]), key]
        for each in line["changes"]:
            yield [*told, each["column"], each["old"], each["new"], None]
        for each in line["problems"]:
            yield [*told, each["column"], None, None, each["reason"]]
        if not line["changes"] and not line["problems"]:
            yield [*told, None, None, None, None]


def write_bad_rows(upload: Import, path: Path) -> int:
    """Write the lines that were wrong, as they came and with what is wrong, in the format in which they came; how many.

    A workbook has them as texts, on one sheet; a text file is in the encoding and with the separator that it had.
    """
    with opened(file_of(upload), name=upload.name, **upload.options) as rows:
        bad = _bad_rows(upload, rows)
        # One that was mended before has the column.
        header = [name for name in rows.header if name != PROBLEM]
        places = [rows.header.index(name) for name in header]
        counted = _Counted([*(cells[place] for place in places), problem] for cells, problem in bad)
        header = [*header, PROBLEM]
        if rows.format == "xlsx":
            # As text, whatever it was: what is typed over it stays as it is typed.
            _write_workbook(upload, path, header, (), counted)
        elif rows.format == "ndjson":
            # What is half a character is written by its number, as it came.
            with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
                for row in counted:
                    told = {name: cell for name, cell in zip(header, row, strict=True) if cell is not None}
                    file.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
        else:
            encoding = WITH_MARK if rows.encoding == "UTF-8" else rows.encoding
            _write_separated(path, header, counted, encoding, rows.separator)
        return counted.count


def _bad_rows(upload, rows) -> Iterator[tuple[list, str]]:
    wrong = lines_of(report_of(upload), ERROR)
    told = next(wrong, None)
    for line, cells in rows if told is not None else ():
        if told is not None and line == told["line"]:
            reasons = (f"{each['column']}: {each['reason']}".removeprefix(": ") for each in told["problems"])
            yield cells, " ".join(reasons)
            told = next(wrong, None)


class _Counted:
    """Rows, and when they are read how many there were."""

    def __init__(self, rows: Iterable[list]):
        self._rows, self.count = rows, 0

    def __iter__(self):
        for row in self._rows:
            self.count += 1
            yield row


def _write_separated(path, header, rows, encoding, separator):
    # Where a reason has a character that the file's own encoding has not, a mark stands for it.
    with path.open("w", newline="", encoding=encoding, errors="replace") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(header)
        writer.writerows([neutralised(_text(cell)) for cell in row] for row in rows)


def _write_workbook(upload, path, header, numbers, rows):
    told = ([cell if isinstance(cell, int | None) else _text(cell) for cell in row] for row in rows)
    with path.open("wb") as file:
        file.writelines(workbook(upload.kind, header, numbers, told))


def _text(cell) -> str:
    """A cell as an import reads it again: a number with the digits that Excel shows, and in full."""
    if isinstance(cell, float):
        cell = Decimal(f"{cell:.15g}")
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return "" if cell is None else str(cell)
