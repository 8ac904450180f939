"""The list of parks."""

import json
from types import SimpleNamespace
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.documents import documented
from core.history import label_of
from core.rest.parameters import Choice, WholeNumber
from parks.directory import FACETS, Directory, directory
from parks.filters import ParkFilter
from parks.models import Park
from parks.querysets import Span
from portal.facets import KINDS
from portal.telling import page_language
from portal.views.page import Page

PAGE = 24
SORTS = {
    "name": _("by name"),
    "established": _("oldest first"),
    "-established": _("youngest first"),
    "-changed": _("last changed first"),
}
# What the fields of the form stand for: all else that is asked for goes with it unseen.
OF_THE_FORM = {"q", "sort", *(kind.parameter for kind in KINDS)}
FORMATS = {"csv": "CSV", "xlsx": "Excel", "geojson": "GeoJSON", "ndjson": "NDJSON", "json": "JSON"}


class Chosen(NamedTuple):
    """The directory, and the parks in it that meet each filter that is asked for.

    No view keeps it: a page and its view refer to each other, and what one holds is let go when cycles are looked for.
    """

    directory: Directory
    meeting: dict[str, int]

    def parks(self, but_for: str = "") -> int:
        """The parks that meet all filters, or all but one."""
        parks = self.directory.parks
        for name, meeting in self.meeting.items():
            if name != but_for:
                parks &= meeting
        return parks


class ParksPage(Page):
    """A page of parks chosen by the filters of the REST API: `filters` has what was asked for as these read it, and
    `texts` as it was written, both with any of several values of a facet as `…__in`.
    """

    def known_parameters(self):
        return {**ParkFilter.known(), **self.parameters}

    def _read(self):
        asked, given = super()._read(), self.given.dict()
        for several in (kind.parameter for kind in KINDS):
            name = several.removesuffix("__in")
            if name != several and name in asked and several not in asked:
                asked[several], given[several] = [asked.pop(name)], given.pop(name)
        self.filters = {name: asked[name] for name in asked if name in ParkFilter.known()}
        self.texts = {name: given[name] for name in self.filters}
        return asked

    def choose(self) -> Chosen:
        parks = directory()
        return Chosen(parks, {name: parks.chosen({name: value}) for name, value in self.filters.items()})

    def address(self, **changes: str | None) -> str:
        """The address of the list with what is asked for, but for `changes`; None leaves out."""
        return reverse("portal:parks") + self.query(**changes)

    def query(self, **changes: str | None) -> str:
        texts = {name: text for name, text in {**self.texts, **changes}.items() if text is not None}
        return f"?{urlencode(texts, safe=',:')}" if texts else ""


class ParksView(ParksPage):
    """The parks that meet what is asked for, with what can be asked for besides."""

    template = "portal/parks.html"
    parameters = {
        "sort": Choice([(each, "") for each in SORTS], _("What comes first.")),
        "page": WholeNumber(1, 10**6, _("Which page of the list.")),
        "all": Choice([(kind.parameter, "") for kind in KINDS], _("The facet of which all values are told.")),
    }

    def _read(self):
        asked = super()._read()
        if "sort" in asked:
            self.texts["sort"] = asked["sort"]
        return asked

    def tell(self):
        chosen, sort, number = self.choose(), self.asked.get("sort", "name"), self.asked.get("page", 1)
        parks = chosen.parks()
        count = parks.bit_count()
        pages = max(1, -(-count // PAGE))
        if number > pages:
            raise Http404(_("There are %d pages.") % pages)
        order = ("name_zh" if page_language() == "zh-Hans" else "name_en") if sort == "name" else sort
        facets = [self._facet(kind, chosen) for kind in KINDS]
        return {
            "count": count,
            "parks": self._load(chosen.directory.page(parks, order, (number - 1) * PAGE, PAGE)),
            "facets": facets,
            "chips": [*self._chips(facets)],
            "others": self._others(),
            "q": self.texts.get("q", ""),
            "sort": sort,
            "sorts": SORTS,
            "number": number,
            "pages": pages,
            "previous": self.address(page=str(number - 1) if number > 2 else None) if number > 1 else "",
            "next": self.address(page=str(number + 1)) if number < pages else "",
            "exports": [(name, self._export(name), title) for name, title in FORMATS.items()],
            "map_source": reverse("portal:parks-map") + self._mapped(),
            "everything": reverse("portal:parks"),
        }

    def _facet(self, kind, chosen):
        among = chosen.parks(but_for=kind.parameter)
        counts = chosen.directory.counts(kind.column, among)
        asked = self.filters.get(kind.parameter, [])
        values = {FACETS[kind.column](value): value for value in (asked if isinstance(asked, list) else [asked])}
        for each, value in values.items():
            # None has it, or it is told by no column: a city that the hosts lie in.
            meeting = chosen.directory.chosen({kind.parameter: value if kind.is_flag else [value]})
            counts[each] = (among & meeting).bit_count()
        whole = self.address(all=kind.parameter) + f"#facet-{kind.parameter}"
        return kind.facet(counts, [*values], whole=whole, is_whole=self.asked.get("all") == kind.parameter)

    def _others(self) -> dict[str, str]:
        """What is asked for by no facet."""
        return {name: text for name, text in self.texts.items() if name not in OF_THE_FORM}

    def _chips(self, facets):
        """What is asked for, each with the address of the list without it."""
        for name in ["q", *self._others()]:
            if name in self.texts:
                title = _("In their names") if name == "q" else name
                yield {"title": title, "label": self.texts[name], "without": self.address(**{name: None})}
        for each in facets:
            chosen = [option for option in each.options if option.is_chosen]
            for option in chosen:
                rest = ",".join(other.value for other in chosen if other is not option)
                without = self.address(**{each.parameter: rest or None})
                yield {"title": each.title, "label": option.label, "without": without}

    def _export(self, format):
        return reverse("park-list", kwargs={"format": format}) + self.query(sort=None)

    def _mapped(self):
        # There, the box is that of the map.
        return self.query(sort=None, bbox=None, area=self.texts.get("bbox"))

    def _load(self, keys) -> list[SimpleNamespace]:
        """The parks of these keys, in this order, as their documents tell them."""
        parks = [
            json.loads(text.body, object_hook=lambda told: SimpleNamespace(**told))
            for texts in documented()[label_of(Park)].read(keys)
            for text in texts
        ]
        for park in parks:
            partners = {}
            for role in park.roles:
                if role.division:
                    role.division.page = reverse("portal:division", args=[role.division.code])
                    partners[role.division.code] = role.division
                else:
                    role.body.page = reverse("portal:body", args=[role.body.slug])
                    partners[role.body.slug] = role.body
            partners.pop(park.host.code, None)
            park.partners = list(partners.values())
            park.span_label = Span(park.span).label
            park.status_label = Park.Status(park.status).label
            park.share_cited = round(100 * park.evidence.cited / park.evidence.facts) if park.evidence.facts else 0
        return parks
