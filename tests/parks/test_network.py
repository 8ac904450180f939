"""The net that parks make of cities and provinces."""

import pytest

from cities.models import Division
from parks.network import Level, network
from tests.factories import make_body, make_division, make_park, make_role


def told(net):
    return [(tie.one.code, tie.other.code, tie.parks) for tie in net.ties]


@pytest.fixture
def parks(db):
    east = make_park("east", host="321282", established="2003")
    make_role(east, "OPERATIONS", division="320281", since="2003")
    make_role(east, "LAND", division="320200", since="2010", until="2012")
    north = make_park("north", host="320206", established="2005")
    make_role(north, "TAXATION", division="321200", since="2006")
    return {"east": east, "north": north}


def test_a_park_ties_the_city_of_its_host_to_those_of_its_partners(parks):
    net = network(10)
    assert told(net) == [("320200", "321200", 2)]
    [tie] = net.ties
    assert [str(each) for each in tie.functions] == ["OPERATIONS", "LAND", "TAXATION"]
    assert [park.slug for park in tie.first_parks] == ["east", "north"]
    assert (net.left_out, tie.left_out, [*net.places], [*net.provinces]) == (0, 0, ["320200", "321200"], ["320000"])


@pytest.mark.parametrize(
    ("host", "partner", "expected"),
    [
        # a county straight under a province is itself a city; a municipality is one with its districts
        ("429004", "310115", [("310000", "429004", 1)]),
        ("110101", "110105", []),
        # two districts of a city, a city and its province: no border between
        ("320281", "320206", []),
        ("320281", "320000", []),
        ("320281", "330000", [("320200", "330000", 1)]),
        ("320500", "SG", [("320500", "SG", 1)]),
    ],
)
def test_what_a_place_is_and_where_there_is_no_border(db, host, partner, expected):
    make_role(make_park(host=host), division=partner)
    assert told(network(10)) == expected


def test_a_county_lies_straight_under_its_province_where_its_record_says_so_whatever_its_code(db):
    # 371200 was a prefecture, and is no longer: nothing makes anyone record it.
    make_division("371202")
    Division.objects.filter(code="371202").update(parent="370000")
    Division.objects.filter(code="371200").delete()
    make_role(make_park(host="371202"), division="320281")
    assert told(network(10)) == [("320200", "371202", 1)]


def test_a_body_stands_for_its_division_and_without_one_for_none(db):
    park = make_park(host="321282")
    make_role(park, body=make_body(division="320281"))
    make_role(park, "LAND", body=make_body())
    assert told(network(10)) == [("320200", "321200", 1)]


def test_provinces_are_tied_by_what_crosses_their_borders(parks):
    make_role(parks["east"], division="330100")
    assert told(network(10, Level.PROVINCE)) == [("320000", "330000", 1)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"function": "LAND"}, [("320200", "321200", 1)]),
        ({"function": "SAFETY"}, []),
        ({"on": "2004"}, [("320200", "321200", 1)]),
        ({"on": "2011"}, [("320200", "321200", 2)]),
        ({"on": "2001"}, []),
        ({"on": "2011", "function": "LAND"}, [("320200", "321200", 1)]),
        ({"on": "2014", "function": "LAND"}, []),
        ({"within_code": "320000"}, [("320200", "321200", 2)]),
        ({"within_code": "321282"}, [("320200", "321200", 1)]),
        ({"within_code": "330000"}, []),
    ],
)
def test_ties_can_be_those_of_a_function_a_day_or_a_place(parks, asked, expected):
    make_division("330000")
    assert told(network(10, **asked)) == expected


def test_a_park_that_was_not_there_yet_ties_nothing(db):
    make_role(make_park(host="321282", established="2010"), division="320281")
    assert (told(network(10, on="2005")), told(network(10, on="2011"))) == ([], [("320200", "321200", 1)])


def test_the_ties_with_the_most_parks_are_told_and_the_rest_counted(db, django_assert_num_queries):
    for number, partner in enumerate(["320281", "320281", "330100", "340100"]):
        make_role(make_park(f"park-{number}", host="321282"), division=partner)
    for most in (1, 3):
        # the ties; of those told, the functions, the first parks, these parks; the divisions
        with django_assert_num_queries(6):
            net = network(most)
        assert told(net) == [("320200", "321200", 2), ("321200", "330100", 1), ("321200", "340100", 1)][:most]
        assert net.left_out == 3 - most


def test_of_many_parks_between_two_places_the_first_are_named(db):
    for number in range(9):
        make_role(make_park(f"park-{number}", host="321282"), division="320281")
    [tie] = network(10).ties
    assert [park.slug for park in tie.first_parks] == [f"park-{number}" for number in range(6)]
    assert (tie.parks, tie.left_out) == (9, 3)
