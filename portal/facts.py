"""Facts in words, told in the reader's language: "operations, Jiangyin, since 2003"."""

from collections.abc import Callable

from django.db.models import BooleanField, DecimalField, ForeignKey
from django.utils.translation import gettext as _

from agreements.models import AgreementLink, AgreementParty, Clause, Post, Signatory, Statement
from core.dates import PartialDateField
from parks.models import (
    BenefitShare,
    CoManagementRole,
    Event,
    Observation,
    ParkAgreement,
    ParkIdentifier,
    ParkIndustry,
    ParkName,
    ParkSite,
    ParkStatement,
    Remark,
)
from parks.models.comanagement import Standing
from portal.amounts import told_amount, told_number, told_part
from portal.telling import name_of, told, told_date, told_party, told_period
from sources.models import CitedRecord

# A text longer than this is cut: its page has the whole.
LONGEST = 120


def _party(fact) -> str:
    party = told_party(fact)
    return party.text if party else ""


def _period(fact) -> str:
    return told_period(fact.since, fact.until)


def _standing(fact) -> str:
    """Said of what is only proposed."""
    return fact.get_standing_display() if fact.standing == Standing.PROPOSED else ""


def _text(stem: str) -> Callable:
    def read(fact):
        found = told(fact, stem)
        return _cut(found.text) if found else ""

    return read


# What tells a fact from its like: fields, and what is put together of several.
PARTS: dict[type[CitedRecord], tuple[str | Callable, ...]] = {
    ParkName: ("name", "kind", _period),
    ParkIdentifier: ("scheme", "value"),
    ParkSite: (_text("name"), "division", _period),
    CoManagementRole: ("function", _party, _standing, _period),
    BenefitShare: ("subject", _party, told_part, "entity", "condition", _standing, _period),
    ParkIndustry: ("industry", "tier", _period),
    Observation: ("indicator", "period", "kind", "value", "scope"),
    Event: ("kind", "date", _text("text")),
    Remark: ("kind", _text("text")),
    ParkAgreement: ("agreement",),
    ParkStatement: (lambda row: _text("summary")(row.statement),),
    AgreementParty: (_party,),
    Signatory: ("official", "capacity", _party),
    Clause: ("number", "kind", _text("text")),
    AgreementLink: ("kind", "earlier"),
    Statement: ("said_on", _text("summary")),
    Post: (_text("title"), _party, _period),
}


def words_of(fact: CitedRecord) -> str:
    """What tells a fact from its like; "" of a record of its own. What the fact refers to must be loaded."""
    parts = (part(fact) if callable(part) else value_of(fact, part) for part in PARTS.get(type(fact), ()))
    return _(", ").join(part for part in parts if part)


def value_of(record: CitedRecord, name: str) -> str:
    """The value of one field in words; "" where it is empty."""
    field, value = record._meta.get_field(name), getattr(record, name)
    if value is None or value == "" or value is False:
        return ""
    if field.choices:
        return str(getattr(record, f"get_{name}_display")())
    if isinstance(field, ForeignKey):
        return name_of(value)
    if isinstance(field, PartialDateField):
        return told_date(value)
    if isinstance(field, BooleanField):
        return _("yes")
    if isinstance(field, DecimalField):
        return _number(record, name, value)
    return _cut(str(value))


def _number(record, name, value) -> str:
    if name in ("percent", "growth_percent"):
        return told_amount(value, "%")
    if isinstance(record, Observation):
        return told_amount(value, record.indicator.unit)
    if name == "amount":
        return told_amount(value, "CNY")
    return told_amount(value, "km²") if name == "area" else told_number(value)


def _cut(text) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
