"""What the admin pages of all records share: guarded saving, history, lists that stay fast."""

from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import DataError, IntegrityError, OperationalError, models
from django.http import QueryDict
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import GenericTabularInline, ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from core.admin.fields import LoadedAutocompleteSelect, PartialDateInput, PlainDecimalField
from core.admin.forms import BOX, FactForm, FactFormSet, GenericFactFormSet, ReasonForm, RecordForm, RowsRefused
from core.admin.lists import DeclaredQueries
from core.admin.reading import read, told_instant
from core.admin.restore import RestorePages
from core.admin.stale import join_edits
from core.changes import entries, feed_of
from core.dates import PartialDateField
from core.history import current_change, label_of, with_last_change
from core.integrity import explain, hold_references

ENTRIES_PER_PAGE = 20
# How many rows of facts one form may hold, with those that are new. Longer lists come in pages, or by the API.
ROWS_PER_FORM = 200
# PostgreSQL's word for a text that no index holds: one of more than some 2,700 bytes.
PROGRAM_LIMIT_EXCEEDED = "54000"


class RegistryFields:
    """Form fields of the registry's own kinds, in pages and in rows alike."""

    def formfield_for_dbfield(self, db_field, request, **options):
        if isinstance(db_field, PartialDateField):
            options["form_class"] = PartialDateInput
            options["model_field"] = db_field
        if isinstance(db_field, models.DecimalField):
            options["form_class"] = PlainDecimalField
        if isinstance(db_field, models.URLField):
            options["assume_scheme"] = "https"
        if type(db_field) is models.TextField:
            options.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 4}))
        return super().formfield_for_dbfield(db_field, request, **options)

    def formfield_for_foreignkey(self, db_field, request, **options):
        if db_field.name in self.get_autocomplete_fields(request):
            options.setdefault(
                "widget", LoadedAutocompleteSelect(db_field, self.admin_site, using=options.get("using"))
            )
        return super().formfield_for_foreignkey(db_field, request, **options)


class RecordAdmin(RestorePages, DeclaredQueries, RegistryFields, ModelAdmin):
    """The pages of one kind of record."""

    form = RecordForm
    # Fields that are set once: others refer to the record by them.
    lasting_fields = ()
    # Relations that the list shows, loaded for the rows of one page.
    list_prefetch_related = ()
    # Whole lists are neither counted, filter by filter, nor deleted at a stroke.
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    actions = None
    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = True
    # beside the list where there is room
    list_filter_sheet = False
    list_fullwidth = True
    list_horizontal_scrollbar_top = True
    warn_unsaved_form = True
    change_list_template = "admin/record_list.html"
    change_form_after_template = "admin/edit_box.html"
    object_history_template = "admin/record_history.html"

    # --- Lists

    def get_queryset(self, request):
        queryset = super().get_queryset(request)
        if getattr(request.resolver_match, "url_name", "").endswith("_changelist"):
            queryset = with_last_change(queryset) if not self.model.belongs_to else queryset
            queryset = queryset.prefetch_related(*self.list_prefetch_related)
        return queryset

    @display(description=_("last change"))
    def last_change(self, record):
        return told_instant(record.changed) if record.changed else ""

    # --- Forms

    def get_form(self, request, obj=None, change=False, **options):
        form = super().get_form(request, obj, change=change, **options)
        form.request = request
        return form

    def get_fields(self, request, obj=None):
        return [name for name in super().get_fields(request, obj) if not str(name).startswith(BOX)]

    def get_readonly_fields(self, request, obj=None):
        lasting = self.lasting_fields if obj else ()
        return (*super().get_readonly_fields(request, obj), *lasting)

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_formset_kwargs(self, request, obj, inline, prefix):
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        return {**options, "refused": getattr(request, "refused_rows", None), "title_of": inline.title_of}

    # --- Saving

    def get_object(self, request, object_id, from_field=None):
        record = super().get_object(request, object_id, from_field)
        if record is not None and request.method == "POST":
            # Of two who save the same record at once, the second waits here and then finds its version stale.
            # Others may refer to it meanwhile, or two who refer to each other's record would wait for each other.
            list(self.model._base_manager.select_for_update(no_key=True).filter(pk=record.pk).values_list("pk"))
        return record

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and object_id is not None:
            self._join_edits(request, object_id)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except RowsRefused as refusal:
            request.refused_rows = refusal.refused
        except IntegrityError as error:
            request.refused = explain(error)
        except (DataError, OperationalError) as error:
            if not isinstance(error, DataError) and getattr(error.__cause__, "pgcode", "") != PROGRAM_LIMIT_EXCEEDED:
                raise
            request.refused = ValidationError(_("A value is too large or too long to be kept."))
        # All of it is undone by now. Once more, and the forms tell what the database refused.
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _join_edits(self, request, object_id):
        record = self.get_object(request, unquote(object_id))
        if record is None or not self.has_change_permission(request, record):
            return
        formsets = [inline.get_formset(request, record) for inline in self.get_inline_instances(request, record)]
        prefixes = {label_of(formset.model): formset.get_default_prefix() for formset in formsets}
        stale = join_edits(record, request.POST, prefixes)
        if stale:
            request.POST, request.refused = stale

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self.tell_change(request, form)
        hold_references()

    def tell_change(self, request, form):
        """Keep with the change what the box below the form says of it."""
        current_change().reason = form.cleaned_data.get("edit_reason", "")

    # --- Deleting

    def delete_view(self, request, object_id, extra_context=None):
        form = ReasonForm(request.POST or None)
        if form.is_valid():
            current_change().reason = form.cleaned_data["reason"]
        elif form.is_bound:
            # Not confirmed, so it is asked again.
            request.POST = QueryDict()
        return super().delete_view(request, object_id, {"reason_form": form, **(extra_context or {})})

    # The database itself keeps the history of records; Django's own log of the admin would be a second, poorer one.

    def log_addition(self, request, obj, message):
        pass

    def log_change(self, request, obj, message):
        pass

    def log_deletions(self, request, queryset):
        pass

    # --- History

    def history_view(self, request, object_id, extra_context=None):
        """A record and all its facts, edit by edit and field by field."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        page = Paginator(feed_of(record), ENTRIES_PER_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History"),
            "subtitle": str(record),
            "entries": read(entries(page.object_list, record)),
            "page": page,
            "object": record,
            "may_restore": self.has_restore_permission(request),
            "opts": self.opts,
            "module_name": capfirst(self.opts.verbose_name_plural),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context)


class FactRows(RegistryFields):
    """Rows of facts in a tab of their record's page."""

    form = FactForm
    formset = FactFormSet
    extra = 0
    max_num = ROWS_PER_FORM
    tab = True
    show_count = True
    per_page = 20
    # References that a row shows, loaded with it.
    row_select_related = ()

    def get_formset(self, request, obj=None, **options):
        return super().get_formset(request, obj, **{"absolute_max": ROWS_PER_FORM, **options})

    def title_of(self, row) -> str:
        """What a folded row is told by."""
        return str(row)

    def get_queryset(self, request):
        # without a name, select_related would follow every reference
        return super().get_queryset(request).select_related(*self.row_select_related or [None])


class FactTable(FactRows, TabularInline):
    hide_title = True


class FactStack(FactRows, StackedInline):
    """Rows of facts with many fields: folded to a title each."""

    collapsible = True


class GenericFactTable(FactRows, GenericTabularInline):
    formset = GenericFactFormSet
    hide_title = True
