"""What all public pages have in common: they are the same for everybody, and refuse what they cannot understand."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as told_now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.generic import View

from core.documents import shape_of_code
from core.known import day_of_reading, known_at
from core.rest.conditional import etag_of_revision, is_known, not_modified
from core.rest.errors import BadParameters
from core.rest.parameters import Day, Instant, Text, read_parameters
from portal.footnotes import Footnotes
from portal.views.refusals import refuse

# What other sites add to the links that lead here, and what says nothing to the page.
OF_OTHERS = ("utm_", "fbclid", "gclid", "spm")
ON = Day(_("The day, month or year asked about; today if not given."))
KNOWN = Instant(_("The registry as it stood at this instant."), past=True)


@method_decorator([csrf_exempt, gzip_page], name="dispatch")
class Page(View):
    """A page that anybody may read: no session, no cookie, the same bytes for all.

    A subclass names its `template`, says in `parameters` what may be asked, and gives the template's context in
    `tell`, where `self.asked` has the values that were given, and `self.given` the same as texts.
    """

    http_method_names = ["get", "head", "options"]
    only_reads = True
    template = ""
    parameters: dict[str, Text] = {}
    # Whether `known` can be asked: the page as the registry stood then.
    looks_back = False
    # Whether it tells nothing but the registry's records as they are: who wrote them can be called otherwise without a
    # change, and what `core.keeping.kept` tells of them may be old.
    kept = True

    def tell(self) -> dict:
        """What the template tells."""
        return {}

    def get(self, request, **kwargs):
        try:
            self.asked = self._read()
        except BadParameters as error:
            return self.render("portal/refused.html", {"errors": error.errors}, status=400)
        etag = etag_of_revision(request, timezone.localdate().isoformat(), _code()) if self.kept else None
        # While templates are worked on, nobody knows a page already.
        if etag and is_known(request, etag) and not settings.DEBUG:
            return not_modified(self._describe(TemplateResponse(request, self.template), etag))
        with known_at(self.asked.get("known")):
            response = self.render(self.template, self.tell())
        response.kept = self.kept
        self._describe(response, etag if self.kept else None)
        return response

    def render(self, template: str, context: dict, status: int = 200) -> TemplateResponse:
        """The page, rendered at once: what is read lazily belongs to the instant that is looked back to."""
        told = {"view": self, "footnotes": Footnotes(), "known": getattr(self, "asked", {}).get("known"), **context}
        return TemplateResponse(self.request, template, told, status=status).render()

    @property
    def day(self) -> str:
        """The day, month or year that the page tells of: what `on` asks for, else the day as of which it is read."""
        return self.asked.get("on") or day_of_reading().isoformat()

    def known_parameters(self) -> dict[str, Text]:
        return {**self.parameters, "known": KNOWN} if self.looks_back else self.parameters

    def _read(self) -> dict:
        given = QueryDict(mutable=True)
        for name, texts in self.request.GET.lists():
            # An empty field of a form asks for nothing.
            texts = [text for text in texts if text != ""]
            if texts and name.endswith("__in"):
                # A form tells each box that is ticked for itself.
                texts = [",".join(texts)]
            if texts and not name.startswith(OF_OTHERS):
                given.setlist(name, texts)
        self.given = given
        return read_parameters(given, self.known_parameters())

    def http_method_not_allowed(self, request, *args, **kwargs):
        told = told_now("Pages can only be read. Write over the API at /api/v1/, or in the editors' part.")
        allowed = ", ".join(name.upper() for name in self.http_method_names)
        return refuse(request, 405, told_now("This cannot be done"), told, {"Allow": allowed})

    def _describe(self, response, etag):
        if etag:
            response["ETag"] = etag
        # As `gzip_page` says it of those that it shortens.
        patch_vary_headers(response, ["Accept-Encoding"])
        patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
        response.shared = True
        return response


@cache
def _code() -> str:
    """Tells pages that other code, templates or translations have made."""
    digest = hashlib.sha256(shape_of_code().encode())
    folders = [Path(__file__).parent.parent, *map(Path, settings.LOCALE_PATHS)]
    for file in sorted(file for folder in folders for file in folder.rglob("*.*") if file.suffix != ".pyc"):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
