"""What changed, for feed readers (Atom, RFC 4287): in all the registry, in a park, in what a division has to do with.

An entry tells no person: that somebody is called otherwise is no change of the registry, and a feed is kept until one.
"""

import re
from collections import defaultdict
from itertools import groupby

from django.apps import apps
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cities.models import Division
from core.changes import ChangeEntry, entries_of
from core.history import from_version, label_of, versions_of
from core.models import Change, Record, Version
from core.rest.changes import with_keys
from core.settling import settled
from parks.models import Park
from portal.addresses import PAGES, address_of, key_of
from portal.missing import Missing, can_be_key
from portal.telling import name_of, page_language
from portal.views.page import Page

ENTRIES, ROWS, NAMED = 30, 20, 3
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

    def versions(self) -> QuerySet[Version]:
        return Version.objects.all()

    def changes(self) -> QuerySet[Change]:
        return Change.objects.all()

    def tell(self):
        entries = entries_of(settled(self.changes()).order_by("-id")[:ENTRIES], self.versions(), ROWS)
        with_keys(row for entry in entries for row in entry.rows)
        return {"feed": self._feed(entries)}

    def render(self, template, context, status=200):
        if "feed" not in context:
            return super().render(template, context, status)
        return HttpResponse(context["feed"].writeString("utf-8"), content_type=Atom1Feed.content_type)

    def _feed(self, entries: list[ChangeEntry]) -> Atom1Feed:
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
        roots = _roots_of(entries)
        for entry in entries:
            named = [roots[root] for root in dict.fromkeys(_root_of(row) for row in entry.rows)]
            feed.add_item(
                title=_seen(_title(named)),
                link=origin + self._leads_to(named, entry),
                description=_seen(_words(entry)),
                unique_id=f"{name}:{entry.change.pk}",
                pubdate=entry.at,
                updateddate=entry.at,
            )
        return feed

    def _leads_to(self, named: list[Record], entry: ChangeEntry) -> str:
        """The page of the one record that was changed; of several, that of the feed."""
        if len(named) == 1 and type(named[0])._meta.concrete_model in PAGES:
            return address_of(named[0])
        return self.page()


class RecordFeed(Feed):
    """The changes of one record and of its facts."""

    model: type[Record]

    def tell(self):
        key, name = self.kwargs["key"], PAGES[self.model][1]
        self.record = self.model.objects.filter(**{name: key}).first() if can_be_key(key) else None
        if self.record is None:
            raise Missing(self.model, key)
        self.scope = f"{self.model._meta.model_name}:{key_of(self.record)}"
        return super().tell()

    def title(self):
        return _("Changes of %s") % name_of(self.record)

    def page(self):
        return address_of(self.record)

    def versions(self):
        return versions_of(self.record)

    def changes(self):
        return Change.objects.filter(id__in=self.versions().values("change"))


class ParkFeed(RecordFeed):
    model = Park


class DivisionFeed(RecordFeed):
    """The changes of a division and of the parks that it hosts or has or had a role in."""

    model = Division

    def versions(self):
        parks = Park.objects.of_division(self.record.code).annotate(key=Cast("pk", CharField()))
        return super().versions() | Version.objects.filter(root_model=label_of(Park), root_key__in=parks.values("key"))


def _root_of(row) -> tuple[str, str]:
    return row.version.root_model, row.version.root_key


def _roots_of(entries: list[ChangeEntry]) -> dict[tuple[str, str], Record | str]:
    """The records that the rows belong to, by kind and key: as they are now, or else as they last were."""
    wanted, found = defaultdict(set), {}
    for entry in entries:
        for row in entry.rows:
            kind, key = _root_of(row)
            wanted[kind].add(key)
    for kind, keys in wanted.items():
        model = apps.get_model(kind)
        found |= {(kind, str(pk)): record for pk, record in model.objects.in_bulk(keys).items()}
        lost = [key for key in keys if (kind, key) not in found]
        last = Version.objects.filter(model=kind, key__in=lost).order_by("key", "-id") if lost else ()
        for key, versions in groupby(last, key=lambda version: version.key):
            found[kind, key] = from_version(next(versions))
    return found


def _title(named: list[Record]) -> str:
    names = ", ".join(name_of(record) for record in named[:NAMED])
    more = len(named) - NAMED
    return names if more <= 0 else f"{names} " + ngettext("and %d more", "and %d more", more) % more


def _words(entry: ChangeEntry) -> str:
    """The change in words, as HTML: why, from which source, and what became of which row."""
    said = [(entry.change.reason,)] if entry.change.reason else []
    if entry.change.source:
        said.append((f"{_('Source:')} {entry.change.source}",))
    rows = format_html_join("", "<li>{}{}</li>", ((_row(row), _fields(row)) for row in entry.rows))
    more = entry.row_count - len(entry.rows)
    left_out = format_html("<p>{}</p>", ngettext("and %d more", "and %d more", more) % more) if more > 0 else ""
    return format_html("{}<ul>{}</ul>{}", format_html_join("", "<p>{}</p>", said), rows, left_out)


def _row(row) -> str:
    return f"{row.label}: {row.version.get_operation_display()}"


def _fields(row) -> str:
    """Each field that was changed with its old and new value; of a new or deleted row those it has or had."""
    meta, told = row.model._meta, []
    fields = {field.name: field for field in meta.concrete_fields}
    for change in row.fields:
        field = fields.get(change.field)
        if change.field in ("slug", row.model.belongs_to):
            # The entry says whose it is.
            continue
        old, new = _value(field, change.old), _value(field, change.new)
        name = field.verbose_name if field else change.field
        told.append((name, f"{old} → {new}" if row.operation == Version.Operation.CHANGED else old or new))
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", told)) if told else ""


def _value(field, value) -> str:
    if value in (None, ""):
        return ""
    return str(dict(field.flatchoices).get(value, value) if field else value)


def _seen(text: str) -> str:
    return UNTOLD.sub("", str(text))
