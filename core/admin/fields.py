"""Form fields and widgets that the registry's own model fields need."""

from decimal import Decimal

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError


class PartialDateInput(forms.CharField):
    """Reads a partial date or a period in the form already, so that the record never holds text that is no date."""

    def __init__(self, *, model_field, **options):
        super().__init__(**options)
        self.model_field = model_field

    def to_python(self, value):
        return self.model_field.to_python(super().to_python(value))


class PlainDecimalField(forms.DecimalField):
    """Shows a number without the zeros that only its column has: 5.6, not 5.6000."""

    def prepare_value(self, value):
        return f"{value.normalize():f}" if isinstance(value, Decimal) and value.is_finite() else value


class LoadedAutocompleteSelect(AutocompleteSelect):
    """An autocomplete that tells the chosen record without a query, where the row has loaded it already."""

    loaded = None

    def optgroups(self, name, value, attr=None):
        chosen = [str(each) for each in value if str(each) not in self.choices.field.empty_values]
        if self.loaded is not None and chosen == [str(self.loaded.pk)]:
            label = self.choices.field.label_from_instance(self.loaded)
            options = [self.create_option(name, self.loaded.pk, label, True, 1)]
            if not self.is_required:
                options.insert(0, self.create_option(name, "", "", False, 0))
            return [(None, options, 0)]
        return super().optgroups(name, [each for each in value if self._can_be_a_key(each)], attr)

    def _can_be_a_key(self, value):
        """What was sent is shown again, and must not break the query for its label."""
        try:
            self.field.target_field.clean(value, None)
        except ValidationError:
            return False
        return "\x00" not in str(value)


def tell_loaded(form: forms.ModelForm):
    """Give the autocompletes of `form` the records that its instance has loaded."""
    for name, field in form.fields.items():
        widget = getattr(field.widget, "widget", field.widget)
        if isinstance(widget, LoadedAutocompleteSelect):
            widget.loaded = form.instance._state.fields_cache.get(name)
