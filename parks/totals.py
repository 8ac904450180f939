"""Totals of a division that count each park once, and say what they leave out.

A figure counts for the whole park or not at all: the result (not a target) of just the period asked about, of the whole
park, with one known value. A park that is part of another whose own figure counts is left out, or it would count
twice: by partner where the other counts for the same division, else everywhere. What counts then goes

- `host`: whole to the division the park lies in;
- `partner`: whole to each division across the border that has a part in running it, so that one park may count for
  several divisions, and these totals must not be added up;
- `shared`: by percent to those that the figure is credited to in statistics (see `CREDITS`), and the rest that is not
  known to be anybody's to nobody: it is told as unattributed with the division that the park lies in.

So under `host`, and under `shared` with what is unattributed, the totals of all cells of `cities.partition` add up to
the sum over the parks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from cities.models import Division
from cities.partition import Cell
from cities.querysets import code_prefix, within
from core.dates import Certainty
from core.periods import certainty_during, dates_of
from parks.lifetime import existence
from parks.models import BenefitShare, CoManagementRole, Indicator, Observation, Park
from parks.models.comanagement import Standing

# The credit that divides a figure, by a word of its indicator's code. Other figures (areas, taxes) nobody is credited.
CREDITS = {"gdp": BenefitShare.Subject.GDP, "output": BenefitShare.Subject.OUTPUT}
# The figures that count, as `_figure` judges them one by one.
COUNTABLE = Q(kind=Observation.Kind.ACTUAL, scope="", cumulative=False, value__isnull=False) & (
    Q(value_high=None) | Q(value_high=F("value"))
)
# Digits enough for any value times any percent, and for the sum of them all: no total is ever rounded.
DIGITS = 60


class Attribution(models.TextChoices):
    """Whose a park's figure is."""

    HOST = "host", _("the host's")
    PARTNER = "partner", _("each partner's")
    SHARED = "shared", _("shared by statistical credit")


class Why(models.TextChoices):
    """What keeps a park's figure, or part of it, out of a total."""

    NO_FIGURE = "NO_FIGURE", _("no figure for this period")
    VALUE_UNKNOWN = "VALUE_UNKNOWN", _("its value is unknown")
    RANGE = "RANGE", _("only a range is known")
    RUNNING_TOTAL = "RUNNING_TOTAL", _("only a running total of several periods")
    PART_OF_PARK = "PART_OF_PARK", _("only a figure of a part of the park")
    NOT_A_RESULT = "NOT_A_RESULT", _("only a target or forecast")
    PROGRAMME = "PROGRAMME", _("a programme, whose figure covers several parks")
    WITHIN_ANOTHER = "WITHIN_ANOTHER", _("part of another park, whose figure counts")
    NO_CREDIT = "NO_CREDIT", _("figures of this kind are credited to nobody")
    NO_SHARE = "NO_SHARE", _("no share of the statistical credit is known")
    SHARE_UNKNOWN = "SHARE_UNKNOWN", _("a party's percent is unknown")
    SHARE_UNCERTAIN = "SHARE_UNCERTAIN", _("a share held perhaps only for part of the period")
    SHARE_LIMITED = "SHARE_LIMITED", _("a share is only of an increment, of a company, or under a condition")
    SHARE_OF_NO_DIVISION = "SHARE_OF_NO_DIVISION", _("a share is that of a body without a division")
    REST_UNKNOWN = "REST_UNKNOWN", _("the known shares do not make up the whole")


@dataclass(frozen=True)
class Counted:
    """A park that counts: with so many percent of its figure, and the value that makes, in the indicator's unit.

    `certainty` is possible where the division was perhaps a partner for part of the period only.
    """

    park: Park
    observation: Observation
    percent: Decimal
    value: Decimal
    certainty: Certainty = Certainty.CERTAIN


@dataclass(frozen=True)
class LeftOut:
    """A park whose figure is left out, or part of it.

    `observation` is the figure nearest to counting, `value` what of it is unattributed, `within` the park it lies in.
    """

    park: Park
    why: Why
    observation: Observation | None = None
    value: Decimal | None = None
    within: Park | None = None


@dataclass(frozen=True)
class Totals:
    """`value` is in the unit of the indicator, exact; None where no park counts, which is not zero."""

    cell: Cell
    indicator: Indicator
    period: str
    attribution: Attribution
    counted: tuple[Counted, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def value(self) -> Decimal | None:
        return _sum(each.value for each in self.counted) if self.counted else None

    @property
    def unattributed(self) -> Decimal:
        """What is not known to be anybody's of the figures of the parks that lie here."""
        return _sum(each.value for each in self.left_out if each.value is not None)

    @property
    def counts_parks_for_several(self) -> bool:
        """Whether a park may count in the totals of several divisions, which then must not be added up."""
        return self.attribution == Attribution.PARTNER


def totals(division: Division, indicator: Indicator, period: str, attribution: str, *, alone: bool = False) -> Totals:
    """The total of `indicator` for `period` over `division` and all that lies within it; `alone`: without the latter.

    `period` is written as in figures: 2022, 2022-H1, 2022-Q3, 2022-08; a year's figure is not made up of its quarters'.
    Four to six queries, whatever the number of parks. Raises ValueError where `period` or `attribution` is none.
    """
    dates_of(period)
    asked = _Asked(Cell(division, alone), indicator, period, Attribution(attribution))
    above = _counted_above(asked)
    told = [each for park in _in_question(asked) for each in _judge(park, above.get(park.pk), asked)]
    counted = tuple(each for each in told if isinstance(each, Counted))
    left_out = tuple(each for each in told if isinstance(each, LeftOut))
    return Totals(asked.cell, indicator, period, asked.attribution, counted, left_out)


@dataclass(frozen=True)
class _Asked:
    cell: Cell
    indicator: Indicator
    period: str
    attribution: Attribution

    @property
    def credit(self) -> str | None:
        words = self.indicator.code.replace("-", "_").split("_")
        return next((CREDITS[word] for word in words if word in CREDITS), None)

    def lies(self, path: str) -> Q:
        """Rows whose division at `path` belongs to the cell."""
        code = self.cell.division.code
        return Q(**{path: code}) if self.cell.alone else within(code, path)

    def run_here(self) -> Q:
        return self.lies("division__code") | self.lies("body__division__code")


# --- What is read -----------------------------------------------------------------------------------------------------


def _in_question(asked: _Asked) -> Iterable[Park]:
    """The parks of which a figure may count, or should: each with its figures, and roles or shares."""
    figures = Observation.objects.filter(indicator=asked.indicator, period=asked.period)
    parks = Park.objects.select_related("host").prefetch_related(Prefetch("observations", figures))
    if asked.attribution == Attribution.PARTNER:
        return _run_here(parks, asked)
    hosted = asked.lies("host__code")
    if asked.attribution == Attribution.HOST:
        return parks.filter(hosted)
    shares = BenefitShare.objects.filter(subject=asked.credit, standing=Standing.IN_FORCE)
    parks = parks.filter(hosted | Exists(shares.filter(asked.run_here(), park=OuterRef("pk"))))
    return parks.prefetch_related(Prefetch("shares", shares.select_related("body")))


def _run_here(parks, asked: _Asked):
    """Those of `parks` in which a division of the cell runs or ran something, each with all its roles in force."""
    roles = CoManagementRole.objects.filter(standing=Standing.IN_FORCE)
    parks = parks.filter(Exists(roles.filter(asked.run_here(), park=OuterRef("pk"))))
    return parks.prefetch_related(Prefetch("roles", roles.select_related("body")))


def _counted_above(asked: _Asked) -> dict[int, Park]:
    """By the key of each park that is part of others: the outermost of those whose own figure counts."""
    above = dict(Park.objects.order_by().filter(part_of__isnull=False).values_list("pk", "part_of"))
    results = Observation.objects.filter(COUNTABLE, park=OuterRef("pk"), indicator=asked.indicator, period=asked.period)
    nesting = Park.objects.order_by().filter(part_of__isnull=False).values("part_of")
    nesting_parks = Park.objects.filter(Exists(results), is_programme=False, pk__in=nesting)
    if asked.attribution == Attribution.PARTNER:
        nesting_parks = [park for park in _run_here(nesting_parks, asked) if _partnership(park, asked)]
    counting = {park.pk: park for park in nesting_parks}
    found = {}
    for key in above:
        seen, around = {key}, above.get(key)
        while around and around not in seen:
            seen.add(around)
            if around in counting:
                found[key] = counting[around]
            around = above.get(around)
    return found


# --- What counts ------------------------------------------------------------------------------------------------------


def _judge(park: Park, around: Park | None, asked: _Asked) -> Iterator[Counted | LeftOut]:
    """What of one park counts in the total asked for, and what is left out."""
    certain = Certainty.CERTAIN
    if asked.attribution == Attribution.PARTNER and not (certain := _partnership(park, asked)):
        return
    figure, why = _figure(park.observations.all())
    if why == Why.NO_FIGURE and (park.is_programme or not existence(park, asked.period)):
        # Nothing is missing of what did not exist then, nor of what would not count.
        return
    if park.is_programme:
        why = Why.PROGRAMME
    if why or around:
        yield LeftOut(park, why or Why.WITHIN_ANOTHER, figure, within=None if why else around)
    elif asked.attribution == Attribution.SHARED:
        yield from _shared(park, figure, asked)
    else:
        yield Counted(park, figure, Decimal(100), figure.value, certain)


def _figure(observations: Iterable[Observation]) -> tuple[Observation | None, Why | None]:
    """The figure that counts, or that is nearest to counting, and why it does not."""
    by_fitness = sorted(
        observations, key=lambda each: (each.kind != Observation.Kind.ACTUAL, each.scope, each.cumulative)
    )
    if not by_fitness:
        return None, Why.NO_FIGURE
    best = by_fitness[0]
    if best.kind != Observation.Kind.ACTUAL:
        return best, Why.NOT_A_RESULT
    if best.scope:
        return best, Why.PART_OF_PARK
    if best.cumulative:
        return best, Why.RUNNING_TOTAL
    if best.value is None:
        return best, Why.VALUE_UNKNOWN
    return best, None if best.value_high in (None, best.value) else Why.RANGE


def _partnership(park: Park, asked: _Asked) -> Certainty | None:
    """How certain it is that a division of the cell had a part in running the park from across the border."""
    answers = {
        certainty_during(role.since, role.until, asked.period)
        for role in park.roles.all()
        if (code := _division(role)) and asked.cell.covers(code) and not _on_one_side(code, park.host_id)
    }
    return next((each for each in (Certainty.CERTAIN, Certainty.POSSIBLE) if each in answers), None)


def _shared(park: Park, figure: Observation, asked: _Asked) -> Iterator[Counted | LeftOut]:
    own, given, doubts, own_doubts = None, None, [], []
    for share in park.shares.all():
        if not (certain := certainty_during(share.since, share.until, asked.period)):
            continue
        here = (code := _division(share)) is not None and asked.cell.covers(code)
        if why := _doubt(share, certain):
            doubts.append(why)
            own_doubts += [why] if here else []
        else:
            given = (given or 0) + share.percent
            own = (own or 0) + share.percent if here else own
    if own is not None:
        yield Counted(park, figure, own, _percent(own, figure.value))
    if asked.cell.covers(park.host_id) and given != 100:
        nothing_known = Why.REST_UNKNOWN if given is not None else Why.NO_SHARE if asked.credit else Why.NO_CREDIT
        yield LeftOut(park, [*doubts, nothing_known][0], figure, _percent(100 - (given or 0), figure.value))
    elif own_doubts:
        yield LeftOut(park, own_doubts[0], figure)


def _doubt(share: BenefitShare, certain: Certainty) -> Why | None:
    """Why a share attributes nothing, though it held."""
    if share.basis != BenefitShare.Basis.TOTAL or share.entity or share.condition:
        return Why.SHARE_LIMITED
    if certain != Certainty.CERTAIN:
        return Why.SHARE_UNCERTAIN
    if share.percent is None:
        return Why.SHARE_UNKNOWN
    return None if _division(share) else Why.SHARE_OF_NO_DIVISION


def _division(party) -> str | None:
    """The code of the division that a role or share is counted to: its own, or else the one its body belongs to."""
    return party.division_id or party.body.division_id


def _on_one_side(code: str, host: str) -> bool:
    """Whether one of the two lies within the other, so that no border runs between them."""
    return code.startswith(code_prefix(host)) or host.startswith(code_prefix(code))


def _percent(percent, value: Decimal) -> Decimal:
    with localcontext(prec=DIGITS):
        return value * percent / 100


def _sum(values: Iterable[Decimal]) -> Decimal:
    with localcontext(prec=DIGITS):
        return sum(values, Decimal(0))
