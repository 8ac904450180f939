"""Where there is no record of a key: which one is meant, what became of it, and which are like it."""

import unicodedata
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404

from core.finding import ranked
from core.history import from_version, label_of
from core.likeness import alike
from core.models import Record, Version
from core.names import among
from core.rest.references import key_of, records_ever
from core.text import validate_line

# Where the names of kinds are that no search knows, such as people.
NAMES = ("name_en", "name_zh", "title")
LONGEST = 200
# Keys that begin with the same letters are compared, so many at most.
BEGINNING, COMPARED = 3, 1000
SUGGESTED = 6
# How like a name has to be to be suggested, of 100.
LIKE = 45


class Missing(Http404):
    """There is no record of `model` with this key, or was none at the instant that is looked back to."""

    def __init__(self, model: type[Record], key: str):
        super().__init__(key)
        self.model, self.key = model, key


class Deleted(NamedTuple):
    """A record that is gone: as it last was, when it went and why, and what it had become part of."""

    record: Record
    at: datetime
    reason: str
    successor: Record | None

    @property
    def last(self) -> datetime:
        """The last instant at which it was there."""
        return self.at - timedelta(microseconds=1)


def found(records: QuerySet[Record], key: str) -> Record:
    """The one of `records` that has this key in addresses. Raises Missing where there is none."""
    record = records.filter(**{key_of(records.model): key}).first() if can_be_key(key) else None
    if record is None:
        raise Missing(records.model, key)
    return record


def can_be_key(text: str) -> bool:
    """Whether a record could have it at all: databases refuse some characters even in a question."""
    try:
        validate_line(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST


def same_key(model: type[Record], text: str) -> Record | None:
    """The record whose key `text` is but for its case, width, or what stands around it: "Suxitong." """
    plain = unicodedata.normalize("NFKC", text).strip().replace("_", "-").replace(" ", "-")
    while plain and not plain[-1].isalnum():
        plain = plain[:-1]
    name = key_of(model)
    # Slugs are lower case, and the codes of states upper case.
    return model.objects.filter(**{f"{name}__in": {plain, plain.lower(), plain.upper()}}).first()


def had_key(model: type[Record], key: str) -> Record | Deleted | None:
    """The record that once had this key: one that has another now, else the last of those that were deleted."""
    had = records_ever(model, key)
    if there := model.objects.filter(among(model, [record.pk for record in had])).first():
        return there
    for record in had:
        versions = Version.objects.filter(model=label_of(model), key=str(record.pk)).select_related("change")
        if (last := versions.latest("id")).operation == Version.Operation.DELETED:
            successor = getattr(record, "successor_id", None)
            named = model.objects.filter(pk=successor).first() if successor else None
            return Deleted(from_version(last), last.change.at, last.change.reason, named)
    return None


def named(model: type[Record], text: str) -> Record | None:
    """The only record of which `text` is a whole name, in any language, kind and time."""
    if model.named_by:
        found = [key for rank, _place, key in islice(ranked([model], text), 2) if rank == 0]
        records = model.objects.filter(among(model, found))
    else:
        told = {field.name for field in model._meta.concrete_fields}.intersection(NAMES)
        condition = Q(*((f"{name}__iexact", text) for name in sorted(told)), _connector=Q.OR)
        records = model.objects.filter(condition)[:2]
    return records[0] if len(records) == 1 else None


def similar(model: type[Record], text: str) -> list[Record]:
    """Records that may be meant, the likeliest first: by their keys, and by their names."""
    name = key_of(model)
    near = model.objects.filter(**{f"{name}__startswith": text[:BEGINNING]}).order_by(name)
    keys = get_close_matches(text.lower(), near.values_list(name, flat=True)[:COMPARED], SUGGESTED // 2)
    names = alike([model], [text.replace("-", " ")])[0] if model.named_by else []
    pks = [each.key for each in names if each.score >= LIKE][:SUGGESTED]
    by_key = model.objects.in_bulk(keys, field_name=name)
    by_pk = model.objects.in_bulk(pks)
    found = [by_key[key] for key in keys if key in by_key] + [by_pk[pk] for pk in pks if pk in by_pk]
    return list({record.pk: record for record in found}.values())[:SUGGESTED]
