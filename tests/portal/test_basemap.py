"""The basemap: land, lakes and rivers, and nothing else."""

import gzip
import json
from itertools import pairwise
from math import dist

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "portal" / "static" / "portal" / "basemap"
# Where the fixtures have them.
JIANGYIN, JINGJIANG = (120.286129, 31.921345), (120.277138, 31.982751)
LEVELS = {"overview": [55, -12, 155, 62], "detail": [72, 16, 138, 55]}


def read(level: str) -> dict:
    return json.loads((FOLDER / f"{level}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def layers() -> dict:
    """The coordinates of the closer level by kind."""
    return {each["properties"]["kind"]: each["geometry"]["coordinates"] for each in read("detail")["features"]}


def is_in(point, areas) -> bool:
    """Whether the point lies in one of the areas: a line from there to the east crosses its rings an odd number of
    times.
    """
    x, y = point
    edges = (edge for area in areas for ring in area for edge in pairwise(ring))
    crossed = (
        (x1, y1, x2, y2)
        for (x1, y1), (x2, y2) in edges
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
    )
    return sum(1 for _edge in crossed) % 2 == 1


@pytest.mark.parametrize("level", LEVELS)
def test_level_has_land_lakes_and_rivers_within_its_bounds_and_no_more(level):
    told = read(level)
    assert (told["type"], told["bbox"]) == ("FeatureCollection", LEVELS[level])
    shapes = [(each["type"], each["properties"], each["geometry"]["type"]) for each in told["features"]]
    assert shapes == [
        ("Feature", {"kind": "land"}, "MultiPolygon"),
        ("Feature", {"kind": "lakes"}, "MultiPolygon"),
        ("Feature", {"kind": "rivers"}, "MultiLineString"),
    ]
    land, lakes, rivers = (each["geometry"]["coordinates"] for each in told["features"])
    rings = [ring for area in (*land, *lakes) for ring in area]
    assert [ring for ring in rings if len(ring) < 4 or ring[0] != ring[-1]] == []
    assert [line for line in rivers if len(line) < 2] == []
    west, south, east, north = told["bbox"]
    outside = [(x, y) for line in (*rings, *rivers) for x, y in line if not (west <= x <= east and south <= y <= north)]
    assert outside == []


def test_basemap_is_small_enough_to_be_sent():
    sizes = {level: len(gzip.compress((FOLDER / f"{level}.json").read_bytes())) for level in LEVELS}
    assert sizes["overview"] < 90_000
    assert sum(sizes.values()) < 300_000


def test_jiangyin_and_jingjiang_stand_on_land_with_the_yangtze_between_them(layers):
    steps = [[a + (b - a) * step / 100 for a, b in zip(JIANGYIN, JINGJIANG, strict=True)] for step in range(101)]
    on_land = [is_in(step, layers["land"]) for step in steps]
    assert (on_land[0], on_land[-1]) == (True, True)
    # Land, water, land: the bank is crossed twice.
    assert sum(before != after for before, after in pairwise(on_land)) == 2
    assert 10 < on_land.count(False) < 60


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ((106.55, 29.56), "Chongqing"),
        ((114.29, 30.58), "Wuhan"),
        ((118.74, 32.09), "Nanjing"),
        ((119.5, 32.22), "Zhenjiang"),
    ],
)
def test_yangtze_flows_by_its_cities(layers, place, name):
    near = min(dist(place, point) for line in layers["rivers"] for ends in pairwise(line) for point in between(*ends))
    assert near < 0.15, name


def between(start, end):
    """Points along an edge, none farther than some 0.01 degrees from the next."""
    steps = int(dist(start, end) / 0.01) + 1
    return ([a + (b - a) * step / steps for a, b in zip(start, end, strict=True)] for step in range(steps + 1))


def test_river_on_a_border_is_drawn_like_any_other(layers):
    """The Amur, between Mohe and Heihe, which one of the sources cuts where the border runs."""
    on_the_way = [(122.3, 53.4), (124.5, 53.2), (126.4, 51.9), (127.3, 50.6)]
    for place in on_the_way:
        assert (
            min(dist(place, point) for line in layers["rivers"] for ends in pairwise(line) for point in between(*ends))
            < 0.4
        )


def test_lake_tai_is_water(layers):
    assert is_in((120.15, 31.2), layers["lakes"])
    assert not is_in(JIANGYIN, layers["lakes"])
