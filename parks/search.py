"""One search over parks, divisions and agreements, by any name in any language, best match first."""

from collections.abc import Iterable
from dataclasses import dataclass

from agreements.models import Agreement
from cities.models import Division
from core.finding import best, ranked
from core.models import Record
from core.names import forms
from core.text import squeezed
from parks.models import Park

MATCHES = ["exact", "start", "part", "words"]
# In the order in which equal matches are told.
KINDS = [Park, Division, Agreement]


@dataclass
class Found:
    kind: str
    match: str
    matched: str
    record: Record


def search(text: str, kinds: list[type[Record]] = KINDS) -> Iterable[tuple[int, int, str]]:
    """The `(rank, kind, key)` of what `text` finds, best first: each word of it is in some name of the record.

    The kind is told by its place in `kinds`.
    """
    return ranked(kinds, text)


def suggest(text: str, most: int, kinds: list[type[Record]] = KINDS) -> list[tuple[int, int, str]]:
    """The first `most` of what `search` tells, soon enough to be asked at each letter."""
    return best(kinds, text, most)


def load(rows, text: str, kinds: list[type[Record]] = KINDS) -> list[Found]:
    """The records of `rows`, some of those that `search` tells, in one query for each kind and one for old names."""
    keys: dict[type, list] = {kind: [] for kind in kinds}
    for _rank, kind, key in rows:
        keys[kinds[kind]].append(key)
    records = {
        (kind, str(record.pk)): record
        for kind, wanted in keys.items()
        for record in _with_names(kind).filter(pk__in=wanted)
    }
    return [
        Found(kinds[kind]._meta.model_name, MATCHES[rank], _best_name(record, text), record)
        for rank, kind, key in rows
        if (record := records.get((kinds[kind], key)))
    ]


def _with_names(kind):
    return kind.objects.prefetch_related("names") if kind is Park else kind.objects.all()


def _best_name(record, text):
    """The name of the record that fits `text` best."""
    words, text = list(filter(None, map(squeezed, text.split()))), squeezed(text)

    def fit(name):
        return max(
            (told == text, told.startswith(text), text in told, sum(word in told for word in words))
            for told in forms(name) or [""]
        )

    return max(_names(record), key=fit)


def _names(record):
    for path in record.named_by:
        relation, _, field = path.rpartition("__")
        for each in getattr(record, relation).all() if relation else [record]:
            yield getattr(each, field)
