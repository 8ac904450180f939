"""Which records have a text in one of their names: of any language, kind and time, whatever its dashes and accents.

Each kind of record says what it is `named_by`. The names are kept squeezed (see `core.text.squeezed`), all those of a
record in one row of RecordNames with an index (see `core.grams`): so a search of several words looks at one row, and
tells from it alone how good a match is.
"""

import json
from collections import defaultdict
from collections.abc import Iterable

from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from core.grams import HasGrams
from core.history import label_of
from core.known import looks_back
from core.models import Record, RecordNames
from core.text import squeezed

# What stands before and after each name; no squeezed text has it.
EDGE = "\n"
# How good a match is, best first: a whole name, its start, a part of it, words in one name or several.
RANKS = ("{0}{1}{0}", "{0}{1}", "{1}")
WORDS = len(RANKS)


def named(model: type[Record], *texts: str) -> Q:
    """Records of `model` that have each of `texts` in some name. A text without letters and digits is in none."""
    texts = [squeezed(text) for text in texts]
    if not all(texts):
        return Q(pk__in=())
    if looks_back():
        told = ((key, joined(names)) for key, names in names_of(model).items())
        return among(model, (key for key, names in told if all(text in names for text in texts)))
    return Q(pk__in=_rows(texts).filter(kind=label_of(model)).values(_key_in_rows(model)))


def ranked(models: list[type[Record]], text: str) -> QuerySet:
    """The `(rank, kind, key)` of the records of any of `models` that have each word of `text` in some name: best first,
    then in the order of `models`, of which `kind` is the place.
    """
    words, text = [word for word in map(squeezed, text.split()) if word], squeezed(text)
    kinds = [label_of(model) for model in models]
    rows = _rows(words).filter(kind__in=kinds) if words else RecordNames.objects.none()
    ranks = [When(names__contains=told.format(EDGE, text), then=Value(rank)) for rank, told in enumerate(RANKS)]
    places = [When(kind=kind, then=Value(place)) for place, kind in enumerate(kinds)]
    return (
        rows.annotate(
            rank=Case(*ranks, default=Value(WORDS), output_field=IntegerField()),
            place=Case(*places, output_field=IntegerField()),
        )
        .order_by("rank", "place", "key")
        .values_list("rank", "place", "key")
    )


def _rows(texts):
    """The rows that have all of `texts` in their names."""
    conditions = [Q(names__contains=text) for text in texts]
    # So many have any one letter that to look into each costs less than to look them up.
    conditions += [Q(HasGrams(text)) for text in texts if not (len(text) == 1 and text.isascii())]
    return RecordNames.objects.filter(*conditions)


def _key_in_rows(model):
    return "number" if model._meta.pk.get_internal_type() == "BigAutoField" else "key"


# --- Keeping ----------------------------------------------------------------------------------------------------------


def refresh(model: type[Record], keys: Iterable):
    """Keep the names that the records of `model` with these keys have now, and forget those of records that are gone.

    What is there already is not written again.
    """
    keys, kind, numbered = list(keys), label_of(model), _key_in_rows(model) == "number"
    wanted = {str(key): joined(names) for key, names in names_of(model, pk__in=keys).items()}
    there = dict(RecordNames.objects.filter(kind=kind, key__in=list(map(str, keys))).values_list("key", "names"))
    RecordNames.objects.bulk_create(
        [
            RecordNames(kind=kind, key=key, number=int(key) if numbered else None, names=names)
            for key, names in wanted.items()
            if there.get(key) != names
        ],
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["names"],
    )
    if gone := there.keys() - wanted.keys():
        RecordNames.objects.filter(kind=kind, key__in=gone).delete()


def names_of(model: type[Record], **only) -> dict[object, list[str]]:
    """All names of the records of `model` by key, as the records themselves tell them now."""
    records, names = model._base_manager.filter(**only).order_by(), defaultdict(list)
    for path in model.named_by:
        for key, name in records.values_list("pk", path):
            names[key].append(name or "")
    return names


def joined(names: Iterable[str]) -> str:
    """Names as they are kept and matched: each squeezed and once, with an edge on both sides."""
    told = dict.fromkeys(filter(None, map(squeezed, names)))
    # One edge more, so that three characters begin with the last character too.
    return "".join(EDGE + name for name in told) + EDGE * 2


def among(model: type[Record], keys: Iterable) -> Q:
    """Records of these keys, however many: as one parameter, since databases take only so many."""
    told = json.dumps(list(keys))
    if connection.vendor != "postgresql":
        return Q(pk__in=RawSQL("SELECT value FROM json_each(%s)", [told]))
    column = model._meta.pk.cast_db_type(connection)
    return Q(pk__in=RawSQL(f"SELECT value::{column} FROM jsonb_array_elements_text(%s)", [told]))
