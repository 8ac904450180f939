"""The pages of agreements, officials and statements."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from agreements.models import Agreement, AgreementLink, AgreementParty, Clause, Official, Post, Signatory, Statement
from cities.querysets import by_division
from core.admin.filters import FoundFilter, PartialDateRangeFilter
from core.admin.reading import name_of_fact
from sources.admin import CitationTable, CitedFactStack, CitedFactTable, CitedRecordAdmin


class PartyTable(CitedFactTable):
    model = AgreementParty
    fields = ("division", "body", "evidence")
    autocomplete_fields = ("division", "body")
    row_select_related = ("division", "body")


class SignatoryTable(CitedFactTable):
    model = Signatory
    fields = ("official", "post", "capacity", "division", "body", "evidence")
    autocomplete_fields = ("official", "post", "division", "body")
    row_select_related = ("official", "post", "division", "body")


class ClauseStack(CitedFactStack):
    model = Clause
    fields = (("number", "kind"), "text_en", "text_zh", "evidence")


class LinkTable(CitedFactTable):
    model = AgreementLink
    fk_name = "later"
    fields = ("kind", "earlier", "evidence")
    autocomplete_fields = ("earlier",)
    row_select_related = ("earlier", "later")


class StatementStack(CitedFactStack):
    model = Statement
    fields = (("official", "post"), ("agreement", "outlet"), "said_on", "summary_en", "summary_zh", "evidence")
    autocomplete_fields = ("official", "post", "agreement", "outlet")
    row_select_related = ("official", "post", "agreement", "outlet")

    def title_of(self, row):
        return name_of_fact(row)


class PostStack(CitedFactStack):
    model = Post
    fields = (("title_en", "title_zh"), ("division", "body"), ("since", "until"), "evidence")
    autocomplete_fields = ("division", "body")
    row_select_related = ("division", "body")

    def title_of(self, row):
        return name_of_fact(row)


class PartyFilter(FoundFilter):
    """By a division that is a party, itself or through a body of its own."""

    title = _("party")
    parameter_name = "party"
    reference = AgreementParty._meta.get_field("division")

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        parties = AgreementParty.objects.filter(by_division(self.value()))
        return queryset.filter(pk__in=parties.values("agreement"))


class SignedRange(PartialDateRangeFilter):
    title = _("signed on")
    parameter_name = field_name = "signed_on"


@admin.register(Agreement)
class AgreementAdmin(CitedRecordAdmin):
    list_display = ("title", "kind", "signed_on", "expires_on", "parties_told", "last_change")
    list_prefetch_related = ("parties__division", "parties__body")
    list_filter = (("kind", ChoicesDropdownFilter), PartyFilter, SignedRange)
    search_fields = ("title_en",)
    ordering = ("slug",)
    prepopulated_fields = {"slug": ("title_en",)}
    lasting_fields = ("slug",)
    inlines = (PartyTable, SignatoryTable, ClauseStack, LinkTable, StatementStack, CitationTable)
    fieldsets = (
        (None, {"fields": ("title_en", "title_zh", "title_is_descriptive", "slug", "kind")}),
        (_("Time and place"), {"fields": (("signed_on", "effective_from"), ("expires_on", "term_years"), "place")}),
        (_("Summary"), {"fields": ("summary_en", "summary_zh")}),
    )

    def known_otherwise(self, text):
        """Agreements whose slug or place has it."""
        return [Q(slug__icontains=text), Q(place__icontains=text)]

    @admin.display(description=_("agreement"), ordering="title_en")
    def title(self, agreement):
        return f"{agreement.title_en} {agreement.title_zh}".strip()

    @admin.display(description=_("parties"))
    def parties_told(self, agreement):
        return " · ".join(party.party_name() for party in agreement.parties.all())


@admin.register(Official)
class OfficialAdmin(CitedRecordAdmin):
    list_display = ("name_en", "name_zh", "posts_told", "last_change")
    list_prefetch_related = ("posts",)
    search_fields = ("slug", "name_en", "name_zh", "posts__title_en", "posts__title_zh")
    prepopulated_fields = {"slug": ("name_en",)}
    lasting_fields = ("slug",)
    inlines = (PostStack, StatementStack, CitationTable)

    @admin.display(description=_("posts"))
    def posts_told(self, official):
        return " · ".join(post.title_en for post in official.posts.all())


@admin.register(Post)
class PostAdmin(CitedRecordAdmin):
    """Reached from an official, and needed where a signature or a statement chooses one."""

    list_display = ("title_en", "title_zh", "official", "division", "body", "since", "until")
    list_select_related = ("official", "division", "body")
    list_filter = (("official", AutocompleteSelectFilter), ("division", AutocompleteSelectFilter))
    search_fields = ("title_en", "title_zh", "official__name_en", "official__name_zh")
    autocomplete_fields = ("official", "division", "body")
    inlines = (CitationTable,)


@admin.register(Statement)
class StatementAdmin(CitedRecordAdmin):
    list_display = ("summary_en", "official", "agreement", "outlet", "said_on")
    list_select_related = ("official", "agreement", "outlet")
    list_filter = (("official", AutocompleteSelectFilter), ("agreement", AutocompleteSelectFilter))
    search_fields = ("summary_en", "summary_zh", "official__name_en", "official__name_zh")
    autocomplete_fields = ("official", "post", "agreement", "outlet")
    inlines = (CitationTable,)


class AgreementFactAdmin(CitedRecordAdmin):
    """One fact of an agreement by itself: reached from its citations and its history."""

    list_filter = (("agreement", AutocompleteSelectFilter),)
    inlines = (CitationTable,)


@admin.register(AgreementParty)
class AgreementPartyAdmin(AgreementFactAdmin):
    list_display = ("agreement", "division", "body")
    list_select_related = ("agreement", "division", "body")
    search_fields = ("agreement", "division", "body")
    autocomplete_fields = ("agreement", "division", "body")


@admin.register(Signatory)
class SignatoryAdmin(AgreementFactAdmin):
    list_display = ("official", "capacity", "agreement", "division", "body")
    list_select_related = ("official", "agreement", "division", "body")
    search_fields = ("official__name_en", "official__name_zh", "agreement")
    autocomplete_fields = ("agreement", "official", "post", "division", "body")


@admin.register(Clause)
class ClauseAdmin(AgreementFactAdmin):
    list_display = ("agreement", "number", "kind", "text_en")
    list_select_related = ("agreement",)
    search_fields = ("agreement", "text_en", "text_zh")
    autocomplete_fields = ("agreement",)


@admin.register(AgreementLink)
class AgreementLinkAdmin(CitedRecordAdmin):
    list_display = ("later", "kind", "earlier")
    list_select_related = ("later", "earlier")
    list_filter = (("kind", ChoicesDropdownFilter),)
    search_fields = ("later", "earlier")
    autocomplete_fields = ("later", "earlier")
    inlines = (CitationTable,)
