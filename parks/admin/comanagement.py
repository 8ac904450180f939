"""Who does what: the co-management matrix of a day as a table on the park's page."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.admin.reading import address_of
from core.dates import Certainty, PartialDate, PartialDateField
from parks.comanagement import Holder, held_functions, matrix, to_tell
from parks.models import CoManagementRole, Park
from sources.admin.cited import badge


@dataclass
class Cell:
    """What one party holds of one function, and how that is known."""

    holder: Holder

    @property
    def role(self) -> CoManagementRole:
        return self.holder.role

    @property
    def is_certain(self) -> bool:
        return self.holder.certainty == Certainty.CERTAIN

    @property
    def url(self) -> str:
        return address_of(CoManagementRole, self.role.pk)

    @property
    def agreement_url(self) -> str:
        agreement = self.role.agreement
        return address_of(type(agreement), agreement.pk) if agreement else ""

    @property
    def evidence(self) -> str:
        return badge(self.role)


@dataclass
class Row:
    """One function: what each party holds of it, in the order of the table's parties."""

    title: str
    cells: list[list[Cell]]
    is_gap: bool
    is_overlap: bool
    is_shared: bool


@dataclass
class Table:
    """The matrix of a park on a day, for people to read."""

    on: PartialDate
    parties: list[str]
    rows: list[Row]
    partners: list[Cell]


def table_of(park: Park, on: PartialDate) -> Table:
    """Who does what in `park` on `on`, in two queries."""
    held = matrix(park, to_tell(park.roles.all()), on)
    parties = {holder.role.party_code: holder.role for each in held.holders.values() for holder in each}
    names = dict(CoManagementRole.Function.choices)
    rows = [
        Row(
            title=capfirst(names[function]),
            cells=[
                [Cell(each) for each in held.holders.get(function, ()) if each.role.party_code == code]
                for code in parties
            ],
            is_gap=function in held.gaps,
            is_overlap=function in held.overlaps,
            is_shared=function in held.shared,
        )
        for function in dict.fromkeys([*held.holders, *held_functions()])
    ]
    named = [role.party_name() for role in parties.values()]
    return Table(on, named, rows, [Cell(each) for each in held.partners])


class WhoDoesWhat:
    """A park's page that tells in the tab of its roles who does what on the day asked, today if none is."""

    change_form_outer_before_template = "admin/who_does_what.html"

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None and not context.get("is_popup"):
            context["who_does_what"] = table_of(obj, _day_asked(request))
            # That something is wrong is said above the table; below it, who saves the rows would not see it.
            context["errors_above"], context["errors"] = context["errors"], None
        return super().render_change_form(request, context, add, change, form_url, obj)


def _day_asked(request) -> PartialDate:
    today = PartialDate(timezone.localdate().isoformat())
    try:
        return PartialDateField().to_python(request.GET.get("on", "").strip()) or today
    except ValidationError as error:
        messages.error(request, f"{_('Who does what')}: {error.messages[0]}")
        return today
