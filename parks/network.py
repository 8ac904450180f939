"""The net that parks make of places: which two of them have parks between them, and how many.

A park ties the place that hosts it to that of each of its partners, whoever holds whatever role in it. Places are
cities, with prefectures and leagues beside them, or provinces. A municipality is one city, a county straight under a
province is itself one, a foreign state is one place.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import models
from django.db.models import Case, Count, F, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, Concat, DenseRank, Length, Substr
from django.db.models.lookups import Exact, In
from django.utils.translation import pgettext_lazy

from cities.models import Division
from cities.querysets import province_code, within
from parks.lifetime import existed
from parks.models import CoManagementRole, Park
from parks.querysets import MUNICIPALITIES

# So many parks of each two places are told by name.
TOLD = 6


class Level(models.TextChoices):
    """Which places are tied."""

    CITY = "CITY", pgettext_lazy("network", "cities")
    PROVINCE = "PROVINCE", pgettext_lazy("network", "provinces")


@dataclass
class Tie:
    """Two places with parks between them: hosted by either, and run with the other. `one` has the lower code."""

    one: Division
    other: Division
    # How many parks.
    parks: int
    # The functions that either holds in a park of the other, in order; and the first few parks.
    functions: list[CoManagementRole.Function] = field(default_factory=list)
    first_parks: list[Park] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        """How many of the parks are not among the first."""
        return self.parks - len(self.first_parks)


@dataclass
class Network:
    """The ties with the most parks first, and how many more there are than these."""

    ties: list[Tie]
    left_out: int
    # The provinces, and foreign states, of the places tied, by their code.
    provinces: dict[str, Division]

    @property
    def places(self) -> dict[str, Division]:
        """The places that are tied, by code and so by province."""
        places = {place.code: place for tie in self.ties for place in (tie.one, tie.other)}
        return dict(sorted(places.items()))


def network(
    most: int,
    level: str = Level.CITY,
    *,
    within_code: str | None = None,
    function: str | None = None,
    on=None,
) -> Network:
    """The `most` ties with the most parks, in six queries.

    With `within_code`, only those with an end that is the division of that code or lies within it. With `function`,
    only by roles of it; with `on`, by those held that day in parks that there were then, for certain or possibly.
    """
    roles = _roles(level, within_code, function, on)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for host, partner, parks in (
        roles.order_by().values_list("host_place", "partner_place").annotate(Count("park", distinct=True))
    ):
        if not _on_one_side(host, partner):
            # A park has one host, so none is counted in both directions.
            counts[min(host, partner), max(host, partner)] += parks
    found = sorted(counts, key=lambda pair: (-counts[pair], pair))
    told = found[:most]
    functions, parks = _functions(roles, told), _first_parks(roles, told)
    codes = {code for pair in told for code in pair}
    divisions = Division.objects.in_bulk(codes | set(map(province_code, codes)))
    return Network(
        [
            Tie(*(divisions[code] for code in pair), counts[pair], _in_order(functions[pair]), parks[pair])
            for pair in told
        ],
        len(found) - len(told),
        {code: divisions[code] for code in sorted(set(map(province_code, codes)))},
    )


def _roles(level, within_code, function, on) -> QuerySet[CoManagementRole]:
    """The roles that tie, each with `host_place` and `partner_place`."""
    partner = Coalesce("division_id", "body__division_id", output_field=models.CharField())
    # They lie in no city: no digits of theirs are those of one.
    straight = Division.objects.filter(level=Division.Level.COUNTY, parent__code__endswith="0000").order_by()
    straight = list(straight.values_list("code", flat=True)) if level == Level.CITY else []
    roles = CoManagementRole.objects.annotate(partner_code=partner)
    roles = roles.filter(partner_code__isnull=False).annotate(
        host_place=_place("park__host_id", level, straight), partner_place=_place("partner_code", level, straight)
    )
    roles = roles.exclude(host_place=F("partner_place"))
    if within_code:
        roles = roles.filter(within(within_code, "park__host__code") | within(within_code, "partner_code"))
    if function:
        roles = roles.filter(function=function)
    if on:
        roles = roles.held_on(on).filter(park__in=Park.objects.filter(existed(on)).order_by())
    return roles.annotate(pair=Concat("host_place", Value("-"), "partner_place"))


def _place(code: str, level: str, straight: list[str]) -> Case:
    """The code of the place that the division at `code` is, or lies in; `straight`: the counties in no city."""
    province = Concat(Substr(code, 1, 2), Value("0000"))
    cases = [When(Exact(Length(code), 2), then=F(code))]
    if level == Level.PROVINCE:
        return Case(*cases, default=province, output_field=models.CharField())
    return Case(
        *cases,
        When(In(Substr(code, 1, 2), list(MUNICIPALITIES)), then=province),
        When(In(F(code), straight), then=F(code)),
        default=Concat(Substr(code, 1, 4), Value("00")),
        output_field=models.CharField(),
    )


def _on_one_side(one: str, other: str) -> bool:
    """Whether one is the province of the other: between them there is no border."""
    return province_code(one) == other or province_code(other) == one


def _in_order(functions: set[str]) -> list[CoManagementRole.Function]:
    return [each for each in CoManagementRole.Function if each in functions]


def _functions(roles, pairs) -> dict[tuple[str, str], set[str]]:
    functions = defaultdict(set)
    for pair, function in (
        roles.filter(pair__in=_both_ways(pairs)).order_by().values_list("pair", "function").distinct()
    ):
        functions[_ends(pair)].add(function)
    return functions


def _first_parks(roles, pairs) -> dict[tuple[str, str], list[Park]]:
    nth = Window(DenseRank(), partition_by=[F("pair")], order_by="park__slug")
    first = roles.filter(pair__in=_both_ways(pairs)).annotate(nth=nth).filter(nth__lte=TOLD).order_by()
    keys = defaultdict(set)
    for pair, park in first.values_list("pair", "park_id"):
        keys[_ends(pair)].add(park)
    parks = Park.objects.in_bulk(set().union(*keys.values()))
    return defaultdict(
        list,
        {
            pair: sorted((parks[key] for key in found), key=lambda park: park.slug)[:TOLD]
            for pair, found in keys.items()
        },
    )


def _both_ways(pairs) -> list[str]:
    return [way for one, other in pairs for way in (f"{one}-{other}", f"{other}-{one}")]


def _ends(pair: str) -> tuple[str, str]:
    one, other = sorted(pair.split("-"))
    return one, other
