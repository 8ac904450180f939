"""The pages of sources, each with all that rests on it, and their list."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, OuterRef, Prefetch, Subquery, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.loading import load_references
from core.rest.parameters import Choice
from portal.facts import value_of, words_of
from portal.paging import PAGE, paged
from portal.views.page import Page
from portal.views.records import RecordPage
from sources.filters import SourceFilter
from sources.models import Citation, CitedRecord, Source

# How many citations a page of a source tells.
CITATIONS = 200
SORTS = [
    ("cited", _("what most rests on first")),
    ("published", _("newest first")),
    ("title", _("by title")),
]
ORDERS = {"cited": ("-resting", "slug"), "published": ("-published_on", "slug"), "title": ("title", "slug")}


@dataclass(frozen=True)
class Cited:
    """One citation, the fact that it speaks of, and both in words."""

    citation: Citation
    fact: CitedRecord

    @property
    def kind(self) -> str:
        """What kind of fact it is, where it is a row of its own."""
        return capfirst(self.fact._meta.verbose_name) if self.fact.belongs_to else ""

    @property
    def words(self) -> str:
        return words_of(self.fact)

    @property
    def field(self) -> str:
        """The field that it speaks of; "" where it speaks of the whole."""
        name = self.citation.field
        return capfirst(self.fact._meta.get_field(name).verbose_name) if self._is_told else name

    @property
    def recorded(self) -> str:
        """What is recorded in that field."""
        return value_of(self.fact, self.citation.field) if self._is_told else ""

    @property
    def _is_told(self) -> bool:
        # SQL by hand or an old release may have cited a field that there is not.
        return self.citation.field in self.fact.citable_fields()


@dataclass
class Resting:
    """A record of its own with what is cited for it and its facts."""

    record: CitedRecord
    cited: list[Cited] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return capfirst(self.record._meta.verbose_name)


class SourcePage(RecordPage):
    model = Source
    template = "portal/source.html"
    parameters = PAGE

    def records(self):
        return Source.objects.select_related("reprint_of").prefetch_related(
            Prefetch("reprints", Source.objects.order_by("published_on", "slug"))
        )

    def tell(self):
        told = super().tell()
        page = paged(Citation.objects.filter(source=self.record).order_by("id"), self.asked, CITATIONS)
        stances = dict(
            Citation.objects.filter(source=self.record).order_by().values_list("stance").annotate(count=Count("pk"))
        )
        return {
            **told,
            "page": page,
            "resting": _resting(page.rows),
            "supports": stances.get(Citation.Stance.SUPPORTS, 0),
            "disputes": stances.get(Citation.Stance.DISPUTES, 0),
            **self.cite(),
        }


def _resting(citations: Iterable[Citation]) -> list[Resting]:
    """What the citations speak of, by the record that it belongs to. A query for each kind of record."""
    prefetch_related_objects(citations, "target")
    targets = [each.target for each in citations if each.target is not None]
    load_references(targets)
    found: dict[CitedRecord, Resting] = {}
    for citation in citations:
        fact = citation.target
        if fact is not None:
            owner = getattr(fact, fact.belongs_to) if fact.belongs_to else fact
            found.setdefault(owner, Resting(owner)).cited.append(Cited(citation, fact))
    return [*found.values()]


class SourcesView(Page):
    """All sources: by kind, publisher and words of the title, with how much rests on each."""

    template = "portal/sources.html"
    filters = {name: SourceFilter.base_filters[name] for name in ("q", "kind", "publisher")}
    parameters = {
        **{name: where.parameter for name, where in filters.items()},
        "sort": Choice(SORTS, _("In which order they are told.")),
        **PAGE,
    }

    def tell(self):
        sources = Source.objects.select_related("reprint_of")
        for name in self.filters.keys() & self.asked.keys():
            sources = self.filters[name].filter(sources, self.asked[name])
        sort = self.asked.get("sort", "cited")
        # "*": the index alone tells how many rows there are, and not whether each has a key.
        counts = Citation.objects.filter(source=OuterRef("pk")).order_by().values("source").annotate(count=Count("*"))
        sources = sources.annotate(resting=Coalesce(Subquery(counts.values("count")), 0))
        return {
            "page": paged(sources.order_by(*ORDERS[sort]), self.asked),
            "kinds": Source.Kind.choices,
            "sort": sort,
            "sorts": SORTS,
        }
