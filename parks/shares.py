"""Who gets what from a park on a day or in a year: by phases, with what is not known kept apart from nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.dates import Certainty, PartialDate
from core.periods import dates_of, take_turns
from parks.lifetime import held_in, lived
from parks.models import BenefitShare, Park

WHOLE = Decimal(100)


@dataclass(frozen=True)
class Part:
    """One party's share, held for certain or possibly; its percent or amount may be unknown."""

    share: BenefitShare
    certainty: Certainty


@dataclass(frozen=True)
class Phase:
    """Shares that held at once. It is certain where they did on each day; its sums are those of while all held."""

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

    One on most days, and more where the parts changed within the time, also where one ended and none took its place,
    or where the day is not known well enough to tell. Days on which nobody is known to get anything are no phase.
    Floors are amounts that do not add up to a whole: their phases have as a rule no percent.
    """

    subject: str
    basis: str
    base_year: str
    entity: str
    condition: str
    standing: str
    phases: tuple[Phase, ...]


def shares_on(park: Park, shares: Iterable[BenefitShare], on) -> list[Split]:
    """How the `shares` of `park` stood on `on`: a date, or a partial date, half-year or quarter for all of its days.

    A share without a known start counts from when the park was established, one without a known end until it closed.
    What is in force comes before what is only proposed, and totals, increments and floors, shares of different
    entities and shares under different conditions each stand by themselves. Runs no query. Raises ValueError when `on`
    is no period or unknown.
    """
    groups: dict[tuple, list[Part]] = {}
    for share in sorted(shares, key=lambda share: (share.since, share.party_code, share.id)):
        if certain := held_in(park, share, on):
            groups.setdefault(tuple(getattr(share, name) for name in GROUP), []).append(Part(share, certain))
    return [Split(*group, _phases(park, groups[group], on)) for group in sorted(groups, key=place_of_split)]


GROUP = ("subject", "basis", "base_year", "entity", "condition", "standing")


def place_of_split(group):
    subject, basis, base_year, entity, condition, standing = group
    return (
        standing != "IN_FORCE",
        BenefitShare.Subject.values.index(subject),
        BenefitShare.Basis.values.index(basis),
        entity,
        condition,
        base_year,
    )


def _phases(park: Park, parts: list[Part], on) -> tuple[Phase, ...]:
    beside = {
        place: {other for other, theirs in enumerate(parts) if _may_stand_beside(part.share, theirs.share)}
        for place, part in enumerate(parts)
    }
    # In order of the first day of each; a set that is there again later is no second phase.
    found = {}
    for day in _turning_points(park, parts, on):
        held = [held_in(park, part.share, day) for part in parts]
        found |= dict.fromkeys(sorted(_at_once(held, beside)))
    return tuple(_phase([parts[place] for place in places], alone=len(found) == 1) for places in found)


def _phase(parts, alone) -> Phase:
    certain = alone and all(part.certainty == Certainty.CERTAIN for part in parts)
    return Phase(tuple(parts), Certainty.CERTAIN if certain else Certainty.POSSIBLE)


def _turning_points(park, parts, on) -> list[date]:
    """The first day of `on`, and each on which some part begins or ends, or may."""
    asked = dates_of(on)
    first, last = asked[0].earliest, asked[-1].latest
    bounds = {PartialDate(text) for part in parts for text in lived(park, part.share) if text}
    days = {day for each in bounds for day in (each.earliest, each.latest)}
    return [first, *sorted(day for day in days if first < day <= last)]


def _at_once(held: list[Certainty | None], beside) -> list[tuple[int, ...]]:
    """The largest sets of parts, by place, that may have held at once on a day for which each has this certainty."""
    there = {place for place, certain in enumerate(held) if certain}
    sets = list(_largest({place: beside[place] & there for place in there})) if there else []
    # Who took the place of another for certain leaves none to it.
    sure = {place for place in there if held[place] == Certainty.CERTAIN}
    return [tuple(sorted(each)) for each in [each for each in sets if sure <= each] or sets]


def _may_stand_beside(one: BenefitShare, other: BenefitShare) -> bool:
    """A party's own later share takes the place of its earlier one, on whatever day that was."""
    if (one.division_id, one.body_id) == (other.division_id, other.body_id):
        return False
    return not take_turns((one.since, one.until), (other.since, other.until))


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
