"""Reads what clients ask for, and says what is wrong with it: each mistake with a pointer to its place."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError, ValidationError

from core.rest.errors import nearest
from core.rest.parsers import read_json
from exchange.reconcile.kinds import KINDS

# What one request may ask for. A batch larger than the manifest's `batchSize` is a 413 (specification, 4.1).
BATCH = 1000
# Those without a name are looked up one by one.
MOST_NAMELESS = 50
LONGEST = 400
# A thousand long names. What is asked takes as long as it has pieces.
MOST_CHARACTERS = 100_000
MOST_CONSTRAINTS, MOST_VALUES, MOST_PROPERTIES = 10, 20, 50
MOST_CELLS = 20_000


class TooMany(APIException):
    status_code = 413


def read_queries(text: str) -> dict[str, dict]:
    """The batch of queries, each with `query`, `types`, `limit` and `constraints` `[(id, values)]`."""
    batch = _object(read_json(text))
    if len(batch) > BATCH:
        raise TooMany(
            _("These are %(count)d queries. Send at most %(most)d at once.") % {"count": len(batch), "most": BATCH}
        )
    errors, asked = {}, {}
    for name, query in batch.items():
        try:
            asked[name] = _query(query)
        except ValidationError as error:
            errors[name] = error.detail
    if errors:
        raise ValidationError(errors)
    if sum(not each["query"] for each in asked.values()) > MOST_NAMELESS:
        raise TooMany(_("Send at most %d queries without a name at once.") % MOST_NAMELESS)
    if sum(len(each["query"]) for each in asked.values()) > MOST_CHARACTERS:
        raise TooMany(_("These names have more than %d characters together. Send fewer at once.") % MOST_CHARACTERS)
    return asked


def _query(query) -> dict:
    known = {"query", "type", "limit", "properties", "type_strict"}
    if not isinstance(query, dict):
        raise ValidationError([_("Write a JSON object.")])
    errors = dict(_unknown(query, known))
    text, limit = query.get("query", ""), query.get("limit")
    if not isinstance(text, str) or len(text) > LONGEST:
        errors["query"] = [_("Write a text of at most %d characters.") % LONGEST]
    if "query" not in query and not query.get("properties"):
        errors["query"] = [_("Give a query, properties, or both.")]
    if limit is not None and not (_is_number(limit) and limit >= 1 and limit == int(limit)):
        errors["limit"] = [_("Write a whole number from 1 on.")]
    if query.get("type_strict", "any") not in ("any", "should", "all"):
        errors["type_strict"] = [_("Write any, should or all.")]
    types = query.get("type") or list(KINDS)
    types = [types] if isinstance(types, str) else types
    if not isinstance(types, list) or not all(isinstance(each, str) for each in types):
        errors["type"], types = [_("Write the id of a type, or a list of these.")], []
    for each in types:
        if each not in KINDS:
            errors["type"] = [no_such_type(each)]
    if not errors:
        constraints, wrong = _constraints(query.get("properties"), types)
        if not wrong:
            return {"query": text.strip(), "types": types, "limit": limit and int(limit), "constraints": constraints}
        errors["properties"] = wrong
    raise ValidationError(errors)


def _constraints(told, types) -> tuple[list[tuple[str, list]], object]:
    if told is None:
        return [], None
    if not isinstance(told, list) or len(told) > MOST_CONSTRAINTS:
        return [], [_("Write a list of at most %d properties.") % MOST_CONSTRAINTS]
    constraints, errors = [], {}
    for place, each in enumerate(told):
        if not isinstance(each, dict) or set(each) != {"pid", "v"} or not isinstance(each["pid"], str):
            errors[place] = [_("Write an object of pid, the id of a property, and v, its value.")]
            continue
        values = each["v"] if isinstance(each["v"], list) else [each["v"]]
        if not any(each["pid"] in KINDS[kind].by_id for kind in types):
            errors[place] = {"pid": [no_such_property(each["pid"], types)]}
        elif len(values) > MOST_VALUES or not all(map(_is_value, values)):
            errors[place] = {"v": [_("Write a text, a number, true or false, or an object with an id.")]}
        elif values:
            constraints.append((each["pid"], values))
    return constraints, errors


def read_extension(text: str) -> tuple[list[str], list[tuple[str, dict]]]:
    """The ids of the records, and the ids and settings of the properties, of a data extension query."""
    asked = _object(read_json(text))
    errors = dict(_unknown(asked, {"ids", "properties"}))
    ids, told = asked.get("ids"), asked.get("properties")
    if not isinstance(ids, list) or len(ids) > BATCH or not all(isinstance(each, str) for each in ids):
        errors["ids"] = [_("Write a list of at most %d ids.") % BATCH]
    if not isinstance(told, list) or len(told) > MOST_PROPERTIES:
        errors["properties"] = [_("Write a list of at most %d properties.") % MOST_PROPERTIES]
        told = []
    properties, wrong = [], {}
    for place, each in enumerate(told):
        settings = each.get("settings") or {} if isinstance(each, dict) else None
        if settings is None or not isinstance(each.get("id"), str) or not isinstance(settings, dict):
            wrong[place] = [_("Write an object with the id of a property.")]
        elif not any(each["id"] in kind.by_id for kind in KINDS.values()):
            wrong[place] = {"id": [no_such_property(each["id"], KINDS)]}
        elif error := _wrong_limit(settings.get("limit")):
            wrong[place] = {"settings": {"limit": [error]}}
        else:
            properties.append((each["id"], settings))
    if wrong:
        errors["properties"] = wrong
    if not errors and len(ids) * len(properties) > MOST_CELLS:
        raise TooMany(_("These are more than %d cells. Ask for fewer records or properties at once.") % MOST_CELLS)
    if errors:
        raise ValidationError(errors)
    return ids, properties


def _wrong_limit(limit) -> str | None:
    # OpenRefine sends what was typed into its form.
    if limit in (None, "") or (isinstance(limit, str) and limit.isascii() and limit.isdigit() and len(limit) < 10):
        return None
    return None if _is_number(limit) and limit >= 0 else _("Write a whole number; 0 for all.")


def no_such_type(given: str) -> str:
    """What to say of a type that there is not."""
    return _("There is no type %(given)s, but: %(known)s.") % {"given": given[:60], "known": ", ".join(KINDS)}


def no_such_property(given: str, types) -> str:
    """What to say of a property that none of these types has."""
    known = list(dict.fromkeys(each for kind in types for each in KINDS[kind].by_id))
    told = _("There is no property %(given)s here, but: %(known)s.") % {"given": given[:60], "known": ", ".join(known)}
    return f"{told} {_('Did you mean %s?') % meant}" if (meant := nearest(given, known)) else told


def _object(value) -> dict:
    if not isinstance(value, dict):
        raise ParseError(_("Write a JSON object."))
    return value


def _unknown(told: dict, known: set[str]) -> Iterator[tuple[str, list[str]]]:
    for name in told:
        if name not in known:
            yield name, [_("There is no such field, but: %s.") % ", ".join(sorted(known))]


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**9


def _is_value(value) -> bool:
    if isinstance(value, dict):
        return isinstance(value.get("id"), str) and isinstance(value.get("name", ""), str)
    return isinstance(value, str | int | float) and len(str(value)) <= LONGEST


def as_number(text: str, name: str, least: int) -> int:
    """A whole number of a query string. Raises ValidationError."""
    if not (text.isascii() and text.isdigit() and len(text) < 8) or int(text) < least:
        raise ValidationError({name: [_("Write a whole number from %d on.") % least]})
    return int(text)
