"""The pages of sources and citations."""

from collections import defaultdict

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db.models import prefetch_related_objects
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.forms import RecordForm
from core.admin.reading import NOTHING, address_of, name_of_fact
from core.admin.records import GenericFactTable, RecordAdmin
from core.history import record_models
from sources.models import Citation, CitedRecord, Source


@admin.register(Source)
class SourceAdmin(RecordAdmin):
    list_display = ("title", "publisher", "published_on", "kind", "language", "reprint_of", "last_change")
    list_select_related = ("reprint_of",)
    list_filter = (("kind", ChoicesDropdownFilter), ("reprint_of", AutocompleteSelectFilter))
    search_fields = ("slug", "title", "publisher", "url")
    autocomplete_fields = ("reprint_of",)
    prepopulated_fields = {"slug": ("publisher", "title")}
    lasting_fields = ("slug",)
    fieldsets = (
        (None, {"fields": ("title", "publisher", ("kind", "language"), "published_on", "slug")}),
        (_("Where to find it"), {"fields": ("url", "archived_url", "reprint_of", "note")}),
    )


def cited_models() -> list[type[CitedRecord]]:
    """The models whose records are cited."""
    return [model for model in record_models() if issubclass(model, CitedRecord)]


class CitationForm(RecordForm):
    """A citation, of a record that is told by its kind and key."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if "content_type" in self.fields:
            kinds = ContentType.objects.get_for_models(*cited_models()).values()
            self.fields["content_type"].queryset = ContentType.objects.filter(pk__in=[kind.pk for kind in kinds])


class CitationList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        load_targets(self.result_list)


def load_targets(citations):
    """Load what the citations speak of, and the record each of these belongs to: a query or two for each kind."""
    citations = list(citations)
    prefetch_related_objects(citations, "target")
    by_kind = defaultdict(list)
    for citation in citations:
        if citation.target is not None and citation.target.belongs_to:
            by_kind[type(citation.target)].append(citation.target)
    for model, targets in by_kind.items():
        prefetch_related_objects(targets, model.belongs_to, *names_needed(model))


def names_needed(model) -> list[str]:
    """The references whose names tell a fact of this kind from its like."""
    return [name for name in model.identity if model._meta.get_field(name).is_relation and name != model.belongs_to]


def told(record: CitedRecord) -> str:
    """A record in words: a fact with the record it is of. What it refers to must be loaded."""
    if not record.belongs_to:
        return str(record)
    kind = capfirst(record._meta.verbose_name)
    return f"{getattr(record, record.belongs_to)} · {kind}: {name_of_fact(record)}"


@admin.register(Citation)
class CitationAdmin(RecordAdmin):
    form = CitationForm
    list_display = ("source", "record", "field_name", "stance_told", "stated_value", "locator", "confidence")
    list_select_related = ("source",)
    list_filter = (
        ("stance", ChoicesDropdownFilter),
        ("confidence", ChoicesDropdownFilter),
        ("source", AutocompleteSelectFilter),
    )
    search_fields = ("source__title", "source__slug", "stated_value", "locator", "quote", "note")
    autocomplete_fields = ("source",)
    ordering = ("-id",)

    def get_changelist(self, request, **options):
        return CitationList

    def get_fieldsets(self, request, obj=None):
        target = ("record",) if obj else (("content_type", "object_id"),)
        return (
            (None, {"fields": ("source", *target, "field")}),
            (_("What it says"), {"fields": (("stance", "confidence"), "locator", "stated_value", "quote", "note")}),
        )

    def get_readonly_fields(self, request, obj=None):
        return ("record",)

    def get_changeform_initial_data(self, request):
        """`target=parks.park:5` names the record to cite."""
        initial = super().get_changeform_initial_data(request)
        label, _colon, key = initial.pop("target", "").partition(":")
        for model in cited_models():
            if model._meta.label_lower == label:
                initial |= {"content_type": ContentType.objects.get_for_model(model).pk, "object_id": key}
        return initial

    @display(description=_("record"))
    def record(self, citation):
        target = citation.target
        if target is None:
            return NOTHING
        url = address_of(type(target), target.pk)
        return format_html('<a href="{}">{}</a>', url, told(target)) if url else told(target)

    @display(description=_("field"))
    def field_name(self, citation):
        if not citation.field:
            return _("whole record")
        model = ContentType.objects.get_for_id(citation.content_type_id).model_class()
        try:
            return capfirst(model._meta.get_field(citation.field).verbose_name)
        except FieldDoesNotExist:
            # written past all checks: one such citation must not hide the others
            return citation.field

    @display(description=_("stance"), label={Citation.Stance.SUPPORTS: "success", Citation.Stance.DISPUTES: "danger"})
    def stance_told(self, citation):
        return citation.stance, citation.get_stance_display()


class CitationTable(GenericFactTable):
    """What is cited for a record itself, in a tab of its page."""

    model = Citation
    ct_fk_field = "object_id"
    fields = ("source", "field", "stance", "stated_value", "locator", "confidence")
    show_change_link = True
    autocomplete_fields = ("source",)
    row_select_related = ("source",)

    def formfield_for_dbfield(self, db_field, request, **options):
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "field":
            names = self.parent_model.citable_fields()
            fields = [(name, capfirst(self.parent_model._meta.get_field(name).verbose_name)) for name in names]
            return forms.ChoiceField(
                label=field.label,
                choices=[("", _("Whole record")), *fields],
                required=False,
                widget=UnfoldAdminSelectWidget,
            )
        return field
