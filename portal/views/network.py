"""The net that parks make of cities."""

from django.utils.translation import gettext_lazy as _

from cities.models import Division, Province
from core.keeping import kept
from core.rest.parameters import Choice, Day, Key
from parks.models import CoManagementRole
from parks.network import Level, network
from portal.circle import circle
from portal.views.page import Page

# So many ties can be told apart in a drawing.
DRAWN = 150
SORTS = {
    "parks": lambda tie: (-tie.parks, tie.one.code, tie.other.code),
    "one": lambda tie: (tie.one.code, tie.other.code),
    "other": lambda tie: (tie.other.code, tie.one.code),
}
COLUMNS = [("one", _("Place")), ("other", _("and place")), ("parks", _("Parks"))]


class NetworkView(Page):
    """Cities as nodes, the parks between them as edges; and the same as a table."""

    template = "portal/network.html"
    parameters = {
        "within": Key(Division, "code", _("A division: only ties one end of which is it, or lies within it.")),
        "function": Choice(CoManagementRole.Function.choices, _("Only by roles of this function.")),
        "on": Day(_("Only by what was held on this day, month or year.")),
        "level": Choice(Level.choices, _("Which places are tied.")),
        "sort": Choice([(each, "") for each in SORTS], _("What the table is sorted by.")),
    }

    def tell(self):
        level = self.asked.get("level", Level.CITY)
        net, counted_at = self._network(level)
        return {
            "network": net,
            "counted_at": counted_at,
            "circle": circle(net),
            "ties": sorted(net.ties, key=SORTS[self.asked.get("sort", "parks")]),
            "sort": self.asked.get("sort", "parks"),
            "columns": COLUMNS,
            "level": level,
            "levels": Level.choices,
            "functions": CoManagementRole.Function.choices,
            "provinces": Province.objects.existing(),
        }

    def _network(self, level):
        filters = {name: self.asked[name] for name in ("function", "on") if name in self.asked}
        if "within" in self.asked:
            filters["within_code"] = self.asked["within"].code
        if filters:
            return network(DRAWN, level, **filters), None
        # The whole net of a large registry takes seconds.
        known = kept(f"network-{level}", lambda: network(DRAWN, level))
        self.kept = not known.is_old
        return known.value, known.as_of
