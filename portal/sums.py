"""The totals of a division as its page offers them: of which figures there are, and whose a park's figure is."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property

from parks.directory import FIGURES
from parks.models import Indicator
from parks.totals import Attribution, LeftOut, Totals, Why, totals
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
    figures, indicators = _figures(around)
    attribution = asked.get("attribution") or (Attribution.HOST if figures[True] else Attribution.PARTNER)
    counts = figures[attribution != Attribution.PARTNER] or figures[True] + figures[False]
    indicator, period = asked.get("indicator"), asked.get("period", "")
    fitting = {
        (count, each, -key): (indicators[key], each)
        for (key, each), count in counts.items()
        if indicator in (None, indicators[key]) and period in ("", each)
    }
    if fitting:
        indicator, period = fitting[max(fitting)]
    alone = asked.get("alone", False)
    is_quick = (around.hosted | around.elsewhere).bit_count() <= MANY
    is_added = indicator and period and (is_quick or "indicator" in asked)
    total = totals(around.division, indicator, period, attribution, alone=alone) if is_added else None
    return Sum(_offered(figures, indicators), indicator, period, attribution, alone, total)


def _figures(around) -> tuple[dict[bool, Counter], dict[int, Indicator]]:
    """How many parks have a figure that can count, by the key of its indicator and its period: of those that lie in the
    division (True), and of those beyond its borders that it has a part in (False). And the indicators, by key.
    """
    counts = {
        is_here: around.directory.counts(FIGURES, parks)
        for is_here, parks in ((True, around.hosted), (False, around.elsewhere))
    }
    keys = {key for counted in counts.values() for key, _period in counted}
    indicators = Indicator.objects.exclude(unit__in=RATIOS).in_bulk(keys)
    figures = {
        is_here: Counter({figure: parks for figure, parks in counted.items() if figure[0] in indicators})
        for is_here, counted in counts.items()
    }
    return figures, indicators


def _offered(figures, indicators) -> list[Offered]:
    periods = defaultdict(set)
    for counter in figures.values():
        for key, period in counter:
            periods[key].add(period)
    offered = [Offered(indicators[key], sorted(found, reverse=True)) for key, found in periods.items()]
    return sorted(offered, key=lambda each: name_of(each.indicator))
