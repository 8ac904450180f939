"""The facts of a park as rows in the tabs of its page."""

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.admin.reading import name_of_fact, told_number
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
from sources.admin import CitedFactStack, CitedFactTable


class RoleStack(CitedFactStack):
    model = CoManagementRole
    verbose_name_plural = _("roles")
    fields = (("function", "standing"), ("division", "body"), ("since", "until"), ("agreement", "note"), "evidence")
    autocomplete_fields = ("division", "body", "agreement")
    row_select_related = ("division", "body", "agreement")

    def title_of(self, role):
        return _dated(f"{capfirst(role.get_function_display())}: {role.party_name()}", role)


class ShareStack(CitedFactStack):
    model = BenefitShare
    verbose_name_plural = _("shares")
    fields = (
        ("subject", "entity"),
        ("division", "body"),
        ("percent", "amount"),
        ("basis", "base_year"),
        ("since", "until"),
        ("standing", "condition"),
        "agreement",
        "evidence",
    )
    autocomplete_fields = ("division", "body", "agreement")
    row_select_related = ("division", "body", "agreement")

    def title_of(self, share):
        part = "" if share.percent is None else f" {told_number(share.percent)} %"
        return _dated(f"{capfirst(share.get_subject_display())}{part}: {share.party_name()}", share)


class SiteStack(CitedFactStack):
    model = ParkSite
    fields = (
        ("name_en", "name_zh"),
        ("division", "area"),
        ("latitude", "longitude"),
        ("since", "until"),
        "evidence",
    )
    autocomplete_fields = ("division",)
    row_select_related = ("division",)


class ObservationStack(CitedFactStack):
    model = Observation
    fields = (
        ("indicator", "period"),
        ("kind", "scope"),
        ("value", "value_high"),
        ("precision", "growth_percent"),
        ("cumulative", "cumulative_since"),
        "as_stated",
        "evidence",
    )
    autocomplete_fields = ("indicator",)
    row_select_related = ("indicator",)

    def title_of(self, observation):
        value = "" if observation.value is None else told_number(observation.value)
        return f"{name_of_fact(observation)}: {value}"


class NameTable(CitedFactTable):
    model = ParkName
    fields = ("name", "language", "kind", "since", "until", "evidence")


class IdentifierTable(CitedFactTable):
    model = ParkIdentifier
    fields = ("scheme", "value", "evidence")


class IndustryTable(CitedFactTable):
    model = ParkIndustry
    verbose_name_plural = _("industries")
    fields = ("industry", "tier", "rank", "as_of", "since", "until", "evidence")
    autocomplete_fields = ("industry",)
    row_select_related = ("industry",)


class EventTable(CitedFactTable):
    model = Event
    fields = ("date", "kind", "text_en", "text_zh", "evidence")


class RemarkTable(CitedFactTable):
    model = Remark
    fields = ("kind", "text_en", "text_zh", "evidence")


class AgreementTable(CitedFactTable):
    model = ParkAgreement
    verbose_name_plural = _("agreements")
    fields = ("agreement", "evidence")
    autocomplete_fields = ("agreement",)
    row_select_related = ("agreement",)


class StatementTable(CitedFactTable):
    model = ParkStatement
    verbose_name_plural = _("statements")
    fields = ("statement", "evidence")
    autocomplete_fields = ("statement",)
    row_select_related = ("statement",)


def _dated(text, fact):
    return f"{text}, {fact.since or '?'} – {fact.until}" if fact.since or fact.until else text


ROWS = (
    RoleStack,
    ShareStack,
    SiteStack,
    NameTable,
    IdentifierTable,
    IndustryTable,
    ObservationStack,
    EventTable,
    RemarkTable,
    AgreementTable,
    StatementTable,
)
