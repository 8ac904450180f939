"""The filters of the list of parks."""

from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from cities.admin import DivisionFilter, ProvinceFilter
from core.admin.filters import FoundFilter, PartialDateRangeFilter
from parks.models import CoManagementRole, ParkIndustry
from parks.querysets import Span
from sources.evidence import disputed, unsupported


class HostProvinceFilter(ProvinceFilter):
    def queryset(self, request, queryset):
        return queryset.within(self.value()) if self.value() else queryset


class HostDivisionFilter(DivisionFilter):
    path = "host__code"


class PartnerFilter(FoundFilter):
    title = _("partner")
    parameter_name = "partner"
    reference = CoManagementRole._meta.get_field("division")

    def queryset(self, request, queryset):
        return queryset.run_by(self.value()) if self.value() else queryset


class IndustryFilter(FoundFilter):
    title = _("industry")
    parameter_name = "industry"
    reference = ParkIndustry._meta.get_field("industry")

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        parks = ParkIndustry.objects.filter(industry=self.value()).values("park")
        return queryset.filter(pk__in=parks)


class SpanFilter(DropdownFilter):
    title = _("span")
    parameter_name = "span"

    def lookups(self, request, model_admin):
        return Span.choices

    def queryset(self, request, queryset):
        return queryset.spanning(self.value()) if self.value() else queryset


class FunctionFilter(DropdownFilter):
    title = _("function")
    parameter_name = "function"

    def lookups(self, request, model_admin):
        return CoManagementRole.Function.choices

    def queryset(self, request, queryset):
        return queryset.with_function(self.value()) if self.value() else queryset


class EstablishedRange(PartialDateRangeFilter):
    title = _("established")
    parameter_name = field_name = "established"


class EvidenceFilter(DropdownFilter):
    """By what the sources leave open of a record itself."""

    title = _("evidence")
    parameter_name = "evidence"

    def lookups(self, request, model_admin):
        return [("disputed", _("disputed")), ("uncited", _("uncited"))]

    def queryset(self, request, queryset):
        chosen = {"disputed": disputed, "uncited": unsupported}.get(self.value())
        return queryset.filter(pk__in=chosen(queryset.model).values("pk")) if chosen else queryset


class ParkEvidenceFilter(EvidenceFilter):
    """By what the sources leave open of a park itself, or of any of its facts."""

    def lookups(self, request, model_admin):
        return [
            ("any-disputed", _("has disputed facts")),
            ("any-uncited", _("has uncited facts")),
            ("disputed", _("is disputed itself")),
            ("uncited", _("is uncited itself")),
        ]

    def queryset(self, request, queryset):
        if self.value() == "any-disputed":
            return queryset.disputed()
        if self.value() == "any-uncited":
            return queryset.uncited()
        return super().queryset(request, queryset)
