"""What a search finds, as the pages and the box in the head of each tell it."""

from collections.abc import Iterable
from dataclasses import dataclass

from agreements.models import Agreement
from cities.models import Division
from core.loading import load_references
from core.models import Record
from core.text import squeezed
from parks.models import Park
from parks.search import Found
from portal.addresses import address_of, own_key
from portal.telling import Told, page_language, told, told_also, told_date


@dataclass(frozen=True)
class Hit:
    """One record that was found."""

    kind: str
    # In words: "park", for a division what it is: "county-level city".
    kind_name: str
    record: Record
    name: Told
    also: Told | None
    # The name that fits what was typed, where it is another than `name`; else "".
    matched: str
    # "Jingjiang, Taizhou, Jiangsu"; when an agreement was signed.
    where: str

    @property
    def matched_beside(self) -> str:
        """The same, where it is not the other of the names that are told either."""
        return "" if self.also and squeezed(self.matched) == squeezed(self.also.text) else self.matched

    @property
    def key(self) -> str:
        return own_key(self.record)

    @property
    def address(self) -> str:
        return address_of(self.record)


def tell_hits(found: Iterable[Found]) -> list[Hit]:
    """What was found, in the reader's language: one query for each level of divisions above it."""
    found = list(found)
    above = load_references([each.record for each in found], ["host", "parent"])
    while above:
        above = load_references(above, ["parent"])
    return [_hit(each) for each in found]


def _hit(found: Found) -> Hit:
    record = found.record
    stem = "title" if isinstance(record, Agreement) else "name"
    name, also = told(record, stem), told_also(record, stem)
    return Hit(
        kind=found.kind,
        kind_name=record.get_kind_display() if isinstance(record, Division) else record._meta.verbose_name,
        record=record,
        name=name,
        also=also,
        matched="" if squeezed(found.matched) == squeezed(name.text) else found.matched,
        where=_where(record),
    )


def _where(record) -> str:
    if isinstance(record, Agreement):
        return told_date(record.signed_on)
    return place_of(record.host if isinstance(record, Park) else record.parent)


def place_of(division: Division | None) -> str:
    """The division with those above it: "Jingjiang, Taizhou, Jiangsu", 江苏省泰州市靖江市. Load the parents with it."""
    names = []
    while division is not None:
        names.append(told(division, "name").text)
        division = division.parent
    return "".join(reversed(names)) if page_language() == "zh-Hans" else ", ".join(names)
