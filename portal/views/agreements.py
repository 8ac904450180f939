"""The pages of agreements and of those who signed them, and the list of agreements."""

from collections import defaultdict

from django.db.models import Count, Prefetch
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _

from agreements.filters import AgreementFilter
from agreements.force import in_force, with_superseding
from agreements.lineage import Kin, lineage
from agreements.models import Agreement, AgreementParty, Clause, Official, Signatory, Statement
from cities.models import Division
from core.rest.parameters import Day, Year
from parks.models import BenefitShare, CoManagementRole, ParkAgreement, ParkStatement
from portal.holdings import first
from portal.paging import PAGE, paged
from portal.telling import DONE_BY, name_of
from portal.views.page import ON, Page
from portal.views.records import RecordPage
from sources.evidence import load_citations, with_citations, with_facts

# So many parties are offered to choose from: those with the most agreements.
OFFERED = 200


class AgreementPage(RecordPage):
    model = Agreement
    template = "portal/agreement.html"
    parameters = {"on": ON}

    def records(self):
        others = ("links_from_later", "parks")
        return with_citations(with_citations(with_facts(Agreement.objects.all(), *others)), *others)

    def tell(self):
        told = super().tell()
        given = {"agreement": self.record}
        roles = CoManagementRole.objects.filter(**given).select_related("park", "division", "body")
        shares = BenefitShare.objects.filter(**given).select_related("park", "division", "body")
        came = {
            "roles": first(roles.order_by("park__slug", "function", "id")),
            "shares": first(shares.order_by("park__slug", "subject", "id")),
        }
        load_citations([row for part in came.values() for row in part.rows])
        kin = lineage(self.record, self.day)
        own = next(each for each in kin if each.generation == 0)
        return {
            **told,
            **came,
            "on": self.day,
            "own": own,
            "kin": [(each, self._ways(each)) for each in kin if each is not own],
            "clauses": _by_kind(self.record.clauses.all()),
            **self.cite(on=self.day),
            **self.changes(),
        }

    def _ways(self, kin: Kin) -> list[tuple]:
        """How one of the lineage stands to what the links lead to it from, one by one: in words, with that agreement,
        or None for this one, and the link.
        """
        loaded = {link.pk: link for link in (*self.record.links_to_earlier.all(), *self.record.links_from_later.all())}
        ways = []
        for link in kin.links:
            is_earlier = link.earlier_id == kin.agreement.pk
            other = link.later if is_earlier else link.earlier
            words = DONE_BY[link.kind] if is_earlier else link.get_kind_display()
            ways.append((words, None if other.pk == self.record.pk else other, loaded.get(link.pk)))
        return ways


def _by_kind(clauses) -> list[tuple[str, list[Clause]]]:
    """The clauses by kind: what that is called, and those of it in their order."""
    of_kind = defaultdict(list)
    for clause in clauses:
        of_kind[clause.kind].append(clause)
    return [(label, of_kind[kind]) for kind, label in Clause.Kind.choices if kind in of_kind]


class OfficialPage(RecordPage):
    """A person in public posts: what the record has of these, of what was signed and of what was said in public."""

    model = Official
    template = "portal/official.html"

    def records(self):
        return with_citations(with_facts(Official.objects.all()))

    def tell(self):
        told = super().tell()
        signatures = Signatory.objects.filter(official=self.record)
        statements = Statement.objects.filter(official=self.record).select_related("post", "agreement", "outlet")
        parks = Prefetch("parks", ParkStatement.objects.select_related("park"))
        signatures = first(
            signatures.select_related("agreement", "post", "division", "body").order_by("-agreement__signed_on", "id")
        )
        statements = first(statements.prefetch_related(parks).order_by("-said_on", "id"))
        load_citations([*signatures.rows, *statements.rows])
        return {**told, "signatures": signatures, "statements": statements, **self.cite(), **self.changes()}


class AgreementsView(Page):
    """All agreements, the newest first, by kind, party, year of signing and the day on which they are in force."""

    template = "portal/agreements.html"
    filters = {name: AgreementFilter.base_filters[name] for name in ("q", "kind", "party", "body")}
    parameters = {
        **{name: where.parameter for name, where in filters.items()},
        "on": Day(_("In force on this day, in this month or year.")),
        "year": Year(_("The year in which they were signed.")),
        **PAGE,
    }

    def tell(self):
        on, agreements = self.asked.get("on"), Agreement.objects.all()
        for name in self.filters.keys() & self.asked.keys():
            agreements = self.filters[name].filter(agreements, self.asked[name], on)
        if "year" in self.asked:
            agreements = agreements.filter(signed_on__startswith=str(self.asked["year"]))
        if on:
            agreements = agreements.in_force(on)
        parties = AgreementParty.objects.select_related("division", "body")
        parks = ParkAgreement.objects.select_related("park")
        agreements = with_superseding(agreements).prefetch_related(
            Prefetch("parties", parties), Prefetch("parks", parks)
        )
        page = paged(agreements.order_by("-signed_on", "slug"), self.asked)
        return {
            "page": page,
            "agreements": [(each, in_force(each, self.day)) for each in page.rows],
            "kinds": Agreement.Kind.choices,
            "years": _years(),
            "parties": self._parties(),
        }

    def _parties(self) -> list[Division]:
        """The divisions that are parties to the most agreements, and the one asked for, by their names."""
        counts = AgreementParty.objects.exclude(division=None).order_by().values_list("division")
        codes = [code for code, _count in counts.annotate(count=Count("pk")).order_by("-count", "division")[:OFFERED]]
        offered = Division.objects.in_bulk(codes)
        if party := self.asked.get("party"):
            offered[party.pk] = party
        return sorted(offered.values(), key=name_of)


def _years() -> list[str]:
    """The years in which agreements were signed, the last first."""
    signed = Agreement.objects.exclude(signed_on="").annotate(year=Substr("signed_on", 1, 4))
    return list(signed.order_by("-year").values_list("year", flat=True).distinct())
