"""What parks can be chosen by on their list: each value with the number of parks that it would leave."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.models import Division
from parks.filters import UNKNOWN
from parks.models import CoManagementRole, Industry, Park
from parks.querysets import Span
from portal.telling import Told, told

# So many values of a facet are seen at once, and so many when it is opened; all of them on a page that asks for them.
SEEN, OPENED = 6, 60


@dataclass(frozen=True)
class Option:
    """One value of a facet, as the parameter has it; `count` parks have it of those that all other facets leave."""

    value: str
    label: Told | str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """The values of one facet, the most frequent first. Of several that are chosen, a park needs one."""

    parameter: str
    title: str | Promise
    options: list[Option]
    # Whether all of them are told; else the address of the page that does.
    is_whole: bool
    whole: str = ""

    @property
    def seen(self) -> list[Option]:
        """What is always shown: those that are chosen, and the most frequent."""
        chosen = [option for option in self.options if option.is_chosen]
        return chosen + [option for option in self.options if not option.is_chosen][: max(0, SEEN - len(chosen))]

    @property
    def further(self) -> list[Option]:
        seen = self.seen
        further = [option for option in self.options if option not in seen]
        return further if self.is_whole else further[:OPENED]

    @property
    def left_out(self) -> int:
        return len(self.options) - len(self.seen) - len(self.further)


@dataclass(frozen=True)
class Kind:
    """A facet: the parameter and the column of the directory that it stands for, and what its values are called.

    `label` gives of values of the column, by value, the text of the parameter and what it is called.
    """

    parameter: str
    column: str
    title: str | Promise
    label: Callable[[Iterable], dict]
    # What comes first where not the most frequent does.
    order: Callable[[str], object] | None = None


def _of_choices(choices):
    return lambda values: {value: (value, str(choices(value).label)) for value in values}


def _divisions(codes):
    found = Division.objects.in_bulk(codes)
    return {code: (code, told(division, "name")) for code, division in found.items()}


def _industries(keys):
    found = Industry.objects.in_bulk(keys)
    return {key: (industry.code, told(industry, "name")) for key, industry in found.items()}


def _decades(decades):
    return {each: (each, _("not known") if each == UNKNOWN else _("%ss") % each) for each in decades}


def _flag(label):
    return lambda values: {value: ("true", str(label)) for value in values if value}


KINDS = (
    Kind("within__in", "province", gettext_lazy("Province"), _divisions),
    Kind("partner__in", "partner", gettext_lazy("Run by"), _divisions),
    Kind("span__in", "span", gettext_lazy("Span"), _of_choices(Span), list(Span.values).index),
    Kind("function__in", "function", gettext_lazy("Function"), _of_choices(CoManagementRole.Function)),
    Kind("industry__in", "industry", gettext_lazy("Industry"), _industries),
    Kind("status__in", "status", gettext_lazy("Status"), _of_choices(Park.Status), list(Park.Status.values).index),
    Kind("decade__in", "decade", gettext_lazy("Established"), _decades, str),
    Kind("disputed", "disputed", gettext_lazy("Sources"), _flag(gettext_lazy("Some source disputes a fact"))),
    Kind("is_programme", "is_programme", gettext_lazy("Kind"), _flag(gettext_lazy("Programme of several parks"))),
)


def facet(kind: Kind, counts: dict, chosen: list[str], is_whole: bool, whole: str) -> Facet:
    """The facet with the `counts` of its values, those `chosen` among them though there be none."""
    labels = kind.label([*counts, *({*chosen} - {*counts} if kind.column in ("province", "partner") else ())])
    options = [Option(text, label, counts.get(value, 0), text in chosen) for value, (text, label) in labels.items()]
    options.sort(key=lambda option: kind.order(option.value) if kind.order else (-option.count, option.value))
    return Facet(kind.parameter, kind.title, options, is_whole, whole)
