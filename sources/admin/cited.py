"""The page of a record whose values come from sources: with the box "source for this edit"."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin.fields import LoadedAutocompleteSelect
from core.admin.forms import RecordForm
from core.admin.records import FactStack, FactTable, RecordAdmin
from core.history import current_change, current_change_id, label_of
from core.rest.writing import demand
from core.text import validate_line
from sources.actions import cite_change
from sources.evidence import support
from sources.models import Citation, Source


class CitedRecordForm(RecordForm):
    """A form that says which source its changes come from."""

    edit_source = forms.ModelChoiceField(
        Source.objects.all(),
        label=_("Source"),
        required=False,
        help_text=_("Everything that you change here is cited to it, field by field."),
    )
    edit_locator = forms.CharField(
        label=_("Place in the source"),
        max_length=Citation._meta.get_field("locator").max_length,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Such as ¶2 or p. 14."),
    )
    edit_confidence = forms.ChoiceField(
        label=_("Confidence"),
        choices=Citation.Confidence,
        initial=Citation.Confidence.HIGH,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("How sure the source makes you."),
    )

    field_order = ["edit_source", "edit_locator", "edit_confidence", "edit_reason"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if not self.request.user.has_perm("sources.add_citation"):
            for name in ("edit_source", "edit_locator", "edit_confidence"):
                del self.fields[name]
            return
        reference = Citation._meta.get_field("source")
        widget = RelatedFieldWidgetWrapper(
            LoadedAutocompleteSelect(reference, admin.site, attrs={"style": "width: 100%"}),
            reference.remote_field,
            admin.site,
            can_add_related=self.request.user.has_perm("sources.add_source"),
        )
        widget.template_name = "unfold/widgets/related_widget_wrapper.html"
        self.fields["edit_source"].widget = widget
        # the widget asks the field for the choices, which it got with the field's first widget
        widget.choices = self.fields["edit_source"].choices

    def clean_edit_locator(self):
        validate_line(self.cleaned_data["edit_locator"])
        return self.cleaned_data["edit_locator"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("edit_locator") and not cleaned.get("edit_source") and "edit_source" not in self.errors:
            self.add_error("edit_source", ValidationError(_("Choose the source in which this place is, or empty it.")))
        return cleaned


class CitedRecordAdmin(RecordAdmin):
    """The pages of one kind of record that sources are cited for."""

    form = CitedRecordForm

    def tell_change(self, request, form):
        super().tell_change(request, form)
        source = form.cleaned_data.get("edit_source")
        if source is None:
            return
        if current_change_id() is None:
            messages.warning(request, gettext("Nothing was changed, so the source was cited for nothing."))
            return
        current_change().source = source.slug
        cited = cite_change(
            source=source,
            locator=form.cleaned_data["edit_locator"],
            confidence=form.cleaned_data["edit_confidence"] or Citation.Confidence.HIGH,
        )
        demand(request.user, Citation, change=cited.turned, delete=cited.replaced)
        messages.info(
            request,
            ngettext(
                "%(count)d citation of %(source)s added.", "%(count)d citations of %(source)s added.", len(cited.made)
            )
            % {"count": len(cited.made), "source": source.title},
        )
        if cited.turned:
            told = ngettext(
                "%d citation spoke of the old value and has changed sides.",
                "%d citations spoke of the old values and have changed sides.",
                len(cited.turned),
            )
            messages.info(request, told % len(cited.turned))


class Evidenced:
    """Rows of facts, each with what is cited for it."""

    readonly_fields = ("evidence",)

    def get_queryset(self, request):
        citations = Prefetch("citations", Citation.objects.select_related("source"))
        return super().get_queryset(request).prefetch_related(citations)

    @display(description=_("evidence"))
    def evidence(self, fact):
        """The citations of the row, and a way to add one."""
        return format_html("{} {}", badge(fact), link_to_cite(fact)) if fact.pk else ""


class CitedFactTable(Evidenced, FactTable):
    pass


class CitedFactStack(Evidenced, FactStack):
    pass


def badge(record):
    """How many sources support a record, reprints as one with theirs, and whether some source disputes it.

    Its citations and their sources must be loaded. Their titles stand behind the badge.
    """
    evidence = support(record)
    titles = "\n".join(f"{each.get_stance_display()}: {each.source}" for each in record.citations.all())
    if evidence["cited"]:
        count = evidence["sources"]
        parts = [("evidence evidence-some", ngettext("%d source", "%d sources", count) % count)]
    else:
        parts = [("evidence evidence-none", _("uncited"))]
    if evidence["disputed"]:
        parts.append(("evidence evidence-disputed", _("disputed")))
    return format_html_join(
        " ", '<span class="{}" title="{}">{}</span>', ((kind, titles, text) for kind, text in parts)
    )


def link_to_cite(record):
    """A link to the form that adds a citation of `record`."""
    query = urlencode({"target": f"{label_of(type(record))}:{record.pk}"})
    return format_html(
        '<a class="cite-link" href="{}?{}">{}</a>', reverse("admin:sources_citation_add"), query, _("cite")
    )
