"""Which records a text probably names: ranked, with scores from 0 to 100 (see docs/adr/0019).

Free of HTTP and of kinds: `alike` is for whoever has names and wants records. Names are looked up by their keys, all
texts at once (see `core.wording`); then each text is compared with all names of the records that were found.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import nlargest
from math import log2
from typing import NamedTuple

from django.db import connection

from core.comparing import EXACT, LIKE, SAME, compared
from core.finding import names_not_kept
from core.history import label_of
from core.models import NameKey, Record, RecordNames
from core.names import among, is_numbered, name_keys, names_of
from core.reading import ways_to_read
from core.text import simplified, squeezed
from core.wording import Reading, piece_key, pieces_asked

# By so much the first has to be ahead of the second to be taken without a look, where it is not exactly the name.
LEAD = 5
# What is less like it is not told.
LEAST = 30
# By a piece that more records than this share, none is looked up.
COMMON = 150
# So many records, of all kinds together, are compared with a text: those that share the rarest pieces with it.
COMPARED = 40
# A record that shares so much less with it than the first one is left out.
MUCH_LESS = 0.35
LONGEST = 400


class Alike(NamedTuple):
    """A record that a text may name, and how likely: 100 where the text is one of its names."""

    model: type[Record]
    key: object
    score: float
    # The text says nothing but what any record of the kind may be called.
    is_vague: bool = False


def alike(models: Sequence[type[Record]], texts: Sequence[str]) -> list[list[Alike]]:
    """For each text the records of `models` that it may name, the likeliest first; of each model as many as of others.

    Of a text longer than `LONGEST` only the beginning is read.
    """
    found: list[list[Alike]] = [[] for _text in texts]
    for model in models:
        for candidates, more in zip(found, _of_model(model, texts, COMPARED // len(models)), strict=True):
            candidates += more
    for candidates in found:
        candidates.sort(key=lambda each: -each.score)
    return found


def is_safe(candidates: Sequence[Alike]) -> bool:
    """Whether the first can be taken for what is meant without a look: nothing that tells names apart is different, and
    no other is nearly as like.
    """
    if not candidates or candidates[0].score < SAME or candidates[0].is_vague:
        return False
    first, second = candidates[0].score, candidates[1].score if len(candidates) > 1 else 0
    return first == EXACT > second or first - second >= LEAD


def _of_model(model, texts, most) -> Iterator[list[Alike]]:
    wording, kind = model.wording, label_of(model)
    asked = [_readings(wording, text[:LONGEST]) for text in texts]
    keys = [
        {piece_key(kind, piece) for parts, _most in ways for part in parts for piece in pieces_asked(part)}
        for ways in asked
    ]
    sharing, names = _sharing(model, keys, most)
    read = {key: [wording.read(name) for name in dict.fromkeys(told) if name] for key, told in names.items()}
    places = _places(wording, {part.core for ways in asked for parts, _most in ways for part in parts if part.core})
    for ways, records in zip(asked, sharing, strict=True):
        is_vague = not ways[0][0][0].core
        scored = ((key, _score(ways, read[key], places)) for key in records if key in read)
        alike = [Alike(model, key, round(score, 1), is_vague) for key, score in scored if score >= LEAST]
        yield sorted(alike, key=lambda each: -each.score)


def _readings(wording, text) -> list[tuple[list[Reading], float]]:
    """The ways to read a text, and the score that each can have at most."""
    return [([wording.read(part) for part in way.parts], way.most) for way in ways_to_read(text)]


def _places(wording, cores: set[str]) -> set[str]:
    """Those of `cores` that are the name of a place, and so tell of no single record."""
    if wording.places is None or not cores:
        return set()
    kind = label_of(wording.places)
    keys = [{piece_key(kind, wording.places.wording.read(core).core)} for core in cores]
    _sharing_each, names = _sharing(wording.places, keys, COMPARED)
    return cores & {squeezed(simplified(name)) for told in names.values() for name in told}


def _score(ways, names, places) -> float:
    """How like the text is to a record of these names: all parts of one way to read it have to be."""
    best = 0.0
    for parts, most in ways:
        if most > best:
            best = max(best, min(most, *(_part_score(part, names, places) for part in parts)))
    return best


def _part_score(part, names, places):
    score = max(compared(part, name) for name in names)
    return LIKE if LIKE < score < EXACT and part.core in places else score


def _sharing(model, asked: list[set[int]], most: int) -> tuple[list[list], dict[object, list[str]]]:
    """For each set of keys the records that share the rarest of them; and the names of all these."""
    here = names_not_kept(model)
    rows = _rows(set().union(*asked))
    for key, names in here.items():
        for each in name_keys(model, names):
            rows[each].append((key,))
    weights = {key: log2(1 + COMMON / len(found)) for key, found in rows.items() if len(found) <= COMMON}
    sharing = []
    for keys in asked:
        weight: dict[object, float] = defaultdict(float)
        for key in keys & weights.keys():
            for row in rows[key]:
                weight[row] += weights[key]
        least = MUCH_LESS * max(weight.values(), default=0)
        near = [row for row, each in weight.items() if each >= least]
        sharing.append(nlargest(2 * most if here else most, near, key=weight.__getitem__))
    records = _records(model, {row for found in sharing for row in found if isinstance(row, int)})
    # What is kept of a record that was written to since is no longer so.
    records = {row: key for row, key in records.items() if key not in here} | {(key,): key for key in here}
    sharing = [[records[row] for row in found if row in records][:most] for found in sharing]
    wanted = {key for found in sharing for key in found if key not in here}
    return sharing, (names_of(model, among(model, wanted)) if wanted else {}) | here


def _rows(keys: set[int]) -> dict[int, list]:
    """The rows of names that are kept under each of these keys; of what too many share, none."""
    rows, table = defaultdict(list), NameKey._meta.db_table
    asked = "SELECT value::integer AS value FROM jsonb_array_elements_text(%s)"
    if connection.vendor != "postgresql":
        asked = "SELECT value FROM json_each(%s)"
    # What too many share is not even read: only that there are so many.
    rare = (
        f"(SELECT count(*) FROM (SELECT 1 FROM {table} c WHERE c.key = asked.value LIMIT {COMMON + 1}) c) <= {COMMON}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT k.key, k.names_id FROM ({asked}) AS asked JOIN {table} k ON k.key = asked.value WHERE {rare}",  # nosec B608 # constants
            [json.dumps(list(keys))],
        )
        for key, row in cursor.fetchall():
            rows[key].append(row)
    return rows


def _records(model, rows: set[int]) -> dict[int, object]:
    """The key of the record that each of these rows of names is of."""
    kept = RecordNames.objects.filter(among(RecordNames, rows)).values_list(
        "id", "number" if is_numbered(model) else "key"
    )
    return dict(kept) if rows else {}
