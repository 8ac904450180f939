"""Reads the bodies of requests: JSON in UTF-8, and nothing in it that could not be kept or told back."""

import json
import re
from collections import Counter
from itertools import chain

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 20
# Lists and objects in one body, brackets in its texts included: each takes forty times the memory of what is sent.
MAX_NESTED = 50_000
_NESTED = list | dict
# As JSON escapes NUL and halves of surrogate pairs, which cannot stand in it otherwise.
_UNKEEPABLE = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)


class StrictJSONParser(JSONParser):
    """JSON as RFC 8259 has it: no NaN, no name twice in an object, no text that no database can keep."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            text = stream.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ParseError(_("The body is not in UTF-8.")) from None
        return read_json(text)


def read_json(text: str):
    """What `text` says. Raises ParseError, or ValidationError where a text in it could not be kept."""
    if text.count("{") + text.count("[") > MAX_NESTED:
        raise ParseError(_("The body has more than %d lists and objects. Send it in parts.") % MAX_NESTED)
    try:
        document = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except RecursionError:
        raise ParseError(_("The body is nested too deeply.")) from None
    except json.JSONDecodeError as error:
        raise ParseError(_("The body is not JSON: %s.") % error) from None
    except ValueError as error:
        raise ParseError(str(error)) from None
    if is_deeper(document, MAX_DEPTH):
        raise ParseError(_("The body is nested too deeply."))
    if _UNKEEPABLE.search(text) and (errors := _unkeepable(document)):
        raise ValidationError(errors)
    return document


def _refuse_constant(name):
    raise ValueError(_("%s is not a value of JSON.") % name)


def _object(pairs):
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError(_("“%s” is given twice in one object.") % first_twice(pairs)[:60])
    return document


def first_twice(pairs: list[tuple[str, object]]) -> str:
    """The first name of an object that stands more than once among its names, as one does."""
    counts = Counter(name for name, _value in pairs)
    return next(name for name, count in counts.items() if count > 1)


def is_deeper(value, levels: int) -> bool:
    """Whether more than `levels` lists and objects lie in one another, `value` being the outermost."""
    inside = [value] if isinstance(value, _NESTED) else []
    for _level in range(levels):
        parts = chain.from_iterable(each.values() if isinstance(each, dict) else each for each in inside)
        inside = [part for part in parts if isinstance(part, _NESTED)]
    return bool(inside)


def _unkeepable(value):
    """Errors in the nested form of a serializer's, for texts with NUL characters or halves of surrogate pairs."""
    if isinstance(value, str):
        if "\0" in value:
            return [_("NUL characters cannot be kept.")]
        if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
            return [_("Half of a surrogate pair is not a character.")]
        return None
    if isinstance(value, dict):
        if any(_unkeepable(name) for name in value):
            raise ParseError(_("The name of a field has characters that cannot be kept."))
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    else:
        return None
    return {name: errors for name, each in inner if (errors := _unkeepable(each))}
