"""What maps show, as features of GeoJSON (RFC 7946), and the words that go with it.

A feature's `properties` are `kind` ("park", "cluster", "site", "host", "partner" or "line"), `name` in the language of
now, `address` of its page, and of a point `place`: whether it stands at its "own" coordinates or, since no source gives
them, at those of its "division".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cities.models import Division
from core.models import Record
from core.places import Located
from parks.models import Park
from portal.addresses import address_of
from portal.telling import name_of

OWN, DIVISION = "own", "division"
PROPOSED, ENDED = "proposed", "ended"


def features_of_park(park: Park) -> list[dict]:
    """The park or its host, its sites, the divisions that run or ran something in it, and the lines to these.

    What has no place at all, not even by its division, is left out. What stands at the very same point as another is
    told by that: `also`, a list of `{"kind", "name", "address"}`. Runs no query: load host, sites and roles with their
    divisions and the divisions of their bodies.
    """
    middle = park if _has_place(park) else park.host
    points = [_point("park" if middle is park else "host", middle, None, status=park.status)]
    points += [_point("site", site, site.division) for site in park.sites.all()]
    partners = list(_partners(park))
    points += [_point("partner", partner, None) for partner in partners]
    lines = [_line(park, middle, partner) for partner in partners if _has_place(partner) and _has_place(middle)]
    return [*lines, *_told_once(point for point in points if point)]


def _partners(park) -> Iterator[Division]:
    """Each division but the host with a role in the park, itself or through a body of its own, once."""
    divisions = (role.division or role.body.division for role in park.roles.all())
    return (each for each in dict.fromkeys(divisions) if each and each != park.host)


def _has_place(located: Located) -> bool:
    return located.latitude is not None


def _coordinates(located: Located) -> list[float]:
    return [float(located.longitude), float(located.latitude)]


def _point(kind: str, record: Record, division: Division | None, **properties) -> dict | None:
    """The record at its own place, or else at that of its division; None where neither is known."""
    located = record if _has_place(record) or division is None else division
    if not _has_place(located):
        return None
    told = {"kind": kind, "name": name_of(record), "address": address_of(record)}
    place = OWN if located is record else DIVISION
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": _coordinates(located)},
        "properties": {**told, "place": place, **properties},
    }


def _line(park: Park, middle: Located, partner: Division) -> dict:
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [_coordinates(middle), _coordinates(partner)]},
        "properties": {
            "kind": "line",
            "name": name_of(partner),
            "address": address_of(partner),
            "park": park.slug,
        },
    }


def _told_once(points: Iterable[dict]) -> list[dict]:
    there: dict[tuple, dict] = {}
    for point in points:
        first = there.setdefault(tuple(point["geometry"]["coordinates"]), point)
        if first is not point:
            told = {key: point["properties"][key] for key in ("kind", "name", "address")}
            first["properties"].setdefault("also", []).append(told)
    return list(there.values())


@dataclass(frozen=True)
class Mark:
    """A kind of mark on a map: `key` also names its shape, `place` says how that is filled."""

    key: str
    label: str
    place: str = OWN


def mark_of(properties: dict) -> str:
    """The mark that shows a feature."""
    if properties["kind"] != "park":
        return properties["kind"]
    if properties.get("status") == Park.Status.PROPOSED:
        return PROPOSED
    return ENDED if properties.get("status") in (Park.Status.CLOSED, Park.Status.MERGED) else "park"


def legend(features: Iterable[dict] | None) -> list[Mark]:
    """The marks of these features; of all that a map of parks may have, where they are asked for later."""
    marks = [
        Mark("park", _("Park, at its own place")),
        Mark("park", _("Park, at its division"), DIVISION),
        Mark(PROPOSED, _("Proposed park")),
        Mark(ENDED, _("Closed or merged park")),
        Mark("cluster", _("Several parks")),
        Mark("site", _("Site of the park, at its own place")),
        Mark("site", _("Site of the park, at its division"), DIVISION),
        Mark("host", _("Division that hosts the park"), DIVISION),
        Mark("partner", _("Partner of a park")),
        Mark("line", _("From a park to its partner")),
    ]
    if features is None:
        return [mark for mark in marks if mark.key not in ("site", "host")]
    there = {(mark_of(each["properties"]), each["properties"].get("place", OWN)) for each in features}
    keys = {key for key, _place in there}
    return [mark for mark in marks if (mark.key, mark.place) in there or (mark.key in keys and mark.key not in PLACED)]


# Marks that are told twice in a legend, by their place.
PLACED = ("park", "site")


def words() -> dict:
    """What the script of maps says, in the language of now."""
    return {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "close": _("Close"),
        "cluster": _("{count} parks"),
        "closer": _("{count} parks, zoom in"),
        "all": _("All {count} parks"),
        "division": _("Shown at its division: no source gives its own place."),
        "kind": {"host": _("hosts the park"), "site": _("site of the park"), "partner": _("partner of the park")},
        "failed": _("The map could not load its data. Move it to try again."),
        "status": {value: str(label) for value, label in Park.Status.choices if value != Park.Status.ACTIVE},
    }
