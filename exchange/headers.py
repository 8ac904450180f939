"""Which column of a table each column of a file tells, by its header in English or Chinese."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib import import_module

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.models import Record
from core.pinyin import HAN
from core.rest.errors import nearest
from core.rest.references import Reference, key_of, reference_to
from core.rest.serializers import RecordSerializer
from core.text import simplified
from core.units import is_unit
from exchange.cells import folded_word, reader_of
from exchange.tables import Column, Table
from exchange.vocabulary import NUMBERED, PASSED_OVER, SOURCES, UNITS, synonyms

# How many values of a column are remembered as read.
REMEMBERED = 2048
LONGEST = 200
# The unit of numbers that have one and the same everywhere; of figures it is that of their indicator.
MEASURES = {"amount": "CNY", "area": "km²", "percent": "%", "growth_percent": "%", "value": "", "value_high": ""}
_BRACKETED = re.compile(r"(.*?)\s*[(\[【<]([^()\[\]【】<>]*)[)\]】>]\s*(.*)")
_UNIT_SAID = re.compile(r"^(单位|計量單位|计量单位|單位|unit|in)[:\s]*", re.IGNORECASE)


class HeaderError(ValidationError):
    """Everything that is wrong with a header, each with what was probably meant."""


@dataclass(frozen=True, eq=False)
class HeaderColumn:
    """A column of a file: the column of the table that it tells, and the unit that its header gives."""

    column: Column
    header: str
    unit: str = ""

    @cached_property
    def name(self) -> str:
        return self.column.name

    @cached_property
    def measures(self) -> str | None:
        """The base unit of its numbers; "" where each row's indicator says it; None where it holds no measures."""
        leaf = self.column.leaf
        return MEASURES.get(leaf.name) if isinstance(leaf, models.DecimalField) else None

    @cached_property
    def read(self):
        return reader_of(self)

    @cached_property
    def remembered(self):
        # Nothing is remembered of what is refused.
        return lru_cache(REMEMBERED, typed=True)(self.read)


@dataclass(frozen=True)
class Header:
    """The columns of a file in order, None where one is passed over; and where stands what is no field of the record.

    `id` is the index of the number that the API has for the row, `unit` that of the unit of its figure, `source` that
    of where the row comes from. Those but `source` are not among `passed_over`.
    """

    columns: list[HeaderColumn | None]
    passed_over: list[str] = field(default_factory=list)
    id: int | None = None
    unit: int | None = None
    source: int | None = None


def read_header(table: Table, header: list[str]) -> Header:
    """What the columns of a file tell of `table`. Raises HeaderError with all that is not understood."""
    known, beside = known_names(table), told_beside(table)
    columns, passed_over, problems, strange, places, seen = [], [], [], [], {}, {}
    for index, text in enumerate(header):
        try:
            name, unit = _read(text, known, beside)
        except ValidationError as error:
            problems += error.messages
            strange += [text] if error.code == "strange" else []
            name, unit = None, ""
        if name in ("id", "unit", "source") and name not in known_columns(table):
            places.setdefault(name, index)
        is_column = name is not None and name in known_columns(table)
        if is_column and name in seen:
            # What the API tells beside a record may have the name of a field: the `url` of a source.
            twice = (index, seen[name])
            spare = next((each for each in twice if folded_word(header[each]) in beside), None)
            if spare is None:
                told = _("“%(one)s” and “%(other)s” are the same column, %(name)s: take one out.")
                problems.append(told % {"one": header[seen[name]][:60], "other": text[:60], "name": name})
            elif spare == seen[name]:
                columns[spare] = None
                passed_over.append(header[spare])
            else:
                is_column = False
        if is_column:
            seen[name] = index
            columns.append(HeaderColumn(known_columns(table)[name], text, unit))
        else:
            columns.append(None)
            if name is not None and name not in ("id", "unit"):
                passed_over.append(text)
    if strange:
        problems.append(_names_to_choose(strange, known))
        if not any(columns):
            problems.append(_("No header is known: is the first row a title, or does this table hold other records?"))
    if problems:
        raise HeaderError(problems)
    return Header(columns, passed_over, **places)


@cache
def known_columns(table: Table) -> dict[str, Column]:
    """The columns of a table by name."""
    return {column.name: column for column in table.columns}


@cache
def known_names(table: Table) -> dict[str, str]:
    """By every name that a header may have, in one form, the name of the column that it tells."""
    known: dict[str, str] = {}
    for names in (_own_names, _api_names, _verbose_names, _office_names):
        told: dict[str, set[str]] = {}
        for name, column in names(table):
            told.setdefault(folded_word(name), set()).add(column)
        # A name of two columns tells neither.
        for name, columns in told.items():
            if len(columns) == 1:
                known.setdefault(name, *columns)
    return known


@cache
def told_beside(table: Table) -> dict[str, str]:
    """What a file may have that is no column: what the API tells of a record beside its fields, row numbers, units."""
    serializers = [*_serializers(RecordSerializer)]
    beside = {name: name for name in PASSED_OVER}
    for related_field in table.model._meta.concrete_fields:
        related = related_field.related_model
        if related and issubclass(related, Record):
            told = ("url", "id", *_tells(related))
            beside |= {f"{related_field.name}_{each}": each for each in told}
    for serializer in serializers:
        if serializer.Meta.model is table.model:
            fields = serializer(context={"describing": True}).fields
            for name, told in fields.items():
                if told.write_only:
                    continue
                beside |= {f"{name}_{each}": name for each in getattr(told, "fields", ())}
                if told.read_only or hasattr(told, "child"):
                    beside[name] = name
    for name, words in (("unit", UNITS), ("source", SOURCES), ("id", ("id",))):
        beside |= dict.fromkeys(words, name)
    return {folded_word(name): "" if told not in ("id", "unit", "source") else told for name, told in beside.items()}


def _tells(model) -> tuple[str, ...]:
    try:
        return reference_to(model).tells
    except KeyError:
        # Nothing in the API refers to it by more than its key.
        return Reference.tells


def _serializers(base):
    # They are found as subclasses, and so have to be there.
    for app in ("sources", "cities", "agreements", "parks"):
        import_module(f"{app}.serializers")
    waiting = [base]
    while waiting:
        waiting += (found := waiting.pop().__subclasses__())
        yield from (each for each in found if hasattr(each, "Meta"))


def _read(text: str, known: dict[str, str], beside: dict[str, str]) -> tuple[str | None, str]:
    """The column that a header tells, or what it tells beside, and its unit. Raises ValidationError."""
    if len(text) > LONGEST:
        # No name is as long: it is not looked at any closer.
        raise _unknown(text, known)
    plain = unicodedata.normalize("NFKC", text).strip().strip("*:：＊").strip()
    unit = ""
    for each in (plain, simplified(plain)):
        name = folded_word(each)
        if name in NUMBERED:
            return "", ""
        if name in known or name in beside:
            return known.get(name, beside.get(name)), ""
        if found := _BRACKETED.fullmatch(each):
            bare, inside = f"{found[1]} {found[3]}", _UNIT_SAID.sub("", found[2]).strip()
            name = folded_word(found[1] + found[2] + found[3])
            if name in known:
                return known[name], ""
            if (name := folded_word(bare)) in known:
                if MEASURES.get(known[name]) is None:
                    # A remark, such as how dates are written.
                    return known[name], ""
                if not inside or is_unit(inside):
                    return known[name], inside
                unit = inside
            elif name in beside:
                return beside[name], ""
    if unit:
        told = _("“%(header)s”: the unit “%(unit)s” is not known. Write one such as 亿元, 亩 or km².")
        raise ValidationError(told % {"header": text[:60], "unit": unit[:20]})
    raise _unknown(text, known)


def _unknown(text, known) -> ValidationError:
    """What to say of a header that tells nothing; of the code "strange" where no name is like it."""
    told = _("No column is called “%s”.") % text[:60]
    meant = nearest(folded_word(simplified(text[:LONGEST])), _named_alike(text, known))
    if meant is None:
        return ValidationError(told, code="strange")
    return ValidationError(told + _(" Did you mean “%s”?") % meant)


def _names_to_choose(strange: list[str], known: dict[str, str]) -> str:
    names = {name: name for name in known.values()}
    if any(map(HAN.search, strange)):
        # The first of each is the one of the admin.
        names |= {column: name for name, column in reversed(_named_alike("".join(strange), known).items())}
    return _("Take out what is no column, or name it as one of these: %s.") % ", ".join(names.values())


def _named_alike(text: str, known: dict[str, str]) -> dict[str, str]:
    """Of the names, those in the writing of the text: Chinese or not."""
    return {name: column for name, column in known.items() if bool(HAN.search(name)) == bool(HAN.search(text))}


def _own_names(table):
    return [(column.name, column.name) for column in table.columns]


def _api_names(table):
    for column in table.columns:
        if column.is_reference and column.name == column.field.name:
            yield f"{column.name}_{key_of(column.field.related_model)}", column.name


def _verbose_names(table):
    for language in ("en", "zh-hans"):
        with override(language):
            for column in table.columns:
                yield verbose_name(column), column.name


def verbose_name(column: Column) -> str:
    """How people call a column, in the language of now."""
    own = str(getattr(column.field, "verbose_name", column.name))
    if column.name == column.field.name:
        return own
    part = column.path.split("__")[1]
    return f"{own} {column.field.related_model._meta.get_field(part).verbose_name}"


def _office_names(table):
    for column in table.columns:
        for word in synonyms(table.name, column.name):
            yield word, column.name
