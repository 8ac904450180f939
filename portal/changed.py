"""The latest changes in words: what was added, changed or deleted at which record."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.apps import apps
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from core.admin.reading import ToldRow, read_rows
from core.changes import RowChange, count_rows, entries_of, rows_counted
from core.history import from_version, versions_of
from core.models import Change, Record, Version
from core.settling import settled
from portal.addresses import PAGES, address_of
from portal.amounts import told_number
from portal.telling import name_of
from sources.models import Source

# A change of more rows is told in one line: an import may have a million.
LARGE = 60
# Of each change so many records are named, and so many rows of each are told.
RECORDS, ROWS = 5, 8


@dataclass
class ChangedRecord:
    """One record that a change touched, in itself or in its facts."""

    # "" where it is no longer there.
    address: str
    name: str
    # "added: 3 co-management roles, 1 figure".
    words: list[str]
    rows: list[ToldRow]
    row_count: int

    @property
    def rows_left_out(self) -> int:
        return self.row_count - len(self.rows)


@dataclass
class ToldChange:
    """One change: its records, or of a large one, what it did to how many of each kind."""

    change: Change
    source: Source | None
    records: list[ChangedRecord]
    records_left_out: int = 0
    # Of a large one.
    words: list[str] | None = None

    @property
    def at(self):
        return self.change.at


def latest_changes(most: int, before: int | None = None, record: Record | None = None) -> list[ToldChange]:
    """The newest `most` changes, those before the change `before`, of all the registry or of one record."""
    changes = settled(Change.objects.order_by("-id"))
    if before is not None:
        changes = changes.filter(id__lt=before)
    if record is not None:
        versions = versions_of(record)
        return tell_changes(list(changes.filter(id__in=versions.values("change"))[:most]), versions, ROWS)
    rows = Version.objects.filter(change=OuterRef("pk")).order_by()
    return tell_changes(list(changes.annotate(beyond=Subquery(rows.values("id")[LARGE : LARGE + 1]))[:most]))


def tell_changes(
    changes: list[Change], versions: QuerySet[Version] | None = None, most: int | None = None
) -> list[ToldChange]:
    """The changes in words: all of their rows, or those among `versions`, which are of one record, at most so many of
    each.
    """
    large = [each for each in changes if getattr(each, "beyond", None)]
    counted = rows_counted(large)
    small = [each for each in changes if each not in large]
    entries = entries_of(small, versions, most)
    sources = sources_of(changes)
    rows = [row for entry in entries for row in entry.rows]
    words = dict(zip(map(_key, rows), read_rows(rows), strict=True))
    roots, told = _roots(rows), {}
    # Of rows that are not all here, how many there are of each kind is asked for.
    counts = count_rows(versions, small) if most else {}
    for entry in entries:
        records = _records(entry, roots, words, counts.get(entry.change.pk))
        told[entry.change.pk] = ToldChange(
            entry.change,
            sources.get(entry.change.source),
            records[:RECORDS],
            max(0, len(records) - RECORDS),
        )
    for each in large:
        told[each.pk] = ToldChange(each, sources.get(each.source), [], words=words_of(counted[each.pk]))
    return [told[each.pk] for each in changes]


def sources_of(changes: Iterable[Change]) -> dict[str, Source]:
    """The sources that the changes name as theirs, by slug."""
    return {each.slug: each for each in Source.objects.filter(slug__in={each.source for each in changes} - {""})}


def _key(row: RowChange) -> int:
    return row.version.pk


def _records(entry, roots, words, counted=None) -> list[ChangedRecord]:
    """The records of one change, in the order in which it touched them; `counted` has the rows of the only one."""
    of_each: dict[tuple[str, str], list[RowChange]] = defaultdict(list)
    for row in entry.rows:
        of_each[row.version.root_model, row.version.root_key].append(row)
    records = []
    for root, rows in of_each.items():
        counts = counted or Counter((row.operation, row.model) for row in rows)
        record, is_there = roots.get(root, (None, False))
        records.append(
            ChangedRecord(
                address=address_of(record) if is_there and type(record)._meta.concrete_model in PAGES else "",
                name=name_of(record) if record else root[1],
                words=words_of(counts),
                rows=[words[_key(row)] for row in rows[:ROWS]],
                row_count=sum(counts.values()),
            )
        )
    return records


def words_of(counts: dict[tuple[str, type[Record]], int]) -> list[str]:
    """What was done to how many of each kind: `["created: 3 co-management roles, 1 figure"]`."""
    told = []
    for operation, label in Version.Operation.choices:
        kinds = [
            (number, str(model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural))
            for (done, model), number in counts.items()
            if done == operation
        ]
        if kinds:
            parts = _(", ").join(
                f"{told_number(number)} {name}" for number, name in sorted(kinds, key=lambda each: -each[0])
            )
            told.append(_("%(done)s: %(what)s") % {"done": label, "what": parts})
    return told


def _roots(rows: Iterable[RowChange]) -> dict[tuple[str, str], tuple[Record, bool]]:
    """The records that the rows belong to, by kind and key, and whether each is still there; else as it last was."""
    wanted, found = defaultdict(set), {}
    for row in rows:
        wanted[row.version.root_model].add(row.version.root_key)
    for kind, keys in wanted.items():
        there = apps.get_model(kind).objects.in_bulk(keys)
        found |= {(kind, str(key)): (record, True) for key, record in there.items()}
        lost = [key for key in keys if (kind, key) not in found]
        last = Version.objects.filter(model=kind, key__in=lost).order_by("key", "-id") if lost else ()
        for key, versions in groupby(last, key=lambda version: version.key):
            found[kind, key] = from_version(next(versions)), False
    return found
