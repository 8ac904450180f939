"""What parks can be chosen by on their list: each value with the number of parks that it would leave."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.models import Division
from parks.filters import UNKNOWN
from parks.models import CoManagementRole, Industry, Park
from parks.querysets import Span
from portal.telling import Told, told

# So many values of a facet are seen at once, and so many more when it is opened; all on a page that asks for them.
SEEN, OPENED = 6, 60


@dataclass(frozen=True)
class Option:
    """One value of a facet as the parameter has it. `count` parks have it of those that all other facets leave."""

    value: str
    label: Told | str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """The values of one facet. Of several that are chosen, a park needs one."""

    parameter: str
    title: str | Promise
    options: list[Option]
    # Of how many values these options are, and the address of the page that tells all.
    count: int
    whole: str
    is_whole: bool

    @cached_property
    def seen(self) -> list[Option]:
        """What is always shown: those that are chosen, and the first."""
        others = [option for option in self.options if not option.is_chosen]
        room = max(0, SEEN - (len(self.options) - len(others)))
        shown = {option.value for option in others[:room]}
        return [option for option in self.options if option.is_chosen or option.value in shown]

    @cached_property
    def further(self) -> list[Option]:
        seen = {option.value for option in self.seen}
        return [option for option in self.options if option.value not in seen]

    @property
    def left_out(self) -> int:
        return self.count - len(self.options)


@dataclass(frozen=True)
class Kind:
    """A facet: its parameter, and the column of the directory that has its values.

    `label` gives of such values, by value, the text of the parameter and what it is called. The most frequent values
    come first, or those that come first in `order`.
    """

    parameter: str
    column: str
    title: str | Promise
    label: Callable[[Iterable], dict]
    order: Callable[[str], object] | None = None

    def facet(self, counts: dict, chosen: list, *, whole: str, is_whole: bool) -> Facet:
        """The facet with the `counts` of its values, among them those that are `chosen`."""
        values = sorted(counts, key=self.order or (lambda value: (-counts[value], str(value))))
        # A tick cannot take back another: of yes and no, what is chosen, or else yes.
        values = (chosen or [True]) if self.is_flag else values
        shown = values if is_whole else values[: SEEN + OPENED]
        labels = self.label([*shown, *(value for value in chosen if value not in shown)])
        options = [
            Option(*labels[value], counts.get(value, 0), value in chosen)
            for value in labels
            if counts.get(value) or value in chosen
        ]
        return Facet(self.parameter, self.title, options, max(len(values), len(options)), whole, is_whole)

    @property
    def is_flag(self) -> bool:
        return not self.parameter.endswith("__in")


def _of_choices(choices):
    return lambda values: {value: (value, str(choices(value).label)) for value in values}


def _of_records(model, key):
    def label(keys):
        found = model.objects.in_bulk(keys)
        return {each: (getattr(found[each], key), told(found[each], "name")) for each in keys if each in found}

    return label


def _decades(decades):
    return {each: (each, _("not known") if each == UNKNOWN else _("%ss") % each) for each in decades}


def _flag(yes, no):
    return lambda values: {value: ("true", str(yes)) if value else ("false", str(no)) for value in values}


KINDS = (
    Kind("within__in", "province", gettext_lazy("Province"), _of_records(Division, "code")),
    Kind("partner__in", "partner", gettext_lazy("Run by"), _of_records(Division, "code")),
    Kind("span__in", "span", gettext_lazy("Span"), _of_choices(Span), Span.values.index),
    Kind("function__in", "function", gettext_lazy("Function"), _of_choices(CoManagementRole.Function)),
    Kind("industry__in", "industry", gettext_lazy("Industry"), _of_records(Industry, "code")),
    Kind("status__in", "status", gettext_lazy("Status"), _of_choices(Park.Status), Park.Status.values.index),
    Kind("decade__in", "decade", gettext_lazy("Established"), _decades, str),
    Kind(
        "disputed",
        "disputed",
        gettext_lazy("Sources"),
        _flag(gettext_lazy("Some source disputes a fact"), gettext_lazy("No source disputes a fact")),
    ),
    Kind(
        "is_programme",
        "is_programme",
        gettext_lazy("Programmes"),
        _flag(gettext_lazy("Programme of several parks"), gettext_lazy("No programme of several parks")),
    ),
)
