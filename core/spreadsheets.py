"""Texts that go into a spreadsheet and come back: none is run as a formula, and none is changed on the way."""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator

from core.numbers import DIGITS

# A text that begins with one of these is run by some spreadsheet; the wide forms by those made for East Asia.
FORMULA = "=+-@\t\r\n＝＋－＠"
_RUN = re.compile(f"'*[{re.escape(FORMULA)}]")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

# How long a text may be in a cell of XLSX, in units of UTF-16: Excel's own limit.
CELL = 32_767
# The end of a text that was cut to go into one. The same in every language, so that it is known again.
CUT = "… [cut: a cell holds no more, .csv and .ndjson hold all]"


def neutralised(text: str) -> str:
    """The text as a cell of CSV holds it: with one apostrophe before it where it would be run as a formula.

    A text that has apostrophes there already gets one more, or one could not be taken off again. A plain number is
    left as it is.
    """
    return f"'{text}" if _RUN.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def restored(text: str) -> str:
    """The text of a cell of CSV, without the apostrophe of `neutralised`.

    A cell of XLSX says itself that it is a text, and has none.
    """
    return text[1:] if text.startswith("'") and _RUN.match(text) else text


def separated(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """The lines of a CSV file (RFC 4180) for spreadsheets; no text is run, if `neutralised`.

    It begins with a byte order mark, without which Excel takes UTF-8 for something else.
    """
    writer = csv.writer(_Echo())
    yield BOM_UTF8
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow(row)


class _Echo:
    def write(self, text):
        return text.encode()


def is_number(text: str) -> bool:
    """Whether a cell holds the text as a number to the last digit: of these, it has fifteen."""
    if not _PLAIN_NUMBER.fullmatch(text):
        return False
    return len(text) <= DIGITS or len(text.lstrip("-").replace(".", "").strip("0")) <= DIGITS


def cut(text: str) -> str:
    """As much of the text as a cell of XLSX holds; what is cut ends in `CUT`."""
    if len(text) <= CELL // 2:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * CELL:
        return text
    # Without half a character at the end.
    return units[: 2 * (CELL - len(CUT))].decode("utf-16-le", "ignore") + CUT


def was_cut(text: str) -> bool:
    """Whether the text of a cell is not all that there was."""
    return text.endswith(CUT)
