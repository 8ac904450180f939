"""Lines of a file as rows to be written: what each cell gives, and what is wrong with it."""

from collections.abc import Set
from dataclasses import dataclass
from dataclasses import field as keeps

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from core.models import Record
from core.units import read_precision
from exchange.cells import CLEAR, LEAVE, read_cell, read_figure
from exchange.headers import Header
from exchange.imports.keys import Keys, read_number
from exchange.imports.notes import Notes
from exchange.tables import Table

NEW, CHANGED, UNCHANGED, ERROR = "new", "changed", "unchanged", "error"
STATED, PRECISION = "as_stated", "precision"


@dataclass(slots=True)
class Row:
    """One line on its way into a table."""

    line: int
    cells: list
    # What it gives, by attribute of the model; and as texts and plain values by column of the table.
    given: dict = keeps(default_factory=dict)
    told: dict = keeps(default_factory=dict)
    # What its references say, by field: the parts of a key, as far as the file has columns for them.
    references: dict = keeps(default_factory=dict)
    problems: list[dict] = keeps(default_factory=list)
    # Which record each reference was taken for that gives a name in place of a key.
    meant: list[dict] = keeps(default_factory=list)
    # What is there: its primary key, and its values in the order of the columns of the database.
    key: object = None
    old: tuple | None = None
    new: tuple | None = None
    outcome: str = ""
    changes: list[dict] = keeps(default_factory=list)
    # Whether it refers to what no line so far has made.
    waits: bool = False
    # Which columns tell what it is known by.
    key_columns: Set[str] = frozenset()

    @property
    def known_by(self) -> dict:
        """What the file says it is known by."""
        return {name: value for name, value in self.told.items() if name in self.key_columns}

    @property
    def has_wrong_number(self) -> bool:
        """Whether it says the number of a row, and that is none."""
        return any(each["column"] == "id" for each in self.problems)

    @property
    def is_good(self) -> bool:
        return not self.problems

    def refuse(self, reason, column: str = ""):
        self.problems.append({"column": column, "reason": str(reason)})
        self.outcome = ERROR

    def refuse_all(self, error: ValidationError, columns: dict[str, str]):
        """Say all that `error` says; `columns` are those of the table by field."""
        told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, messages in told.items():
            for message in messages:
                self.refuse(message, columns.get(name, ""))


class Reader:
    """Makes rows of the lines of one file, with what all their cells give."""

    def __init__(self, table: Table, header: Header, notes: Notes):
        self.model: type[Record] = table.model
        self._notes, self._keys, self._id, self._unit = notes, Keys(notes), header.id, header.unit
        there = [(index, column) for index, column in enumerate(header.columns) if column is not None]
        self.columns = [each.column for _index, each in there]
        self._plain = [
            (index, each, each.name, each.column.field, each.column in table.key, each.measures is not None)
            for index, each in there
            if not each.column.is_reference and not each.column.is_target
        ]
        self._targets = [(index, each) for index, each in there if each.column.is_target]
        # Each reference with the columns that the file has for its parts.
        self._references: dict[models.Field, list] = {}
        for column in table.columns:
            found = [(index, each) for index, each in there if each.column == column]
            if column.is_reference and found:
                self._references.setdefault(column.field, []).extend(found)
        self._paths = {
            field: tuple(each.column.path.removeprefix(f"{field.name}__") for _index, each in parts)
            for field, parts in self._references.items()
        }
        names = {field.name: field for field in self.model._meta.concrete_fields}
        # What the figures of a row are of, which says their unit; and whether it is kept how they were stated.
        self._indicator, self._keeps_stated = names.get("indicator"), STATED in names
        self._in_key = {column.field for column in table.key}
        self._key_columns = {column.name for column in table.key} | {"id"}

    def read(self, line: int, cells: list) -> Row:
        """The row of one line, its references as yet only as they are written."""
        row = Row(line, cells, key_columns=self._key_columns)
        if self._id is not None and cells[self._id] not in (None, ""):
            self._read_id(row, cells[self._id])
        for field, parts in self._references.items():
            told = [self._part(row, each, cells[index]) for index, each in parts]
            if CLEAR in told:
                row.references[field] = CLEAR
            elif any(each is not LEAVE for each in told):
                row.references[field] = tuple([None if each is LEAVE else each for each in told])
            elif field in self._in_key and row.key is None:
                row.references[field] = None
        for index, each in self._targets:
            row.references[each.column.field] = self._part(row, each, cells[index])
        return row

    def _part(self, row, column, value):
        """What a cell of a reference says."""
        if value is None or value == "":
            return LEAVE
        try:
            told = read_cell(column, value)
        except ValidationError as error:
            row.refuse_all(error, {"": column.column.name})
            return LEAVE
        if told is not LEAVE:
            row.told[column.column.name] = None if told is CLEAR else told
        return told

    def _read_id(self, row, value):
        text = str(value)
        row.key = read_number(text)
        if row.key is not None:
            row.told["id"] = row.key
        else:
            row.refuse(_("“%s” is not the number of a row: leave the cell empty to go by the key.") % text[:40], "id")

    def read_plain(self, rows: list[Row]):
        """Add what the other cells of rows give, when it is known what they refer to."""
        units = self._units(rows)
        for row in rows:
            for index, column, name, field, in_key, is_figure in self._plain:
                value = row.cells[index]
                try:
                    if value is None or value == "":
                        value = LEAVE
                    elif is_figure:
                        value = self._read_figure(row, column, value, units)
                    else:
                        value = read_cell(column, value)
                except ValidationError as error:
                    row.refuse_all(error, {"": name})
                    continue
                if value is LEAVE:
                    # Of a row that is named by its number the key may be left alone, too.
                    if not in_key or row.key is not None:
                        continue
                    value = blank(field)
                elif value is CLEAR:
                    value = blank(field)
                row.given[field.attname] = row.told[name] = value

    def _units(self, rows) -> dict:
        """The units of the indicators that the rows refer to, by key."""
        if self._indicator is None:
            return {}
        keys = {row.given.get(self._indicator.attname) for row in rows} - {None}
        return dict(self._indicator.related_model._base_manager.filter(pk__in=keys).values_list("pk", "unit"))

    def _read_figure(self, row, column, value, units):
        beside = {"unit": "" if self._unit is None else str(row.cells[self._unit] or "").strip()}
        if self._indicator is not None:
            beside["base"] = units.get(row.given.get(self._indicator.attname), "")
        figure = read_figure(column, value, beside)
        if not isinstance(figure, tuple):
            return figure
        number, stated = figure
        if stated and self._keeps_stated:
            # Unless a cell of its own says it in other words.
            row.given.setdefault(STATED, stated)
            row.told.setdefault(STATED, stated)
            # A cell of its own that says it, wherever it stands, is taken in place of this.
            if precision := read_precision(stated)[1]:
                row.given.setdefault(PRECISION, precision)
                row.told.setdefault(PRECISION, precision)
        return number

    def resolve(self, rows: list[Row], last: bool):
        """Look up what the rows refer to. What no line has made yet is waited for, where lines can make it, but not
        for the `last` time.
        """
        for field, paths in self._paths.items():
            told = {row.references.get(field) for row in rows} - {None, CLEAR}
            found = self._keys.find(field.related_model, paths, told) if told else {}
            waited_for = issubclass(self.model, field.related_model._meta.concrete_model)
            name = self._references[field][0][1].name
            for row in rows:
                if field not in row.references:
                    continue
                told = row.references[field]
                key = found.get(told)
                if key is None:
                    self._set_none(row, field, name)
                elif not isinstance(key, ValidationError):
                    row.given[field.attname] = key
                    if meant := self._keys.meant.get((field.related_model, told)):
                        row.meant.append({"column": name, "written": told[0], "meant": meant})
                elif waited_for and key.code == "unknown" and not last:
                    row.waits = True
                elif waited_for and (line := self._notes.failed(told[0])):
                    row.refuse(_("Line %d would make what it refers to, and is not right itself.") % line, name)
                else:
                    row.refuse_all(key, {"": name})
        for _index, each in self._targets:
            field = each.column.field
            wanted = [row.references[field] for row in rows if isinstance(row.references[field], str)]
            found = self._keys.find_targets(wanted)
            for row in rows:
                self._set_target(row, field, found.get(row.references[field]))

    @staticmethod
    def _set_none(row, field, name):
        if field.null:
            row.given[field.attname] = None
        elif row.references[field] is CLEAR:
            row.refuse(_("This cannot be cleared: write what it is to be instead."), name)
        elif row.is_good:
            # What is wrong with it may have been told.
            row.refuse(_("A new row needs this."), name)

    def _set_target(self, row, field, target):
        if isinstance(target, tuple):
            row.given[f"{field.ct_field}_id"], row.given[field.fk_field] = target
        elif target is not None:
            row.refuse_all(target, {"": field.name})
        elif row.key is None or row.references[field] is CLEAR:
            row.refuse(_("Say what it speaks of, such as park:jiangyin-jingjiang."), field.name)


def blank(field: models.Field):
    """What a field has that says nothing."""
    if field.null:
        return None
    return field.to_python("") if field.blank and field.empty_strings_allowed else field.get_default()


def is_blank(field: models.Field, value) -> bool:
    """Whether it is less than the field must have."""
    return (value is None and not field.null) or (value == "" and not field.blank)
