"""The facts of all parks as lists of their own, to find and mend them across parks."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from core.admin.reading import name_of_fact
from parks.admin.filters import EvidenceFilter
from parks.admin.rows import ROWS
from sources.admin import CitationTable, CitedRecordAdmin
from sources.admin.cited import badge

# What each list can be filtered by, beside park and evidence.
CHOICES = ("function", "subject", "standing", "kind", "scheme")


class FactAdmin(CitedRecordAdmin):
    """One kind of fact across all parks, as the rows of a park's page show it."""

    inlines = (CitationTable,)
    list_display = ("fact", "park", "evidence")
    ordering = ("-id",)

    @admin.display(description=_("fact"))
    def fact(self, row):
        return self.rows.title_of(self, row) or name_of_fact(row)

    @admin.display(description=_("evidence"))
    def evidence(self, row):
        return badge(row)


def _admin_of(rows):
    """The admin of the facts that `rows`, an inline of the park's page, shows."""
    model = rows.model
    references = [name for name in model.identity if model._meta.get_field(name).is_relation]
    choices = [name for name in CHOICES if any(field.name == name for field in model._meta.concrete_fields)]
    fields = tuple(name for name in rows.fields if name != "evidence")
    options = {
        "rows": rows,
        "fields": ("park", *fields),
        "autocomplete_fields": ("park", *getattr(rows, "autocomplete_fields", ())),
        "list_select_related": ("park", *references[1:], *rows.row_select_related),
        "list_prefetch_related": ("citations__source",),
        "list_filter": (
            EvidenceFilter,
            *((name, ChoicesDropdownFilter) for name in choices),
            ("park", AutocompleteSelectFilter),
        ),
        "search_fields": ("park", "park__slug"),
    }
    return type(f"{model.__name__}Admin", (FactAdmin,), options)


FACT_ADMINS = {rows.model: _admin_of(rows) for rows in ROWS}
for _model, _admin in FACT_ADMINS.items():
    admin.site.register(_model, _admin)
