"""Sets of parks in memory: each park has a place in a row, and a set of parks is a number whose bits are the places."""

from array import array
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator
from itertools import compress
from typing import Self

# Of each byte, its eight bits as so many bytes, the lowest first.
_FLAGS = [bytes(byte >> bit & 1 for bit in range(8)) for byte in range(256)]
# A set with fewer than one in so many places takes less room as a list of them, of four bytes each.
SPARSE = 32
# To look for so few places one by one is quicker than to go through all.
FEW = 8


def bits_of(places: Iterable[int], size: int) -> int:
    """The set of these places, all below `size`."""
    row = bytearray((size + 7) // 8)
    for place in places:
        row[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(row, "little")


def flags_of(bits: int, size: int) -> bytes:
    """For each place below `size`, and up to seven more, 1 where it is in the set and else 0."""
    return b"".join(map(_FLAGS.__getitem__, bits.to_bytes((size + 7) // 8, "little")))


def places_of(bits: int, size: int) -> list[int]:
    """The places in the set, which is not negative, in order."""
    if bits.bit_count() <= FEW:
        return [*_lowest(bits)]
    return list(compress(range(size), flags_of(bits, size)))


def _lowest(bits: int) -> Iterator[int]:
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1


def _count_of(places: Iterable[int], ordered: array) -> int:
    """How many of these places are among those in order."""
    found = ((bisect_left(ordered, place), place) for place in places)
    return sum(at < len(ordered) and ordered[at] == place for at, place in found)


class Postings:
    """Which parks have each value of one column; a park may have several. Never changed: `put` makes another."""

    __slots__ = ("_dense", "_size", "_sparse")

    def __init__(self, size: int = 0, dense: dict | None = None, sparse: dict | None = None):
        self._size, self._dense, self._sparse = size, dense or {}, sparse or {}

    def __iter__(self) -> Iterator[Hashable]:
        yield from self._dense
        yield from self._sparse

    def put(self, size: int, changed: int, added: dict[Hashable, list[int]]) -> Self:
        """The same with `size` places, of which those `changed` have just these values: places by value, in each
        perhaps some more than once.
        """
        dense, sparse, added = {}, {}, dict(added)

        def keep(value, places):
            if len(places) * SPARSE >= size:
                dense[value] = bits_of(places, size)
            else:
                sparse[value] = array("I", sorted(set(places)))

        for value, bits in self._dense.items():
            bits = (bits & ~changed) | bits_of(added.pop(value, ()), size)
            if bits.bit_count() * SPARSE >= size:
                dense[value] = bits
            else:
                keep(value, places_of(bits, size))
        gone = {*places_of(changed, size)}
        for value, places in self._sparse.items():
            is_untouched = len(gone) <= FEW and not _count_of(gone, places)
            stay = places if is_untouched else [place for place in places if place not in gone]
            if value in added or len(stay) < len(places):
                keep(value, [*added.pop(value, ()), *stay])
            else:
                sparse[value] = places
        for value, places in added.items():
            keep(value, places)
        return type(self)(size, dense, {value: places for value, places in sparse.items() if places})

    def having(self, *values: Hashable) -> int:
        """The parks that have any of `values`."""
        found, places = 0, []
        for value in values:
            found |= self._dense.get(value, 0)
            places += self._sparse.get(value, ())
        return found | bits_of(places, self._size) if places else found

    def counts(self, among: int) -> dict[Hashable, int]:
        """How many of the parks `among` have each value, of those that any has."""
        if not among:
            return {}
        counted = {value: (bits & among).bit_count() for value, bits in self._dense.items()}
        if self._sparse:
            if among.bit_count() <= FEW:
                few = places_of(among, self._size)
                counted |= {value: _count_of(few, places) for value, places in self._sparse.items()}
            else:
                flags = flags_of(among, self._size)
                counted |= {value: sum(map(flags.__getitem__, places)) for value, places in self._sparse.items()}
        return {value: count for value, count in counted.items() if count}
