"""Which records have a text in one of their names: of any language, kind and time, in one, two or more characters.

The names are those that are kept (see `core.names`). Of records that were written to since, which their documents tell,
of kinds without documents, and under `known_at`, they are those that the records themselves tell.
"""

import re
from collections.abc import Iterable

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When

from core.documents import documented, waiting_documents
from core.grams import HasGrams
from core.history import label_of
from core.known import looks_back
from core.models import Document, Record, RecordNames
from core.names import EDGE, among, is_numbered, joined, names_of
from core.text import squeezed

# How good a match is, best first: a whole name, its start, a part of it, words in one name or several.
RANKS = ("{0}{1}{0}", "{0}{1}", "{1}")
WORDS = len(RANKS)
# Of what more names have, `best` does not look at all.
COMMON = 2000
# The turn, among equals, of a record that is none of its kind's `found_first`.
LAST = 9


def named(model: type[Record], *texts: str) -> Q:
    """Records of `model` that have each of `texts` in some name; texts without letters and digits are left out."""
    if not (texts := [text for text in map(squeezed, texts) if text]):
        return Q(pk__in=())
    if looks_back() or label_of(model) not in documented():
        return among(model, _matching(names_of(model), texts))
    waiting = _waiting([model])
    rows = _rows(texts, waiting).filter(kind=label_of(model))
    found = Q(pk__in=rows.values("number" if is_numbered(model) else "key"))
    for keys in waiting.values():
        found |= among(model, _matching(names_of(model, among(model, keys)), texts))
    return found


def ranked(models: list[type[Record]], text: str) -> Iterable[tuple[int, int, str]]:
    """The rank, place of the kind in `models`, and key, of the records of any of `models` that have each word of `text`
    in some name: best first, then in the order of `models` and, in one of them, of `found_first`. What can be counted
    and cut is asked for in that measure.
    """
    words, text = [word for word in map(squeezed, text.split()) if word], squeezed(text)
    if not words:
        return []
    waiting, kinds = _waiting(models), [label_of(model) for model in models]
    ranks = [When(names__contains=told.format(EDGE, text), then=Value(rank)) for rank, told in enumerate(RANKS)]
    places = [When(kind=kind, then=Value(place)) for place, kind in enumerate(kinds)]
    turns = [
        When(kind=kind, key__regex=pattern, then=Value(turn))
        for kind, model in zip(kinds, models, strict=True)
        for turn, pattern in enumerate(model.found_first)
    ]
    rows = (
        _rows(words, waiting)
        .filter(kind__in=kinds)
        .annotate(
            rank=Case(*ranks, default=Value(WORDS), output_field=IntegerField()),
            place=Case(*places, output_field=IntegerField()),
            turn=Case(*turns, default=Value(LAST), output_field=IntegerField()),
        )
        # PostgreSQL takes a number that all have for a column.
        .order_by("rank", "place", *(["turn"] if turns else []), "number", "key")
        .values_list("rank", "place", "key")
    )
    others = [
        (_rank(names, text), models.index(model), str(key))
        for model, keys in waiting.items()
        for key, names in _matching(names_of(model, among(model, keys)), words).items()
    ]
    if not others:
        return rows

    def order(found):
        rank, place, key = found
        model = models[place]
        return rank, place, _turn(model, key), int(key) if is_numbered(model) else key

    # One that another has rendered between the two is in both.
    return sorted({found[1:]: found for found in [*others, *rows]}.values(), key=order)


def best(models: list[type[Record]], text: str, most: int) -> list[tuple[int, int, str]]:
    """The first `most` of `ranked`, within some milliseconds also where nearly all names have `text`."""
    told = squeezed(text)
    if len(text.split()) != 1 or not told or not _is_common(told) or _waiting(models):
        return list(ranked(models, text)[:most])
    found: dict[tuple[int, str], int] = {}
    for rank, pattern in enumerate(RANKS):
        for place, model in enumerate(models):
            part = pattern.format(EDGE, told)
            rows = RecordNames.objects.filter(kind=label_of(model), names__contains=part)
            if part != told:
                rows = rows.filter(HasGrams(part))
            # What a better rank has told already is among these again.
            for key in _in_turn(model, rows).values_list("key", flat=True)[: most + len(found)]:
                found.setdefault((place, key), rank)
                if len(found) == most:
                    return [(rank, *each) for each, rank in found.items()]
    return [(rank, *each) for each, rank in found.items()]


def _is_common(text) -> bool:
    if len(text) == 1 and text.isascii():
        return True
    return RecordNames.objects.filter(HasGrams(text)).order_by()[: COMMON + 1].count() > COMMON


def _in_turn(model, rows):
    """The rows of names of `model` in the order in which equal matches are told."""
    turns = [When(key__regex=pattern, then=Value(turn)) for turn, pattern in enumerate(model.found_first)]
    turn = [Case(*turns, default=Value(LAST), output_field=IntegerField())] if turns else []
    return rows.order_by(*turn, "number" if is_numbered(model) else "key")


def names_not_kept(model: type[Record]) -> dict[object, list[str]]:
    """The names, by key, of those records of `model` whose names are not those that are kept, as they tell them now."""
    if label_of(model) not in documented():
        return names_of(model)
    keys = _waiting([model]).get(model)
    return names_of(model, among(model, keys)) if keys else {}


def _rows(texts, waiting):
    """The rows that have all of `texts` in their names, but for those whose record has been written to since."""
    conditions = [Q(names__contains=text) for text in texts]
    # So many have any one letter that to look into each costs less than to look them up.
    conditions += [Q(HasGrams(text)) for text in texts if not (len(text) == 1 and text.isascii())]
    if waiting:
        conditions.append(~Exists(Document.objects.filter(kind=OuterRef("kind"), key=OuterRef("key"), body="")))
    return RecordNames.objects.filter(*conditions)


def _waiting(models) -> dict[type[Record], list[str]]:
    """The keys of the records whose names may not be those that are kept, by model."""
    waiting = waiting_documents()
    # Kind by kind: for several at once SQLite reads all documents, where it was told so by ANALYZE while all waited.
    keys = {model: list(waiting.filter(kind=label_of(model)).values_list("key", flat=True)) for model in models}
    return {model: found for model, found in keys.items() if found}


def _matching(names, texts) -> dict[object, str]:
    """Those of `names`, by key and joined, that have all of `texts`."""
    joint = ((key, joined(told)) for key, told in names.items())
    return {key: told for key, told in joint if all(text in told for text in texts)}


def _rank(names, text):
    return next((rank for rank, told in enumerate(RANKS) if told.format(EDGE, text) in names), WORDS)


def _turn(model, key):
    return next((turn for turn, pattern in enumerate(model.found_first) if re.search(pattern, key)), LAST)
