"""The pages of divisions and bodies."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter

from cities.models import KINDS, Body, City, CountyLevelCity, Division, Province
from cities.querysets import KINDS_OF_CITY, within
from core.admin.filters import FoundFilter
from sources.admin import CitationTable, CitedRecordAdmin


class ProvinceFilter(DropdownFilter):
    """By one of the divisions of the first level, of which there are 34."""

    title = _("province")
    parameter_name = "province"
    # Where the row keeps the code of its division.
    path = "code"

    def lookups(self, request, model_admin):
        return [(each.code, f"{each.name_en} {each.name_zh}") for each in Province.objects.order_by("code")]

    def queryset(self, request, queryset):
        return queryset.filter(within(self.value(), self.path)) if self.value() else queryset


class DivisionFilter(FoundFilter):
    """By a division of any level, those within it included."""

    title = _("prefecture or county")
    parameter_name = "within"
    reference = Division._meta.get_field("parent")
    path = "code"

    def queryset(self, request, queryset):
        return queryset.filter(within(self.value(), self.path)) if self.value() else queryset


class Existing(DropdownFilter):
    title = _("existence")
    parameter_name = "abolished"

    def lookups(self, request, model_admin):
        return [("no", _("existing")), ("yes", _("abolished"))]

    def queryset(self, request, queryset):
        if self.value() == "no":
            return queryset.existing()
        return queryset.exclude(abolished="") if self.value() == "yes" else queryset


@admin.register(Division)
class DivisionAdmin(CitedRecordAdmin):
    list_display = ("name_en", "name_zh", "code", "kind", "parent_told", "abolished", "last_change")
    list_select_related = ("parent",)
    list_filter = (
        ProvinceFilter,
        ("level", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        Existing,
    )
    search_fields = ("code",)
    search_help_text = _("Code, or name in Chinese, English or pinyin")
    ordering = ("code",)
    lasting_fields = ("code",)
    autocomplete_fields = ("parent", "successor")
    inlines = (CitationTable,)
    # Which kinds a page is for: all, unless it is the page of one.
    kinds = ()

    fieldsets = (
        (None, {"fields": ("code", ("name_en", "name_zh"), "pinyin", ("level", "kind"), "parent")}),
        (_("Place"), {"fields": (("latitude", "longitude"),)}),
        (_("End"), {"fields": (("abolished", "successor"),)}),
    )

    @admin.display(description=_("parent"), ordering="parent")
    def parent_told(self, division):
        return f"{division.parent.name_en} {division.parent.name_zh}" if division.parent else ""

    def formfield_for_choice_field(self, db_field, request, **options):
        if self.kinds and db_field.name == "kind":
            options["choices"] = [choice for choice in db_field.choices if choice[0] in self.kinds]
        if self.kinds and db_field.name == "level":
            levels = [level for level, kinds in KINDS.items() if set(kinds) & set(self.kinds)]
            options["choices"] = [choice for choice in db_field.choices if choice[0] in levels]
        return super().formfield_for_choice_field(db_field, request, **options)


@admin.register(Province)
class ProvinceAdmin(DivisionAdmin):
    list_display = ("name_en", "name_zh", "code", "kind", "last_change")
    list_filter = (("kind", ChoicesDropdownFilter),)
    kinds = tuple(KINDS["PROVINCE"])


@admin.register(City)
class CityAdmin(DivisionAdmin):
    list_filter = (ProvinceFilter, Existing)
    kinds = KINDS_OF_CITY


@admin.register(CountyLevelCity)
class CountyLevelCityAdmin(DivisionAdmin):
    list_filter = (ProvinceFilter, DivisionFilter, Existing)
    kinds = ("COUNTY_LEVEL_CITY",)


@admin.register(Body)
class BodyAdmin(CitedRecordAdmin):
    list_display = ("name_en", "name_zh", "kind", "division", "last_change")
    list_select_related = ("division",)
    list_filter = (("kind", ChoicesDropdownFilter), ("division", AutocompleteSelectFilter))
    search_fields = ("slug",)
    autocomplete_fields = ("division",)
    prepopulated_fields = {"slug": ("name_en",)}
    lasting_fields = ("slug",)
    inlines = (CitationTable,)

    def known_otherwise(self, text):
        """Bodies whose slug has it."""
        return [Q(slug__icontains=text)]
