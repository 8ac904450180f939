"""The change feed: what each edit changed, row by row and field by field."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.apps import apps
from django.contrib.auth.models import AbstractUser
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import Lag, RowNumber

from core.history import row_of, versions_of
from core.models import Change, Record, Version


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


def entries_of(changes: Iterable[Change], versions: QuerySet[Version], most: int | None = None) -> list[ChangeEntry]:
    """Each change with those of its rows that are among `versions`, at most so many of each, in a few queries for all.

    How many there are is told as `row_count`.
    """
    changes = list(changes)
    versions, counts = versions.filter(change__in=changes).order_by(), {}
    if most is not None:
        counts = dict(versions.values_list("change").annotate(Count("id")))
        nth = Window(RowNumber(), partition_by="change", order_by="id")
        versions = Version.objects.filter(id__in=versions.annotate(nth=nth).filter(nth__lte=most).values("id"))
    rows: dict[int, list[RowChange]] = {change.id: [] for change in changes}
    for row in row_changes(versions.order_by("id")):
        rows[row.version.change_id].append(row)
    return [ChangeEntry(each, rows[each.id], counts.get(each.id, len(rows[each.id]))) for each in changes]


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
