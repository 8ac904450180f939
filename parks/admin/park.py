"""The list of parks and the page of a park with all its facts."""

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from parks.admin.comanagement import WhoDoesWhat
from parks.admin.filters import (
    EstablishedRange,
    FunctionFilter,
    HostDivisionFilter,
    HostProvinceFilter,
    IndustryFilter,
    ParkEvidenceFilter,
    PartnerFilter,
    SpanFilter,
)
from parks.admin.needs import NeedsSource
from parks.admin.rows import ROWS
from parks.models import Park, ParkIdentifier
from parks.querysets import Span
from sources.admin import CitationTable, CitedRecordAdmin
from sources.evidence import tally

PARTNERS_SHOWN = 4


@admin.register(Park)
class ParkAdmin(WhoDoesWhat, NeedsSource, CitedRecordAdmin):
    list_display = (
        "name",
        "status_told",
        "host_told",
        "partners",
        "span_told",
        "established",
        "evidence",
        "last_change",
    )
    list_display_links = ("name",)
    list_filter = (
        HostProvinceFilter,
        HostDivisionFilter,
        PartnerFilter,
        SpanFilter,
        FunctionFilter,
        IndustryFilter,
        ("status", ChoicesDropdownFilter),
        EstablishedRange,
        ParkEvidenceFilter,
    )
    search_fields = ("slug",)
    search_help_text = _("Any name, present or old, in Chinese, English or pinyin; or an identifier")
    ordering = ("slug",)
    prepopulated_fields = {"slug": ("name_en",)}
    lasting_fields = ("slug",)
    autocomplete_fields = ("host", "successor", "part_of")
    inlines = (*ROWS, CitationTable)
    fieldsets = (
        (
            None,
            {"fields": (("name_en", "name_zh"), "slug", ("status", "is_programme"), "host", ("established", "closed"))},
        ),
        (_("Place and make-up"), {"fields": (("latitude", "longitude"), "crosses", "industry_formula", "website")}),
        (_("Other parks"), {"fields": (("successor", "part_of"),)}),
        (_("Summary"), {"fields": ("summary_en", "summary_zh")}),
    )

    def get_queryset(self, request):
        queryset = super().get_queryset(request)
        if getattr(request.resolver_match, "url_name", "").endswith("_changelist"):
            queryset = queryset.with_span().with_facts().with_citations().select_related("host__parent__parent")
        return queryset

    def known_otherwise(self, text):
        """Parks whose identifier or slug it is."""
        return [Q(slug=text), Q(pk__in=ParkIdentifier.objects.filter(value=text).values("park"))]

    # --- Columns. All of them read what `with_facts` and `with_citations` have loaded.

    @display(description=_("park"), ordering="name_en", header=True)
    def name(self, park):
        return format_html('<span class="named">{}</span>', park.name_en), park.name_zh

    @display(
        description=_("status"),
        ordering="status",
        label={"ACTIVE": "success", "PROPOSED": "info", "MERGED": "warning", "CLOSED": "danger"},
    )
    def status_told(self, park):
        return park.status, park.get_status_display()

    @display(description=_("host"), ordering="host", header=True)
    def host_told(self, park):
        above, names = park.host.parent, []
        while above:
            names.append(above.name_zh or above.name_en)
            above = above.parent
        return _line(f"{park.host.name_en} {park.host.name_zh}"), _line(" · ".join(names))

    @display(description=_("partners"))
    def partners(self, park):
        """Who takes part beside the host, a division once with its bodies."""
        parties = {}
        # Divisions before bodies, so that a body of one that is there adds nothing.
        for role in sorted(park.roles.all(), key=lambda role: role.division_id is None):
            code = role.division_id or role.body.division_id or role.party_code
            if code != park.host_id:
                parties.setdefault(code, role.division or role.body)
        names = [f"{party.name_en} {party.name_zh}".strip() for party in parties.values()]
        shown = [(name, name) for name in names[:PARTNERS_SHOWN]]
        if len(names) > PARTNERS_SHOWN:
            shown.append((", ".join(names[PARTNERS_SHOWN:]), f"+{len(names) - PARTNERS_SHOWN}"))
        return format_html("<div>{}</div>", format_html_join("", '<span class="line" title="{}">{}</span>', shown))

    @display(description=_("span"))
    def span_told(self, park):
        return capfirst(Span(park.span).label)

    @display(description=_("evidence"))
    def evidence(self, park):
        """How many facts are cited, and how many of these are disputed."""
        counts = tally(park)
        cited = format_html("{}/{}", counts["cited"], counts["facts"])
        if not counts["disputed"]:
            return cited
        disputed = ngettext("%d disputed", "%d disputed", counts["disputed"]) % counts["disputed"]
        return format_html('{} <span class="evidence evidence-disputed">{}</span>', cited, disputed)


def _line(text):
    return format_html('<span class="line">{}</span>', text)
