"""Parks beside each other."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.rest.parameters import Choice, Text
from parks.models import Park
from portal import missing
from portal.comparison import compare
from portal.views.page import ON, Page

MOST = 4
# More are not even looked up.
LONGEST = 12


@dataclass(frozen=True)
class Unknown:
    """What names no park, and the parks that may be meant: each with the address that takes it instead."""

    text: str
    similar: list[tuple[Park, str]]


class CompareView(Page):
    """Two to four parks side by side on a day; others are added and taken away by plain forms and links."""

    template = "portal/compare.html"
    parameters = {
        "parks": Text(_("The slugs of two to four parks, with commas between them.")),
        "add": Text(_("One more park: its slug, or its name.")),
        "on": ON,
        "only": Choice([("differences", "")], _("Only the rows in which they differ.")),
    }

    def tell(self):
        slugs = self._slugs()
        if adding := self.asked.get("add"):
            park = missing.same_key(Park, adding) or missing.named(Park, adding)
            if park is not None:
                return {"go": self._address([*slugs, park.slug])}
        found = self._found(slugs)
        parks = [found[slug] for slug in slugs if slug in found]
        unknown = [self._unknown(slug, slugs) for slug in slugs if slug not in found]
        if adding:
            unknown.append(self._unknown(adding, [*slugs, adding]))
        is_complete = 1 < len(parks) <= MOST
        return {
            "status": 404 if unknown else 400 if len(parks) > MOST else 200,
            "on": self.day,
            "parks": [(park, self._address([slug for slug in slugs if slug != park.slug])) for park in parks],
            "groups": compare(parks, self.day) if is_complete else [],
            "unknown": unknown,
            "is_complete": is_complete,
            "has_room": len(slugs) < MOST,
            "is_too_many": len(parks) > MOST,
            "is_twice": len(self._texts()) > len(slugs),
            "shows_differences": self.asked.get("only") == "differences",
            "all_rows": self._address(slugs, only=None),
            "differing_rows": self._address(slugs, only="differences"),
            "columns": len(parks) + 1,
            "hidden": {"parks": ",".join(slugs), **self._besides()},
            "adding": adding or "",
            "go_on": self._address([*slugs, "KEY"]),
        }

    def render(self, template, context, status=200):
        if "go" in context:
            return HttpResponseRedirect(context["go"])
        return super().render(template, context, context.get("status", status))

    def _read(self):
        # A list of parks gives those that are ticked one by one.
        query = self.request.GET.copy()
        if "parks" in query:
            query["parks"] = ",".join(filter(None, query.getlist("parks")))
        self.request.GET = query
        return super()._read()

    def _texts(self) -> list[str]:
        return [text for each in self.asked.get("parks", "").split(",") if (text := each.strip())][:LONGEST]

    def _slugs(self) -> list[str]:
        """Each of the parks asked for, once."""
        return list(dict.fromkeys(self._texts()))

    def _found(self, slugs) -> dict[str, Park]:
        wanted = [slug for slug in slugs if missing.can_be_key(slug)]
        parks = Park.objects.filter(slug__in=wanted)
        if len(wanted) <= MOST:
            parks = parks.with_facts().with_citations().with_span()
        return {park.slug: park for park in parks}

    def _unknown(self, text, slugs) -> Unknown:
        similar = missing.similar(Park, text)
        return Unknown(
            text, [(park, self._address([park.slug if each == text else each for each in slugs])) for park in similar]
        )

    def _address(self, slugs, **changes) -> str:
        kept = self._besides() | changes
        asked = {"parks": ",".join(slugs), **{name: text for name, text in kept.items() if text}}
        return f"{reverse('portal:compare')}?{urlencode(asked, safe=',')}"

    def _besides(self) -> dict[str, str]:
        return {name: self.given[name] for name in ("on", "only") if name in self.given}
