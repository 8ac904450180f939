"""The rows of a file, whatever its format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.text import validate_text
from exchange.files.errors import FileError

MOST_COLUMNS = 200


class Unreadable(str):
    """What a cell shows where it has no value, such as `#REF!`."""

    __slots__ = ()


@dataclass
class Rows:
    """The header of a file, and its rows one by one: they can be read once, and only as long as the file is open.

    A row is its line in the file, in a workbook its row there (the header's is mostly 1), and a cell for each column:
    None, a text, a number, a date, a bool; of NDJSON also a list or an object; of a workbook also `Unreadable`.
    """

    format: str
    header: list[str]
    rows: Iterator[tuple[int, list[object]]]
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    # What is to be told to who sent the file, though nothing is wrong with it.
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, list[object]]]:
        first = next(self.rows, None)
        if first is None:
            raise FileError(_("There is a header and nothing below it: add a row for each record."))
        yield first
        yield from self.rows


def letters(index: int) -> str:
    """The letters of a workbook's column: A of 0, AA of 26."""
    text, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def read_header(cells: Sequence, line: int, in_letters: bool = False) -> list[str]:
    """The header as texts, without what is empty at its end. Raises FileError where no column could be told by it.

    People find a column by its letters in a workbook, else by its number.
    """
    header = ["" if cell is None else str(cell).strip() for cell in cells]
    while header and not header[-1]:
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise too_wide(len(header), line)
    try:
        validate_text("".join(header))
    except ValidationError as error:
        raise FileError(error.messages[0], line=line) from error
    seen: dict[str, int] = {}
    for index, name in enumerate(header):
        place = letters(index) if in_letters else str(index + 1)
        if not name:
            told = _("Column %(place)s has no header: give it one, or delete it. The header is one row, unmerged.")
            raise FileError(told % {"place": place}, line=line)
        if name in seen:
            told = _("The header “%(name)s” stands twice: take one of the two columns out.")
            raise FileError(told % {"name": name[:60]}, line=line)
        seen[name] = index
    return header


def too_wide(count: int, line: int) -> FileError:
    """What to say of a header of more columns than are read."""
    told = _("There are %(count)d columns, and at most %(most)d are read: delete those that are not meant.")
    return FileError(told % {"count": count, "most": MOST_COLUMNS}, line=line)


def of_width(cells: list, header: list[str], line: int) -> list:
    """The cells, one for each column. Raises FileError where there are more than that."""
    missing = len(header) - len(cells)
    if missing >= 0:
        return cells + [None] * missing if missing else cells
    if any(cell not in (None, "") for cell in cells[missing:]):
        raise FileError(
            _(
                "The row has %(cells)d cells and the header %(columns)d columns. Is a text with a separator in it not "
                "in quotes, or is the first row a title and no header?"
            )
            % {"cells": len(cells), "columns": len(header)},
            line=line,
        )
    return cells[:missing]
