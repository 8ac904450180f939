"""What stands in a cell, as the value of the field that its column tells."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.dates import PartialDateField, PeriodField
from core.models import validate_characters
from core.rest.errors import nearest
from core.rest.references import key_of
from core.spreadsheets import was_cut
from core.text import simplified, validate_line
from core.units import NUMBER, in_base
from exchange.dates import written_date, written_period
from exchange.files import Unreadable

# A text that is longer is not remembered: it hardly comes twice.
LONG = 200
CLEARED = ("[clear]", "[清空]", "【清空】", "【clear】")
_WHOLE_WRITTEN_AS_DECIMAL = re.compile(r"(\d{1,20})\.0+", re.ASCII)
# What people write where there is nothing to write.
_NOTHING = {"-", "--", "—", "——", "–", "/", "\\", "无", "无数据", "n/a", "na", "null", "none", "不详", "未知", "…", "?"}
_YES = {"true", "yes", "y", "1", "是", "有", "√", "✓"}
_NO = {"false", "no", "n", "0", "否", "无", "×"}


class Mark(Enum):
    """What a cell says that is no value: leave the field as it is, or make it empty."""

    LEAVE = "leave"
    CLEAR = "clear"

    def __repr__(self):
        return self.name


LEAVE, CLEAR = Mark.LEAVE, Mark.CLEAR


def read_cell(column, value, beside: Mapping | None = None) -> object:
    """What a cell says for its column (`exchange.headers.HeaderColumn`): a value, LEAVE or CLEAR.

    The value is checked as the field itself checks it. Of a reference it is the text of that part of the key, to be
    looked up, of what a citation speaks of its text. `beside` tells of figures what else the row says: `base`, the
    unit of its indicator, and `unit`, the one in a column of its own. Raises ValidationError.
    """
    if value is None or value == "":
        return LEAVE
    if column.measures is not None:
        figure = read_figure(column, value, beside)
        return figure if isinstance(figure, Mark) else figure[0]
    return _read_by(column, value)


def read_figure(column, value, beside: Mapping | None = None) -> tuple[Decimal, str] | Mark:
    """A number that has a unit; and of a figure how it was stated, where that was not by the number alone: `405 亩`.

    Whether it was stated as exact says `core.units.read_precision` of that text.
    """
    if value is None or value == "":
        return LEAVE
    beside = beside or {}
    base = column.measures or beside.get("base") or ""
    # A share or a growth is in percent, whatever unit the row has for its figure.
    unit = column.unit or ("" if column.measures == "%" else beside.get("unit") or "")
    return _read_by(column, value, base, unit)


def _read_by(column, value, *units):
    """What the column reads, remembered where it may come again and can be."""
    is_once = isinstance(value, dict | list) or (isinstance(value, str) and len(value) > LONG)
    return (column.read if is_once else column.remembered)(value, *units)


def reader_of(column) -> Callable:
    """The function that reads the cells of a column, one by one."""
    leaf = column.column.leaf
    if column.measures is not None:
        read = _figure_reader(leaf)
    elif column.column.is_reference:
        read = _key_reader(column.column)
    elif column.column.is_target:
        read = _target
    else:
        read = _field_reader(leaf)
    nullable = column.column.is_target or column.column.field.blank

    def read_one(value, *units):
        if isinstance(value, Unreadable):
            told = _("The cell shows %s: mend its formula, and save the workbook again.")
            raise ValidationError(told % value)
        if isinstance(value, str):
            value = value.strip()
            if not value:
                return LEAVE
            if was_cut(value):
                told = _("This text was cut when it was exported: leave the cell empty, and the whole text stays.")
                raise ValidationError(told)
            if len(value) <= 10 and value.casefold() in CLEARED:
                if not nullable:
                    raise ValidationError(_("This is never empty: write a value, or leave the cell empty to keep it."))
                return CLEAR
            if not is_text and value.casefold() in _NOTHING:
                told = _("“%s” is no value: leave the cell empty, or write [clear] to empty what is recorded.")
                raise ValidationError(told % value)
        return read(value, *units)

    is_text = isinstance(leaf, models.BooleanField) or (
        isinstance(leaf, models.CharField | models.TextField)
        and not leaf.choices
        and not isinstance(leaf, PartialDateField)
        and not column.column.is_reference
    )
    return read_one


def _field_reader(field: models.Field) -> Callable:
    if field.choices:
        return _choice_reader(field)
    if isinstance(field, PeriodField):
        convert = written_period
    elif isinstance(field, PartialDateField):
        convert = written_date
    elif isinstance(field, models.BooleanField):
        return _yes_or_no
    elif isinstance(field, models.DecimalField):
        convert = _number
    elif isinstance(field, models.IntegerField):
        convert = _whole_number
    elif field.name == "code":
        convert = _code
    else:
        convert = _text

    def read(value):
        value = field.clean(convert(_of_one_value(value)), None)
        validate_characters(field, value)
        return value

    return read


def _key_reader(column) -> Callable:
    """Reads a part of a natural key, that of another record."""
    leaf = column.leaf
    if isinstance(leaf, PartialDateField | models.BooleanField | models.IntegerField):
        return _field_reader(leaf)
    related = column.field.related_model
    convert = _code if leaf.name == "code" else _text

    def read(value):
        if isinstance(value, dict):
            # As the API tells a reference: {"code": "320281", "name_en": ...}.
            value = value.get(key_of(related), value.get("slug", value.get("code")))
            if value is None:
                told = _("Write the %(name)s of the %(kind)s, or an object that has it.")
                raise ValidationError(told % {"name": key_of(related), "kind": related._meta.verbose_name})
        value = convert(_of_one_value(value))
        validate_line(value)
        narrow = unicodedata.normalize("NFKC", value)
        return narrow if narrow.isascii() else value

    return read


def _target(value) -> str:
    if isinstance(value, dict) and isinstance(value.get("kind"), str):
        value = f"{value['kind']}:{value.get('key', '')}"
    value = _text(_of_one_value(value))
    validate_line(value)
    return value


def _figure_reader(field) -> Callable:
    # How exact it is, and how it was stated, is kept of the figure itself and not of its growth.
    is_figure = field.name == "value"

    def read(value, base, unit):
        value = _of_one_value(value)
        if isinstance(value, str):
            number, stated = in_base(value, base, unit, field.decimal_places, is_figure)
        else:
            number, stated = _number(value), ""
            if unit:
                number, stated = in_base(_plain(number), base, unit, field.decimal_places)
        return field.clean(number, None), stated if is_figure else ""

    return read


def _of_one_value(value):
    if isinstance(value, list | dict):
        raise ValidationError(_("A list or an object stands here where one value goes."))
    return value


def _text(value) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        raise ValidationError(_("Write a text: yes or no says nothing here."))
    if isinstance(value, date | time | timedelta):
        told = _("This cell is a date or time, and a text goes here: give it the format Text, and write it anew.")
        raise ValidationError(told)
    return _plain(value)


def _code(value) -> str:
    """A code of digits, of one width, and without the decimals that spreadsheets give to it."""
    text = _text(value)
    narrow = unicodedata.normalize("NFKC", text)
    if found := _WHOLE_WRITTEN_AS_DECIMAL.fullmatch(narrow):
        return found[1]
    return narrow if narrow.isascii() else text


def _number(value) -> Decimal:
    """A number as it is written. Of one that a workbook keeps in eight bytes, the 15 digits that Excel shows."""
    if isinstance(value, str):
        narrow = unicodedata.normalize("NFKC", value).replace("−", "-").strip()
        if not NUMBER.fullmatch(narrow):
            return in_base(value, "")[0]
        return Decimal(narrow.replace(",", ""))
    if isinstance(value, bool | date | time | timedelta):
        raise ValidationError(_("This cell is a date, a time, yes or no, and a number goes here: write the number."))
    number = Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value)
    if not number.is_finite() or (number and abs(number.adjusted()) > 30):
        raise ValidationError(_("This number is beyond all that is kept: check the unit and the zeros."))
    return number


def _plain(value) -> str:
    """A number as text, in full: 3000000 and not 3E+6."""
    text = f"{_number(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _whole_number(value) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise ValidationError(_("“%s” is not a whole number.") % number)
    return int(number)


def _yes_or_no(value) -> bool:
    value = _of_one_value(value)
    if isinstance(value, bool):
        return value
    word = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    word = word.removesuffix(".0")
    if word in _YES or word in _NO:
        return word in _YES
    raise ValidationError(_("“%s” is neither yes nor no: write yes or no, true or false, 是 or 否.") % word[:40])


def _choice_reader(field) -> Callable:
    def read(value):
        text = _text(_of_one_value(value))
        validate_line(text)
        known = _choices(field)
        found = known.get(folded_word(text)) or known.get(folded_word(simplified(text)))
        if found is None:
            allowed = ", ".join(f"{value} ({label})" for value, label in field.choices)
            meant = nearest(folded_word(text), known)
            hint = _(" Did you mean “%s”?") % known[meant] if meant else ""
            told = _("“%(value)s” is none of: %(allowed)s.") % {"value": text[:40], "allowed": allowed}
            raise ValidationError(told + hint)
        return found

    return read


@cache
def _choices(field) -> dict[str, str]:
    """The values of a field by all that people write for them: the value, and its label in each language."""
    known = {folded_word(value): value for value, _label in field.choices}
    unclear = set()
    for language in ("en", "zh-hans"):
        with override(language):
            for value, label in field.choices:
                word = folded_word(str(label))
                if known.setdefault(word, value) != value:
                    unclear.add(word)
    return {word: value for word, value in known.items() if word not in unclear or word == folded_word(value)}


def folded_word(text: str) -> str:
    """A word as it is looked up: of one width and case, without spaces, underscores, hyphens and dots."""
    return re.sub(r"[\s_.\-]+", "", unicodedata.normalize("NFKC", text).casefold())
