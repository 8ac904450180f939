"""The country by its cities, so that sums over all of them leave nothing out and count nothing twice."""

from collections.abc import Iterable
from dataclasses import dataclass

from cities.models import Division
from cities.querysets import code_prefix

# Provinces that are one city each, or have no prefectures and so are not divided further.
UNDIVIDED = (Division.Kind.MUNICIPALITY, Division.Kind.SPECIAL_ADMINISTRATIVE_REGION)


@dataclass(frozen=True)
class Cell:
    """A division with all that lies within it, or, when `alone`, only the division itself."""

    division: Division
    alone: bool = False

    def covers(self, code: str) -> bool:
        """Whether the division of `code` belongs to it."""
        return code == self.division.code if self.alone else code.startswith(code_prefix(self.division.code))


def partition() -> list[Cell]:
    """The cells of all divisions recorded, in one query: see `cells`."""
    return cells(Division.objects.order_by("code"))


def cells(divisions: Iterable[Division]) -> list[Cell]:
    """`divisions` in parts of which each division belongs to exactly one.

    Each municipality, each division of prefecture level (cities, prefectures, leagues), each county that has none above
    it (Jiyuan, Xiantao), each special administrative region and each foreign state, whole; and each province by
    itself, for what belongs to it and to no city of it.
    """
    found = {division.code: division for division in divisions}
    undivided = {code[:2] for code, division in found.items() if division.kind in UNDIVIDED}
    result = []
    for code, division in found.items():
        if division.level == Division.Level.NATION or division.kind in UNDIVIDED:
            result.append(Cell(division))
        elif code[:2] in undivided or (division.level == Division.Level.COUNTY and f"{code[:4]}00" in found):
            continue
        else:
            result.append(Cell(division, alone=division.level == Division.Level.PROVINCE))
    return result
