"""Which parks most need a source: how many of their rows nobody supports, some source disputes, one voice supports.

A row is the park itself or one of its facts.
"""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, F

from parks.models import Park
from sources.evidence import disputed, supported, unsupported


@dataclass(frozen=True)
class Need:
    """How many rows of the park with this key lack a source, are disputed, or rest on one voice alone."""

    park: int
    uncited: int
    disputed: int
    single_source: int


def neediest(limit: int) -> list[Need]:
    """The `limit` parks with most uncited rows, then most disputed ones; these in order, the latter two told apart by
    how many rest on one voice. A fixed number of queries, each over one whole table, but one for the listed alone.
    """
    uncited, in_dispute = _by_park(unsupported), _by_park(disputed)
    first = sorted(uncited | in_dispute, key=lambda park: (-uncited[park], -in_dispute[park], park))[:limit]
    single = _by_park(_of_one_voice, first)
    needs = [Need(park, uncited[park], in_dispute[park], single[park]) for park in first]
    return sorted(needs, key=lambda need: (-need.uncited, -need.disputed, -need.single_source, need.park))


def _of_one_voice(model):
    return supported(model, 1).exclude(pk__in=supported(model, 2).values("pk"))


def _by_park(chosen, parks: list[int] | None = None) -> Counter[int]:
    """How many rows each park has among those `chosen` of each model; of `parks` alone where given."""
    counts = Counter()
    for model in (Park, *(fact.related_model for fact in Park.fact_relations())):
        key = "pk" if model is Park else "park_id"
        rows = chosen(model) if parks is None else chosen(model).filter(**{f"{key}__in": parks})
        found = rows.order_by().values(owner=F(key)).annotate(rows=Count("pk"))
        counts.update(dict(found.values_list("owner", "rows")))
    return counts
