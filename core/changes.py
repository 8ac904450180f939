"""The change feed: what each edit changed, row by row and field by field."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.apps import apps
from django.contrib.auth.models import AbstractUser
from django.core.cache import cache
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Lag, RowNumber

from core.history import row_of, versions_of
from core.models import Change, Record, Version

KEPT_SECONDS = 24 * 60 * 60


@dataclass
class FieldChange:
    """A field's value before and after, as the database keeps them; references are keys. None where there is none."""

    field: str
    old: object
    new: object


@dataclass
class RowChange:
    """What one change did to one row."""

    version: Version
    model: type[Record]
    fields: list[FieldChange]

    @property
    def operation(self) -> str:
        return self.version.operation

    @property
    def key(self) -> str:
        return self.version.key

    @property
    def label(self) -> str:
        """The row's kind in words: "co-management role"."""
        return str(self.model._meta.verbose_name)


@dataclass
class ChangeEntry:
    """One edit: who, when, why, from which source, and every row it touched."""

    change: Change
    rows: list[RowChange]
    # Of these, `rows` may hold the first alone.
    row_count: int

    @property
    def at(self) -> datetime:
        return self.change.at

    @property
    def person(self) -> AbstractUser | None:
        return self.change.person


def feed_of(*records: Record) -> QuerySet[Change]:
    """The changes of the records and all their facts, newest first."""
    changes = versions_of_any(*records).values("change")
    return Change.objects.filter(id__in=changes).select_related("person").order_by("-id")


def entries(changes: Iterable[Change], *records: Record) -> list[ChangeEntry]:
    """Each change with its rows and their old and new values.

    With `records`, only their rows: one change may have touched many.
    """
    return entries_of(changes, versions_of_any(*records) if records else Version.objects.all())


def entries_of(
    changes: Iterable[Change], versions: QuerySet[Version] | None = None, most: int | None = None
) -> list[ChangeEntry]:
    """Each change with those of its rows that are among `versions`, or all, at most so many of each, in a few queries.

    How many there are is told as `row_count`. Where all rows are counted, the changes have to be settled.
    """
    changes = list(changes)
    among = (Version.objects.all() if versions is None else versions).filter(change__in=changes).order_by()
    counts: dict[int, int] = {}
    if most is not None and versions is None:
        large = _with_more_rows(changes, most)
        counts = {key: sum(rows.values()) for key, rows in rows_counted(large).items()}
        # Of each for itself, from the index: numbered in one query, all rows of a large import are sorted for that.
        first = [id for each in large for id in _first_rows(each, most)]
        among = Version.objects.filter(Q(change__in=[each for each in changes if each not in large]) | Q(id__in=first))
    elif most is not None:
        counts = dict(among.values_list("change").annotate(Count("id")))
        nth = Window(RowNumber(), partition_by="change", order_by="id")
        among = Version.objects.filter(id__in=among.annotate(nth=nth).filter(nth__lte=most).values("id"))
    rows: dict[int, list[RowChange]] = {change.id: [] for change in changes}
    for row in row_changes(among.order_by("id")):
        rows[row.version.change_id].append(row)
    return [ChangeEntry(each, rows[each.id], counts.get(each.id, len(rows[each.id]))) for each in changes]


def _with_more_rows(changes: list[Change], most: int) -> list[Change]:
    rows = Version.objects.filter(change=OuterRef("pk")).order_by().values("id")
    asked = Change.objects.filter(pk__in=[each.pk for each in changes])
    return list(asked.annotate(beyond=Subquery(rows[most : most + 1])).filter(beyond__isnull=False))


def _first_rows(change: Change, most: int) -> QuerySet:
    return Version.objects.filter(change=change).order_by("id").values_list("id", flat=True)[:most]


def rows_counted(changes: list[Change]) -> dict[int, dict[tuple[str, type[Record]], int]]:
    """How many rows of which kind each of `changes` has, by operation and model. Of those that are settled, which is
    all that may be asked for, it is counted once: it stays so, and an import may have a million.
    """
    # A registry that was emptied and filled again comes to the same numbers.
    names = {f"change-{each.pk}-{each.at.timestamp()}": each for each in changes}
    known = cache.get_many(names)
    missing = [each for name, each in names.items() if name not in known]
    counts = count_rows(Version.objects.all(), missing) if missing else {}
    cache.set_many({name: counts[each.pk] for name, each in names.items() if name not in known}, KEPT_SECONDS)
    return counts | {names[name].pk: value for name, value in known.items()}


def count_rows(versions: QuerySet[Version], changes) -> dict[int, dict[tuple[str, type[Record]], int]]:
    """How many of `versions` are of each of `changes`, by operation and model."""
    counts: dict[int, dict] = {each.pk: {} for each in changes}
    rows = versions.filter(change__in=changes).order_by().values_list("change", "operation", "model")
    for change, operation, model, number in rows.annotate(Count("id")):
        counts[change][operation, apps.get_model(model)] = number
    return counts


def row_changes(versions: Iterable[Version]) -> list[RowChange]:
    """What each version changed."""
    versions = list(versions)
    before = versions_before(versions)
    return [row_change(version, before.get(version.id)) for version in versions]


def versions_of_any(*records: Record) -> QuerySet[Version]:
    """The versions of all the records and of their facts."""
    return reduce(or_, map(versions_of, records))


def row_change(version: Version, previous: Version | None) -> RowChange:
    """What `version` changed against the one before it of the same row."""
    model = apps.get_model(version.model)
    deleted = version.operation == Version.Operation.DELETED
    old = row_of(version) if deleted else row_of(previous) if previous else {}
    new = {} if deleted else row_of(version)
    fields = [
        FieldChange(field.name, old.get(field.column), new.get(field.column))
        for field in model._meta.concrete_fields
        if not field.primary_key or field.name == "code"
        if not _same(old.get(field.column), new.get(field.column))
    ]
    return RowChange(version, model, fields)


def _same(old, new):
    """An empty value and none at all tell a reader the same."""
    return old == new or (old in (None, "") and new in (None, ""))


def versions_before(versions: list[Version]) -> dict[int, Version]:
    """For each changed version the one before it of the same row, by the id of the later."""
    return latest_before([version for version in versions if version.operation == Version.Operation.CHANGED])


def latest_before(versions: list[Version]) -> dict[int, Version]:
    """For each version the one before it of the same row, also where that deleted it, by the id of the later."""
    if not versions:
        return {}
    siblings = Version.objects.filter(
        model__in={version.model for version in versions}, key__in={version.key for version in versions}
    ).annotate(previous=Window(Lag("id"), partition_by=[F("model"), F("key")], order_by="id"))
    previous = {row["id"]: row["previous"] for row in siblings.values("id", "previous")}
    wanted = {previous[version.id]: version.id for version in versions if previous.get(version.id)}
    return {wanted[version.id]: version for version in Version.objects.filter(id__in=wanted)}
