"""Writes many planned rows at once, and where one of them is refused, finds which and says why."""

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from core.bulk import new_keys, update_rows, write_rows
from core.history import is_generic
from core.integrity import explain
from core.models import Record
from exchange.imports.rows import NEW, Row


class _RefusedByModel(Exception):
    """Some rows break a rule that their model holds itself."""


class Writer:
    """Writes rows of one model. Run it inside a transaction."""

    def __init__(self, model: type[Record], columns: dict[str, str]):
        """`columns` are those of the table by field."""
        self._model, self._columns = model, columns
        self._fields = list(model._meta.concrete_fields)
        self._attnames = [field.attname for field in self._fields]
        self._key = self._fields.index(model._meta.pk)
        self._is_numbered = model.identity != (model._meta.pk.name,)
        self._has_rules = model.clean is not models.Model.clean
        self._references = [field.name for field in self._fields if field.is_relation]

    def write(self, rows: list[Row]):
        """Write the new and the changed among `rows`. Those that are refused say why, and the others stand."""
        new = [row for row in rows if row.outcome == NEW]
        if self._is_numbered:
            for row, key in zip(new, new_keys(self._model, len(new)) if new else (), strict=True):
                row.key = key
                row.new = (*row.new[: self._key], key, *row.new[self._key + 1 :])
        else:
            for row in new:
                row.key = row.new[self._key]
        if rows:
            self._write(rows)

    def _write(self, rows):
        try:
            with transaction.atomic():
                self._put(rows)
                self._hold_rules(rows)
        except _RefusedByModel:
            if good := [row for row in rows if row.is_good]:
                self._write(good)
        except (IntegrityError, DataError) as refused:
            if len(rows) == 1:
                rows[0].refuse_all(explain(refused), self._columns)
                return
            # The second half meets the first as it stands: a row may be refused for one before it.
            for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
                self._write(half)

    def _put(self, rows):
        new = [row.new for row in rows if row.outcome == NEW]
        if new:
            write_rows(self._fields, new)
        changed = [row for row in rows if row.old is not None]
        places = [
            place
            for place in range(len(self._fields))
            if any(row.old[place] != row.new[place] for row in changed) and place != self._key
        ]
        if places:
            fields = [self._fields[place] for place in (self._key, *places)]
            update_rows(fields, [tuple(row.new[place] for place in (self._key, *places)) for row in changed])

    def _hold_rules(self, rows):
        """Hold what the model itself checks, which may ask the database: when all stand there, as they may break it
        together.
        """
        if is_generic(self._model):
            self._keep_targets(rows)
        elif self._has_rules:
            records = [self._model.from_db(connection.alias, self._attnames, row.new) for row in rows]
            prefetch_related_objects(records, *self._references)
            for row, record in zip(rows, records, strict=True):
                try:
                    record.clean()
                except ValidationError as error:
                    row.refuse_all(error, self._columns)
        if not all(row.is_good for row in rows):
            raise _RefusedByModel

    def _keep_targets(self, rows):
        """What is spoken of must be there when this is committed."""
        kind, key = self._attnames.index("content_type_id"), self._attnames.index("object_id")
        for content_type in {row.new[kind] for row in rows}:
            speaking = [row for row in rows if row.new[kind] == content_type]
            cited = ContentType.objects.get_for_id(content_type).model_class()
            there = cited.keep(*{row.new[key] for row in speaking})
            for row in speaking:
                if row.new[key] not in there:
                    row.refuse(_("There is no such record to cite."), self._columns["object_id"])
