"""How much the registry knows: parks, agreements, sources, and facts, how many of them cited and how many disputed."""

from dataclasses import dataclass, field

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count

from agreements.models import Agreement
from core.keeping import Kept, kept
from parks.directory import directory
from parks.models import Park
from sources.models import Citation, Source


@dataclass(frozen=True)
class Facts:
    """Rows of one kind of fact: all, those that some source supports, those that some source disputes."""

    all: int
    cited: int
    disputed: int

    @property
    def uncited(self) -> int:
        return self.all - self.cited


@dataclass(frozen=True)
class Census:
    """The numbers of one state of the registry."""

    parks: int
    agreements: int
    sources: int
    citations: int
    # By the name of the model; parks are among them.
    facts: dict[str, Facts] = field(repr=False)
    # Parks by span, by function that somebody holds or held, by code of the province that hosts them.
    spans: dict[str, int] = field(repr=False)
    functions: dict[str, int] = field(repr=False)
    provinces: dict[str, int] = field(repr=False)

    @property
    def all_facts(self) -> Facts:
        """Of all kinds together."""
        each = self.facts.values()
        return Facts(*(sum(getattr(facts, name) for facts in each) for name in ("all", "cited", "disputed")))


def fact_models() -> list:
    """Parks and every kind of fact of theirs."""
    return [Park, *(fact.related_model for fact in Park.fact_relations())]


def census() -> Kept:
    """The census of the registry as it stands, worked out once for each state of it (see `core.keeping`)."""
    return kept("census", _count)


def _count() -> Census:
    # What parks are counted by is in memory already, for lists of them.
    known = directory()
    return Census(
        parks=known.parks.bit_count(),
        agreements=Agreement.objects.count(),
        sources=Source.objects.count(),
        citations=Citation.objects.count(),
        facts=_facts(),
        spans=known.counts("span", known.parks),
        functions=known.counts("function", known.parks),
        provinces=known.counts("province", known.parks),
    )


def _facts() -> dict[str, Facts]:
    """Citations go with what they cite, so that what is cited need not be looked up."""
    kinds = ContentType.objects.get_for_models(*fact_models())
    cited = {
        (kind, stance): rows
        for kind, stance, rows in Citation.objects.order_by()
        .values_list("content_type", "stance")
        .annotate(Count("object_id", distinct=True))
    }
    return {
        model._meta.model_name: Facts(
            model.objects.count(),
            *(
                cited.get((kinds[model].pk, stance), 0)
                for stance in (Citation.Stance.SUPPORTS, Citation.Stance.DISPUTES)
            ),
        )
        for model in fact_models()
    }
