"""Finds what the texts in a file mean: records by natural key or by name, and of a citation what it speaks of."""

from collections.abc import Iterable
from urllib.parse import quote

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from core.matching import keys_by
from core.models import Record
from core.names import among
from core.rest.errors import hint
from core.rest.references import address_of, how_to_find, key_of, kind_of, reference_to
from core.text import validate_text
from exchange.imports.notes import Notes
from exchange.tables import read_target, tables

# How many references of a kind are remembered, and how many unknown ones are told what they may have meant.
REMEMBERED = 20_000
HINTS = 20
CANDIDATES = 8
LARGEST_KEY = 2**63 - 1
# As `exchange.tables.target_text` tells them.
TRUTHS = {"true": True, "false": False}
# What a text stands for: a primary key; or what to say where it stands for none.
Found = object | ValidationError


class Keys:
    """Looks up very many texts at a time, and remembers what it found."""

    def __init__(self, notes: Notes):
        self._notes = notes
        self._known: dict[tuple, dict[tuple, object]] = {}
        # Of texts that are no key but a name: whose name, for people to look at.
        self.meant: dict[tuple[type[Record], tuple], str] = {}
        self._hints = HINTS

    def find(self, model: type[Record], paths: tuple[str, ...], texts: Iterable[tuple]) -> dict[tuple, Found]:
        """What each of `texts` stands for: the parts of a natural key of `model` that `paths` name; None is blank.

        An error has the code "unknown" where there is no such record.
        """
        known = self._known.setdefault((model, paths), {})
        wanted = set(texts)
        found = {each: known[each] for each in wanted if each in known}
        if missing := [each for each in wanted if each not in found]:
            new = self._look_up(model, paths, missing)
            if len(known) + len(new) > REMEMBERED:
                known.clear()
            known.update((each, key) for each, key in new.items() if not isinstance(key, ValidationError))
            found |= new
        return found

    def _look_up(self, model, paths, wanted):
        found, values, fields = {}, {each: [] for each in wanted}, []
        for field in (model._meta.get_field(name) for name in model.identity):
            places = [place for place, path in enumerate(paths) if path.split("__")[0] == field.name]
            if not places:
                continue
            fields.append(field)
            parts = {each: tuple(each[place] for place in places) for each in wanted}
            if field.related_model:
                inner = tuple(paths[place].partition("__")[2] for place in places)
                known = self.find(field.related_model, inner, [each for each in parts.values() if any(each)])
                told = {each: known[part] if any(part) else None for each, part in parts.items()}
            else:
                told = {each: _value(field, part[0]) for each, part in parts.items()}
            for each, value in told.items():
                values[each].append(value)
                if isinstance(value, ValidationError):
                    found.setdefault(each, value)
        readable = [each for each in wanted if each not in found]
        keys = keys_by(fields, [values[each] for each in readable]) if readable else {}
        named = {}
        for place, each in enumerate(readable):
            there = keys.get(place, [])
            if not there and len(paths) == 1:
                there = self._notes.named(model, each[0])
                named |= {each: there[0]} if len(there) == 1 else {}
            if len(there) == 1:
                found[each] = there[0]
            else:
                found[each] = _several(model, each, there) if there else self._unknown(model, each)
        if len(self.meant) + len(named) > REMEMBERED:
            self.meant.clear()
        records = model._base_manager.in_bulk(set(named.values())) if named else {}
        self.meant.update(((model, each), str(records[key])) for each, key in named.items())
        return found

    def _unknown(self, model, texts) -> ValidationError:
        told = "/".join("" if text is None else str(text) for text in texts)[:60]
        says = [_("There is no %(kind)s “%(value)s”.") % {"kind": model._meta.verbose_name, "value": told}]
        if len(texts) == 1:
            if self._hints > 0:
                self._hints -= 1
                near = self._notes.nearest(model, told)
                if near is not None:
                    says.append(_("Did you mean “%s”?") % _candidates(model, [near]))
            says += how_to_find(model, told) or _where_to_look(model, told)
        return ValidationError(" ".join(map(str, says)), code="unknown")

    def find_targets(self, texts: Iterable[str]) -> dict[str, tuple[int, str] | ValidationError]:
        """What each text of `exchange.tables.target_text` means: content type and key. A number stands for a row too:
        `co-management-role:12`.
        """
        found, by_number, by_kind = {}, {}, {}
        kinds = {kind_of(table.model): table.model for table in tables().values()}
        for text in set(texts):
            kind, parts = read_target(text)
            model = kinds.get(kind)
            if model is None or not hasattr(model, "citable_fields"):
                found[text] = _no_kind(kind, kinds)
                continue
            paths = tuple(model.identity_lookups())
            if len(parts) == 1 and len(paths) > 1 and parts[0].isascii() and parts[0].isdigit():
                by_number.setdefault(model, {})[text] = read_number(parts[0])
            elif len(parts) != len(paths):
                shape = "/".join(paths).replace("__", ".")
                reason = _("Write %(kind)s:%(shape)s, or %(kind)s: and its number.") % {"kind": kind, "shape": shape}
                found[text] = ValidationError(reason, code="invalid")
            else:
                by_kind.setdefault(model, {})[text] = tuple(part or None for part in parts)
        for model, wanted in by_number.items():
            found |= _targets(model, self._numbered(model, wanted))
        for model, wanted in by_kind.items():
            keys = self.find(model, tuple(model.identity_lookups()), wanted.values())
            found |= _targets(model, {text: keys[parts] for text, parts in wanted.items()})
        return found

    def _numbered(self, model, wanted: dict[str, int | None]) -> dict[str, Found]:
        numbers = set(wanted.values()) - {None}
        there = set(model._base_manager.filter(among(model, numbers)).values_list("pk", flat=True))
        return {
            text: number if number in there else self._unknown(model, read_target(text)[1])
            for text, number in wanted.items()
        }


def _targets(model, keys: dict[str, Found]) -> dict[str, tuple[int, str] | ValidationError]:
    kind = ContentType.objects.get_for_model(model).pk
    return {text: key if isinstance(key, ValidationError) else (kind, str(key)) for text, key in keys.items()}


def read_number(text: str) -> int | None:
    """The number of a row; None where a text is none that a database gives."""
    # Longer ones than it gives could take long to read, or not be read at all.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_KEY))):
        return None
    return number if (number := int(text)) <= LARGEST_KEY else None


def _where_to_look(model, text) -> list[str]:
    try:
        route = reference_to(model).route
    except KeyError:
        return []
    return [_("Look at %s.") % f"{address_of({}, route)}?q={quote(text[:60])}"]


def _value(field, text):
    """The value of a part of a key, or what is wrong with it."""
    if text is None:
        return None if field.null else "" if field.empty_strings_allowed else field.get_default()
    try:
        if isinstance(text, str):
            validate_text(text)
        if isinstance(field, models.BooleanField):
            text = TRUTHS.get(text, text)
        return field.to_python(text)
    except ValidationError as error:
        return error


def _no_kind(kind, kinds) -> ValidationError:
    citable = sorted(name for name, model in kinds.items() if hasattr(model, "citable_fields"))
    if kind in kinds:
        return ValidationError(_("Records of this kind are not cited."), code="invalid")
    told = _("“%(kind)s” is no kind of record that is cited: write one of %(kinds)s, a colon, and its key.")
    return ValidationError(
        told % {"kind": kind[:60], "kinds": ", ".join(citable)} + hint(kind, citable), code="invalid"
    )


def _several(model, texts, keys) -> ValidationError:
    told = {
        "value": "/".join("" if text is None else str(text) for text in texts)[:60],
        "candidates": _candidates(model, keys),
    }
    return ValidationError(_("Several are “%(value)s”: write which one, %(candidates)s.") % told, code="several")


def _candidates(model, keys) -> str:
    name = key_of(model)
    there = model._base_manager.filter(pk__in=keys[:CANDIDATES]).order_by(name)
    told = "; ".join(f"{getattr(each, name)} ({each})" for each in there)
    return f"{told}; …" if len(keys) > CANDIDATES else told
