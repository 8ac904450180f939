"""Parks as marks on a map."""

import pytest

from cities.models import Division
from parks.clusters import MOST, clusters
from parks.directory import directory
from parks.models import Park
from tests.factories import make_division, make_park

WORLD = (-180.0, -90.0, 180.0, 90.0)


@pytest.fixture
def spread(db):
    """200 parks on a grid of a tenth of a degree, one at its host, and one of which no place is known."""
    host = make_division("321282")
    Division.objects.filter(pk=host.pk).update(longitude="121.5", latitude="33.5")
    rows = [
        Park(
            slug=f"park-{number}",
            name_en=f"Park {number}",
            host=host,
            longitude=f"{120 + number % 20 / 10:.1f}",
            latitude=f"{31 + number // 20 / 10:.1f}",
        )
        for number in range(200)
    ]
    Park.objects.bulk_create(rows)
    make_park("at-host", host="321282")
    make_park("nowhere", host=make_division("110000").code)


def counts(found) -> list[int]:
    return sorted(len(mark.places) for mark in found)


def test_where_there_is_room_each_park_is_a_mark_of_its_own(spread):
    found = directory()
    marks = clusters(found, found.parks, (119.9, 30.9, 120.45, 31.35), 9)
    assert counts(marks) == [1] * 20
    spots = sorted((mark.longitude, mark.latitude) for mark in marks)
    assert spots == sorted((120 + x / 10, 31 + y / 10) for x in range(5) for y in range(4))
    assert all(mark.is_one_spot for mark in marks)


def test_where_there_is_none_those_near_each_other_are_one(spread):
    found = directory()
    marks = clusters(found, found.parks, WORLD, 4)
    assert sum(counts(marks)) == 201
    assert len(marks) < 10
    for mark in marks:
        west, south, east, north = mark.box
        assert west <= mark.longitude <= east
        assert south <= mark.latitude <= north


def test_the_closer_a_map_is_the_more_marks_it_has(spread):
    found = directory()
    marks = [len(clusters(found, found.parks, (119.0, 30.0, 123.0, 34.0), zoom)) for zoom in (4, 6, 8, 10)]
    assert marks == sorted(marks)
    assert marks[0] < marks[-1] <= 201


def test_however_wide_the_box_there_are_no_more_marks_than_can_be_shown(spread):
    found = directory()
    assert len(clusters(found, found.parks, WORLD, 22)) <= MOST


def test_parks_at_the_very_same_spot_are_one_at_any_zoom(spread):
    make_park("beside", host="321282")
    found = directory()
    (mark,) = clusters(found, found.parks, (121.4, 33.4, 121.6, 33.6), 18)
    assert (len(mark.places), mark.is_one_spot, mark.box) == (2, True, (121.5, 33.5, 121.5, 33.5))


def test_a_box_may_span_the_antimeridian(spread):
    found = directory()
    assert counts(clusters(found, found.parks, (121.35, 33.0, 119.0, 34.0), 5)) == [1]
    assert clusters(found, found.parks, (122.0, 30.0, 119.0, 34.0), 5) == []


def test_only_the_parks_of_a_set_are_shown(spread):
    found = directory()
    chosen = found.chosen({"slug__in": ["park-0", "park-199", "nowhere"]})
    assert counts(clusters(found, chosen, WORLD, 3)) == [1, 1]
