"""Writes a record with its lists of facts, every row checked by its model's own rules and told where it fails."""

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.integrity import explain
from core.models import Record
from core.rest.references import Reference, key_of
from core.swapping import take_out


def write_record(serializer, record: Record, values: dict) -> Record:
    """Set `values` on `record` and save it; a list of facts among them replaces those that the record has.

    Raises the REST framework's ValidationError, keyed as the body is. Meant for a transaction that an error undoes.
    """
    lists = {
        field.source: field for field in serializer.fields.values() if isinstance(field, serializers.ListSerializer)
    }
    rows = {name: values.pop(name) for name in lists if name in values}
    for name, value in values.items():
        if name in {field.name for field in record._meta.concrete_fields}:
            setattr(record, name, value)
    if errors := _save(record):
        raise serializers.ValidationError(_as_told(serializer, errors))
    errors = {}
    for name, items in rows.items():
        field = lists[name]
        if wrong := _write_rows(record, name, items, field.child, serializer.context["request"].user):
            errors[field.field_name] = wrong
    if errors:
        raise serializers.ValidationError(errors)
    return record


def _write_rows(record, name, items, shape, person):
    """Make the rows of the list `name` those in `items`; the errors by position in it."""
    relation = record._meta.get_field(name)
    model, owner = relation.related_model, relation.field.name
    existing = {row.pk: row for row in model.objects.filter(**{owner: record})}
    by_identity = {_identity(row): key for key, row in existing.items()}
    named = {item["id"] for item in items if "id" in item}
    kept, changed, new, errors = set(), [], [], {}
    for index, item in enumerate(items):
        key = item.pop("id", None)
        if key is None:
            # A row told again without its id is still that row, with its citations and history.
            same = by_identity.get(_identity(model(**{owner: record, **item})))
            key = same if same not in named | kept else None
        if key is None:
            new.append((index, model(**{owner: record, **item})))
        elif key in kept:
            errors[index] = {"id": [_("This row is given twice.")]}
        elif key not in existing:
            errors[index] = {"id": [_("There is no row of this id here. Leave the id out to make a new row.")]}
        else:
            kept.add(key)
            row = existing[key]
            if any(_differs(row, field, value) for field, value in item.items()):
                for field, value in item.items():
                    setattr(row, field, value)
                changed.append((index, row))
    if errors:
        return errors
    gone = existing.keys() - kept
    demand(person, model, delete=gone, change=changed, add=new)
    # In this order, so that a row may take the place of one that goes or moves away.
    model.objects.filter(pk__in=gone).delete()
    refused = _save_all(changed) | _save_all(new)
    return {index: _as_told(shape, errors) for index, errors in sorted(refused.items())}


def _identity(row):
    return tuple(getattr(row, row._meta.get_field(name).attname) for name in row.identity)


def _differs(row, name, value):
    return getattr(row, row._meta.get_field(name).attname) != (value.pk if isinstance(value, models.Model) else value)


def demand(person, model, **done):
    """Raise PermissionDenied where `person` may not do to rows of `model` what is done: `add=rows`, `delete=rows`."""
    for verb, rows in done.items():
        permission = f"{model._meta.app_label}.{verb}_{model._meta.model_name}"
        if rows and not person.has_perm(permission):
            raise PermissionDenied(_("You lack the permission “%s”.") % permission)


def _save_all(rows):
    """Save each row, one in whose way another stands after that one; the errors by position."""
    while rows:
        refused = {index: errors for index, row in rows if (errors := _save(row))}
        if not refused:
            break
        if len(refused) == len(rows):
            return refused if len(rows) == 1 else _exchange(rows, refused)
        rows = [(index, row) for index, row in rows if index in refused]
    return {}


def _exchange(rows, refused):
    """Save rows that each stand in another's way, as when two clauses swap numbers: take all out, then put all back."""
    known = [(index, row) for index, row in rows if not row._state.adding]
    if not known:
        return refused
    take_out([row for _index, row in known])
    return {index: errors for index, row in known if (errors := _save(row, force_insert=True))}


def _save(record, **options) -> dict[str, list[str]]:
    """Save `record` if its model's rules allow; else the errors by the model's fields."""
    if errors := _check(record):
        return errors
    try:
        with transaction.atomic():
            record.save(**options)
    except IntegrityError as error:
        return explain(error).update_error_dict({})
    return {}


def _check(record: Record) -> dict[str, list[str]]:
    errors: dict[str, list] = {}
    try:
        record.full_clean(validate_constraints=False)
    except ValidationError as error:
        error.update_error_dict(errors)
    for name, problems in errors.items():
        errors[name] = [_gone(record, name) if "pk" in (each.params or {}) else each for each in problems]
    for model, constraints in record.get_constraints():
        for constraint in constraints:
            try:
                constraint.validate(model, record, exclude=set(errors))
            except ValidationError as error:
                # One that says which fields it is about has them already; for a CHECK it is the first that it names.
                if isinstance(constraint, CheckConstraint) and (field := _field_meant(model, constraint.condition)):
                    error = ValidationError({field: error})
                error.update_error_dict(errors)
    return errors


def _gone(record, name) -> ValidationError:
    """What to say of a reference to what was there when the body was read, and is no more."""
    referred = record._state.fields_cache[name]
    told = {"kind": referred._meta.verbose_name, "value": getattr(referred, key_of(type(referred)))}
    return ValidationError(str(Reference.default_error_messages["unknown"]).format(**told))


def _field_meant(model, condition) -> str | None:
    """The first field that the condition of a CHECK names; of those that it joins by AND, the model's first."""
    if isinstance(condition, tuple):
        return condition[0].split("__")[0]
    if isinstance(condition, F):
        return condition.name
    if isinstance(condition, Q):
        named = [name for child in condition.children if (name := _field_meant(model, child))]
        if condition.connector == Q.AND:
            # Q keeps those in the order of the alphabet.
            order = [field.name for field in model._meta.concrete_fields]
            named.sort(key=order.index)
    else:
        sources = condition.get_source_expressions() if hasattr(condition, "get_source_expressions") else ()
        named = [name for each in sources if (name := _field_meant(model, each))]
    return named[0] if named else None


def _as_told(serializer, errors) -> dict[str, list[str]]:
    """The errors by the names that the API has for the fields; one about a field it does not tell is the record's."""
    names = {field.source.split(".")[0]: name for name, field in serializer.fields.items() if not field.read_only}
    told: dict[str, list[str]] = {}
    for field, problems in errors.items():
        messages = [message for problem in problems for message in problem.messages]
        told.setdefault(names.get(field, NON_FIELD_ERRORS), []).extend(messages)
    return told
