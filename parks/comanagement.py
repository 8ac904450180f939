"""The co-management matrix: who holds which function in a park on a day."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.dates import Certainty
from parks.models import CoManagementRole
from parks.models.comanagement import Standing

Function = CoManagementRole.Function


@dataclass
class Holder:
    """One party that holds a function, for certain or possibly, and the role that says so."""

    role: CoManagementRole
    certainty: Certainty


@dataclass
class Matrix:
    """Function by party on a day. Proposed roles and partners without a stated function hold nothing."""

    holders: dict[str, list[Holder]] = field(default_factory=dict)
    partners: list[Holder] = field(default_factory=list)

    @property
    def gaps(self) -> list[str]:
        """Functions that nobody is known to hold; none where the whole administration is entrusted."""
        if self.holders.get(Function.TRUSTEESHIP):
            return []
        return [function for function in held_functions() if function not in self.holders]

    @property
    def overlaps(self) -> list[str]:
        """Functions that more than one party holds."""
        return [
            function
            for function, holders in self.holders.items()
            if len({holder.role.party_code for holder in holders}) > 1
        ]


def held_functions() -> list[str]:
    """The functions that somebody should hold in every park."""
    return [each for each in Function.values if each not in (Function.TRUSTEESHIP, Function.PARTNER)]


def matrix(roles: Iterable[CoManagementRole], on) -> Matrix:
    """The matrix of one park's `roles` on the day `on` (a date or partial date); runs no query."""
    result = Matrix()
    in_order = sorted(roles, key=lambda role: (Function.values.index(role.function), role.party_code, role.id))
    for role in in_order:
        certainty = role.certainty_on(on)
        if certainty is None or role.standing != Standing.IN_FORCE:
            continue
        holder = Holder(role, certainty)
        if role.function == Function.PARTNER:
            result.partners.append(holder)
        else:
            result.holders.setdefault(role.function, []).append(holder)
    return result
