"""Imports in the admin: a file is sent, what it would do is shown, then it is applied; and it can be undone."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin.fields import LoadedAutocompleteSelect
from core.admin.forms import ReasonForm
from core.admin.lists import DeclaredQueries
from core.admin.reading import told_instant
from core.history import label_of
from exchange import downloads
from exchange.headers import known_columns, verbose_name
from exchange.imports import running
from exchange.imports.engine import lacking
from exchange.imports.places import file_of, report_of
from exchange.imports.report import OUTCOMES, ReportLines
from exchange.models import Import
from exchange.tables import Column, tables
from sources.models import Citation, Source

LINES_PER_PAGE = 50
STYLES = {"new": "operation-created", "changed": "operation-changed", "unchanged": "", "error": "operation-deleted"}
State = Import.State


class SendForm(ReasonForm):
    """A file to be imported."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What its rows are"),
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget,
        help_text=gettext_lazy("CSV, XLSX or NDJSON, with a header in English or Chinese."),
    )
    sheet = forms.CharField(
        label=gettext_lazy("Sheet"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Of a workbook, where it is not the first."),
    )
    source = forms.ModelChoiceField(
        Source.objects.all(),
        label=gettext_lazy("Source"),
        required=False,
        help_text=gettext_lazy("Everything that the file makes or changes is cited to it."),
    )

    field_order = ["kind", "file", "sheet", "source", "reason"]

    def __init__(self, *args, person, **options):
        super().__init__(*args, **options)
        kinds = [
            (table.name, capfirst(table.model._meta.verbose_name_plural))
            for table in tables().values()
            if len(lacking(person, table.model)) < 2
        ]
        self.fields["kind"].choices = [("", "—"), *sorted(kinds, key=lambda kind: kind[1])]
        if not person.has_perm("sources.add_citation"):
            del self.fields["source"]
            return
        field = self.fields["source"]
        field.widget = LoadedAutocompleteSelect(
            Citation._meta.get_field("source"), admin.site, attrs={"style": "width: 100%"}, choices=field.choices
        )


@admin.register(Import)
class ImportAdmin(DeclaredQueries, ModelAdmin):
    list_display = ("at_told", "name", "kind_told", "person", "state_told", "new", "changed", "unchanged", "errors")
    list_display_links = ("at_told", "name")
    list_select_related = ("person",)
    list_filter = (("state", ChoicesDropdownFilter), ("person", AutocompleteSelectFilter))
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("name", "sha256", "reason")
    show_full_result_count = False
    actions = None

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @display(description=gettext_lazy("at"), ordering="id")
    def at_told(self, upload):
        return told_instant(upload.at)

    @display(description=gettext_lazy("kind of record"), ordering="kind")
    def kind_told(self, upload):
        return capfirst(tables()[upload.kind].model._meta.verbose_name_plural)

    @display(description=pgettext_lazy("of an import", "state"), ordering="state")
    def state_told(self, upload):
        return running.as_it_is(upload).get_state_display()

    def get_urls(self):
        return [
            path(f"<int:number>/{name}/", self.admin_site.admin_view(view), name=f"exchange_import_{name}")
            for name, view in {
                "apply": self.apply_view,
                "undo": self.undo_view,
                "report": self.report_view,
                "bad-rows": self.bad_rows_view,
                "file": self.file_view,
            }.items()
        ] + super().get_urls()

    # --- Sending

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        given = (request.POST, request.FILES) if request.method == "POST" else ()
        form = SendForm(*given, person=request.user, initial={"kind": _kind_asked(request)})
        if form.is_valid() and (upload := self._send(request, form)):
            return HttpResponseRedirect(self._address(upload))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a file"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/exchange/send.html", context)

    def _send(self, request, form) -> Import | None:
        told = form.cleaned_data
        options = {"sheet": told["sheet"]} if told["sheet"] else {}
        try:
            with transaction.atomic():
                upload = running.send(
                    tables()[told["kind"]],
                    told["file"],
                    name=told["file"].name,
                    person=request.user,
                    source=told["source"].slug if told.get("source") else "",
                    reason=told["reason"],
                    **options,
                )
        except ValidationError as refused:
            form.add_error("file", ValidationError(refused.messages))
            return None
        return upload

    # --- Looking at what would be done

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = running.as_it_is(self._find(object_id))
        outcome = request.GET.get("outcome")
        outcome = outcome if outcome in OUTCOMES else ""
        lines = ReportLines(upload, outcome) if report_of(upload).exists() else []
        page = Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("p"))
        is_open = upload.state in (State.CHECKED, State.FAILED) and file_of(upload).exists()
        may_write = len(lacking(request.user, tables()[upload.kind].model)) < 2
        context = {
            **self.admin_site.each_context(request),
            "title": upload.name,
            "subtitle": None,
            "opts": self.opts,
            "upload": upload,
            "kind": self.kind_told(upload),
            "counts": [(each, OUTCOMES[each], upload.counts[each]) for each in OUTCOMES],
            "outcome": outcome,
            "page": page,
            "lines": [_told(line, known_columns(tables()[upload.kind])) for line in page],
            "writes": upload.new + upload.changed,
            "has_report": bool(lines) or report_of(upload).exists(),
            "has_file": file_of(upload).exists(),
            "may_apply": is_open and may_write and self.has_add_permission(request),
            "may_undo": upload.is_in_force and self.has_add_permission(request),
            "reason_form": ReasonForm(),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/exchange/import.html", context)

    def report_view(self, request, number):
        upload = self._find_kept(request, number, report_of)
        return downloads.report(upload, "xlsx" if request.GET.get("format") == "xlsx" else "csv")

    def bad_rows_view(self, request, number):
        return downloads.bad_rows(self._find_kept(request, number, report_of, file_of))

    def file_view(self, request, number):
        upload = self._find_kept(request, number, file_of)
        return downloads.sent_file(upload)

    # --- Applying and undoing

    def apply_view(self, request, number):
        def apply(upload):
            if not file_of(upload).exists():
                raise ValidationError(_("The files of this import are no longer kept."))
            only_good = "only_good" in request.POST
            if upload.errors and not only_good:
                raise ValidationError(_("Some lines are wrong, so nothing was written."))
            upload.person = request.user
            running.apply(upload, only_good=only_good, expect=upload.digest)
            written = upload.new + upload.changed
            return ngettext("%d record written.", "%d records written.", written) % written

        return self._do(request, number, apply)

    def undo_view(self, request, number):
        def undo(upload):
            form = ReasonForm(request.POST)
            if not form.is_valid():
                raise ValidationError(form.errors["reason"].as_data())
            count = running.undo(upload, person=request.user, reason=form.cleaned_data["reason"])
            return ngettext("Undone: %d row is as it was.", "Undone: %d rows are as they were.", count) % count

        return self._do(request, number, undo)

    def _do(self, request, number, deed):
        """Do it to the import of this number, and tell on its page what came of it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(self._address(self._find(str(number))))
        upload = get_object_or_404(Import.objects.select_for_update(), pk=number)
        try:
            with transaction.atomic():
                messages.success(request, deed(upload))
        except ValidationError as refused:
            for message in refused.messages:
                messages.error(request, message)
        return HttpResponseRedirect(self._address(upload))

    def _find(self, number: str) -> Import:
        if not number.isdecimal():
            raise Http404
        return get_object_or_404(Import.objects.select_related("person"), pk=int(number[:18]))

    def _find_kept(self, request, number, *paths) -> Import:
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = self._find(str(number))
        if not all(path(upload).exists() for path in paths):
            raise Http404
        return upload

    def _address(self, upload) -> str:
        return reverse("admin:exchange_import_change", args=[upload.pk])


def _kind_asked(request) -> str | None:
    """The table of the kind of record from whose list somebody comes: parks.park."""
    label = request.GET.get("records", "")
    return next((table.name for table in tables().values() if label_of(table.model) == label), None)


def _told(line: dict, columns: dict[str, Column]) -> dict:
    """A line of a report as the page shows it: columns and their values by the names that people know."""
    key = [_value(columns.get(name), value) for name, value in line["key"].items() if value not in (None, "")]
    changes, problems, meant = (
        [
            {**each, "label": verbose_name(columns[each["column"]]) if each["column"] in columns else each["column"]}
            for each in line[told]
        ]
        for told in ("changes", "problems", "meant")
    )
    for each in changes:
        each |= {side: _value(columns.get(each["column"]), each[side]) for side in ("old", "new")}
    known = {"known_by": ", ".join(key), "changes": changes, "problems": problems, "meant": meant}
    return {**line, **known, "told": OUTCOMES[line["outcome"]], "style": STYLES[line["outcome"]]}


def _value(column: Column | None, value) -> str:
    """A value in words, where it is one of several."""
    if value is None:
        return ""
    choices = dict(getattr(column.leaf, "flatchoices", ())) if column is not None else {}
    return str(choices.get(value, value))
