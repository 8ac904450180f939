"""Who gets what from a park on a day or in a year: by phases, with what is not known kept apart from nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from core.dates import Certainty
from core.periods import certainty_during, together
from parks.models import BenefitShare

WHOLE = Decimal(100)


@dataclass(frozen=True)
class Part:
    """One party's share, held for certain or possibly; its percent or amount may be unknown."""

    share: BenefitShare
    certainty: Certainty


@dataclass(frozen=True)
class Phase:
    """Shares that held at once. It is possible where any of them is, and its sums are those of while all held."""

    parts: tuple[Part, ...]
    certainty: Certainty

    @property
    def known(self) -> Decimal | None:
        """The sum of the percents that are known; None when none is."""
        percents = [part.share.percent for part in self.parts if part.share.percent is not None]
        return sum(percents, Decimal(0)) if percents else None

    @property
    def unknown(self) -> Decimal | None:
        """The percent that nobody is known to get; None when that is itself unknown.

        It is where some party's percent is, and where the known ones exceed the whole: then a date must be wrong.
        """
        if any(part.share.percent is None for part in self.parts) or self.known > WHOLE:
            return None
        return WHOLE - self.known

    @property
    def complete(self) -> bool:
        """Whether it is known who gets all of it."""
        return self.unknown == 0


@dataclass(frozen=True)
class Split:
    """How one thing is divided: its phases within the time asked about, in order.

    One on most days, and more where the parts changed within the time, or on a day not known well enough to tell.
    Floors are amounts that do not add up to a whole: their phases have as a rule no percent.
    """

    subject: str
    basis: str
    base_year: str
    entity: str
    condition: str
    standing: str
    phases: tuple[Phase, ...]


def shares_on(shares: Iterable[BenefitShare], on) -> list[Split]:
    """How one park's `shares` stood on `on`: a date, or a partial date, half-year or quarter for all of its days.

    What is in force comes before what is only proposed, and totals, increments and floors, shares of different
    entities and shares under different conditions each stand by themselves. Runs no query. Raises ValueError when `on`
    is no period or unknown.
    """
    groups: dict[tuple, list[Part]] = {}
    for share in sorted(shares, key=lambda share: (share.since, share.party_code, share.id)):
        if certain := certainty_during(share.since, share.until, on):
            groups.setdefault(tuple(getattr(share, name) for name in GROUP), []).append(Part(share, certain))
    return [Split(*group, _phases(groups[group], on)) for group in sorted(groups, key=_place)]


GROUP = ("subject", "basis", "base_year", "entity", "condition", "standing")


def _place(group):
    subject, basis, base_year, entity, condition, standing = group
    return (
        standing != "IN_FORCE",
        BenefitShare.Subject.values.index(subject),
        BenefitShare.Basis.values.index(basis),
        entity,
        condition,
        base_year,
    )


def _phases(parts: list[Part], on) -> tuple[Phase, ...]:
    periods = {_period(part) for part in parts}
    at_once = {pair for pair in product(periods, repeat=2) if together(pair, on)}
    beside = {
        place: {
            other
            for other, theirs in enumerate(parts)
            # A party's own later share takes the place of its earlier one, on whatever day that was.
            if _party(theirs) != _party(part) and (_period(part), _period(theirs)) in at_once
        }
        for place, part in enumerate(parts)
    }
    found = sorted(sorted(places) for places in _largest(beside))
    return tuple(_phase([parts[place] for place in places]) for places in found)


def _phase(parts) -> Phase:
    certain = all(part.certainty == Certainty.CERTAIN for part in parts)
    return Phase(tuple(parts), Certainty.CERTAIN if certain else Certainty.POSSIBLE)


def _period(part):
    return part.share.since, part.share.until


def _party(part):
    return part.share.division_id, part.share.body_id


def _largest(beside: dict[int, set[int]]) -> Iterator[set[int]]:
    """The largest sets of places of which all stand beside each other (C. Bron and J. Kerbosch, 1973, with a pivot)."""
    stack = [(set(), set(beside), set())]
    while stack:
        chosen, left, done = stack.pop()
        if not left and not done:
            yield chosen
            continue
        pivot = max(left | done, key=lambda place: len(left & beside[place]))
        for place in left - beside[pivot]:
            stack.append((chosen | {place}, left & beside[place], done & beside[place]))
            left, done = left - {place}, done | {place}
