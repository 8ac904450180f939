"""What a browser would send from a page of the admin."""

from django.test import Client
from django.urls import reverse

from core.models import Change, Version
from parks.models import BenefitShare, CoManagementRole, Park
from sources.models import Citation


def page_of(record, view: str = "change") -> str:
    options = type(record)._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{view}", args=[record.pk])


def list_of(model, view: str = "changelist") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}")


def typed(page, **changes) -> dict[str, str]:
    """The fields of a page with a form as they stand, with `changes` typed over them.

    A row is added by its fields, `roles-0-function="LAND"` with `roles-TOTAL_FORMS="1"`.
    """
    forms = [page.context["adminform"].form]
    for rows in page.context["inline_admin_formsets"]:
        forms += [rows.formset.management_form, *rows.formset.forms]
    fields = {bound.html_name: bound.value() for form in forms for bound in form}
    return {
        name: "" if value is None else str(value) for name, value in (fields | changes).items() if value is not False
    }


def save(client: Client, address: str, **changes):
    """Open the page at `address`, type `changes` and save it."""
    return client.post(address, typed(client.get(address), **changes))


def errors_of(page) -> list[str]:
    """All that a refused page says is wrong, in its order."""
    form = page.context["adminform"].form
    found = [str(error) for errors in form.errors.values() for error in errors]
    for rows in page.context["inline_admin_formsets"]:
        found += [str(error) for error in rows.formset.non_form_errors()]
        found += [str(error) for each in rows.formset.errors for errors in each.values() for error in errors]
    return found


def registry() -> list:
    """Every row of the facts that these tests touch, to see that nothing was written."""
    return [
        list(model.objects.order_by("pk").values()) for model in (Park, CoManagementRole, BenefitShare, Citation)
    ] + [
        Change.objects.count(),
        Version.objects.count(),
    ]
