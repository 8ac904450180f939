"""The pages of divisions and bodies, and the list of divisions that have to do with parks."""

from django.utils.translation import gettext_lazy as _

from cities.models import Body, Division
from core.rest.parameters import Choice, Flag, Key, Period, WholeNumber
from parks.models import Indicator
from parks.totals import Attribution
from portal.holdings import (
    agreements_of,
    hosted,
    posts_of,
    roles_of,
    run_elsewhere,
    shares_of,
    surroundings,
    tallies,
    turned,
)
from portal.paging import PAGES
from portal.sums import summed
from portal.views.page import ON, Page
from portal.views.records import RecordPage
from sources.evidence import load_citations

# Each part of a page is turned for itself.
NUMBER = WholeNumber(1, PAGES, _("Which page of this part."))


class PartyPage(RecordPage):
    """Who runs, gets and signs something."""

    parameters = {"on": ON, **dict.fromkeys(("roles", "shares", "posts"), NUMBER)}

    def tell(self):
        told = super().tell()
        on = self.day
        held = {
            "roles": roles_of(self.record, on, self.asked.get("roles", 1)),
            "shares": shares_of(self.record, on, self.asked.get("shares", 1)),
            "posts": posts_of(self.record, on, self.asked.get("posts", 1)),
        }
        agreements = agreements_of(self.record, on)
        facts = [each.fact for part in held.values() for each in part.rows]
        load_citations([self.record, *facts, *(each.party for each in agreements.rows)])
        return {**told, **held, "agreements": agreements, "on": on, **self.cite(on=on), **self.changes()}


class DivisionPage(PartyPage):
    model = Division
    template = "portal/division.html"
    feed = "portal:division-feed"
    parameters = {
        **PartyPage.parameters,
        **dict.fromkeys(("hosted", "elsewhere", "bodies"), NUMBER),
        "indicator": Key(Indicator, "code", _("What is added up.")),
        "period": Period(_("As figures have it: 2022, 2022-H1, 2022-Q3, 2022-08.")),
        "attribution": Choice(Attribution.choices, _("Whose a park’s figure is")),
        "alone": Flag(_("Only the division itself, without what lies within it.")),
    }

    def records(self):
        return Division.objects.select_related("parent__parent", "successor").prefetch_related("predecessors")

    def tell(self):
        told = super().tell()
        around = surroundings(self.record)
        parks = {
            "hosted": hosted(around, told["on"], self.asked.get("hosted", 1)),
            "elsewhere": run_elsewhere(around, told["on"], self.asked.get("elsewhere", 1)),
        }
        bodies = turned(self.record.bodies.order_by("slug"), self.asked.get("bodies", 1))
        total = summed(around, self.asked)
        counted = [each.observation for each in total.counted.rows] if total.total else []
        load_citations([*(each.park for part in parks.values() for each in part.rows), *bodies.rows, *counted])
        return {
            **told,
            **parks,
            "bodies": bodies,
            "tallies": tallies(around),
            "sum": total,
        }


class BodyPage(PartyPage):
    model = Body
    template = "portal/body.html"

    def records(self):
        return Body.objects.select_related("division__parent__parent")


class DivisionsView(Page):
    """The provinces and states that have to do with parks, and in each the cities that have."""

    template = "portal/divisions.html"

    def tell(self):
        return {"tallies": tallies()}
