"""The figures of a park as small charts: a plain model, which the templates draw; it runs no query.

A chart stands on a time axis, on which a figure is as wide as its period, and on zero. Results, targets and forecasts
are marks of their own. Figures of another part of the park, and running totals, have charts of their own. What cannot
be placed, and what stands alone, is told in words: the tables have every figure.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby, pairwise
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.loading import rows_of
from core.units import in_base
from parks.models import Indicator, Observation, Park
from portal.amounts import told_amount, told_figure
from portal.telling import told, told_date
from portal.timescale import TimeScale, day_after, days_of
from sources.models import Citation

# The picture, in units of its own, about a pixel each.
WIDTH, HEIGHT = 360, 190
TOP, BOTTOM, RIGHT = 24, 26, 12
# What is the better the smaller it is: an axis that begins at zero says nothing of it.
NO_AMOUNT = ("rank",)


class Level(NamedTuple):
    """A line across the chart at a round amount."""

    y: float
    label: str


class Claim(NamedTuple):
    """What a source states instead of a figure."""

    y: float
    words: str


class Label(NamedTuple):
    """An amount beside its mark; `claimed`: by a source that disputes the figure."""

    x: float
    y: float
    text: str
    claimed: bool = False


@dataclass(frozen=True)
class Mark:
    """One figure: at `x` and `y`, its period from `left` to `right`; of a range the upper end at `top`."""

    observation: Observation
    x: float
    y: float
    left: float
    right: float
    words: str
    top: float | None = None
    claims: tuple[Claim, ...] = ()
    is_cited: bool = True

    @property
    def kind(self) -> str:
        return self.observation.kind.lower()


class Line(NamedTuple):
    """From one figure to the next of its kind."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass
class Chart:
    """Figures of one indicator for one part of a park."""

    indicator: Indicator
    scope: str
    cumulative: bool
    cumulative_since: str
    left: float
    ticks: list[tuple[float, str]]
    levels: list[Level]
    marks: list[Mark]
    lines: list[Line]
    labels: list[Label]
    width = WIDTH
    height = HEIGHT
    right = WIDTH - RIGHT
    ground = HEIGHT - BOTTOM

    @property
    def forms(self) -> set[str]:
        """What the legend must explain."""
        found = {mark.kind for mark in self.marks}
        found |= {"range" for mark in self.marks if mark.top is not None}
        found |= {"claim" for mark in self.marks if mark.claims}
        found |= {"period" for mark in self.marks if mark.left < mark.right}
        return found | {"uncited" for mark in self.marks if not mark.is_cited}

    @property
    def words(self) -> str:
        """What the picture is called."""
        return _("%(indicator)s: %(count)s figures, from %(first)s to %(last)s") % {
            "indicator": told(self.indicator, "name").text,
            "count": len(self.marks),
            "first": self.marks[0].words,
            "last": self.marks[-1].words,
        }


@dataclass
class Figures:
    """All figures of one indicator, in order of time, and the charts of those of which there are several."""

    indicator: Indicator
    observations: list[Observation]
    charts: list[Chart] = field(default_factory=list)


def figures_of(park: Park) -> tuple[list[Figures], list[Figures]]:
    """The figures of `park` by indicator: those that make a chart, and those that are told in words alone.

    Reads `observations` with their indicators and citations: `ParkQuerySet.with_facts` and `with_citations`.
    """
    found = []
    in_order = sorted(rows_of(park, "observations"), key=lambda each: (each.indicator.code, *_place(each)))
    for _code, observations in groupby(in_order, key=lambda each: each.indicator.code):
        observations = list(observations)
        found.append(Figures(observations[0].indicator, observations, list(_charts(observations))))
    return [each for each in found if each.charts], [each for each in found if not each.charts]


def _place(observation: Observation) -> tuple:
    """In order of time, the undated last."""
    days = days_of(observation.period) if observation.period else ()
    return not days, days, observation.kind, observation.scope, observation.pk


def _facet(observation: Observation) -> tuple[str, bool, str]:
    return observation.scope, observation.cumulative, observation.cumulative_since


def _charts(observations: list[Observation]) -> Iterator[Chart]:
    placed = [each for each in observations if _has_place(each)]
    for facet, beside in groupby(sorted(placed, key=lambda each: (*_facet(each), _place(each))), key=_facet):
        beside = list(beside)
        # One figure is told in words.
        if len({each.period for each in beside}) > 1:
            yield _chart(facet, beside)


def _has_place(observation: Observation) -> bool:
    has_amount = observation.value is not None and observation.indicator.unit not in NO_AMOUNT
    return has_amount and bool(observation.period)


def _chart(facet: tuple[str, bool, str], observations: list[Observation]) -> Chart:
    indicator = observations[0].indicator
    claims = {each: claims_of(each) for each in observations}
    amounts = [value for each in observations for value in (each.value, each.value_high) if value is not None]
    amounts += [value for stated in claims.values() for value, _words in stated]
    steps = round_steps(min(amounts), max(amounts))
    texts = [told_amount(step, indicator.unit) for step in steps]
    left = 8 + max(map(_width, texts))

    def height(value):
        part = (value - steps[0]) / (steps[-1] - steps[0])
        return round(HEIGHT - BOTTOM - float(part) * (HEIGHT - BOTTOM - TOP), 1)

    scale = TimeScale.over(day for each in observations for day in days_of(each.period))

    def across(day):
        return round(left + scale.place(day) * (WIDTH - RIGHT - left), 1)

    marks = []
    for each in observations:
        first, last = days_of(each.period)
        start, end = across(first), across(day_after(last))
        marks.append(
            Mark(
                each,
                # A running total is that of the end of its period, and of no length.
                x=end if each.cumulative else round((start + end) / 2, 1),
                y=height(each.value),
                left=end if each.cumulative else start,
                right=end,
                words=f"{told_date(each.period)}{_(': ')}{told_figure(each)}",
                top=None if each.value_high is None else height(each.value_high),
                claims=tuple(Claim(height(value), words) for value, words in claims[each]),
                is_cited=any(c.stance == Citation.Stance.SUPPORTS for c in rows_of(each, "citations")),
            )
        )
    return Chart(
        indicator,
        *facet,
        left=left,
        ticks=[(round(left + tick.place * (WIDTH - RIGHT - left), 1), tick.label) for tick in scale.ticks(6, 6)],
        levels=[Level(height(step), text) for step, text in zip(steps, texts, strict=True)],
        marks=marks,
        lines=list(_lines(marks)),
        labels=_labels(marks, left),
    )


def claims_of(observation: Observation) -> list[tuple[Decimal, str]]:
    """The values that sources state instead, in the unit of the indicator, each with its words; those that can be read.

    What says more than a number is told beside the figure like all that disputes it.
    """
    found = []
    for citation in rows_of(observation, "citations"):
        if citation.stance == Citation.Stance.DISPUTES and citation.field in ("", "value"):
            with suppress(ValidationError):
                value, _stated = in_base(citation.stated_value, observation.indicator.unit, may_be_inexact=True)
                found.append((value, _("disputed: a source states %(value)s") % {"value": citation.stated_value}))
    return found


def round_steps(lowest: Decimal, highest: Decimal) -> list[Decimal]:
    """Round amounts a step apart, from zero or below it, that have all in between: at most five."""
    lowest, highest = min(lowest, Decimal(0)), max(highest, Decimal(0))
    if lowest == highest:
        highest = Decimal(1)
    power = Decimal(1).scaleb((highest - lowest).adjusted() - 1)
    for times in (1, 2, Decimal("2.5"), 5, 10, 20, 25, 50):
        step = power * times
        first, last = lowest // step * step, -(-highest // step) * step
        if lowest < first:
            first -= step
        if last < highest:
            last += step
        if (last - first) / step <= 4:
            return [first + step * nth for nth in range(int((last - first) / step) + 1)]
    raise AssertionError("A step of half the power of ten above always has room.")


def _lines(marks: list[Mark]) -> Iterator[Line]:
    """Between figures of one kind whose periods are equally long: half a year's is not on the way to a year's."""
    for kind in Observation.Kind.values:
        same = [mark for mark in marks if mark.observation.kind == kind]
        for one, other in pairwise(same):
            alike = len(one.observation.period) == len(other.observation.period)
            halves = ["H" in each.observation.period for each in (one, other)]
            if (alike and halves[0] == halves[1]) or one.observation.cumulative:
                yield Line(kind.lower(), one.x, one.y, other.x, other.y)


def _labels(marks: list[Mark], left: float) -> list[Label]:
    """An amount beside each mark where there is room, first what is disputed and what is latest."""
    found, taken = [], [(mark.x - 6, mark.y - 6, mark.x + 6, mark.y + 6) for mark in marks]

    def place(x, y, text, claimed=False):
        width = _width(text)
        middle = min(max(x, left + width / 2), WIDTH - 2 - width / 2)
        for shift in (-9, 18):
            box = (middle - width / 2, y + shift - 11, middle + width / 2, y + shift + 3)
            if box[3] <= HEIGHT - BOTTOM and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found.append(Label(round(middle, 1), round(y + shift, 1), text, claimed))
                return

    for mark in sorted(marks, key=lambda mark: (not mark.claims, -mark.x)):
        unit = mark.observation.indicator.unit
        for claim, (value, _words) in zip(mark.claims, claims_of(mark.observation), strict=True):
            place(mark.x, claim.y, told_amount(value, unit), claimed=True)
        place(mark.x, mark.y if mark.top is None else mark.top, told_figure(mark.observation))
    return found


def _overlap(one, other) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _width(text: str) -> float:
    """About as wide as `text` is drawn: ideographs are twice as wide as digits, and so is a percent sign."""
    return sum(12 if character > "\u2e80" or character == "%" else 6.6 for character in text)


def kinds_of(charted: Iterable[Figures]) -> set[str]:
    """What the legend of all charts must explain."""
    return {form for figures in charted for chart in figures.charts for form in chart.forms}
