"""Bringing a record and its facts back to what the registry had recorded at an instant."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.changes import RowChange, row_change
from core.history import from_version, label_of, record_models, row_of
from core.integrity import explain
from core.models import Record, Version


def restore(model: type[Record], key, instant: datetime):
    """Make the row of `model` with primary key `key`, its facts and its citations what they were at `instant`.

    What was deleted since comes back under its old key, what was changed is changed back, what was added goes. It is
    itself a change like any other, so it can be undone the same way; run it inside `core.history.change`. Returns how
    many rows it wrote. Raises ValidationError where the record was not there at that instant, or where something it
    refers to is no longer.
    """
    back, gone, _now = _plan(model, key, instant)
    try:
        with transaction.atomic():
            _remove(gone)
            _write(back, (label_of(model), str(key)))
    except IntegrityError as error:
        raise explain(error) from error
    return len(back) + len(gone)


def to_restore(model: type[Record], key, instant: datetime) -> list[RowChange]:
    """What `restore` would do to each row: bring it back (created), change it back, or delete it. Writes nothing."""
    back, gone, now = _plan(model, key, instant)
    operation = Version.Operation
    return [
        _row_change(version, now.get((version.model, version.key)), operation.CREATED, operation.CHANGED)
        for version in back
    ] + [_row_change(version, None, operation.DELETED) for version in gone]


def permissions_to_restore(model: type[Record]) -> list[str]:
    """Restoring makes, changes and deletes, so it takes all three permissions: on the kind of record, and for a fact on
    the kind that it belongs to. Of the groups that the registry makes, stewards have them.
    """
    owner = model._meta.get_field(model.belongs_to).related_model if model.belongs_to else None
    return [
        f"{options.app_label}.{verb}_{options.model_name}"
        for options in (each._meta for each in (model, owner) if each is not None)
        for verb in ("add", "change", "delete")
    ]


def _plan(model, key, instant):
    """The versions to write and those whose rows to delete, and the rows as they are, by model and key."""
    then = _state(model, key, Version.objects.filter(change__at__lte=instant))
    now = _state(model, key, Version.objects.all())
    if (label_of(model), str(key)) not in then:
        raise ValidationError(_("It was not recorded at that moment. Choose a later one."), code="not_recorded")
    back = [version for place, version in then.items() if place not in now or row_of(now[place]) != row_of(version)]
    gone = [version for place, version in now.items() if place not in then]
    return back, gone, now


def _row_change(version, previous, *operations) -> RowChange:
    """The change that `version` would make; of two operations the second where the row is there already."""
    operation = operations[-1 if previous else 0]
    return row_change(Version(model=version.model, key=version.key, operation=operation, data=version.data), previous)


def _state(model, key, versions) -> dict[tuple[str, str], Version]:
    """The rows of the record as the newest of `versions` left them, by model and key."""
    label, key = label_of(model), str(key)
    if model.belongs_to:
        rows = _newest(versions.filter(model=label, key=key))
    else:
        rows = _newest(versions.filter(root_model=label, root_key=key))
    # A citation belongs to its target's record, so that of a fact is found by its target.
    for cited in [each for each in record_models() if each.belongs_to == "target"] if model.belongs_to else ():
        target = {"data__content_type_id": ContentType.objects.get_for_model(model).id, "data__object_id": key}
        rows |= _newest(versions.filter(model=label_of(cited), **target))
    return {place: version for place, version in rows.items() if version.operation != Version.Operation.DELETED}


def _newest(versions) -> dict[tuple[str, str], Version]:
    newest = versions.order_by().values("model", "key").annotate(last=Max("id")).values("last")
    return {(version.model, version.key): version for version in Version.objects.filter(id__in=newest)}


def _remove(versions: Iterable[Version]):
    """Delete the rows, facts before what they are facts of."""
    by_label: dict[str, list[str]] = {}
    for version in versions:
        by_label.setdefault(version.model, []).append(version.key)
    for model in reversed(record_models()):
        if keys := by_label.get(label_of(model)):
            model._base_manager.filter(pk__in=keys).delete()


def _write(versions: Iterable[Version], own: tuple[str, str]):
    """Write the rows as they were: the record first, its facts after it, what speaks of them last."""
    order = {label_of(model): position for position, model in enumerate(record_models())}
    generic = {label_of(model) for model in record_models() if model.belongs_to == "target"}

    def rank(version):
        return (version.model, version.key) != own, version.model in generic, order[version.model], int(version.id)

    for version in sorted(versions, key=rank):
        row = from_version(version)
        _refuse_lost_references(row)
        # What was in order then may make a circle with what others refer to now.
        row.clean()
        row.save_base(raw=True)


def _refuse_lost_references(row: Record):
    if row.belongs_to == "target" and row.target is None:
        raise ValidationError(
            _("What it is cited for has been deleted since. Restore that: its citations come with it."),
            code="lost_reference",
        )
    for field in row._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey) or (key := getattr(row, field.attname)) is None:
            continue
        if not field.related_model._base_manager.filter(**{field.target_field.name: key}).exists():
            raise ValidationError(
                _("%(row)s refers to %(what)s %(key)s, which has been deleted since. Restore that first."),
                code="lost_reference",
                params={"row": row._meta.verbose_name, "what": field.related_model._meta.verbose_name, "key": key},
            )
