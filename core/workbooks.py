"""Tables as workbooks of Excel (XLSX, ECMA-376), sent while they are read: of any number of rows, a few are in memory.

XlsxWriter makes all of a workbook but its rows: styles, header, filters, and what ties the parts together. The rows are
written here as it would write them. It could send none before it had the last, and took many times as long.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain, islice
from unicodedata import east_asian_width
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from core.spreadsheets import FORMULA, cut, is_number

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# All that a sheet of Excel has, its header among them; and in characters, for an archive that is sent before the end of
# its parts is known has none of 2 GB.
ROWS, CHARACTERS = 1_048_576, 2**29
# In Latin letters; as wide as the header and the first rows ask for.
NARROW, WIDE, ROWS_MEASURED = 8, 60, 100
# How many of the cells that were cut are told.
CUTS_TOLD = 1000
SENT_AT_ONCE = 64 * 1024
# The format of cells that hold text, whatever is typed there (ECMA-376, part 1, 18.8.30).
TEXT = 49
# Sent first: programs that look no further tell by these what sort of archive it is.
FIRST = ("_rels/.rels", "docProps/core.xml", "xl/styles.xml")

Value = str | int | None

# The row by which XlsxWriter shows how it would write the others.
_SAMPLE = re.compile('<row r="2".*?</row>')
_STYLE = re.compile('s="([0-9]+)"')
# How far the sheet reaches, which nobody knows yet.
_DIMENSION = re.compile("<dimension [^>]*/>")
# Controls are written as `_x0007_`, and so is the start of what looks like that (22.9.2.19).
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
# What XML can in no way hold (XML 1.0, 2.2).
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
# One set of characters, for to look for several patterns in a long text takes ten times as long.
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def workbook(
    name: str, columns: Sequence[str], numbers: Iterable[str], rows: Iterable[Sequence[Value]], rows_a_sheet=ROWS
) -> Iterator[bytes]:
    """The parts of a workbook with `rows` in a sheet called `name`, and in more of them where one does not hold all.

    The columns `numbers` hold numbers, all others text, also of what is typed there later: a code or a date would else
    become another. A text that no cell holds is cut, and told on a sheet of its own.
    """
    rows = iter(rows)
    first = [*islice(rows, ROWS_MEASURED)]
    rows = chain(first, rows)
    book, sink = _Book(name, columns, {*numbers}, _widths(columns, first)), _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=2) as archive:
        parts = book.parts()
        for path in FIRST:
            archive.writestr(path, parts[path])
        while rows:
            with archive.open(book.begin_sheet(), "w") as part:
                for text in book.sheet(islice(rows, rows_a_sheet - 1)):
                    part.write(text.encode())
                    yield from sink.taken()
            rows = _rest(rows)
        for path, body in book.parts().items():
            if path not in archive.NameToInfo:
                archive.writestr(path, body)
    yield from sink.taken()


def _widths(columns, rows) -> list[int]:
    cells = zip(columns, *rows, strict=True)
    # Beside the name there is the button of the filter.
    asked = [max(_width(name) + 3, *map(_width, values), NARROW) for name, *values in cells]
    return [min(width, WIDE) for width in asked]


def _width(value: Value) -> int:
    """How wide a value is, in Latin letters: of Chinese, each character is as wide as two."""
    text = "" if value is None else str(value)[:WIDE]
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def _rest(rows):
    """The same rows, or None where there are no more."""
    following = next(rows, None)
    return None if following is None else chain([following], rows)


class _Sink:
    """What an archive is written to that is sent on at once."""

    def __init__(self):
        self.written = []

    def write(self, body):
        self.written.append(bytes(body))
        return len(body)

    def flush(self):
        pass

    def taken(self) -> Iterator[bytes]:
        """What was written since it was last asked for, if anything."""
        body = b"".join(self.written)
        self.written.clear()
        if body:
            yield body


class _Book:
    """The texts of a workbook's parts."""

    def __init__(self, name, columns, numbers, widths):
        self.name, self.columns, self.numbers, self.widths = name, columns, numbers, widths
        # The last row of each sheet, its header counted; and which cells were cut: sheet, row, column.
        self.lasts: list[int] = []
        self.cuts: list[tuple[str, int, str]] = []

    def title(self, number) -> str:
        return self.name if number == 1 else f"{self.name} {number}"

    def begin_sheet(self) -> str:
        """Where in the archive the next sheet is."""
        self.lasts.append(1)
        return f"xl/worksheets/sheet{len(self.lasts)}.xml"

    def sheet(self, rows) -> Iterator[str]:
        """The sheet that was begun, with as many of `rows` as it holds."""
        head, sample, _tail = self._around_rows()
        cells, texts, size, sent = _Cells(self, *_STYLE.findall(sample)[:2]), [], 0, 0
        yield head
        for row in rows:
            self.lasts[-1] += 1
            texts.append(cells.row(self.lasts[-1], row))
            size += len(texts[-1])
            if size >= SENT_AT_ONCE:
                yield "".join(texts)
                texts, size, sent = [], 0, sent + size
                if sent > CHARACTERS:
                    break
        yield "".join(texts)
        yield self._around_rows()[2]

    def _around_rows(self) -> tuple[str, str, str]:
        """What stands before the rows of the sheet under way, a row that shows how they are written, and what stands
        after them.
        """
        sheet = _DIMENSION.sub("", self.parts()[f"xl/worksheets/sheet{len(self.lasts)}.xml"].decode())
        sample = _SAMPLE.search(sheet)
        return sheet[: sample.start()], sample[0], sheet[sample.end() :]

    def parts(self) -> dict[str, bytes]:
        """All parts by their places in the archive, as XlsxWriter makes them: each sheet with a sample for its rows."""
        # Here, since few processes ever need it.
        from xlsxwriter import Workbook

        file = BytesIO()
        with Workbook(file, {"in_memory": True}) as book:
            bold = book.add_format({"bold": True})
            text = book.add_format({"num_format": TEXT})
            # Text it stays also where somebody opens the cell and leaves it again.
            quoted = book.add_format({"num_format": TEXT, "quote_prefix": True})
            for number, last in enumerate(self.lasts or [1], 1):
                sheet = book.add_worksheet(self.title(number))
                for index, (column, width) in enumerate(zip(self.columns, self.widths, strict=True)):
                    sheet.set_column(index, index, width, None if column in self.numbers else text)
                    sheet.write_string(0, index, column, bold)
                sheet.write_string(1, 0, "-", text)
                sheet.write_string(1, 1, "-", quoted)
                sheet.freeze_panes(1, 0)
                sheet.autofilter(0, 0, last - 1, len(self.columns) - 1)
                # No green corner on each code: that it is a text of digits is meant.
                sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS}"})
            if self.cuts:
                sheet = book.add_worksheet("cut")
                for index, row in enumerate([("sheet", "row", "column"), *self.cuts]):
                    sheet.write_row(index, 0, row)
        with ZipFile(file) as archive:
            return {path: archive.read(path) for path in archive.namelist()}


class _Cells:
    """How the cells of one sheet are written; `text` and `quoted` are the styles of texts."""

    def __init__(self, book: _Book, text: str, quoted: str):
        from xlsxwriter.utility import xl_col_to_name

        self.book, self.text, self.quoted = book, text, quoted
        self.columns = [(xl_col_to_name(at), name, name in book.numbers) for at, name in enumerate(book.columns)]

    def row(self, number: int, values: Sequence[Value]) -> str:
        cells = []
        for (letters, name, is_numeric), value in zip(self.columns, values, strict=True):
            if value is None or value == "":
                continue
            if isinstance(value, bool):
                cells.append(f'<c r="{letters}{number}" s="{self.text}" t="b"><v>{value:d}</v></c>')
                continue
            text = str(value)
            if is_numeric and is_number(text):
                cells.append(f'<c r="{letters}{number}"><v>{text}</v></c>')
                continue
            fits = cut(text)
            if fits is not text and len(self.book.cuts) < CUTS_TOLD:
                self.book.cuts.append((self.book.title(len(self.book.lasts)), number, name))
            style = self.quoted if fits[0] in FORMULA else self.text
            space = ' xml:space="preserve"' if fits[0].isspace() or fits[-1].isspace() else ""
            if _SPECIAL.search(fits) or "_x" in fits:
                fits = escape(_NOT_XML.sub("\ufffd", _CONTROL.sub(_escaped, fits)))
            cells.append(f'<c r="{letters}{number}" s="{style}" t="inlineStr"><is><t{space}>{fits}</t></is></c>')
        return f'<row r="{number}">{"".join(cells)}</row>'


def _escaped(found) -> str:
    return f"_x{ord(found[0]):04X}_"
