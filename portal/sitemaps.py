"""Every public page in each language, for search engines (sitemaps.org), and what they are asked to leave alone."""

from functools import partial

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Subquery
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control

from core.history import label_of, versions_of_each
from core.models import Record, Version
from core.rest.references import key_of
from portal.addresses import PAGES, address_of

OVERVIEWS = ("home", "parks", "divisions", "agreements", "network", "sources", "changes", "about")


class InEachLanguage:
    """Records with each language of the site, read a part at a time: `(record, language)`."""

    def __init__(self, records):
        self.records, self.languages = records, [code for code, _name in settings.LANGUAGES]

    def __len__(self):
        return self.records.count() * len(self.languages)

    def __getitem__(self, part: slice):
        each = len(self.languages)
        return [
            (record, code) for record in self.records[part.start // each : part.stop // each] for code in self.languages
        ]


class Pages(Sitemap):
    """Pages in two languages, each told with the other, and with the address that leads to the reader's."""

    i18n = alternates = x_default = True
    # A piece takes a second; search engines would take ten times as many. Even, for the two languages.
    limit = 5000

    def get_protocol(self, protocol=None):
        return protocol


class Overviews(Pages):
    def items(self):
        return OVERVIEWS

    def location(self, item):
        return reverse(f"portal:{item}")


class RecordPages(Pages):
    """The pages of all records of a kind, with the instant at which each or a fact of it was changed last."""

    def __init__(self, model: type[Record]):
        self.model = model

    def items(self):
        changed = versions_of_each(self.model).order_by("-id").values("change__at")[:1]
        return self.model.objects.only(key_of(self.model)).annotate(changed=Subquery(changed)).order_by("pk")

    def _items(self):
        return InEachLanguage(self.items())

    def location(self, item):
        return address_of(item)

    def lastmod(self, item):
        return item.changed

    def get_latest_lastmod(self):
        newest = Version.objects.filter(root_model=label_of(self.model)).order_by("-id")
        return newest.values_list("change__at", flat=True).first()


SITEMAPS = {"overviews": Overviews} | {
    page.removeprefix("portal:"): partial(RecordPages, model) for model, page in PAGES.items()
}


@cache_control(public=True, max_age=86400)
def robots(request) -> HttpResponse:
    """What programs that follow links may read (RFC 9309)."""
    told = {"disallowed": settings.NOT_PUBLIC, "sitemap": request.build_absolute_uri(reverse("sitemap"))}
    return HttpResponse(render_to_string("portal/robots.txt", told), content_type="text/plain; charset=utf-8")
