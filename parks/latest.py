"""The newest figure of each kind, of those that are of a whole park."""

from collections.abc import Iterable
from datetime import date

from core.periods import dates_of
from parks.models import Observation


def latest_figures(observations: Iterable[Observation]) -> dict[tuple[int, str], Observation]:
    """The newest value of each indicator and kind of figure, results and targets apart, by the last day of its period;
    one without a period only where there is no other.

    Figures of a part of the park and those that tell only a growth are left out. By the indicator's key and the kind.
    """
    newest: dict[tuple[int, str], Observation] = {}
    for each in sorted(observations, key=lambda each: (_last_day(each.period), each.pk)):
        if each.value is not None and not each.scope:
            newest[each.indicator_id, each.kind] = each
    return newest


def _last_day(period: str) -> date:
    return dates_of(period)[-1].latest if period else date.min
