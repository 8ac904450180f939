"""One search over parks, divisions and agreements, by any name in any language, best match first."""

from dataclasses import dataclass

from django.db.models import Case, CharField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from agreements.models import Agreement
from cities.models import Division
from core.models import Record
from core.rest.references import key_of
from core.text import folded
from parks.models import Park, ParkName
from parks.querysets import any_spelling

MATCHES = ["exact", "start", "part", "words"]
LOOKUPS = ["iexact", "istartswith", "icontains"]
# In the order in which equal matches are told, each with the fields that name it.
NAMES = {
    Park: ["name_en", "name_zh"],
    Division: ["name_en", "name_zh", "pinyin", "code"],
    Agreement: ["title_en", "title_zh"],
}
KINDS = list(NAMES)


@dataclass
class Found:
    kind: str
    match: str
    matched: str
    record: Record


def search(text: str) -> QuerySet:
    """The `(rank, kind, key)` of what `text` finds, best first: each word of it is in some name of the record."""
    found = [_found(kind, text) for kind in KINDS]
    return found[0].union(*found[1:], all=True).order_by("rank", "of_kind", "found_key")


def load(rows, text: str) -> list[Found]:
    """The records of `rows`, some of those that `search` tells, in one query for each kind and one for old names."""
    keys: dict[type, list] = {kind: [] for kind in KINDS}
    for _rank, kind, key in rows:
        keys[KINDS[kind]].append(key)
    records = {
        (kind, getattr(record, key_of(kind))): record
        for kind, wanted in keys.items()
        for record in _with_names(kind).filter(**{f"{key_of(kind)}__in": wanted})
    }
    return [
        Found(KINDS[kind]._meta.model_name, MATCHES[rank], _best_name(record, text), record)
        for rank, kind, key in rows
        if (record := records.get((KINDS[kind], key)))
    ]


def _found(kind, text):
    records = kind.objects.all()
    for word in text.split():
        records = records.filter(_named(kind, "icontains", word))
    ranks = [When(_named(kind, lookup, text), then=Value(rank)) for rank, lookup in enumerate(LOOKUPS)]
    return (
        records.order_by()
        .annotate(
            rank=Case(*ranks, default=Value(len(LOOKUPS)), output_field=IntegerField()),
            of_kind=Value(KINDS.index(kind), output_field=IntegerField()),
            found_key=Cast(F(key_of(kind)), CharField()),
        )
        .values_list("rank", "of_kind", "found_key")
    )


def _named(kind, lookup, text):
    named = any_spelling([f"{name}__{lookup}" for name in NAMES[kind]], text)
    if kind is Park:
        named |= Q(Exists(ParkName.objects.filter(any_spelling([f"name__{lookup}"], text), park=OuterRef("pk"))))
    return named


def _with_names(kind):
    return kind.objects.prefetch_related("names") if kind is Park else kind.objects.all()


def _best_name(record, text):
    """The name of the record that fits `text` best."""
    kind, text = type(record), folded(text)
    names = [getattr(record, name) for name in NAMES[kind]]
    names += [each.name for each in record.names.all()] if kind is Park else []
    words = text.split()

    def fit(name):
        told = folded(name)
        return (told == text, told.startswith(text), text in told, sum(word in told for word in words))

    return max(names, key=fit)
