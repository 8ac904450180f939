"""Parks on a map: each for itself where there is room, and where there is none, those beside one another as one."""

from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from itertools import compress
from math import asinh, atan, degrees, radians, sinh, tan

from parks.directory import Directory
from parks.postings import flags_of

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
    shown = _shown_in(directory, parks, box)
    cells = defaultdict(list)
    if len(shown) <= FEW:
        for longitude, latitude, place in shown:
            cells[longitude, latitude].append(place)
    else:
        size = _cell(box, zoom)
        first, last = (int(_northing(latitude) // size) for latitude in (box[1], box[3]))
        # To look a latitude up among those where rows begin takes a third of the time of projecting it.
        rows = [_latitude(row * size) for row in range(first, last + 1)]
        for longitude, latitude, place in shown:
            cells[longitude // size, bisect(rows, latitude)].append(place)
    return [_cluster(directory, places) for places in cells.values()]


def _shown_in(directory, parks, box) -> list[tuple[float, float, int]]:
    west, south, east, north = box
    flags = flags_of(parks, directory.size)
    columns = directory.longitudes, directory.latitudes, range(directory.size)
    shown = zip(*(compress(column, flags) for column in columns), strict=True)
    if west <= east:
        return [each for each in shown if south <= each[1] <= north and west <= each[0] <= east]
    return [each for each in shown if south <= each[1] <= north and (each[0] >= west or each[0] <= east)]


def _northing(latitude: float) -> float:
    """How far north on the map, in degrees of longitude."""
    return degrees(asinh(tan(radians(max(-85.0, min(85.0, latitude))))))


def _latitude(northing: float) -> float:
    """The reverse of `_northing`."""
    return degrees(atan(sinh(radians(northing))))


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
