"""Lists page by page."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.rest.parameters import WholeNumber

# How many rows a page of a list has, and up to which page one can turn.
ROWS, PAGES = 50, 2000
PAGE = {"page": WholeNumber(1, PAGES, _("Which page of the list."))}


@dataclass(frozen=True)
class Rows:
    """One page of a list."""

    rows: list
    number: int
    count: int
    size: int

    @property
    def first(self) -> int:
        """The place of its first row in the list, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.count)

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // self.size))

    @property
    def before(self) -> int | None:
        """The number of the page before it; of one beyond the end, the last page."""
        return min(self.number - 1, self.pages) or None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def paged(rows: QuerySet, asked: dict, size: int = ROWS, count: int | None = None) -> Rows:
    """The page of `rows` that is asked for by its number. They are counted only where it does not hold them all and
    nobody has: `count`.
    """
    number = asked.get("page", 1)
    start = (number - 1) * size
    found = list(rows[start : start + size])
    ends_here = len(found) < size and (found or not start)
    if count is None:
        count = start + len(found) if ends_here else rows.count()
    return Rows(found, number, count, size)
