"""The changes of the registry, newest first."""

from django.utils.translation import gettext_lazy as _

from core.rest.parameters import Key, WholeNumber
from parks.models import Park
from portal.changed import latest_changes
from portal.views.page import Page

ON_A_PAGE = 20


class ChangesView(Page):
    """Every change in words. The next page goes on from the last change told, so that nothing is told twice."""

    template = "portal/changes.html"
    parameters = {
        "park": Key(Park, "slug", _("Only what was changed of this park.")),
        "before": WholeNumber(1, 10**18, _("Only changes before the one of this number.")),
    }

    def tell(self):
        park = self.asked.get("park")
        changes = latest_changes(ON_A_PAGE + 1, self.asked.get("before"), park)
        more = len(changes) > ON_A_PAGE
        return {
            "park": park,
            "changes": changes[:ON_A_PAGE],
            "before": changes[ON_A_PAGE - 1].change.pk if more else None,
        }
