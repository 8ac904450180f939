"""Undoing one change as a whole: every row that it wrote is put back to how it was before."""

from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from core.changes import latest_before
from core.history import from_version, is_generic, label_of, record_models
from core.integrity import explain, hold_references
from core.models import Change, Record, Version
from core.restoring import (
    demand_to_restore,
    known_by,
    put_back,
    refuse_lost_references,
    refuse_out_of_place,
    refuse_still_referred_to,
    remove,
)

BATCH = 1000
# Rows that are named where they stand in the way.
TOLD = 5


def undo(undone: Change, *, person: AbstractUser | None = None) -> int:
    """Put every row that `undone` wrote back to how it was before; how many rows that were.

    It is itself a change, so it can be undone; run it inside `core.history.change`. Rows are read and written in
    batches. Raises ValidationError where a row was written to since, or something refers to one that would go;
    PermissionDenied where `person`, if told, lacks what it takes to restore each kind of row.
    """
    written = Version.objects.filter(change=undone)
    labels = set(written.order_by().values_list("model", flat=True).distinct())
    models = [model for model in record_models() if label_of(model) in labels]
    if person is not None:
        for model in models:
            demand_to_restore(person, model)
    _refuse_written_to_since(written)
    try:
        with transaction.atomic():
            count = _undo(written, models)
    except IntegrityError as error:
        raise explain(error) from error
    return count


def _undo(written, models) -> int:
    count = 0
    # What speaks of a record goes before it, and comes back after it.
    for model in sorted(models, key=is_generic, reverse=True):
        for versions in _batches(_made(written, model)):
            remove(versions)
            count += len(versions)
    for model in sorted(models, key=is_generic):
        for versions in _batches(_kept(written, model)):
            # They were there before, so each has an earlier version.
            put_back(model, _as_before(versions))
            count += len(versions)
    # When all is as it was: what is put back may refer to what is put back after it.
    for model in models:
        for versions in _batches(_made(written, model)):
            refuse_still_referred_to(versions)
            _refuse_still_spoken_of(model, versions)
        for versions in _batches(_kept(written, model)):
            _hold_rules(model, _as_before(versions))
    hold_references()
    return count


def _first(written, model) -> QuerySet[Version]:
    """Of each row of `model` the first version that the change wrote: its operation says whether it was there."""
    same = written.filter(model=OuterRef("model"), key=OuterRef("key"), id__lt=OuterRef("id"))
    return written.filter(~Exists(same), model=label_of(model))


def _made(written, model) -> QuerySet[Version]:
    return _first(written, model).filter(operation=Version.Operation.CREATED)


def _kept(written, model) -> QuerySet[Version]:
    return _first(written, model).exclude(operation=Version.Operation.CREATED)


def _as_before(versions: list[Version]) -> list[Record]:
    return [from_version(version) for version in latest_before(versions).values()]


def _hold_rules(model, rows: list[Record]):
    """What was in order then may not be with what others have written since."""
    refuse_lost_references(model, rows)
    if is_generic(model):
        prefetch_related_objects(rows, "target")
    for row in rows:
        if is_generic(model):
            refuse_out_of_place(row)
        else:
            row.clean()


def _batches(versions: QuerySet[Version]) -> Iterator[list[Version]]:
    last = 0
    while batch := list(versions.filter(id__gt=last).order_by("id")[:BATCH]):
        yield batch
        last = batch[-1].id


def _refuse_written_to_since(written):
    later = Version.objects.filter(model=OuterRef("model"), key=OuterRef("key"), id__gt=OuterRef("id"))
    since = written.filter(Exists(later.exclude(change=OuterRef("change")))).order_by("id")
    errors = [
        ValidationError(
            _("%(row)s was written to since. Undo that first, or change back by hand what is to be changed back."),
            code="written_since",
            params={"row": described(version)},
        )
        for version in since[:TOLD]
    ]
    if errors:
        raise ValidationError(errors)


def _refuse_still_spoken_of(model: type[Record], versions: list[Version]):
    """What was added goes only where nobody else has cited anything for it."""
    kind = ContentType.objects.get_for_model(model)
    for speaking in (each for each in record_models() if is_generic(each)):
        rows = speaking._base_manager.filter(content_type=kind, object_id__in=[version.key for version in versions])
        by_key = {version.key: version for version in versions}
        errors = [
            ValidationError(
                _("%(row)s would go, but a %(kind)s speaks of it. Delete that first."),
                code="referred_to",
                params={"row": described(by_key[row.object_id]), "kind": speaking._meta.verbose_name},
            )
            for row in rows[:TOLD]
        ]
        if errors:
            raise ValidationError(errors)


def described(version: Version) -> str:
    """A row by its kind and what it is known by, as it stood: “observation north, gdp, 2022”."""
    record = from_version(version)
    return f"{record._meta.verbose_name} {known_by(record)}"
