"""What was or would be done with each line of a file: written line by line as NDJSON, read a page at a time."""

import json
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext_lazy as _

from exchange.imports.places import report_of
from exchange.imports.rows import CHANGED, ERROR, NEW, UNCHANGED, Row
from exchange.models import Import

# What can be said of a line, and how that is told to people.
OUTCOMES = {NEW: _("new"), CHANGED: _("changed"), UNCHANGED: _("unchanged"), ERROR: _("error")}


def _told(value) -> str:
    # In full: 60 and not 6E+1, however many places the database keeps.
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


# Made once: to make it takes longer than to use it.
_encode = json.JSONEncoder(ensure_ascii=False, default=_told).encode


class Report:
    """The report of one run: `end` it when all is told, and `close` it whatever happens."""

    def __init__(self, path: Path):
        self._path, self._late_path = path, path.with_suffix(".late")
        self._file, self._late = _to_write(path), None
        self._digest = sha256()

    def tell(self, row: Row, late: bool = False):
        """Tell the outcome of a row; `late` where later lines have been told already."""
        # In this order: `lines_of` looks no further than the outcome.
        done = {"line": row.line, "outcome": row.outcome, "key": row.known_by, "changes": row.changes}
        text = _encode({**done, "problems": row.problems, "meant": row.meant})
        self._out(late).write(f"{text}\n")
        # The reasons are told in some language.
        same = [row.line, row.outcome, [each["column"] for each in row.problems]] if row.problems else text
        self._digest.update(f"{same}\n".encode("utf-8", "surrogatepass"))

    def _out(self, late):
        if late and self._late is None:
            self._late = _to_write(self._late_path)
        return self._late if late else self._file

    def end(self) -> str:
        """Put the lines in order; the digest of what was told, which is the same in each language."""
        self.close()
        if self._late is not None:
            self._put_in_order()
        return self._digest.hexdigest()

    def close(self):
        self._file.close()
        if self._late is not None:
            self._late.close()

    def _put_in_order(self):
        with self._late_path.open(encoding="utf-8") as file:
            # Some have waited longer than others.
            late = sorted(file, key=_line)
        ordered = self._path.with_suffix(".ordered")
        with self._path.open(encoding="utf-8") as told, ordered.open("w", encoding="utf-8") as file:
            file.writelines(merge(told, late, key=_line))
        ordered.replace(self._path)
        self._late_path.unlink()


def _to_write(path: Path) -> TextIO:
    # Half a character, which JSON and workbooks can have in a text and no answer, is told as a question mark.
    return path.open("w", encoding="utf-8", errors="replace")


def _line(text: str) -> int:
    return int(text[len('{"line": ') : text.index(",")])


def lines_of(path: Path, outcome: str = "", start: int = 0, count: int | None = None) -> Iterator[dict]:
    """The lines of a report in the order of the file, from the one at place `start` on, at most `count`; with
    `outcome`, those that had it.
    """
    wanted = f'"outcome": "{outcome}"'
    with path.open(encoding="utf-8") as file:
        told = (text for text in file if not outcome or wanted in text[:60])
        stop = None if count is None else start + count
        for text in islice(told, start, stop):
            yield json.loads(text)


class ReportLines:
    """The lines of the report of an import, of one outcome if that is asked for, as pages read them."""

    def __init__(self, upload: Import, outcome: str = ""):
        self._path, self._outcome = report_of(upload), outcome
        self._count = upload.counts[outcome] if outcome else sum(upload.counts.values())

    def __getitem__(self, part: slice) -> list[dict]:
        return list(lines_of(self._path, self._outcome, part.start, part.stop - part.start))

    def __len__(self) -> int:
        return self._count
