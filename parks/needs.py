"""Which records most need a source: those of which most is told by nobody, and then most disputed.

What counts is what `sources.evidence.tally` counts of a record: its filled fields, and each of its facts.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Count, F

from cities.models import Division
from core.history import label_of, record_models
from sources.evidence import (
    disputed,
    tally,
    unsupported,
    with_citations,
    with_disputed_fields,
    with_uncited_fields,
)
from sources.models import CitedRecord

# A record by its model and key: ("parks.park", 7).
Place = tuple[str, int]


@dataclass(frozen=True)
class Need:
    """A record, and what `tally` counts of it."""

    record: CitedRecord
    evidence: dict[str, int]


def neediest(limit: int) -> list[Place]:
    """Where the `limit` records are of which most is uncited, and of as many uncited, most disputed.

    A fixed number of queries, each over one whole table.
    """
    uncited, in_dispute = Counter(), Counter()
    for model in _told_records():
        uncited += _by_place(model, with_uncited_fields(model), unsupported)
        in_dispute += _by_place(model, with_disputed_fields(model), disputed)
    return sorted(uncited | in_dispute, key=lambda place: (-uncited[place], -in_dispute[place], place))[:limit]


def needs_of(places: Iterable[Place]) -> list[Need]:
    """What the records in `places` need, in that order; those deleted since are left out."""
    places = list(places)
    found = {}
    for model in _told_records():
        label = label_of(model)
        keys = [key for each, key in places if each == label]
        for record in with_citations(model.objects.filter(pk__in=keys)) if keys else ():
            found[label, record.pk] = Need(record, tally(record))
    return [found[place] for place in places if place in found]


def model_of(place: Place) -> type[CitedRecord]:
    return apps.get_model(place[0])


def _told_records() -> list[type[CitedRecord]]:
    """The kinds of record that are no fact of another. Divisions are reference data: their fixture says from where."""
    models = [model for model in record_models() if issubclass(model, CitedRecord) and not model.belongs_to]
    return [model for model in models if model is not Division]


def _by_place(model, own, chosen) -> Counter[Place]:
    """How many fields each record has in `own`, and how many facts among those `chosen` from their model."""
    counts, label = Counter(), label_of(model)
    for key, fields in own.order_by().values_list("pk", "fields"):
        counts[label, key] += fields
    for fact in model.fact_relations():
        rows = chosen(fact.related_model).order_by().values(owner=F(fact.field.attname)).annotate(rows=Count("pk"))
        # A statement may be about no agreement.
        for key, facts in rows.filter(owner__isnull=False).values_list("owner", "rows"):
            counts[label, key] += facts
    return counts
