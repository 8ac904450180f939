"""Works through a file: reads, looks up, plans, writes and tells each row, a batch at a time.

Checking and applying are this same way; `exchange.imports.running` says which of the two is undone at its end.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from core.bulk import batches
from core.history import is_generic
from core.matching import keys_by, know_size
from core.models import Record, Version
from core.rest.references import key_of
from core.rest.writing import demand
from exchange.headers import Header
from exchange.imports.notes import Notes, mark
from exchange.imports.report import Report
from exchange.imports.rows import CHANGED, NEW, UNCHANGED, Reader, Row, is_blank
from exchange.imports.writing import Writer
from exchange.tables import Column, Table, halves_of, target_text
from sources.actions import cite_change
from sources.models import Citation, Source

BATCH = 2000
# Imports take turns at this: two that write the same rows in another order would each wait for the other.
TURNS = "exchange.imports"


class Engine:
    """One file on its way into one table."""

    def __init__(
        self,
        table: Table,
        header: Header,
        report: Report,
        *,
        person: AbstractUser | None = None,
        source: Source | None = None,
    ):
        self.model: type[Record] = table.model
        self._table = table
        self.counts: Counter[str] = Counter()
        self._report, self._person, self._source = report, person, source
        # The newest version that there was before what is still to be cited.
        self._cited = Version.objects.order_by("-id").values_list("id", flat=True).first() or 0
        self._notes = Notes()
        self._reader = Reader(table, header, self._notes)
        self._fields = list(self.model._meta.concrete_fields)
        self._attnames = [field.attname for field in self._fields]
        self._defaults = [field.get_default() for field in self._fields]
        self._key = self._fields.index(self.model._meta.pk)
        self._columns, self._halves = _columns_by_field(table), halves_of(self.model)
        self._must_have = [
            (place, field)
            for place, field in enumerate(self._fields)
            if (place != self._key or self.model.identity == (field.name,)) and not (field.null and field.blank)
        ]
        self._writer = Writer(self.model, self._columns)
        given = {column.field for column in self._reader.columns}
        identity = [self.model._meta.get_field(name) for name in self.model.identity]
        # Of the key, what the file has columns for, and what it has not.
        self._known_by = [field for field in identity if self._halves.get(field.name, field) in given]
        self._unsaid = [column.name for column in table.key if column.field not in given]
        self._key_columns = {column.name for column in table.key} | {"id"}
        self._lasting = {key_of(self.model), self.model.belongs_to} - {"", "id"}
        self._refers_to_itself = any(field.related_model is self.model for field in self._fields)
        self._lacks = lacking(person, self.model)
        if header.id is None and table.key[0].field not in given:
            told = _("Add the column “%s”: without it nothing tells which record a row is about.")
            raise ValidationError(told % table.key[0].name)

    def close(self):
        self._notes.close()

    def work(self, lines: Iterable[tuple[int, list]], done: Callable[[int], None]):
        """Work through all lines; `done` is told of how many, as it goes."""
        for batch in batches(lines, BATCH):
            self._batch(batch)
            done(len(batch))
        while waiting := self._notes.waiting():
            for batch in self._notes.take_up(BATCH):
                self._batch(batch, late=True)
            if self._notes.waiting() == waiting:
                # They wait for each other, or for what no line makes.
                for batch in self._notes.take_up(BATCH):
                    self._batch(batch, late=True, last=True)

    def _batch(self, lines, late=False, last=False):
        rows = [self._reader.read(line, cells) for line, cells in lines]
        self._reader.resolve(rows, last)
        self._reader.read_plain(rows)
        self._find(rows)
        self._refuse_repeated(rows)
        put_off = [row for row in rows if row.waits and row.is_good]
        self._notes.put_off((row.line, row.cells) for row in put_off)
        rows = [row for row in rows if not row.waits or not row.is_good]
        for row in rows:
            if row.is_good:
                self._plan(row)
        _tell_references([row for row in rows if row.outcome == CHANGED])
        self._writer.write([row for row in rows if row.outcome in (NEW, CHANGED)])
        self._notes.see((mark("row", row.key), row.line) for row in rows if row.outcome == NEW)
        if self._source is not None:
            self._cite()
        if self._refers_to_itself:
            for row in [*put_off, *(row for row in rows if not row.is_good)]:
                self._notes.fail(str(row.given.get(key_of(self.model))), row.line)
        for row in rows:
            self.counts[row.outcome] += 1
            self._report.tell(row, late)

    def _cite(self):
        """Cite the source for what was written since it was cited last."""
        cited = cite_change(source=self._source, after=self._cited)
        self._cited = Version.objects.order_by("-id").values_list("id", flat=True).first() or 0
        if self._person is not None:
            demand(self._person, Citation, change=cited.turned, delete=cited.replaced)

    # --- What is there ----------------------------------------------------------------------------------------------

    def _find(self, rows):
        """Find the row that each line means, as it is now."""
        unfound = [row for row in rows if row.key is None and not self._lacks_key(row)]
        if unfound and self._known_by:
            know_size(self._known_by)
            keys = keys_by(self._known_by, [self._key_of(row) for row in unfound])
            for place, found in keys.items():
                if len(found) == 1:
                    unfound[place].key = found[0]
                else:
                    told = _("Several rows have this key. Add the columns that tell them apart: %s.")
                    unfound[place].refuse(told % ", ".join(self._unsaid))
        wanted = [row.key for row in rows if row.key is not None]
        there = self._rows_with(wanted) if wanted else {}
        for row in rows:
            if row.key is not None:
                row.old = there.get(row.key)
                if row.old is None:
                    told = _("There is no row of the number %d. Leave the cell empty to go by the key.")
                    row.refuse(told % row.key, "id")

    def _rows_with(self, keys) -> dict[object, tuple]:
        # Nobody else changes them before this is committed.
        records = self.model._base_manager.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        return {row[self._key]: row for row in records.values_list(*self._attnames)}

    def _lacks_key(self, row) -> bool:
        # Nor is a row of which another number was meant looked for by its key.
        return row.has_wrong_number or any(field.attname not in row.given for field in self._known_by)

    def _key_of(self, row) -> tuple:
        return tuple([row.given[field.attname] for field in self._known_by])

    def _refuse_repeated(self, rows):
        """What stands in the file twice is taken once, and the later line is told of."""
        marks = {}
        for row in rows:
            if row.key is not None:
                marks[row.line] = mark("row", row.key)
            elif not self._lacks_key(row):
                marks[row.line] = mark("key", *self._key_of(row))
        if not marks:
            return
        seen = self._notes.seen([*marks.values()])
        for row in rows:
            if (told := marks.get(row.line)) is None:
                continue
            first = seen.setdefault(told, row.line)
            if first != row.line:
                row.refuse(_("The same stands in line %d already: take one of the two out.") % first)
        self._notes.see((told, line) for line, told in marks.items())

    # --- What becomes of it -----------------------------------------------------------------------------------------

    def _plan(self, row):
        if row.old is None:
            self._plan_new(row)
        else:
            self._plan_change(row)
        if row.is_good and is_generic(self.model) and row.outcome in (NEW, CHANGED):
            self._refuse_uncitable(row)

    def _plan_new(self, row):
        if "add" in self._lacks:
            row.refuse(self._lacks["add"])
            return
        given = row.given
        values = [given.get(name, old) for name, old in zip(self._attnames, self._defaults, strict=True)]
        for place, field in self._must_have:
            if values[place] in (None, "") and is_blank(field, values[place]):
                row.refuse(_("A new row needs this."), self._columns[field.name])
        if row.is_good:
            row.outcome, row.new = NEW, tuple(values)
            row.changes = [
                {"column": name, "old": None, "new": value}
                for name, value in row.told.items()
                if name not in self._key_columns and value not in (None, "")
            ]

    def _plan_change(self, row):
        given = row.given
        new = tuple([given.get(name, old) for name, old in zip(self._attnames, row.old, strict=True)])
        if new == row.old:
            row.outcome = UNCHANGED
            return
        if "change" in self._lacks:
            row.refuse(self._lacks["change"])
            return
        for place, field in enumerate(self._fields):
            if new[place] != row.old[place]:
                self._plan_value(row, self._halves.get(field.name, field), row.old[place], new[place])
        if row.is_good:
            row.outcome, row.new = CHANGED, new

    def _plan_value(self, row, field, old, new):
        column = self._columns[field.name]
        if field.name in self._lasting:
            row.refuse(_("This never changes: it stays “%s”.") % self._lasting_value(field, row), column)
        elif is_blank(field, new):
            row.refuse(_("This cannot be empty."), column)
        elif field.is_relation:
            parts = [each for each in self._table.columns if each.field == field]
            row.changes += [{"column": each.name, "old": _Key(each, old), "new": _Key(each, new)} for each in parts]
        else:
            row.changes.append({"column": column, "old": old, "new": new})

    def _lasting_value(self, field, row):
        if isinstance(field, GenericForeignKey):
            record = self.model.from_db(connection.alias, self._attnames, row.old)
            return target_text(type(record.target), record.target.natural_key())
        old = row.old[self._fields.index(field)]
        column = next(each for each in self._table.columns if each.field == field)
        return _parts(column, [old])[old] if field.is_relation else old

    def _refuse_uncitable(self, row):
        """What the model would ask of each by itself: that it speaks of a field that there is."""
        kind, name = (row.new[self._attnames.index(each)] for each in ("content_type_id", "field"))
        citable = ContentType.objects.get_for_id(kind).model_class().citable_fields()
        if name and name not in citable:
            told = _("There is no field of this name. Choose one of: %s.")
            row.refuse(told % ", ".join(citable), self._columns["field"])


@dataclass(frozen=True)
class _Key:
    """The key of what a changed reference refers to, of which `column` tells a part."""

    column: Column
    key: object


def _tell_references(rows: list[Row]):
    """Tell by their natural keys what changed references refer to."""
    wanted = defaultdict(set)
    told = [(each, side) for row in rows for each in row.changes for side in ("old", "new")]
    for each, side in told:
        if isinstance(each[side], _Key):
            wanted[each[side].column].add(each[side].key)
    parts = {column: _parts(column, keys) for column, keys in wanted.items()}
    for each, side in told:
        if isinstance(each[side], _Key):
            each[side] = parts[each[side].column].get(each[side].key)


def _parts(column: Column, keys: Iterable) -> dict:
    """By key of a record that `column` refers to, the part of its natural key that the column tells."""
    path = column.path.removeprefix(f"{column.field.name}__")
    return dict(column.field.related_model._base_manager.filter(pk__in=keys).values_list("pk", path))


def _columns_by_field(table: Table) -> dict[str, str]:
    """The column, or the first of several, that tells a field; what is kept in two halves is told in one."""
    columns = {column.field.name: column.name for column in reversed(table.columns)}
    return columns | {half: columns[field.name] for half, field in halves_of(table.model).items()}


def lacking(person: AbstractUser | None, model: type[Record]) -> dict[str, str]:
    """What the person may not do to rows of `model`, add or change, and how that is said; nobody may do all."""
    told = {}
    for verb in ("add", "change"):
        try:
            if person is not None:
                demand(person, model, **{verb: [model]})
        except PermissionDenied as refused:
            told[verb] = str(refused)
    return told
