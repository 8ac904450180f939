"""Writes of evidence that span records."""

from collections.abc import Container
from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

from core.changes import FieldChange, latest_before, row_change
from core.history import current_change_id, label_of
from core.models import Version
from core.rest.references import key_of
from sources.models import Citation, CitedRecord, Source

# What a citation speaks of: the kind of record, its key, and the field; no field is the whole record.
Place = tuple[int, str, str]


@dataclass
class Cited:
    """What citing a change wrote: the citations made, those of others that changed sides, the source's own that go."""

    made: list[Citation] = field(default_factory=list)
    turned: list[Citation] = field(default_factory=list)
    replaced: list[Citation] = field(default_factory=list)


@transaction.atomic
def cite_change(
    *, source: Source, locator: str = "", confidence: str = Citation.Confidence.HIGH, note: str = "", after: int = 0
) -> Cited:
    """Cite `source` for all that the change under way has written so far; or, of very much, for what it wrote `after`
    the version of that number.

    Each row created is cited as a whole, each row changed by field. What it changed is read from the Versions that the
    database wrote, so nothing is missed. A field already cited from the same place of the source is left as it is.

    What was cited for the old value of a field is no evidence of the new one. Other sources that supported it dispute
    the new value from now on, having stated the old one; those that disputed it by stating the new one support it; what
    this source stated against it goes. Citations of a whole record stay, and so do those written in this same change.
    """
    change_id = current_change_id()
    if change_id is None:
        return Cited()
    versions = list(Version.objects.filter(change=change_id, id__gt=after).order_by("id"))
    changed = _changed(versions)
    just_written = {version.key for version in versions if version.model == label_of(Citation)}
    cited = _sides_taken(source, {place: each for place, each in changed.items() if each is not None}, just_written)
    if cited.replaced:
        Citation.objects.filter(pk__in=[each.pk for each in cited.replaced]).delete()
    Citation.objects.bulk_update(cited.turned, ["stance", "stated_value"])
    standing = Citation.objects.filter(source=source, locator=locator, stance=Citation.Stance.SUPPORTS)
    keys = {key for _kind, key, _field in changed}
    there = set(standing.filter(object_id__in=keys).values_list("content_type_id", "object_id", "field"))
    told = {"source": source, "locator": locator, "confidence": confidence, "note": note}
    new = [place for place in changed if place not in there]
    cited.made = Citation.objects.bulk_create(
        [Citation(content_type_id=kind, object_id=key, field=name, **told) for kind, key, name in new]
    )
    return cited


def _changed(versions: list[Version]) -> dict[Place, FieldChange | None]:
    """What can be cited of what a change wrote: each field that it changed and, with None, each row that it made."""
    before, changed = _before_change(versions), {}
    # A row may be written several times, or go from one record and come to another: its last version says what it is.
    for row_written, version in {(version.model, version.key): version for version in versions}.items():
        previous = before.get(row_written)
        row = row_change(version, previous)
        if version.operation == Version.Operation.DELETED or not issubclass(row.model, CitedRecord):
            continue
        kind = ContentType.objects.get_for_model(row.model).pk
        citable = row.model.citable_fields()
        if previous is None:
            changed[kind, version.key, ""] = None
        else:
            changed |= {(kind, version.key, each.field): each for each in row.fields if each.field in citable}
    return changed


def _sides_taken(source: Source, changed: dict[Place, FieldChange], just_written: Container[str]) -> Cited:
    """Of the citations of changed fields, those whose stance the new values turn or replace; none is saved here."""
    cited = Cited()
    standing = _citations_of(changed)
    taken = {_identity(citation) for citation in standing}
    for citation in standing:
        if str(citation.pk) in just_written:
            continue
        if citation.stance == Citation.Stance.DISPUTES and citation.source_id == source.pk:
            cited.replaced.append(citation)
        elif side := _side_now(citation, source, changed[_place(citation)]):
            citation.stance, citation.stated_value = side
            # A source that says both from one place is left to do so.
            if _identity(citation) not in taken:
                cited.turned.append(citation)
    return cited


def _side_now(citation: Citation, source: Source, value: FieldChange) -> tuple[str, str] | None:
    """The stance towards the new value of one who spoke of the old, and what it states; None where that stays."""
    reference = ContentType.objects.get_for_id(citation.content_type_id).model_class()._meta.get_field(value.field)
    if citation.stance == Citation.Stance.DISPUTES:
        agrees = citation.stated_value != "" and citation.stated_value == _as_text(reference, value.new)
        return (Citation.Stance.SUPPORTS, "") if agrees else None
    # A copy of the source's own text says what that says.
    stated = citation.stated_value or _as_text(reference, value.old)
    return (Citation.Stance.DISPUTES, stated) if stated and citation.source.voice != source.voice else None


def _citations_of(places: Container[Place]) -> list[Citation]:
    if not places:
        return []
    kinds, keys, names = (set(each) for each in zip(*places, strict=True))
    near = Citation.objects.filter(content_type__in=kinds, object_id__in=keys, field__in=names)
    return [citation for citation in near.select_related("source") if _place(citation) in places]


def _place(citation: Citation) -> Place:
    return citation.content_type_id, citation.object_id, citation.field


def _identity(citation: Citation) -> tuple:
    return (*_place(citation), citation.source_id, citation.stance, citation.locator)


def _as_text(of: models.Field, value) -> str:
    """The value of a field in a row of the history, in a line of text as a citation states one; references by key."""
    if value is None or value == "":
        return ""
    if isinstance(of, models.BooleanField):
        return "true" if value else "false"
    if isinstance(of, models.DecimalField):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(of, models.ForeignKey):
        key = of.related_model.objects.filter(pk=value).values_list(key_of(of.related_model), flat=True).first()
        return str(value if key is None else key)
    longest = Citation._meta.get_field("stated_value").max_length
    text = " ".join(str(value).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _before_change(versions: list[Version]) -> dict[tuple[str, str], Version]:
    """The latest version before the change that `versions` are all of, of each row that was there, by model and key."""
    first = {(version.model, version.key): version for version in reversed(versions)}
    before = latest_before([*first.values()])
    found = {place: before[version.id] for place, version in first.items() if version.id in before}
    return {place: each for place, each in found.items() if each.operation != Version.Operation.DELETED}
