"""Filters of lists: by a record found as it is typed, by a range of partial dates, by yes."""

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.forms import AutocompleteDropdownForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core.dates import PartialDate, PartialDateField


class FormFilter(SimpleListFilter):
    """A filter whose values come from a form, not from a list of links."""

    template = "unfold/filters/filters_field.html"

    def has_output(self):
        return True

    def lookups(self, request, model_admin):
        return ()


class FoundFilter(FormFilter):
    """By a record that is found as it is typed: the one that `reference`, a foreign key, would refer to."""

    reference = None

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.request, self.model_admin = request, model_admin
        try:
            if self.value():
                self.reference.target_field.clean(self.value(), None)
        except ValidationError as error:
            raise IncorrectLookupParameters from error

    def choices(self, changelist):
        yield {
            "form": AutocompleteDropdownForm(
                request=self.request,
                label=gettext(" By %(filter_title)s ") % {"filter_title": self.title},
                name=self.parameter_name,
                choices=(),
                field=self.reference,
                model_admin=self.model_admin,
                data={self.parameter_name: self.value()},
            )
        }


class RangeForm(forms.Form):
    def __init__(self, name, **options):
        super().__init__(**options)
        for end, label in (("from", _("From")), ("to", _("To"))):
            self.fields[f"{name}_{end}"] = forms.CharField(
                label="",
                required=False,
                max_length=10,
                widget=UnfoldAdminTextInputWidget(attrs={"placeholder": label, "aria-label": label}),
            )


class PartialDateRangeFilter(FormFilter):
    """By a partial date: rows that may lie in the range, both ends included. A year means all of it."""

    template = "unfold/filters/filters_numeric_range.html"
    field_name = ""

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1].strip()

    def expected_parameters(self):
        return [f"{self.field_name}_from", f"{self.field_name}_to"]

    def queryset(self, request, queryset):
        first, last = (self._date(request, name) for name in self.expected_parameters())
        if first or last:
            queryset = queryset.exclude(**{self.field_name: ""})
        if first:
            queryset = queryset.filter(**{f"{self.field_name}__latest__gte": first.earliest.isoformat()})
        if last:
            queryset = queryset.filter(**{f"{self.field_name}__lte": last.latest.isoformat()})
        return queryset

    def _date(self, request, name):
        try:
            return PartialDateField().to_python(self.used_parameters.get(name, ""))
        except ValidationError as error:
            messages.error(request, f"{self.title}: {error.messages[0]}")
            return PartialDate()

    def choices(self, changelist):
        data = {name: self.used_parameters.get(name, "") for name in self.expected_parameters()}
        yield {"form": RangeForm(self.field_name, data=data)}
