"""Parks on a map: each for itself where there is room, and where there is none, those beside one another as one."""

from collections import defaultdict
from dataclasses import dataclass
from math import asinh, degrees, radians, tan

from parks.directory import Directory
from parks.postings import places_of

# In Web Mercator, the world at zoom 0 is so many pixels wide, and twice as wide at each zoom further.
WORLD = 256
# Two marks nearer than this, in pixels, could not be told apart.
CELL = 64
# So many parks are shown each for itself, and at most about so many clusters, however wide the box is.
FEW, MOST = 100, 500

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Cluster:
    """Parks that one mark stands for, perhaps only one: their places in the directory, and the box that they lie in."""

    places: tuple[int, ...]
    longitude: float
    latitude: float
    box: Box

    @property
    def is_one_spot(self) -> bool:
        west, south, east, north = self.box
        return west == east and south == north


def clusters(directory: Directory, parks: int, box: Box, zoom: int) -> list[Cluster]:
    """The set `parks` as marks on a map that shows `box` (west, south, east, north in degrees) at this zoom.

    Those at the very same spot are always one.
    """
    shown = list(_shown_in(directory, parks, box))
    cells = defaultdict(list)
    if len(shown) <= FEW:
        for place in shown:
            cells[directory.longitudes[place], directory.latitudes[place]].append(place)
    else:
        size = _cell(box, zoom)
        heights = {}
        for place in shown:
            latitude = directory.latitudes[place]
            if (row := heights.get(latitude)) is None:
                row = heights[latitude] = _northing(latitude) // size
            cells[directory.longitudes[place] // size, row].append(place)
    return [_cluster(directory, places) for places in cells.values()]


def _shown_in(directory, parks, box):
    west, south, east, north = box
    longitudes, latitudes = directory.longitudes, directory.latitudes
    for place in places_of(parks, directory.size):
        # Where it is not known, it compares with nothing.
        if south <= latitudes[place] <= north:
            longitude = longitudes[place]
            if west <= longitude <= east if west <= east else (longitude >= west or longitude <= east):
                yield place


def _northing(latitude: float) -> float:
    """How far north on the map, in degrees of longitude."""
    return degrees(asinh(tan(radians(max(-85.0, min(85.0, latitude))))))


def _cell(box, zoom) -> float:
    """The width of a cell, in degrees of longitude: larger where there would else be too many."""
    west, south, east, north = box
    size = CELL * 360 / WORLD / 2**zoom
    width, height = (east - west) % 360 or 360, _northing(north) - _northing(south)
    while (width / size + 1) * (height / size + 1) > MOST:
        size *= 2
    return size


def _cluster(directory, places):
    longitudes, latitudes = (
        [column[place] for place in places] for column in (directory.longitudes, directory.latitudes)
    )
    return Cluster(
        tuple(places),
        sum(longitudes) / len(places),
        sum(latitudes) / len(places),
        (min(longitudes), min(latitudes), max(longitudes), max(latitudes)),
    )
