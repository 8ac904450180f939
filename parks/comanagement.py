"""The co-management matrix: who holds which function in a park on a day, how we know, and what is held by nobody or by
two at once; for one park, and for all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from django.db.models import Prefetch, QuerySet

from core.dates import Certainty
from core.periods import together
from parks.lifetime import existed, existence, held_in
from parks.models import CoManagementRole, Park
from parks.models.comanagement import Standing
from sources.evidence import support
from sources.models import Citation

Function = CoManagementRole.Function
CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE


@dataclass
class Holder:
    """One party that holds a function, for certain or possibly, and the role that says so."""

    role: CoManagementRole
    certainty: Certainty

    def evidence(self) -> dict[str, bool | int]:
        """`{"cited", "sources", "disputed"}` of the role, from its loaded citations: see `sources.evidence.support`."""
        return support(self.role)


@dataclass(frozen=True)
class Together:
    """Parties that hold one function at once, for certain or possibly; `shared`: on purpose, as the record says."""

    function: str
    holders: tuple[Holder, ...]
    certainty: Certainty
    shared: bool


@dataclass
class Matrix:
    """Function by party on a day. Proposed roles and partners without a stated function hold nothing."""

    # Whether the park existed then; None when it did not.
    existed: Certainty | None
    holders: dict[str, list[Holder]] = field(default_factory=dict)
    partners: list[Holder] = field(default_factory=list)
    # In the order of the functions; both in one function where some of its parties share it and another does not.
    together: list[Together] = field(default_factory=list)

    @property
    def gaps(self) -> list[str]:
        """Functions that nobody is known to hold; none where the whole administration is entrusted.

        Nor where the park did not exist: nothing was to be held then.
        """
        if self.existed is None or self.holders.get(Function.TRUSTEESHIP):
            return []
        return [function for function in held_functions() if function not in self.holders]

    @property
    def overlaps(self) -> list[str]:
        """Functions that two parties hold at once, certainly or possibly, and no note or agreement says together."""
        return [each.function for each in self.together if not each.shared]

    @property
    def shared(self) -> list[str]:
        """Functions that two parties hold together on purpose: by the same agreement, or with the same note."""
        return [each.function for each in self.together if each.shared]


@dataclass(frozen=True)
class Finding:
    """One park of an audit with its matrix."""

    park: Park
    matrix: Matrix


def held_functions() -> list[str]:
    """The functions that somebody should hold in every park."""
    return [each for each in Function.values if each not in (Function.TRUSTEESHIP, Function.PARTNER, Function.OTHER)]


def to_tell(roles: QuerySet) -> QuerySet:
    """The same roles with all that telling a matrix of them reads: parties, agreements, citations with sources."""
    citations = Prefetch("citations", Citation.objects.select_related("source"))
    return roles.select_related("division", "body", "agreement").prefetch_related(citations)


def matrix(park: Park, roles: Iterable[CoManagementRole], on) -> Matrix:
    """The matrix of `park` with its `roles`, of `to_tell`, on the day `on` (a date or partial date); runs no query.

    A role without a known start counts from when the park was established, one without a known end until it closed:
    nobody runs what is not there. Of a year or month it tells all who held a function on some day of it. Where one
    party follows another (until 2006, since 2006) the two are not told as holding it together.
    """
    result = Matrix(existence(park, on))
    in_order = sorted(roles, key=lambda role: (Function.values.index(role.function), role.party_code, role.id))
    for role in in_order:
        certain = held_in(park, role, on)
        if certain is None or role.standing != Standing.IN_FORCE:
            continue
        holder = Holder(role, certain)
        if role.function == Function.PARTNER:
            result.partners.append(holder)
        else:
            result.holders.setdefault(role.function, []).append(holder)
    for function, holders in result.holders.items():
        if function == Function.OTHER:
            # Two other functions need not be the same one.
            continue
        result.together += _together(park, function, holders, on)
    return result


def audited(on, parks: QuerySet | None = None) -> QuerySet:
    """The parks, of `parks` or all, that existed on `on` as far as known, with what `finding` reads of each.

    Programmes are left out: the parks in them are run, not they. It can be filtered, counted and sliced into pages; a
    page takes three queries, however long.
    """
    parks = Park.objects.all() if parks is None else parks
    return parks.filter(existed(on), is_programme=False).prefetch_related(
        Prefetch("roles", to_tell(CoManagementRole.objects.all()))
    )


def finding(park: Park, on) -> Finding:
    """What the audit finds of one park of `audited`; runs no query."""
    return Finding(park, matrix(park, park.roles.all(), on))


def _together(park, function, holders, on) -> Iterator[Together]:
    pairs, life = {False: [], True: []}, (park.established, park.closed)
    for pair in combinations(holders, 2):
        one, other = (holder.role for holder in pair)
        certain = together([(one.since, one.until), (other.since, other.until)], on, life=life)
        if certain and _on_whose_side(one) != _on_whose_side(other):
            # What one of them held only perhaps, the two held together only perhaps.
            certain = min((certain, *(holder.certainty for holder in pair)), key=[POSSIBLE, CERTAIN].index)
            pairs[_on_purpose(one, other)].append((pair, certain))
    for shared, found in pairs.items():
        if found:
            among = {id(holder) for pair, _certain in found for holder in pair}
            certain = CERTAIN if any(each == CERTAIN for _pair, each in found) else POSSIBLE
            yield Together(function, tuple(each for each in holders if id(each) in among), certain, shared)


def _on_whose_side(role) -> str:
    """The division that holds a role, itself or through a body of its own; else the body."""
    return role.division_id or role.body.division_id or role.party_code


def _on_purpose(one, other) -> bool:
    same_note = one.note.strip() and one.note.strip() == other.note.strip()
    return bool(same_note or (one.agreement_id and one.agreement_id == other.agreement_id))
