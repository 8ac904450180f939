"""NDJSON: one JSON object a line (RFC 8259), in UTF-8."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from core.rest.parsers import first_twice, is_deeper
from exchange.files.errors import FileError
from exchange.files.rows import Rows, read_header

LONGEST_LINE = 1_000_000
# How many levels of lists and objects: of those that the API tells, none has half as many.
DEEPEST = 20


class _Refused(Exception):
    """Something that JSON readers take, each in another way."""


def read(path: Path) -> Iterator[Rows]:
    """Yields the rows of one file, once. The keys of the first object are the header. Raises FileError."""
    with path.open("rb") as file:
        objects = _objects(file)
        first = next(objects, None)
        if first is None:
            raise FileError(_("The file is empty: write one JSON object a line."))
        line, each = first
        header = read_header(list(each), line)
        if not header or list(each) != header:
            raise FileError(_("Name what stands in each line: keys are texts that are not blank."), line=line)
        yield Rows("ndjson", header, _rows(first, objects, header), "UTF-8")


def _rows(first, objects, header) -> Iterator[tuple[int, list[object]]]:
    known = set(header)
    line, each = first
    yield line, [*each.values()]
    for line, each in objects:
        if not each.keys() <= known:
            unknown = next(key for key in each if key not in known)
            told = _("The key “%s” is not in the first line, which says what there is: add it there, as null.")
            raise FileError(told % unknown[:60], line=line)
        yield line, [each.get(name) for name in header]


def _objects(file) -> Iterator[tuple[int, dict]]:
    decode = json.JSONDecoder(
        parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_without_doubles
    ).decode
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise FileError(_("The line has more than %d bytes: one JSON object a line.") % LONGEST_LINE, line=number)
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if not text:
                continue
            each = decode(text)
        except UnicodeDecodeError:
            raise FileError(_("This line is not %s: save the file as UTF-8.") % "UTF-8", line=number) from None
        except _Refused as error:
            raise FileError(str(error), line=number) from None
        except RecursionError:
            raise FileError(_("Lists and objects are nested too deeply here to be a record."), line=number) from None
        except (ValueError, ArithmeticError) as error:
            # Python says it in English alone.
            told = _("This is no JSON (%s). Write one whole object a line, and nothing between the lines.")
            raise FileError(told % getattr(error, "msg", _("a number is too long")), line=number) from None
        if not isinstance(each, dict):
            raise FileError(_("Each line is one JSON object, and not a list or a bare value."), line=number)
        if is_deeper(each, DEEPEST):
            raise FileError(_("Lists and objects are nested too deeply here to be a record."), line=number)
        if number == 1 and isinstance(each.get("results"), list):
            raise FileError(_("This is a page of the API: ask it for .ndjson, which has one record a line."), line=1)
        yield number, each


def _refuse_constant(name):
    raise _Refused(_("%s is no number: write null, or leave it out.") % name)


def _without_doubles(pairs) -> dict:
    each = dict(pairs)
    if len(each) != len(pairs):
        raise _Refused(_("The key “%s” stands twice in one object: take one out.") % first_twice(pairs)[:60])
    return each
