"""Bringing a record and its facts back to what the registry had recorded at an instant."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.apps import apps
from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Max, Q, prefetch_related_objects
from django.utils.translation import gettext as _

from core.bulk import update_rows
from core.changes import RowChange, row_change
from core.history import current_change, from_version, is_generic, label_of, record_models, row_of
from core.integrity import explain
from core.models import Record, Version
from core.rest.references import key_of
from core.swapping import take_out

REFERRING_TOLD = 5
# The permission that each thing done to a row takes.
VERBS = {Version.Operation.CREATED: "add", Version.Operation.CHANGED: "change", Version.Operation.DELETED: "delete"}


def restore(
    model: type[Record], key, instant: datetime, *, person: AbstractUser | None = None, reason: str = ""
) -> int:
    """Make the row of `model` with primary key `key`, its facts and its citations what they were at `instant`.

    What was deleted since comes back under its old key, what was changed is changed back, what was added goes. It is
    itself a change like any other, so it can be undone the same way; run it inside `core.history.change`. Where neither
    that nor `reason` says why, the change says to when. Returns how many rows it wrote.

    Raises ValidationError where the record was not there at that instant, where something it refers to is no longer,
    where something else refers to what would go, where a row is another record's now, or where its name is taken;
    PermissionDenied where `person`, if told, lacks one of `permissions_to_restore`.
    """
    back, gone, now = _plan(model, key, instant)
    if person is not None:
        demand_to_restore(person, model, _row_changes(back, gone, now))
    try:
        with transaction.atomic():
            remove(gone)
            _write_back(back, model)
            refuse_still_referred_to(gone)
    except IntegrityError as error:
        raise explain(error) from error
    this = current_change()
    this.reason = reason or this.reason or _("Restored to %s") % f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    return len(back) + len(gone)


def to_restore(model: type[Record], key, instant: datetime) -> list[RowChange]:
    """What `restore` would do to each row: bring it back (created), change it back, or delete it. Writes nothing."""
    return _row_changes(*_plan(model, key, instant))


def permissions_to_restore(model: type[Record], rows: Iterable[RowChange] = ()) -> list[str]:
    """Restoring makes, changes and deletes, so it takes all three permissions: on the kind of record, and for a fact on
    the kind that it belongs to; and what is done to each of `rows` takes its own. Of the groups that the registry
    makes, stewards have them. Citations belong to no one kind: who may write them may restore them.
    """
    owner = model._meta.get_field(model.belongs_to).related_model if model.belongs_to else None
    needed = [(each, verb) for each in (model, owner) if each is not None for verb in VERBS.values()]
    needed += [(row.model, VERBS[row.operation]) for row in rows]
    named = [f"{each._meta.app_label}.{verb}_{each._meta.model_name}" for each, verb in needed]
    return list(dict.fromkeys(named))


def demand_to_restore(person: AbstractUser, model: type[Record], rows: Iterable[RowChange] = ()):
    """Raise PermissionDenied where `person` lacks one of `permissions_to_restore`."""
    for permission in permissions_to_restore(model, rows):
        if not person.has_perm(permission):
            raise PermissionDenied(_("Restoring is for stewards: it takes the permission “%s”.") % permission)


def _plan(model, key, instant):
    """The versions to write and those whose rows to delete, and the rows as they are, by model and key."""
    then = _state(model, key, Version.objects.filter(change__at__lte=instant))
    now = _state(model, key, Version.objects.all())
    if (label_of(model), str(key)) not in then:
        raise _not_recorded(model, key, instant)
    back = [version for place, version in then.items() if place not in now or row_of(now[place]) != row_of(version)]
    gone = [version for place, version in now.items() if place not in then]
    _refuse_to_take_away(back)
    return back, gone, now


def _not_recorded(model, key, instant) -> ValidationError:
    known = Version.objects.filter(model=label_of(model), key=str(key), change__at__lte=instant).exists()
    sentence = (
        _("It had been deleted by that moment. Choose an earlier one.")
        if known
        else _("It was not recorded at that moment. Choose a later one.")
    )
    return ValidationError(sentence, code="not_recorded")


def _refuse_to_take_away(versions: list[Version]):
    """What has moved to another record since stays with that."""
    models_of, keys = {version.model for version in versions}, {version.key for version in versions}
    there = _newest(Version.objects.filter(model__in=models_of, key__in=keys))
    for version in versions:
        newest = there.get((version.model, version.key))
        if newest is not None and _owner(newest) != _owner(version):
            raise ValidationError(
                _("%(row)s belongs to %(what)s now and is not taken from there. Delete it there first."),
                code="belongs_to_another",
                params={"row": named(version.model, version.key), "what": named(*_owner(newest))},
            )


def _owner(version: Version) -> tuple[str, str]:
    """The model and key of what the row belongs to: of a citation, of what it is cited for."""
    if is_generic(apps.get_model(version.model)):
        cited = ContentType.objects.get_for_id(version.data["content_type_id"])
        return f"{cited.app_label}.{cited.model}", version.data["object_id"]
    return version.root_model, version.root_key


def named(label: str, key) -> str:
    """A record, there or deleted, by its kind and the key that the API knew it by at last: "source daily-2004"."""
    model = apps.get_model(label)
    last = Version.objects.filter(model=label, key=str(key)).order_by("-id").first()
    return f"{model._meta.verbose_name} {last.data[key_of(model)] if last else key}"


def _row_changes(back, gone, now) -> list[RowChange]:
    operation = Version.Operation
    return [
        _row_change(version, now.get((version.model, version.key)), operation.CREATED, operation.CHANGED)
        for version in back
    ] + [_row_change(version, None, operation.DELETED) for version in gone]


def _row_change(version, previous, *operations) -> RowChange:
    """The change that `version` would make; of two operations the second where the row is there already."""
    operation = operations[-1 if previous else 0]
    return row_change(Version(model=version.model, key=version.key, operation=operation, data=version.data), previous)


def _state(model, key, versions) -> dict[tuple[str, str], Version]:
    """The rows of the record as the newest of `versions` left them, by model and key."""
    label, key = label_of(model), str(key)
    own = {"model": label, "key": key} if model.belongs_to else {"root_model": label, "root_key": key}
    about = _citing_models()
    rows = _newest(versions.filter(**own).exclude(model__in=[label_of(each) for each in about if each is not model]))
    # By what they are cited for: the history knows of what record that was, but not where it has moved since.
    targets = Q(pk=None)
    for cited, found in _by_model(rows.values()).items():
        content_type = ContentType.objects.get_for_model(cited)
        keys = [version.key for version in found]
        targets |= Q(data__content_type_id=content_type.id, data__object_id__in=keys)
    for each in about:
        rows |= _newest(versions.filter(targets, model=label_of(each)))
    return rows


def _citing_models() -> list[type[Record]]:
    """The kinds of record that belong to whatever they speak of."""
    return [model for model in record_models() if is_generic(model)]


def _by_model(versions: Iterable[Version]) -> dict[type[Record], list[Version]]:
    """The versions by kind of record: the record before its facts, and before all that speaks of them."""
    found = {}
    for version in versions:
        found.setdefault(version.model, []).append(version)
    models_found = [model for model in record_models() if label_of(model) in found]
    return {model: found[label_of(model)] for model in sorted(models_found, key=is_generic)}


def _newest(versions) -> dict[tuple[str, str], Version]:
    newest = versions.order_by().values("model", "key").annotate(last=Max("id")).values("last")
    there = Version.objects.filter(id__in=newest).exclude(operation=Version.Operation.DELETED)
    return {(version.model, version.key): version for version in there}


def remove(versions: list[Version]):
    """Delete the rows: what speaks of them is among them, and what refers to them is asked when all is written."""
    for found in _by_model(versions).values():
        take_out([from_version(version) for version in found])


def _write_back(versions: list[Version], own: type[Record]):
    """Write the rows as they were; `own` is the kind of the record that is restored."""
    to_ask = []
    for model, found in _by_model(versions).items():
        rows = [from_version(version) for version in found]
        refuse_lost_references(model, rows)
        if model is own:
            refuse_out_of_place(*rows)
        # What its citations are for is here.
        to_ask += rows if model is own or not is_generic(model) else []
        put_back(model, rows)
    # When all is back: what was in order then may make a circle with what others refer to now.
    for row in to_ask:
        row.clean()


def put_back(model: type[Record], rows: list[Record]):
    """Make the rows of `model` with these keys what they are here, also where they have exchanged places."""
    try:
        with transaction.atomic():
            _put_back(model, rows)
    except IntegrityError:
        # Each may stand in the other's way.
        take_out(rows)
        model._base_manager.bulk_create(rows)


def _put_back(model, rows: list[Record]):
    """Change the rows that are there, and make the others."""
    there = model._base_manager.in_bulk([row.pk for row in rows])
    changed = [row for row in rows if row.pk in there]
    fields = [
        field
        for field in model._meta.concrete_fields
        if any(getattr(row, field.attname) != getattr(there[row.pk], field.attname) for row in changed)
    ]
    if fields:
        told = [model._meta.pk, *fields]
        update_rows(told, [tuple(getattr(row, field.attname) for field in told) for row in changed])
    model._base_manager.bulk_create([row for row in rows if row.pk not in there])


def refuse_lost_references(model, rows: list[Record]):
    references = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    prefetch_related_objects(rows, *(field.name for field in references))
    for row, field in ((row, field) for row in rows for field in references):
        if getattr(row, field.attname) is not None and field.get_cached_value(row) is None:
            raise ValidationError(
                _("%(row)s refers to %(what)s, which has been deleted since. Restore that first."),
                code="lost_reference",
                params={
                    "row": named(label_of(model), row.pk),
                    "what": named(label_of(field.related_model), getattr(row, field.attname)),
                },
            )


def refuse_out_of_place(row: Record):
    """What the record speaks of may be gone, and its name in addresses another's now."""
    if is_generic(type(row)) and row.target is None:
        raise ValidationError(
            _("What it is cited for, %(what)s, has been deleted since. Restore that: its citations come with it."),
            code="lost_reference",
            params={"what": named(f"{row.content_type.app_label}.{row.content_type.model}", row.object_id)},
        )
    others = type(row)._base_manager.exclude(pk=row.pk)
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.unique and not field.primary_key and others.filter(**{field.name: value}).exists():
            raise ValidationError(
                _("The %(field)s “%(value)s” is taken by another %(kind)s since. Delete that first."),
                code="taken",
                params={"field": field.verbose_name, "value": value, "kind": row._meta.verbose_name},
            )


def known_by(row: Record) -> str:
    """What a row is known by, in a line; of one whose references are gone, its number."""
    try:
        return ", ".join(str(part) for part in row.natural_key() if part)
    except ObjectDoesNotExist:
        return str(row.pk)


def refuse_still_referred_to(versions: list[Version]):
    """What was added since goes only where nothing is left that refers to it."""
    errors = []
    for model, found in _by_model(versions).items():
        gone = {row.pk: row for row in map(from_version, found)}
        for reference in (relation.field for relation in model._meta.related_objects):
            referring = reference.model._base_manager.filter(**{f"{reference.attname}__in": gone})
            for row in referring[:REFERRING_TOLD]:
                setattr(row, reference.name, gone[getattr(row, reference.attname)])
                told = {
                    "what": model._meta.verbose_name,
                    "gone": gone[getattr(row, reference.attname)],
                    "kind": row._meta.verbose_name,
                    "name": known_by(row),
                }
                sentence = _(
                    "The %(what)s “%(gone)s” would go, but %(kind)s “%(name)s” refers to it. Change that first."
                )
                errors.append(ValidationError(sentence, code="referred_to", params=told))
    if errors:
        raise ValidationError(errors)
