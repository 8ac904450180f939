"""The pages of changes: every edit of the registry, to read only."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from core.admin.lists import DeclaredQueries
from core.admin.reading import read_rows, told_instant
from core.admin.restore import with_links_to_restore
from core.changes import row_change, versions_before
from core.models import Change, Version

ROWS_PER_PAGE = 50


@admin.register(Change)
class ChangeAdmin(DeclaredQueries, ModelAdmin):
    """One change may be an import of a million rows: they are read page by page."""

    list_display = ("at_told", "person", "origin", "reason", "source", "rows")
    list_select_related = ("person",)
    list_filter = (("origin", ChoicesDropdownFilter), ("person", AutocompleteSelectFilter))
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("reason", "source", "request_id")
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    actions = None
    fields = ("at", "person", "origin", "reason", "source", "request_id")
    change_form_outer_after_template = "admin/change_rows.html"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        versions = Version.objects.filter(change=OuterRef("pk")).order_by().values("change")
        return (
            super()
            .get_queryset(request)
            .annotate(row_count=Coalesce(Subquery(versions.annotate(rows=Count("pk")).values("rows")), 0))
        )

    @display(description=_("rows"))
    def rows(self, change):
        return change.row_count

    @display(description=_("at"), ordering="id")
    def at_told(self, change):
        return told_instant(change.at)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        context = {"show_close": True, "show_history": False}
        if object_id.isdecimal():
            versions = Version.objects.filter(change=int(object_id[:18])).order_by("id")
            page = Paginator(versions, ROWS_PER_PAGE).get_page(request.GET.get("p"))
            versions = list(page.object_list)
            before = versions_before(versions)
            rows = read_rows(row_change(each, before.get(each.id)) for each in versions)
            context |= {"page": page, "rows": with_links_to_restore(request, versions, rows)}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})
