"""The page "What most needs a source"."""

import time

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.admin.reading import address_of
from core.models import Version
from parks.needs import model_of, neediest, needs_of

LISTED = 500
PER_PAGE = 50
# What takes longer to count than this is counted again only after a while, though the registry changes meanwhile.
SLOW_SECONDS = 2
KEPT_SECONDS = 300


class NeedsSource:
    """The parks' pages, with one more that ranks records of every kind by what needs a source."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.needs_source_view)
        return [path("needs-source/", view, name="parks_park_needs_source"), *super().get_urls()]

    def needs_source_view(self, request):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        kept = _ranking()
        seen = [place for place in kept["places"] if _may_see(request.user, model_of(place))]
        page = Paginator(seen, PER_PAGE).get_page(request.GET.get("p"))
        rows = [
            {"need": need, "href": address_of(model, need.record.pk), "kind": capfirst(model._meta.verbose_name)}
            for need in needs_of(page)
            for model in [type(need.record)]
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("What most needs a source"),
            "opts": self.opts,
            "rows": rows,
            "page": page,
            "listed": LISTED,
            "is_cut": len(kept["places"]) == LISTED,
            "counted_at": kept["counted_at"],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/needs_source.html", context)


def _may_see(person, model) -> bool:
    return person.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")


def _ranking() -> dict:
    """The ranking of the registry as it stands; of a large one, as it stood a few minutes ago."""
    revision = Version.objects.order_by("-id").values_list("id", flat=True).first()
    kept = cache.get("needs-source")
    if kept and (kept["revision"] == revision or kept["is_slow"]):
        return kept
    begun = time.monotonic()
    places = neediest(LISTED)
    is_slow = time.monotonic() - begun > SLOW_SECONDS
    kept = {"places": places, "revision": revision, "is_slow": is_slow, "counted_at": timezone.now()}
    cache.set("needs-source", kept, KEPT_SECONDS)
    return kept
