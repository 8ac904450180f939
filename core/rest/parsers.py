"""Reads the bodies of requests: JSON in UTF-8, and nothing in it that could not be kept or told back."""

import json

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 20


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
    try:
        document = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except RecursionError:
        raise ParseError(_("The body is nested too deeply.")) from None
    except json.JSONDecodeError as error:
        raise ParseError(_("The body is not JSON: %s.") % error) from None
    except ValueError as error:
        raise ParseError(str(error)) from None
    if errors := _unkeepable(document):
        raise ValidationError(errors)
    return document


def _refuse_constant(name):
    raise ValueError(_("%s is not a value of JSON.") % name)


def _object(pairs):
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(_("“%s” is given twice in one object.") % twice[:60])
    return document


def _unkeepable(value, depth=0):
    """Errors in the nested form of a serializer's, for texts with NUL characters or halves of surrogate pairs."""
    if depth > MAX_DEPTH:
        raise ParseError(_("The body is nested too deeply."))
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
    return {name: errors for name, each in inner if (errors := _unkeepable(each, depth + 1))}
