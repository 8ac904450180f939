"""Workbooks (ECMA-376, Office Open XML): one sheet, row by row, with the values that were last calculated.

openpyxl reads what a workbook is made of. Its own reader of rows keeps all shared texts in memory, makes as many cells
as a sheet claims to have, and takes a formula that was never calculated for an empty cell; that of styles makes an
object of each, of which there may be millions.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile

from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.utils.escape import unescape
from openpyxl.xml.constants import ARC_STYLE, SHARED_STRINGS, SHEET_MAIN_NS

from exchange.files.errors import FileError
from exchange.files.parts import Archive, Part, Strings, elements, refuse_bombs, text_of
from exchange.files.rows import MOST_COLUMNS, Rows, Unreadable, letters, read_header, too_wide

LAST_ROW = 1_048_576
# Rows without a value, one after another, after which the rest is only searched for values.
MOST_EMPTY = 10_000
_DATA, _ROW, _CELL, _VALUE, _FORMULA, _INLINE, _MERGED = (
    f"{{{SHEET_MAIN_NS}}}{name}" for name in ("sheetData", "row", "c", "v", "f", "is", "mergeCell")
)
_MAIN = {"": SHEET_MAIN_NS}
# What a format quotes, and what in it is no part of a date: [$-804], [Red], _), *-
_QUOTED = re.compile(r'\[[^\]]*\]|"[^"]*"|\\.|_.|\*.')
# Formats that a Chinese Excel knows by number alone (ECMA-376-1, 18.8.30, zh-cn).
_CHINESE = dict.fromkeys((27, 36, 50, 52, 57), "yyyy m") | dict.fromkeys((28, 29, 51, 53, 54, 58), "m d")
_CHINESE |= {30: "m-d-yy", 31: "yyyy m d", **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm")}


def read(path: Path, *, sheet: str = "") -> Iterator[Rows]:
    """Yields the rows of one sheet, once: the one called `sheet`, else the first that is shown and has a header."""
    with path.open("rb") as file, TemporaryFile() as texts, _damage_is_told():
        reader = _Reader(file, keep_links=False)
        reader.archive, reader.texts = Archive(file), texts
        refuse_bombs(reader.archive, path.stat().st_size)
        with warnings.catch_warnings():
            # It warns of extensions that it passes over, which no one here asked for.
            warnings.simplefilter("ignore")
            reader.read()
        yield _rows_of(reader, sheet)


class _Reader(ExcelReader):
    def read(self):
        """Reads what the workbook is made of: its texts, the formats of its numbers, and which sheets it has."""
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        self.formats = _formats(self.archive)
        # By its part: that two sheets are one is nothing that an office program writes.
        found = {rel.target: sheet for sheet, rel in self.parser.find_sheets() if "worksheet" in rel.Type}
        self.sheets = [(path, sheet) for path, sheet in found.items() if path in self.valid_files]

    def read_strings(self):
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            with self.archive.open(part.PartName.lstrip("/")) as source:
                self.shared_strings = Strings(source, self.texts)


@contextmanager
def _damage_is_told():
    """A FileError of whatever goes wrong in here: the library, and those below it, have no one error for that."""
    try:
        yield
    except FileError:
        raise
    except Exception as error:
        told = _("The workbook is cut off or damaged: save it anew, and send it again.")
        raise FileError(told) from error


def _rows_of(reader, wanted) -> Rows:
    sheets = reader.sheets
    names = ", ".join(f"“{sheet.name[:40]}”" for _path, sheet in sheets[:30])
    if wanted:
        sheets = [(path, sheet) for path, sheet in sheets if sheet.name.strip() == wanted.strip()]
        if not sheets:
            told = _("There is no sheet “%(wanted)s”. The sheets are: %(names)s.")
            raise FileError(told % {"wanted": wanted[:40], "names": names})
    else:
        sheets = [(path, sheet) for path, sheet in sheets if sheet.state == "visible"]
    for path, sheet in sheets:
        rows = _Sheet(reader, path)
        if rows.start():
            told = Rows("xlsx", rows.header, rows.rest(), sheet=sheet.name, notes=rows.notes)
            if not wanted and len(reader.sheets) > 1:
                others = [f"“{each.name[:40]}”" for _path, each in reader.sheets if each is not sheet]
                note = _("Read is the sheet “%(sheet)s”. Passed over are: %(others)s.")
                told.notes.append(note % {"sheet": sheet.name, "others": ", ".join(others[:30])})
            return told
    raise FileError(
        _("The sheet “%s” is empty: write a header, and a row for each record below it.") % wanted
        if wanted
        else _("No sheet that is shown has a header: write one, and a row for each record below it.")
    )


class _Sheet:
    """The rows of a sheet that have a value, as they come."""

    def __init__(self, reader, path):
        self.strings, self.epoch, self.notes = reader.shared_strings, reader.wb.epoch, []
        self.part = Part(reader.archive.open(path))
        self.rows = self._rows()
        self.header, self.header_row, self.hidden, self.width = [], 0, 0, MOST_COLUMNS
        self.format_of = lru_cache(None)(lambda style: _parts_shown(reader.formats[style]))

    def start(self) -> bool:
        """Reads the header; False where there is nothing at all."""
        first = next(self.rows, None)
        if first is None:
            return False
        self.header_row, cells = first
        self.header = read_header(_in_order(cells, 1 + max(cells)), self.header_row, in_letters=True)
        self.width = len(self.header)
        return True

    def rest(self) -> Iterator[tuple[int, list[object]]]:
        with _damage_is_told():
            for line, cells in self.rows:
                yield line, _in_order(cells, self.width)
        if self.hidden:
            self.notes.append(_("Hidden rows are read like all others: there are %d.") % self.hidden)

    def _rows(self) -> Iterator[tuple[int, dict[int, object]]]:
        """Each row that has a value: its number, and its values by the index of their column."""
        number = empty = 0
        for element in elements(self.part, _DATA, {_ROW, _MERGED}):
            if element.tag == _MERGED:
                self._refuse_merged(element.get("ref", ""))
                continue
            given = int(element.get("r") or number + 1)
            if not number < given <= LAST_ROW:
                raise FileError(_("The rows are not in order: open the workbook in Excel, and save it anew."))
            number = given
            cells = dict(self._cells(element, number))
            if cells:
                empty = 0
                self.hidden += element.get("hidden") in ("1", "true")
                yield number, cells
                continue
            empty += 1
            if empty == MOST_EMPTY:
                if self.part.has_more_values():
                    told = _("After more than %d empty rows come values again: delete the empty rows.")
                    raise FileError(told % MOST_EMPTY, line=number)
                return

    def _cells(self, row, number) -> Iterator[tuple[int, object]]:
        index = -1
        for element in row:
            if element.tag != _CELL:
                continue
            place = element.get("r")
            index = index + 1 if place is None else _index(place.rstrip("0123456789"))
            value = self._value(element, number, index)
            if value is None:
                continue
            if index >= self.width and not self.header:
                raise too_wide(index + 1, number)
            if index >= self.width:
                told = _("A value stands here, and its column has no header.")
                raise FileError(told, line=number, column=letters(index))
            yield index, value

    def _value(self, element, number, index):
        kind = element.get("t", "n")
        if kind == "inlineStr":
            inline = element.find(_INLINE)
            return None if inline is None else _unescaped(text_of(inline))
        text = element.findtext(_VALUE)
        if not text:
            if kind != "str" and element.find(_FORMULA) is not None:
                told = _("The formula has never been calculated: open the workbook in Excel, and save it.")
                raise FileError(told, line=number, column=self._told(index))
            return None
        if kind == "n":
            return self._number(text, element.get("s"))
        if kind == "s":
            return self.strings[int(text)] or None
        if kind == "str":
            return _unescaped(text)
        if kind == "b":
            return bool(int(text))
        return Unreadable(text) if kind == "e" else from_ISO8601(text)

    def _number(self, text, style):
        number = float(text) if "." in text or "e" in text or "E" in text else int(text)
        format = self.format_of(int(style)) if style else ""
        if not format:
            return number
        if format == "%":
            # What is shown as 53% is kept as 0.53.
            return f"{(Decimal(f'{number:.15g}') * 100).normalize():f}%"
        try:
            moment = from_excel(number, self.epoch)
        except (OverflowError, ValueError):
            return Unreadable("#####")
        if not hasattr(moment, "year"):
            return str(moment)
        # No more of a date than is shown: where people type 2003年8月, Excel keeps the first day of it.
        return moment if format == "ymd" else f"{moment:{_SHOWN[format]}}"

    def _refuse_merged(self, ref):
        found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})(?::[A-Z]{1,3}(\d{1,7}))?", ref)
        if not found or int(found[3] or found[2]) < self.header_row or _index(found[1]) >= self.width:
            return
        told = _("The cells %s are merged: take them apart, and write the value into each row.")
        raise FileError(told % ref, line=int(found[2]), column=self._told(_index(found[1])))

    def _told(self, index):
        name = f" ({self.header[index]})" if index < len(self.header) else ""
        return letters(index) + name


_SHOWN = {"ym": "%Y-%m", "y": "%Y", "md": "%m-%d", "m": "%m", "d": "%d", "yd": "%Y-%d", "time": "%H:%M:%S"}


def _formats(archive: Archive) -> list[str]:
    """How each style of cells shows numbers (ECMA-376-1, 18.8)."""
    if ARC_STYLE not in archive.namelist():
        return ["General"]
    styles = fromstring(archive.read(ARC_STYLE))
    codes = {str(number): code for number, code in (BUILTIN_FORMATS | _CHINESE).items()}
    codes |= {each.get("numFmtId"): each.get("formatCode", "") for each in styles.iterfind("numFmts/numFmt", _MAIN)}
    return [codes.get(each.get("numFmtId"), "General") for each in styles.iterfind("cellXfs/xf", _MAIN)]


def _parts_shown(code: str) -> str:
    """What a format shows: `%`, `ymd` with the parts of a date that it shows, or "" where a number is as it is."""
    if not is_date_format(code):
        return "%" if "%" in _QUOTED.sub("", code) else ""
    code = _QUOTED.sub("", code.split(";")[0]).lower()
    shown = "".join(part for part in "ymd" if part in code)
    # Of a time, m is its minutes; what has a day and a time is that day.
    return "ymd" if "h" in code and "y" in shown else "time" if "h" in code or not shown else shown


@lru_cache(1024)
def _index(name: str) -> int:
    """The index of the column of these letters."""
    index = 0
    if not (0 < len(name) <= 3 and name.isascii() and name.isupper()):
        raise ValueError(name)
    for letter in name:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _in_order(cells: dict[int, object], width: int) -> list[object]:
    return [cells.get(index) for index in range(width)]


def _unescaped(text: str) -> str | None:
    # _x000D_ and the like (ECMA-376-1, 22.9.2.19).
    return (unescape(text) if "_x" in text else text) or None
