"""What changed, for feed readers (Atom, RFC 4287): in all the registry, in a park, in what a division has to do with.

An entry tells no person: that somebody is called otherwise is no change of the registry, and a feed is kept until one.
"""

import re

from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from cities.models import Division
from core.history import label_of, versions_of
from core.models import Change, Record, Version
from core.settling import settled
from parks.models import Park
from portal.addresses import address_of, own_key
from portal.changed import LARGE, ToldChange, latest_changes, tell_changes
from portal.missing import found
from portal.telling import name_of, page_language
from portal.views.page import Page

ENTRIES, NAMED = 30, 3
# The year in which addresses of this form were given out, for names that stay (RFC 4151).
SINCE = 2026
# What XML 1.0 has no way to tell.
UNTOLD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Feed(Page):
    """Every change of the registry, newest first."""

    scope = "changes"

    def title(self) -> str:
        return _("All changes")

    def page(self) -> str:
        """The path of the page that tells the same to people."""
        return reverse("portal:changes")

    def changes(self) -> list[ToldChange]:
        return latest_changes(ENTRIES)

    def tell(self):
        return {"feed": self._feed(self.changes())}

    def render(self, template, context, status=200):
        if "feed" not in context:
            return super().render(template, context, status)
        return HttpResponse(context["feed"].writeString("utf-8"), content_type=Atom1Feed.content_type)

    def _feed(self, changes: list[ToldChange]) -> Atom1Feed:
        origin = f"{self.request.scheme}://{self.request.get_host()}"
        name = f"tag:{self.request.get_host().partition(':')[0]},{SINCE}:{self.scope}:{page_language()}"
        feed = Atom1Feed(
            title=_seen(f"{self.title()} · {_('Park registry')}"),
            link=origin + self.page(),
            description=None,
            language=page_language(),
            author_name=_("Park registry"),
            feed_url=origin + self.request.path,
            feed_guid=name,
        )
        for each in changes:
            # That of the one record that was changed; of several, that of the feed.
            page = each.records[0].address if len(each.records) == 1 else ""
            feed.add_item(
                title=_seen(_title(each)),
                link=origin + (page or self.page()),
                description=_seen(render_to_string("portal/feed_change.html", {"change": each})),
                unique_id=f"{name}:{each.change.pk}",
                pubdate=each.at,
                updateddate=each.at,
            )
        return feed


class RecordFeed(Feed):
    """The changes of one record."""

    model: type[Record]

    def tell(self):
        self.record = found(self.model.objects.all(), self.kwargs["key"])
        self.scope = f"{self.model._meta.model_name}:{own_key(self.record)}"
        return super().tell()

    def title(self):
        return _("Changes of %s") % name_of(self.record)

    def page(self):
        return address_of(self.record)


class ParkFeed(RecordFeed):
    """The changes of a park and of its facts."""

    model = Park

    def changes(self):
        return latest_changes(ENTRIES, record=self.record)


class DivisionFeed(RecordFeed):
    """The changes of a division and of the parks that it hosts or has or had a role in."""

    model = Division

    def changes(self):
        parks = Park.objects.of_division(self.record.code).annotate(key=Cast("pk", CharField())).values("key")
        versions = versions_of(self.record) | Version.objects.filter(root_model=label_of(Park), root_key__in=parks)
        changes = settled(Change.objects.filter(id__in=versions.values("change"))).order_by("-id")
        return tell_changes(list(changes.annotate(beyond=_beyond(versions))[:ENTRIES]), versions)


def _beyond(versions: QuerySet[Version]) -> Subquery:
    """Of the rows of a change that are among `versions`, one that is more than are told."""
    return Subquery(versions.filter(change=OuterRef("pk")).order_by().values("id")[LARGE : LARGE + 1])


def _title(told: ToldChange) -> str:
    """The records that were changed; of a large change, what was done to how many."""
    if not told.records:
        return "; ".join(told.words or []) or told.change.reason
    names = ", ".join(record.name for record in told.records[:NAMED])
    more = len(told.records[NAMED:]) + told.records_left_out
    return f"{names} …" if more else names


def _seen(text: str) -> str:
    return UNTOLD.sub("", text)
