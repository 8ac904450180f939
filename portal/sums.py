"""The totals of a division as its page offers them: of which figures there are, and whose a park's figure is."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count

from core.bulk import batches
from parks.directory import AT_ONCE
from parks.models import Indicator, Observation
from parks.totals import COUNTABLE, Attribution, LeftOut, Totals, Why, totals
from portal.holdings import SHOWN, Part, Surroundings
from portal.telling import name_of, told_date

# To add up over more parks than these takes a second: it waits until it is asked for.
MANY = 1000
# Of these units figures of several parks are not added up.
RATIOS = ("%", "rank")


@dataclass(frozen=True)
class Offered:
    """An indicator with the periods for which some park has a figure that can count, the newest first."""

    indicator: Indicator
    periods: list[str]


@dataclass(frozen=True)
class Sum:
    """What the reader chooses from, what is chosen, and the total of it; None where there is nothing to add up."""

    offered: list[Offered]
    indicator: Indicator | None
    period: str
    attribution: str
    alone: bool
    total: Totals | None

    @property
    def attributions(self):
        return Attribution.choices

    @property
    def periods_of_each(self) -> dict[str, list[tuple[str, str]]]:
        """The periods offered for each indicator, and what they are called."""
        return {each.indicator.code: [(period, told_date(period)) for period in each.periods] for each in self.offered}

    @property
    def periods(self) -> list[tuple[str, str]]:
        """Those for the indicator that is chosen, and the one that is chosen."""
        offered = self.periods_of_each.get(self.indicator.code, []) if self.indicator else []
        chosen = [(self.period, told_date(self.period))] if self.period else []
        return offered if not chosen or chosen[0] in offered else [*chosen, *offered]

    @cached_property
    def counted(self) -> Part:
        """The parks that count, the largest figures first."""
        counted = sorted(self.total.counted, key=lambda each: -each.value)
        return Part(counted[:SHOWN], len(counted))

    @cached_property
    def left_out(self) -> list[tuple[Why, Part]]:
        """The parks that do not, by why."""
        by_reason: dict[Why, list[LeftOut]] = defaultdict(list)
        for each in self.total.left_out:
            by_reason[each.why].append(each)
        return [(why, Part(by_reason[why][:SHOWN], len(by_reason[why]))) for why in Why if why in by_reason]


def summed(around: Surroundings, asked: dict) -> Sum:
    """The total that is `asked` for by `indicator`, `period`, `attribution` and `alone`; for want of these the one in
    which most parks count, of the newest period. Over many parks nothing is added up before it is asked for.
    """
    figures = _figures(around)
    attribution = asked.get("attribution") or (Attribution.HOST if figures[True] else Attribution.PARTNER)
    counts = figures[attribution != Attribution.PARTNER] or figures[True] + figures[False]
    indicators = Indicator.objects.in_bulk({key for counter in figures.values() for key, _period in counter})
    indicator, period = asked.get("indicator"), asked.get("period", "")
    fitting = {
        (count, each, -key): (indicators[key], each)
        for (key, each), count in counts.items()
        if indicator in (None, indicators[key]) and period in ("", each)
    }
    if fitting:
        indicator, period = fitting[max(fitting)]
    alone = asked.get("alone", False)
    is_added = indicator and period and (len(around.hosted) + len(around.elsewhere) <= MANY or "indicator" in asked)
    total = totals(around.division, indicator, period, attribution, alone=alone) if is_added else None
    return Sum(_offered(figures, indicators), indicator, period, attribution, alone, total)


def _figures(around) -> dict[bool, Counter]:
    """How many figures that can count there are by indicator and period: of parks that lie in the division (True), and
    of those beyond its borders that it has a part in (False).
    """
    figures = (
        Observation.objects.exclude(indicator__unit__in=RATIOS)
        .filter(COUNTABLE)
        .order_by()
        .values_list("indicator", "period")
        .annotate(count=Count("pk"))
    )
    found = {True: Counter(), False: Counter()}
    for is_here, keys in ((True, around.hosted), (False, around.elsewhere)):
        for some in batches(keys, AT_ONCE):
            for indicator, period, count in figures.filter(park__in=some):
                found[is_here][indicator, period] += count
    return found


def _offered(figures, indicators) -> list[Offered]:
    periods = defaultdict(set)
    for counter in figures.values():
        for key, period in counter:
            periods[key].add(period)
    offered = [Offered(indicators[key], sorted(found, reverse=True)) for key, found in periods.items()]
    return sorted(offered, key=lambda each: name_of(each.indicator))
