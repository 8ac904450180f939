"""The forms behind every page of the admin: nobody's edit is overwritten unseen, and rows are judged together."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationGenericInlineFormSet, PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin.fields import tell_loaded
from core.constraints import AcrossRows
from core.history import version_of
from core.integrity import explain
from core.text import validate_line

# The fields of the box below each form are told from the record's own by their names.
BOX = "edit_"


def add_explained(form: forms.BaseForm, error: ValidationError):
    """Put `error` beside the field it means where the form shows that field, else above the form."""
    if set(getattr(error, "error_dict", ())) - {NON_FIELD_ERRORS} - set(form.fields):
        error = ValidationError(error.messages)
    form.add_error(None, error)


class ReasonForm(forms.Form):
    """Why something is done that takes no form of a record."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        validators=[validate_line],
        widget=UnfoldAdminTextInputWidget,
    )


class RowsRefused(Exception):
    """The database refused rows of a formset: `refused` tells why, by prefix and number of the row."""

    def __init__(self, refused: dict[tuple[str, int], ValidationError]):
        super().__init__(refused)
        self.refused = refused


class RecordForm(forms.ModelForm):
    """The form of one record. It remembers the version it was opened at: see `core.admin.stale`."""

    # Set on the class that the admin makes for each request.
    request = None

    edit_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    edit_reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Why you change this; kept in the history."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        tell_loaded(self)
        if self.instance.pk and not self.is_bound:
            self.initial["edit_version"] = version_of(self.instance)

    @property
    def box(self) -> list[forms.BoundField]:
        """The fields of the box "source for this edit"."""
        return [self[name] for name in self.fields if name.startswith(BOX) and not self[name].is_hidden]

    @property
    def changed_data(self):
        return [name for name in super().changed_data if not name.startswith(BOX)]

    def clean_edit_reason(self):
        validate_line(self.cleaned_data["edit_reason"])
        return self.cleaned_data["edit_reason"]

    def clean(self):
        cleaned = super().clean()
        refused = getattr(self.request, "refused", None)
        if refused is not None:
            add_explained(self, refused)
        return cleaned


class FactForm(forms.ModelForm):
    """The form of one row among others of the same record."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        tell_loaded(self)

    def _post_clean(self):
        # Rules across rows are left to the formset, which knows the other rows as they are about to be.
        own = [
            (model, [constraint for constraint in constraints if not isinstance(constraint, AcrossRows)])
            for model, constraints in self.instance.get_constraints()
        ]
        self.instance.get_constraints = lambda: own
        try:
            super()._post_clean()
        finally:
            del self.instance.get_constraints


class FactsTogether:
    """Formset of the facts of one record: judged as they are about to be, saved in whichever order they fit."""

    def __init__(self, *args, title_of, refused=None, **options):
        self.title_of = title_of
        self.refused = refused or {}
        super().__init__(*args, **options)
        # Shown in the tab. As text, since a count of 0 would be counted again, twice.
        self.count = str(self.paginator.count)

    def total_form_count(self):
        """As many rows as were sent. Of more than there may be none is made that is new: they are refused anyway."""
        if self.is_bound and self.management_form.cleaned_data["TOTAL_FORMS"] > self.absolute_max:
            return min(self.initial_form_count(), self.absolute_max)
        return super().total_form_count()

    def get_page_num(self):
        key, request = self.get_pagination_key(), self.request
        page = request.GET.get(key) or request.POST.get(key, "")
        return int(page) if page.isdecimal() and len(page) < 10 and int(page) else 1

    def _construct_form(self, i, **options):
        form = super()._construct_form(i, **options)
        if form.instance.pk:
            # the name by which unfold's template asks
            form.instance.get_inline_title = self.title_of(form.instance)
        return form

    def clean(self):
        super().clean()
        for (prefix, number), error in self.refused.items():
            if prefix == self.prefix:
                add_explained(self.forms[number], error)
        kept = [form for form in self.forms if self._is_kept(form)]
        for constraint in self.model._meta.constraints:
            if isinstance(constraint, AcrossRows):
                self._check_across(constraint, kept)

    def _is_kept(self, form):
        deleted = self.can_delete and self._should_delete_form(form)
        return not deleted and not form.errors and (form.instance.pk or form.has_changed())

    def _check_across(self, constraint, kept):
        names = [self.model._meta.get_field(name).attname for name in constraint.fields]
        shown = [form.instance.pk for form in self.initial_forms if form.instance.pk]
        for form in kept:
            if not form.has_changed():
                continue
            row = form.instance
            beside = [
                other.instance
                for other in kept
                if other is not form and all(getattr(other.instance, name) == getattr(row, name) for name in names)
            ]
            # A new record has no rows yet; another's may be on a page of the formset that is not shown.
            stored = constraint.siblings(self.model, row).exclude(pk__in=shown) if self.instance.pk else []
            if constraint.is_broken_by(row, [*beside, *stored]):
                form.add_error(None, constraint.get_violation_error_message())

    def save(self, commit=True):
        """Raises RowsRefused when the database will have some row in no order.

        "The role ends in 2010, and another begins" or "65:35 becomes 35:65" only fit row by row in one order: a row
        that is refused is tried again when the others are saved.
        """
        waiting = super().save(commit=False)
        if not commit:
            return waiting
        saved, forms_of = list(waiting), {id(form.instance): number for number, form in enumerate(self.forms)}
        for row in self.deleted_objects:
            row.delete()
        while waiting:
            refused = []
            for row in waiting:
                try:
                    with transaction.atomic():
                        row.save()
                except IntegrityError as error:
                    refused.append((row, error))
            if len(refused) == len(waiting):
                raise RowsRefused({(self.prefix, forms_of[id(row)]): explain(error) for row, error in refused})
            waiting = [row for row, _error in refused]
        return saved


class FactFormSet(FactsTogether, PaginationInlineFormSet):
    pass


class GenericFactFormSet(FactsTogether, PaginationGenericInlineFormSet):
    pass
