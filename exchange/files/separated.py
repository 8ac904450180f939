"""CSV and its kin (RFC 4180): texts with a separator between them, in any of the encodings that offices write."""

import codecs
import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from core.spreadsheets import restored
from exchange.files.errors import FileError
from exchange.files.rows import Rows, of_width, read_header

SEPARATORS = ",;\t|"
# By the name that people say, the codec that reads it: GB18030 holds both that came before it (GB 18030-2022, 1).
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-8-sig": "utf-8-sig",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "utf-16": "utf-16",
}
TOLD = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}
LONGEST_LINE = 1_000_000
CHUNK = 1 << 20
_ASCII = re.compile("[\x00-\x7f]+")
_QUOTED = re.compile('"(?:[^"]|"")*"?')
_EXCEL_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)


def read(path: Path, *, encoding: str = "", separator: str = "") -> Iterator[Rows]:
    """Yields the rows of one file, once. Raises FileError."""
    codec = _codec(path, encoding)
    with path.open(encoding=codec, newline="") as stream:
        lines = _lines(stream)
        first, skipped = _first(lines)
        if sep := _EXCEL_SEPARATOR.fullmatch(first):
            # A line that only Excel writes, for itself.
            separator = separator or sep[1]
            first, more = _first(lines)
            skipped += more + 1
        separator = _separator(first, separator)
        records = _records(csv.reader(chain([first], lines), delimiter=separator, strict=True), skipped)
        line, cells = next(records)
        header = read_header(cells, line)
        yield Rows("csv", header, _rows(records, header), TOLD[codec], separator)


def _rows(records, header) -> Iterator[tuple[int, list[object]]]:
    width = len(header)
    for line, cells in records:
        if len(cells) != width:
            cells = of_width(cells, header, line)
        if any(cell and not cell.isspace() for cell in cells):
            yield line, [restored(cell) if cell and cell[0] == "'" else cell for cell in cells]


def _records(reader, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Each record that has a cell, with the line on which it begins."""
    while True:
        line = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileError(_why(str(error)), line=line) from None
        if cells:
            yield line, cells


def _why(error: str) -> str:
    if "unexpected end" in error:
        return _('A quotation mark " is opened here and never closed: close it, or write "" for one in a text.')
    if "field larger" in error:
        return (
            _("A cell has more than %d characters. Is a quotation mark opened here and never closed?")
            % csv.field_size_limit()
        )
    if "expected after" in error:
        return _('After a closing quotation mark " comes neither a separator nor the end: write "" for one in a text.')
    return _("This line is not written as CSV: save the file anew as CSV UTF-8.")


def _first(lines) -> tuple[str, int]:
    """The first line that is not blank, and how many come before it."""
    for skipped, line in enumerate(lines):
        if line.strip():
            return line, skipped
    raise FileError(_("The file is empty: write a header, and a row for each record below it."))


def _lines(stream: TextIO) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LONGEST_LINE + 1)
        except UnicodeError:
            raise FileError(_("The file changed while it was read: send it again."), line=number) from None
        if not line:
            return
        if len(line) > LONGEST_LINE:
            told = _("The line has more than %d characters: is this a table at all?") % LONGEST_LINE
            raise FileError(told, line=number)
        if "\0" in line:
            raise FileError(
                _("A NUL character stands here, which no table has: save the file anew as CSV UTF-8."), line=number
            )
        yield line


def _separator(header: str, wanted: str) -> str:
    """What separates the cells of the header line: what is wanted, else what stands there most, outside of quotes."""
    if wanted:
        wanted = {"\\t": "\t", "tab": "\t"}.get(wanted, wanted)
        if wanted not in tuple(SEPARATORS):
            raise FileError(_("The separator is one of: comma, semicolon, tab (\\t), or |."))
        return wanted
    bare = _QUOTED.sub("", header)
    counts = {each: bare.count(each) for each in SEPARATORS if each in bare}
    if not counts:
        if "，" in bare or "；" in bare:
            raise FileError(_("The header is separated by full-width commas: write plain ones (,)."), line=1)
        return ","
    most = [each for each, count in counts.items() if count == max(counts.values())]
    if len(most) > 1:
        told = _("It is not clear whether “%(one)s” or “%(other)s” separates the columns: say which, as separator.")
        raise FileError(told % {"one": most[0], "other": most[1]}, line=1)
    return most[0]


def _codec(path: Path, wanted: str) -> str:
    """The codec that reads the whole file. Raises FileError, with the line that it cannot read."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        found = "utf-8-sig"
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    else:
        found = ""
    if wanted:
        codec = ENCODINGS.get(wanted.lower().replace("_", "-").replace("utf8", "utf-8").replace("utf16", "utf-16"))
        if codec is None:
            raise FileError(_("Only these encodings are read: %s. Save the file as UTF-8.") % "UTF-8, GB18030, UTF-16")
        found = found or codec
        if found != codec:
            told = _("The file begins with the mark of %(found)s: leave the encoding out.")
            raise FileError(told % {"found": TOLD[found]})
        if found == "utf-16" and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise FileError(_("UTF-16 is only read with a byte order mark: save the file as UTF-8."))
    if found:
        if (line := _undecodable(path, found)) is not None:
            raise FileError(_("This line is not %s: save the file as UTF-8.") % TOLD[found], line=line)
        return found
    line = _undecodable(path, "utf-8")
    if line is None:
        return "utf-8"
    if _undecodable(path, "gb18030") is None and _is_chinese(path):
        return "gb18030"
    told = _("This line is neither UTF-8 nor, for certain, GB18030: save the file as UTF-8, or say its encoding.")
    raise FileError(told, line=line)


def _undecodable(path: Path, codec: str) -> int | None:
    """The first line that the codec does not read; None where it reads all."""
    decoder, line = codecs.getincrementaldecoder(codec)(), 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].decode(codec, "ignore").count("\n")
            if not chunk:
                return None


def _is_chinese(path: Path) -> bool:
    """Whether what is read as GB18030 is Chinese: other encodings read so give characters that hardly anyone writes."""
    decoder, beyond, common = codecs.getincrementaldecoder("gb18030")(), 0, 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            text = _ASCII.sub("", decoder.decode(chunk))
            beyond += len(text)
            common += len(text.encode("gb2312", "ignore")) // 2
    return common >= 0.95 * beyond
