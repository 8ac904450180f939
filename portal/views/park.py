"""The page of a park."""

from itertools import chain

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agreements.lineage import Kin, lineages
from agreements.models import AgreementLink
from core.loading import load_references
from core.rest.references import kind_of
from parks.comanagement import matrix
from parks.lifetime import existence
from parks.models import BenefitShare, CoManagementRole, Event, Observation, Park, Remark
from parks.querysets import Span
from parks.shares import shares_on
from portal import park_day
from portal.maps import features_of_park
from portal.telling import DONE_BY
from portal.views.page import ON
from portal.views.records import RecordPage, with_query
from sources.evidence import filled_fields, load_citations, tally

SPANS = {
    Span.NONE: _("across no border on record"),
    Span.COUNTY: _("across the border of two counties"),
    Span.PREFECTURE: _("across the border of two prefectures"),
    Span.PROVINCE: _("across the border of two provinces"),
    Span.NATION: _("across a national border"),
}
# What the API has of one park as a table of its own.
TABLES = (CoManagementRole, BenefitShare, Observation, Event, Remark)
# How many days on which something changed are offered to be looked at.
POINTS = 24


class ParkPage(RecordPage):
    """Who runs what in a park on a day, and all else that the registry knows of it, each fact with its notes."""

    model = Park
    template = "portal/park.html"
    parameters = {"on": ON}
    feed = "portal:park-feed"

    def records(self):
        later = Prefetch("agreements__agreement__links_from_later", AgreementLink.objects.select_related("later"))
        return Park.objects.with_facts().with_citations().with_span().prefetch_related(later)

    def tell(self):
        told = super().tell()
        park, on = self.record, self.day
        roles, shares = list(park.roles.all()), list(park.shares.all())
        held, splits = matrix(park, roles, on), shares_on(park, shares, on)
        _load_places(park)
        kin, agreements = _kin(park), _agreements(park, on)
        statements = [row.statement for row in park.statements.all()]
        load_citations([*statements, *chain(*kin.values()), *(each["row"].agreement for each in agreements)])
        return {
            **told,
            "on": on,
            "existed": existence(park, on),
            "turning_points": park_day.turning_points(park, [*roles, *shares])[-POINTS:],
            "span": SPANS[park.span],
            "own": _own_fields(park),
            "tally": tally(park),
            "kin": kin,
            "map_features": features_of_park(park),
            "opposite": park_day.opposite(park, held, roles),
            "table": park_day.table_of(held, roles),
            "splits": park_day.splits_told(splits),
            "other_shares": park_day.other_shares(splits, shares),
            "agreements": agreements,
            "industries": sorted(park.industries.all(), key=lambda each: (each.tier != "LEADING", each.rank or 99)),
            "names": sorted(park.names.all(), key=lambda name: (not name.since, name.since, name.kind)),
            "remarks": _remarks(park),
            "undated": _("undated"),
            "unrecorded": _("not recorded"),
            "tables": self._tables(),
            **self.cite("GeoJSON", on=on),
            **self.changes(),
            "changes_page": with_query(reverse("portal:changes"), {"park": park.slug}),
        }

    def _tables(self) -> dict[str, str]:
        """Where the API has its facts as tables."""
        return {
            model._meta.verbose_name_plural: with_query(
                reverse(f"{kind_of(model)}-list", kwargs={"format": "csv"}), {"park": self.record.slug, **self.known}
            )
            for model in TABLES
        }


def _load_places(park):
    """The divisions above each that the page names."""
    facts = [*park.roles.all(), *park.shares.all(), *park.sites.all()]
    bodies = {fact.body for fact in facts if getattr(fact, "body", None)}
    load_references(bodies, ["division"])
    named = {park.host, *(fact.division for fact in facts), *(body.division for body in bodies)} - {None}
    load_references(load_references(named, ["parent"]), ["parent"])


def _own_fields(park) -> set[str]:
    """The park's own fields of which there is something to tell: a value, or a source that says there should be one."""
    return {*filled_fields(park), *(citation.field for citation in park.citations.all() if citation.field)}


def _kin(park) -> dict[str, list[Park]]:
    """The parks within it, and those that were merged into it."""
    found = list(Park.objects.filter(Q(part_of=park) | Q(successor=park)).order_by("established", "slug"))
    return {
        "parts": [each for each in found if each.part_of_id == park.pk],
        "predecessors": [each for each in found if each.successor_id == park.pk],
    }


def _agreements(park, on) -> list[dict]:
    """The agreements that concern the park with their lineage, in order of the date they begin."""
    rows = list(park.agreements.all())
    found, told = lineages([row.agreement for row in rows], on), []
    for row in rows:
        kin = found[row.agreement_id]
        own = next(each for each in kin if each.generation == 0)
        # What lies further off is told here only where it has no place of its own on the page.
        others = [each for each in kin if abs(each.generation) == 1 or each.agreement.pk not in found]
        told.append({"row": row, "own": own, "kin": [(each, _way(each, row.agreement_id)) for each in others]})
    return sorted(told, key=lambda each: (not each["own"].period.since, each["own"].period.since, each["row"].pk))


def _way(kin: Kin, key: int) -> str:
    """How an agreement stands to the one of this key."""
    for link in kin.links:
        if link.later_id == key:
            return link.get_kind_display()
        if link.earlier_id == key:
            return DONE_BY[link.kind]
    return _("further back") if kin.generation < 0 else _("further on")


def _remarks(park) -> list[tuple[str, list[Remark]]]:
    """The remarks by kind: what the kind is called, and those of it."""
    found = [(label, [each for each in park.remarks.all() if each.kind == kind]) for kind, label in Remark.Kind.choices]
    return [(label, remarks) for label, remarks in found if remarks]
