"""Loads fixtures of registry records in bulk: keys are looked up once a model, the new rows of one written at once.

The format is Django's JSON fixture without primary keys: a reference is the natural key of what it refers to, as a
list; a generic one begins with the model's name (`"target": ["parks.park", "jiangyin-jingjiang"]`). A row that is
there is changed only where the fixture says otherwise, so loading again writes nothing.
"""

import json
from collections import Counter
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.management.base import CommandError
from django.db import IntegrityError, models, transaction

from core.bulk import new_keys, write_rows
from core.history import default_of, is_generic, label_of
from core.integrity import explain
from core.models import Change, Record, Version, validate_characters

BATCH = 500
# How many values of a field, and how many natural keys, are remembered as looked at.
REMEMBERED = 4096


class FixtureError(CommandError):
    """Something in a fixture that cannot be loaded; says the file, the object, the field and what to do."""


class _Elsewhere(Exception):
    """A reference to a row that a person has deleted since."""


def read(path: Path) -> list[dict]:
    """The objects in a fixture file. Raises FixtureError."""
    try:
        objects = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FixtureError(f"{path.name} is not JSON in UTF-8: {error}") from error
    except RecursionError:
        raise _too_deep(path.name) from None
    if not isinstance(objects, list) or not all(isinstance(each, dict) and "model" in each for each in objects):
        raise FixtureError(f'{path.name} is not a list of objects with "model" and "fields".')
    return objects


def has_records(objects: list[dict]) -> bool:
    """Whether any of the objects is a record of the registry, and not, say, a user."""
    return any(_record_model(each["model"]) for each in objects)


class _Kind:
    """A model as its rows stand in fixtures: what would be asked of it for each row, asked once."""

    def __init__(self, model: type[Record]):
        self.fields = list(model._meta.concrete_fields)
        self.attnames = [field.attname for field in self.fields]
        self.known_by = [model._meta.get_field(name) for name in model.identity]
        self.key_is_natural = _key_is_natural(model)
        self.key = self.fields.index(model._meta.pk)
        self.identity = [self.fields.index(field) for field in self.known_by]
        self.left_out = _keys(model)
        self.defaults = [default_of(field) for field in self.fields]
        # What repeats from row to row need not be read and checked again; nothing is remembered of what is refused.
        self.field_named = lru_cache(None)(lambda name: _field(model, name))
        self.read = {field: lru_cache(REMEMBERED, typed=True)(field.to_python) for field in self.fields}
        self.checks = [
            (place, field, lru_cache(REMEMBERED, typed=True)(_check_of(field)))
            for place, field in enumerate(self.fields)
            if not field.related_model and (field is not model._meta.pk or self.key_is_natural)
        ]
        self.required = [
            (place, "target" if is_generic(model) and field.name == "content_type" else field.name, field)
            for place, field in enumerate(self.fields)
            if field.related_model and not field.null
        ]

    def identity_of(self, row: tuple) -> tuple:
        return tuple([row[place] for place in self.identity])


def _check_of(field: models.Field):
    """A function that does for one value what `Record.clean_fields` does for each."""

    def check(value):
        if not (field.blank and value in field.empty_values):
            field.clean(value, None)
        validate_characters(field, value)

    return check


class FixtureLoader:
    """Loads any number of fixtures, remembering the keys of what it has seen.

    With `keep_edits`, rows that anyone has changed or deleted since a fixture wrote them are left as they are.
    Run it inside `core.history.change`: it is one change, all or nothing.
    """

    def __init__(self, keep_edits: bool = False):
        self.keep_edits = keep_edits
        self.counts: Counter[str] = Counter()
        self.name = ""
        self._kind = lru_cache(None)(_Kind)
        # By model, each row's values in the order of its columns, by its identity as the table keeps it.
        self._rows: dict[type[Record], dict[tuple, tuple]] = {}
        self._edited: dict[type[Record], set[tuple]] = {}
        # By model and identity, where in the present file each row stands.
        self._places: dict[type[Record], dict[tuple, int]] = {}
        # The key of a row that is there stays what it is.
        self._key_of = lru_cache(REMEMBERED, typed=True)(self._find_key)

    def load(self, name: str, objects: list[dict]):
        """Load the objects read from the file called `name`. Raises FixtureError."""
        self.name, self._places = name, {}
        numbered = list(enumerate(objects, 1))
        try:
            for label, group in groupby(numbered, key=lambda each: each[1]["model"]):
                self._load_model(self._model(label), list(group))
        except RecursionError:
            raise _too_deep(name) from None

    def _model(self, label):
        model = _record_model(label)
        if model is None:
            raise FixtureError(f"{self.name}: {label!r} is no kind of record that the registry has.")
        return model

    def _load_model(self, model, numbered):
        kind, known, places = self._kind(model), self._known(model), self._places.setdefault(model, {})
        # Codes that are keys themselves may be named before their row comes.
        coming = {(self._pk(model, *one),) for one in numbered} if kind.key_is_natural else set()
        new, changed, changed_fields = {}, [], set()
        for number, each in numbered:
            try:
                values = self._values(model, number, each, coming)
                if values is None:
                    # It refers to a row of its own kind that is still to be written.
                    self._create(model, new)
                    new = {}
                    values = self._values(model, number, each, coming, last_try=True)
            except _Elsewhere:
                self.counts["kept"] += 1
                continue
            identity = tuple([values[field.attname] for field in kind.known_by])
            # It need not stand beside the other: the later one would be taken without a word.
            place = places.setdefault(identity, number)
            if place != number:
                told = f"the same {model._meta.verbose_name} stands in the file twice, first as object {place}."
                raise self._error(number, each, told)
            if self.keep_edits and identity in self._edited_of(model):
                self.counts["kept"] += 1
            elif (row := known.get(identity)) is None:
                row = tuple([values.get(name, old) for name, old in zip(kind.attnames, kind.defaults, strict=True)])
                new[identity] = (number, each, self._checked(kind, number, each, row))
            elif differing := [
                name for name, old in zip(kind.attnames, row, strict=True) if values.get(name, old) != old
            ]:
                row = tuple([values.get(name, old) for name, old in zip(kind.attnames, row, strict=True)])
                known[identity] = self._checked(kind, number, each, row)
                changed.append((number, each, row))
                changed_fields.update(differing)
            else:
                self.counts["unchanged"] += 1
        self._create(model, new)
        if changed:
            names = [model._meta.get_field(name).name for name in sorted(changed_fields)]

            def write(rows):
                instances = [model(**dict(zip(kind.attnames, row, strict=True))) for row in rows]
                model._base_manager.bulk_update(instances, names, batch_size=BATCH)

            self._write(changed, write)
            self.counts["changed"] += len(changed)

    def _create(self, model, new):
        if not new:
            return
        kind = self._kind(model)
        if not kind.key_is_natural:
            for (identity, (number, each, row)), key in zip(new.items(), new_keys(model, len(new)), strict=True):
                new[identity] = (number, each, (*row[: kind.key], key, *row[kind.key + 1 :]))
        self._write([*new.values()], lambda rows: write_rows(kind.fields, rows))
        self._known(model).update((identity, row) for identity, (_number, _each, row) in new.items())
        self.counts["created"] += len(new)

    def _write(self, rows, write):
        """Write all rows at once; where the database refuses, find the first row that it refuses and tell why."""
        try:
            with transaction.atomic():
                write([row for _number, _each, row in rows])
        except IntegrityError as refused:
            told = " ".join(explain(refused).messages)
            if len(rows) == 1:
                number, each, _row = rows[0]
                raise self._error(number, each, told) from refused
            # The second half meets the first as it stands: a row may be refused for one before it.
            for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
                self._write(half, write)
            raise FixtureError(f"{self.name}: {told}") from refused

    def _pk(self, model, number, each):
        """The key that stands beside the fields: a code, of the models that are known by theirs, and of no others."""
        pk = each.get("pk")
        if not _key_is_natural(model):
            if pk is not None:
                known_by = ", ".join(model.identity)
                raise self._error(number, each, f'it is known by its {known_by}: leave out "pk".')
        elif not isinstance(pk, str):
            raise self._error(number, each, f'"pk" is not the text of its {model._meta.pk.name}.')
        return pk

    def _values(self, model, number, each, coming, last_try=False):
        """The row's values by attribute; None when it refers to a row of this model that is not written yet."""
        kind, pk = self._kind(model), self._pk(model, number, each)
        values = {model._meta.pk.attname: pk} if kind.key_is_natural else {}
        given = each.get("fields")
        if not isinstance(given, dict):
            raise self._error(number, each, 'it has no "fields".')
        for name, value in given.items():
            field = kind.field_named(name)
            if field is None:
                raise self._error(number, each, f"there is no field {name!r}.")
            if name in kind.left_out:
                raise self._error(number, each, f"{name}: leave it out, a fixture names rows by their natural keys.")
            try:
                if isinstance(field, GenericForeignKey):
                    if not isinstance(value, list):
                        raise TypeError(value)
                    target = _record_model(value[0])
                    if target is None:
                        told = f"{name}: {value[0]!r} is no kind of record that the registry has."
                        raise self._error(number, each, told)
                    self._check_cited(number, each, target)
                    values[f"{field.ct_field}_id"] = ContentType.objects.get_for_model(target).id
                    values[field.fk_field] = str(self._key_of(target, *value[1:]))
                elif field.related_model and value is not None:
                    key = value if isinstance(value, list) else [value]
                    if _key_is_natural(field.related_model) and tuple(key) in coming:
                        values[field.attname] = key[0]
                    else:
                        values[field.attname] = self._key_of(field.related_model, *key)
                elif isinstance(field, models.CharField | models.TextField) and not isinstance(value, str | None):
                    # Django would take its Python notation for the text.
                    raise self._error(number, each, f"{name}: {json.dumps(value, ensure_ascii=False)} is not text.")
                else:
                    # A list or an object is refused in the field's own words, and cannot be remembered.
                    read = field.to_python if isinstance(value, list | dict) else kind.read[field]
                    values[field.attname] = read(value)
            except KeyError:
                if field.related_model is model and not last_try:
                    return None
                told = json.dumps(value, ensure_ascii=False)
                raise self._error(number, each, f"{name}: nothing recorded has the key {told}.") from None
            except (TypeError, IndexError):
                raise self._error(number, each, f"{name}: {value!r} is no natural key.") from None
            except ValidationError as error:
                raise self._error(number, each, f"{name}: {' '.join(error.messages)}") from None
        for field in kind.known_by:
            values.setdefault(field.attname, default_of(field))
        return values

    def _check_cited(self, number, each, target):
        """What a citation's own check holds, which asks the database for each: what it speaks of can be cited."""
        # Said by `sources`, which stands above this module.
        citable = getattr(target, "citable_fields", None)
        if citable is None:
            raise self._error(number, each, f"target: records of the kind {target._meta.label_lower} are not cited.")
        field = each["fields"].get("field")
        if field and field not in citable():
            raise self._error(number, each, f"field: {field!r} is none of {', '.join(citable())}.")

    def _checked(self, kind, number, each, row):
        """The same row. Raises FixtureError where a field refuses its value."""
        for place, told, field in kind.required:
            if row[place] is None:
                raise self._error(number, each, f"{told}: {field.error_messages['null']}")
        refused = []
        for place, field, check in kind.checks:
            try:
                check(row[place])
            except ValidationError as error:
                refused.append(f"{field.name}: {' '.join(error.messages)}")
        if refused:
            raise self._error(number, each, "; ".join(refused))
        return row

    def _find_key(self, model, *key):
        """The primary key of the row with this natural key. Raises KeyError when there is none."""
        kind, rest, identity = self._kind(model), list(key), []
        for field in kind.known_by:
            if field.related_model and issubclass(field.related_model, Record):
                length = len(field.related_model.identity_lookups())
                part, rest = rest[:length], rest[length:]
                identity.append(
                    None if all(each is None for each in part) else self._key_of(field.related_model, *part)
                )
            else:
                identity.append(field.to_python(rest.pop(0)))
        if rest:
            raise TypeError(key)
        identity = tuple(identity)
        row = self._known(model).get(identity)
        if row is None:
            if self.keep_edits and identity in self._edited_of(model):
                raise _Elsewhere
            raise KeyError(key)
        return row[kind.key]

    def _known(self, model):
        if model not in self._rows:
            kind = self._kind(model)
            rows = model._base_manager.values_list(*kind.attnames)
            self._rows[model] = {kind.identity_of(row): row for row in rows.iterator()}
        return self._rows[model]

    def _edited_of(self, model):
        """Every identity, past ones too, of the rows that something other than a fixture has changed or deleted."""
        if model not in self._edited:
            versions = Version.objects.filter(model=label_of(model))
            touched = versions.exclude(change__origin=Change.Origin.FIXTURE).values("key")
            columns = [model._meta.get_field(name).column for name in model.identity]
            self._edited[model] = {
                tuple(data.get(column) for column in columns)
                for data in versions.filter(key__in=touched).values_list("data", flat=True)
            }
        return self._edited[model]

    def _error(self, number, each, told):
        fields = each.get("fields")
        model = apps.get_model(each["model"])
        names = [name for name in (*model.identity, "target") if isinstance(fields, dict) and name in fields]
        key = each.get("pk") or ", ".join(json.dumps(fields[name], ensure_ascii=False) for name in names)
        return FixtureError(f"{self.name}, object {number} ({each['model']} {key}): {told}")


def _record_model(label) -> type[Record] | None:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError, AttributeError, TypeError):
        return None
    return model if issubclass(model, Record) else None


def _too_deep(name) -> FixtureError:
    return FixtureError(f"{name}: its lists and objects are nested too deeply to be records.")


def _keys(model) -> tuple[str, ...]:
    """The columns that a fixture does not give as fields: the key, and in its two halves what a row speaks of."""
    return (model._meta.pk.name, *(("content_type", "object_id") if is_generic(model) else ()))


def _key_is_natural(model) -> bool:
    return model.identity == (model._meta.pk.name,)


def _field(model, name) -> models.Field | GenericForeignKey | None:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if field.concrete or isinstance(field, GenericForeignKey) else None
