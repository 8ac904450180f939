"""Where a record stands in the order of a list, so that a reader goes on from it and not from a number of records.

To leave out the first thousand, a database reads them. What stands after a record it finds in an index at once, and
that stays the same while others write.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Q, QuerySet


class Term(NamedTuple):
    """One of the things by which a list is sorted."""

    path: str
    descending: bool
    # Whether it may be unknown, which comes last either way.
    unknown: bool


def terms_of(records: QuerySet) -> list[Term]:
    """By what `records` are sorted: by names, or by expressions that put last what is not known."""
    return [
        Term(each.removeprefix("-"), each.startswith("-"), False)
        if isinstance(each, str)
        else Term(each.expression.name, each.descending, True)
        for each in records.query.order_by
    ]


def after(terms: list[Term], values: list) -> Iterator[Q]:
    """What stands after the record whose terms have `values`, as conditions that follow each other in the order.

    Each is for equality in the first terms and one range in the next, or none, which an index over the terms answers
    without reading what is not told. One condition for all would be an OR, for which databases read from the start.
    """
    for n in reversed(range(len(terms))):
        (path, descending, unknown), value = terms[n], values[n]
        if value is None:
            continue
        same = Q(*((each.path, equal) for each, equal in zip(terms[:n], values[:n], strict=True)))
        yield same & Q((f"{path}__lt" if descending else f"{path}__gt", value))
        if unknown:
            yield same & Q((path, None))
