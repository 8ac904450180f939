"""Writes of evidence that span records."""

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from core.changes import latest_before, row_change
from core.history import current_change_id
from core.models import Version
from sources.models import Citation, CitedRecord, Source


@transaction.atomic
def cite_change(*, source: Source, locator: str = "", confidence: str = Citation.Confidence.HIGH, note: str = ""):
    """Cite `source` for all that the change under way has written so far; returns the new citations.

    Each row created is cited as a whole, each row changed by field. What it changed is read from the Versions that the
    database wrote, so nothing is missed. A field already cited from the same place of the source is left as it is.
    """
    change_id = current_change_id()
    if change_id is None:
        return []
    citations, gone = {}, set()
    versions = list(Version.objects.filter(change=change_id).order_by("id"))
    before = _before_change(versions)
    for version in versions:
        if version.operation == Version.Operation.DELETED:
            gone.add((version.model, version.key))
            continue
        # A row that moves to another record goes from one and comes to the other.
        gone.discard((version.model, version.key))
        previous = before.get((version.model, version.key))
        row = row_change(version, previous)
        if not issubclass(row.model, CitedRecord):
            continue
        content_type = ContentType.objects.get_for_model(row.model)
        citable = row.model.citable_fields()
        for field in [""] if previous is None else [f.field for f in row.fields if f.field in citable]:
            citations[content_type.id, version.key, field] = Citation(
                source=source,
                content_type=content_type,
                object_id=version.key,
                field=field,
                locator=locator,
                confidence=confidence,
                note=note,
            )
    dead = {(ContentType.objects.get_by_natural_key(*model.split(".")).id, key) for model, key in gone}
    there = set(
        Citation.objects.filter(source=source, locator=locator, stance=Citation.Stance.SUPPORTS).values_list(
            "content_type_id", "object_id", "field"
        )
    )
    new = [citation for key, citation in citations.items() if key not in there and key[:2] not in dead]
    Citation.objects.bulk_create(new)
    return new


def _before_change(versions: list[Version]) -> dict[tuple[str, str], Version]:
    """The latest version before the change that `versions` are all of, of each row that was there, by model and key."""
    first = {(version.model, version.key): version for version in reversed(versions)}
    before = latest_before([*first.values()])
    found = {place: before[version.id] for place, version in first.items() if version.id in before}
    return {place: each for place, each in found.items() if each.operation != Version.Operation.DELETED}
