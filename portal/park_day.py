"""What the page of a park tells of one day: who does what, who gets what, and who faces whom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from cities.models import Body, Division
from cities.querysets import code_prefix
from core.dates import Certainty, Dated, PartialDate
from parks.comanagement import Holder, Matrix, Together
from parks.models import BenefitShare, CoManagementRole, Park
from parks.models.comanagement import Standing
from parks.shares import Part, Phase, Split

# How many colours there are for the parts of a whole.
SERIES = 6


# --- Who does what ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One function that somebody holds: what each party holds of it, in the order of the table's parties."""

    function: str
    cells: tuple[tuple[Holder, ...], ...]
    together: tuple[Together, ...]

    @property
    def title(self) -> str:
        return CoManagementRole.Function(self.function).label


@dataclass(frozen=True)
class Table:
    """Function by party on a day."""

    # A role of each, which tells who the party is.
    parties: tuple[CoManagementRole, ...]
    rows: tuple[Row, ...]
    gaps: tuple[str, ...]
    partners: tuple[Holder, ...]
    # What is on record of the park and did not hold then: earlier, later, or only proposed.
    others: tuple[CoManagementRole, ...]


def table_of(matrix: Matrix, roles: Iterable[CoManagementRole]) -> Table:
    """The matrix of a day with all `roles` of the park."""
    parties = {_party(holder.role): holder.role for holder in chain.from_iterable(matrix.holders.values())}
    rows = tuple(
        Row(
            function,
            tuple(tuple(each for each in holders if _party(each.role) == party) for party in parties),
            tuple(each for each in matrix.together if each.function == function),
        )
        for function, holders in matrix.holders.items()
    )
    told = {holder.role.pk for holder in chain(matrix.partners, *matrix.holders.values())}
    others = sorted((role for role in roles if role.pk not in told), key=lambda role: (role.since, role.pk))
    gaps = tuple(CoManagementRole.Function(each).label for each in matrix.gaps)
    return Table(tuple(parties.values()), rows, gaps, tuple(matrix.partners), tuple(others))


def _party(fact) -> tuple:
    return fact.division_id, fact.body_id


def turning_points(park: Park, facts: Iterable[Dated]) -> list[PartialDate]:
    """The dates on which something began or ended, in order."""
    dates = {park.established, park.closed, *(date for fact in facts for date in (fact.since, fact.until))}
    return sorted(dates - {""})


# --- Who gets what ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Segment:
    """A part of a bar of 100: where it begins and how long it is; `series` is its colour, None what nobody is known
    to get.
    """

    start: float
    length: float
    series: int | None


@dataclass(frozen=True)
class PhaseTold:
    """Shares that held at once, as a bar and as a list, each with whether it is told here first."""

    phase: Phase
    segments: tuple[Segment, ...]
    parts: tuple[tuple[Part, bool], ...]


@dataclass(frozen=True)
class SplitTold:
    """How one thing is divided, in words."""

    split: Split
    phases: tuple[PhaseTold, ...]

    @property
    def subject(self) -> str:
        return BenefitShare.Subject(self.split.subject).label

    @property
    def basis(self) -> str:
        return BenefitShare.Basis(self.split.basis).label

    @property
    def is_proposed(self) -> bool:
        return self.split.standing == Standing.PROPOSED


def splits_told(splits: Iterable[Split]) -> list[SplitTold]:
    return [SplitTold(split, tuple(_phases_told(split))) for split in splits]


def _phases_told(split) -> Iterator[PhaseTold]:
    series, told = _series(split), set()
    for phase in split.phases:
        parts = tuple((part, part.share.pk not in told) for part in phase.parts)
        told |= {part.share.pk for part in phase.parts}
        yield PhaseTold(phase, tuple(_segments(phase, series)), parts)


def _series(split: Split) -> dict[tuple, int]:
    """The colour of each party, the same in all phases."""
    parties = dict.fromkeys(_party(part.share) for phase in split.phases for part in phase.parts)
    return {party: nth % SERIES + 1 for nth, party in enumerate(parties)}


def _segments(phase: Phase, series) -> Iterator[Segment]:
    """The bar of a phase; none where no percent is known, or where they exceed the whole."""
    if phase.known is None or phase.known > 100:
        return
    start = 0.0
    for part in phase.parts:
        if length := float(part.share.percent or 0):
            yield Segment(start, length, series[_party(part.share)])
            start += length
    if start < 100:
        yield Segment(start, 100 - start, None)


def other_shares(splits: Iterable[Split], shares: Iterable[BenefitShare]) -> list[BenefitShare]:
    """The shares on record that did not hold then."""
    told = {part.share.pk for split in splits for phase in split.phases for part in phase.parts}
    return sorted((share for share in shares if share.pk not in told), key=lambda share: (share.since, share.pk))


# --- Who faces whom ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opposite:
    """A partner from beyond the border that the park lies at."""

    party: Division | Body
    is_certain: bool
    is_proposed: bool


def opposite(park: Park, matrix: Matrix, roles: Iterable[CoManagementRole]) -> list[Opposite]:
    """The partners on the other bank from the host, by the roles of the day; where there is none, by all of them.

    The host's own bodies and the governments above it are on its own side. Each partner is named once, as its division
    where it has one; a body that belongs to none may be on either side, and is named for want of others only.
    """
    then = {holder.role: holder.certainty for holder in chain(*matrix.holders.values(), matrix.partners)}
    found = _across(park, ((role, certain == Certainty.CERTAIN) for role, certain in then.items()))
    return found or _across(park, ((role, False) for role in roles))


def _across(park, roles) -> list[Opposite]:
    found: dict[tuple, Opposite] = {}
    for role, is_certain in roles:
        division = role.division or role.body.division
        party = division or role.body
        if division and _is_on_the_side_of(park.host, division):
            continue
        before = found.get((type(party), party.pk))
        is_proposed = role.standing == Standing.PROPOSED
        found[type(party), party.pk] = Opposite(
            party,
            is_certain or bool(before and before.is_certain),
            is_proposed and (before is None or before.is_proposed),
        )
    placed = [each for each in found.values() if not _may_be_on_either_side(each.party)]
    return placed or list(found.values())


def _may_be_on_either_side(party: Division | Body) -> bool:
    return isinstance(party, Body) and party.kind != Body.Kind.FOREIGN_PARTNER


def _is_on_the_side_of(host: Division, division: Division) -> bool:
    """Whether the division is the host, lies above it or within it."""
    one, other = code_prefix(host.code), code_prefix(division.code)
    return one.startswith(other) or other.startswith(one)
