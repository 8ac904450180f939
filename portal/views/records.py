"""The pages of single records."""

from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

from django.urls import reverse

from core.changes import FieldChange, RowChange, entries_of, feed_of, versions_of_any
from core.models import Record, Version
from core.rest.citing import as_known_at, citation_of, cited_instant
from core.rest.references import key_of, kind_of
from portal.addresses import own_key
from portal.changed import sources_of, words_of
from portal.missing import found
from portal.telling import name_of
from portal.views.page import Page

# How many changes are told, and rows of each.
CHANGES, ROWS = 5, 60
# Of how many rows it is told what was changed in them.
IN_FULL = 6


class RecordPage(Page):
    """One record, found by its key in the address: `self.record`."""

    model: type[Record]
    looks_back = True
    # The name of the address of a feed of its changes; "" for none.
    feed = ""

    def records(self):
        """The records, with all that the page tells of one."""
        return self.model.objects.all()

    def tell(self):
        self.record = found(self.records(), self.kwargs["key"])
        return {"record": self.record}

    def cite(self, *formats: str, **fixed: str) -> dict:
        """How to cite the page as it is read now, and where its data are: as JSON, and in other `formats`; no permalink
        while somebody is editing. `fixed` is what the page takes for granted where it is not asked: today.
        """
        asked = {name: self.request.GET[name] for name in self.parameters if self.request.GET.get(name)}
        here = with_query(self.request.build_absolute_uri(self.request.path), {**fixed, **asked})
        instant = cited_instant()
        link = as_known_at(here, instant) if instant else ""
        route = f"{kind_of(self.model)}-detail"
        data = {
            each: with_query(
                reverse(route, kwargs={key_of(self.model): own_key(self.record), "format": each.lower()}), self.known
            )
            for each in ("JSON", *formats)
        }
        citation = citation_of(name_of(self.record), instant, link) if link else ""
        return {"permalink": link, "citation": citation, "data": data}

    @property
    def known(self) -> dict[str, str]:
        """What a query says to look back as the page does."""
        return {"known": self.request.GET["known"]} if "known" in self.asked else {}

    def changes(self) -> dict:
        """The last changes of the record and its facts in words, each with its source, and where all are told."""
        changes = list(feed_of(self.record)[:CHANGES])
        sources = sources_of(changes)
        told = [
            {
                "entry": entry,
                "source": sources.get(entry.change.source),
                "words": words_of(Counter((row.operation, row.model) for row in entry.rows)),
                "fields": list(_plain_fields(entry.rows)),
                "left_out": entry.row_count - len(entry.rows),
            }
            for entry in entries_of(changes, versions_of_any(self.record), ROWS)
        ]
        return {
            "changes": told,
            "feed": reverse(self.feed, args=[own_key(self.record)]) if self.feed else "",
            "all_changes": reverse(f"{kind_of(self.model)}-changes", args=[own_key(self.record)]),
        }


def _plain_fields(rows: Iterable[RowChange]) -> Iterator[tuple[RowChange, FieldChange, str]]:
    """The fields that were changed in the first few rows, each with what it is called, but for those that name another
    record, of which the history has the number alone.
    """
    for row in [each for each in rows if each.operation == Version.Operation.CHANGED][:IN_FULL]:
        for change in row.fields:
            field = row.model._meta.get_field(change.field)
            if not field.is_relation:
                yield row, change, str(field.verbose_name)


def with_query(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
