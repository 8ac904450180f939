"""What the kinds of feature have in common: the place that each is shown at, and the flat row that tells it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, Min, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cities.models import Division, Province
from cities.querysets import province_code
from core.places import in_box
from core.recent import Recent
from core.rest.filters import RecordFilter
from core.rest.parameters import Flag, Text
from core.revision import revision_asked
from exchange.features.parameters import CRS84, Days, FlagOrNumber

OWN, NONE = "own", "none"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
# The extents last asked for, of so many revisions of the registry and collections.
EXTENTS, REMEMBERED = Recent(), 100


@dataclass(frozen=True)
class Property:
    """A column of the attribute table. A text that is not known is blank, a number that is not known is null."""

    title: str | Promise
    told: str | Promise = ""
    type: str = "string"
    format: str = ""
    choices: tuple[tuple[str, str | Promise], ...] = ()

    @property
    def schema(self) -> dict:
        """As OpenAPI 3.0 describes it. Not as a list of types: GDAL would take such a column for a text."""
        told = {"title": capfirst(str(self.title)), "type": self.type}
        told |= {"description": str(self.told)} if self.told else {}
        told |= {"format": self.format} if self.format else {}
        told |= {"enum": [value for value, _label in self.choices]} if self.choices else {}
        return told | ({"nullable": True} if self.type == "number" else {})

    def shown(self, value) -> str:
        """A value in words, blank where it is not known."""
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        return "" if value is None else str(dict(self.choices).get(value, value))


class Collection:
    """One kind of feature.

    A feature is shown at its own coordinates, or for want of them at those of the division it lies in, and says which.
    """

    name: str
    title: str | Promise
    description: str | Promise
    model: type[Model]
    # What the feature is known by: a field of the record.
    key: str
    filterset: type[RecordFilter]
    properties: dict[str, Property]
    # Of those, what a list shows on a page; of names, the one in the reader's language.
    columns: tuple[str, ...]
    # The division the record lies in, and what `position` says of a feature that is shown there.
    division: str
    at_division: str
    since: str

    # --- Asking

    def records(self) -> QuerySet:
        """The records with all that is read of each, in the order of their keys."""
        raise NotImplementedError

    def there(self, days: Days) -> Q:
        """Records that were there on one of these days, for certain or possibly."""
        raise NotImplementedError

    def shown_in(self, box) -> Q:
        """Records that are shown in the box."""
        # By code: a join would be made for each row, where the divisions in the box are few and read once.
        divisions = Division.objects.filter(in_box(*box)).order_by().values("pk")
        return in_box(*box) | Q(latitude=None, **{f"{self.division}__in": divisions})

    def filters(self) -> dict[str, Text]:
        """The parameters that filter by what features tell: those of the REST API."""
        known = self.filterset.known()
        return {name: FlagOrNumber(reads) if type(reads) is Flag else reads for name, reads in known.items()}

    def asked(self, asked: dict) -> QuerySet:
        """The records that meet all that is asked."""
        records, filters = self.records(), self.filterset.base_filters
        for name in filters.keys() & asked.keys() - {"bbox", "datetime"}:
            records = filters[name].filter(records, asked[name])
        if "bbox" in asked:
            records = records.filter(self.shown_in(asked["bbox"]))
        if "datetime" in asked:
            records = records.filter(self.there(asked["datetime"]))
        return records

    # --- Telling

    def rows(self, records: list[Model], parks: str) -> list[dict]:
        """What is told of each, by the names of `properties`. `parks` is the address of the parks in the REST API."""
        raise NotImplementedError

    def features(self, records: list[Model], parks: str) -> list[dict]:
        """GeoJSON (RFC 7946) of each; `geometry` is null where no place is known."""
        return [
            {
                "type": "Feature",
                "id": getattr(record, self.key),
                "geometry": self._geometry(record),
                "properties": {name: row[name] for name in self.properties},
            }
            for record, row in zip(records, self.rows(records, parks), strict=True)
        ]

    def position(self, record) -> str:
        if record.latitude is not None:
            return OWN
        return NONE if getattr(record, self.division).latitude is None else self.at_division

    def _geometry(self, record):
        place = record if record.latitude is not None else getattr(record, self.division)
        if place.latitude is None:
            return None
        return {"type": "Point", "coordinates": [float(place.longitude), float(place.latitude)]}

    def extent(self, request) -> dict:
        """Where and when the features are, as a collection tells it; {} where there is none."""
        revision = None if connection.in_atomic_block else revision_asked(request)
        extent = EXTENTS.get((self.name, revision)) if revision else None
        if extent is None:
            extent = self._extent()
            if revision:
                EXTENTS.remember((self.name, revision), extent, 1, REMEMBERED)
        return extent

    def _extent(self):
        longitude, latitude = (Coalesce(name, f"{self.division}__{name}") for name in ("longitude", "latitude"))
        bounds = (Min(longitude), Min(latitude), Max(longitude), Max(latitude))
        found = self.model.objects.aggregate(
            **{f"bound_{number}": bound for number, bound in enumerate(bounds)},
            first=Min(f"{self.since}__earliest"),
        )
        first, box = found.pop("first"), [*found.values()]
        told = {}
        if box[0] is not None:
            told["spatial"] = {"bbox": [[float(each) for each in box]], "crs": CRS84}
        if first:
            told["temporal"] = {"interval": [[f"{first}T00:00:00Z", None]], "trs": GREGORIAN}
        return told


def provinces_of(divisions: Iterable[Division]) -> dict[str, Division]:
    """The provinces of these divisions by code; those of foreign states have none."""
    return Province.objects.in_bulk({province_code(division.code) for division in divisions})
