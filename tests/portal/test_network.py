"""The page of the network: a drawing and the same as a table."""

import re
from itertools import pairwise

import pytest

from parks.network import network
from portal.circle import circle
from tests.factories import make_division, make_park, make_role
from tests.pages import rows, words

PAGE = "/en/network/"


@pytest.fixture
def parks(db):
    make_division("320200", name_en="Wuxi", name_zh="无锡市")
    make_division("321200", name_en="Taizhou", name_zh="泰州市")
    make_division("330100", name_en="Hangzhou", name_zh="杭州市")
    for number in (1, 2):
        make_role(make_park(f"park-{number}", host="321282", name_en=f"Park {number}"), division="320281")
    make_role(make_park("far", host="330102", name_en="Far park"), "LAND", division="320200")


def test_the_table_tells_what_the_drawing_shows(client, parks):
    html = client.get(PAGE).content.decode()
    assert rows(html) == [
        ["Place", "and place", "Parks", "Which", "Functions"],
        ["Wuxi", "Taizhou", "2", "Park 1 Park 2", "operations"],
        ["Wuxi", "Hangzhou", "1", "Far park", "land"],
    ]
    assert re.findall(r'data-ends="([^"]+)"', html) == ["320200 321200", "320200 330100"]
    assert re.findall(r'data-place="([^"]+)"', html) == ["320200", "321200", "330100"]
    for ends in ("320200-321200", "320200-330100"):
        assert f'href="#tie-{ends}"' in html
        assert f'id="tie-{ends}"' in html


@pytest.mark.parametrize(
    ("sort", "first", "direction"), [("parks", "Taizhou", "descending"), ("other", "Taizhou", "ascending")]
)
def test_the_table_is_sorted_by_link_and_says_so(client, parks, sort, first, direction):
    html = client.get(PAGE, {"sort": sort, "function": ""}).content.decode()
    assert rows(html)[1][1] == first
    assert re.findall(r'aria-sort="(\w+)"', html) == [direction]


def test_what_else_is_asked_stays_asked_when_the_table_is_sorted(client, parks):
    html = client.get(PAGE, {"function": "LAND", "within": "330000"}).content.decode()
    assert 'href="?function=LAND&amp;within=330000&amp;sort=one#ties"' in html
    assert len(rows(html)) == 2


def test_nothing_tied_is_told_in_words(client, parks):
    response = client.get(PAGE, {"function": "SAFETY"})
    assert "No two places are tied by what was asked for." in words(response.content)
    assert rows(response.content.decode()) == []


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"within": "999999"}, "within: There is no division “999999”."),
        ({"level": "TOWN"}, "level: There is no “TOWN” here."),
        ({"on": "yesterday"}, "on: “yesterday” is not a date."),
    ],
)
def test_what_cannot_be_asked_is_refused(client, db, asked, detail):
    response = client.get(PAGE, asked)
    assert response.status_code == 400
    assert detail in words(response.content)


def test_the_page_tells_a_new_park_at_once(client, parks):
    client.get(PAGE)
    make_role(make_park("new", host="321282", name_en="New park"), division="320281")
    assert "New park" in words(client.get(PAGE).content)


def test_no_two_names_on_the_circle_come_too_near(db):
    for number in range(40):
        make_role(make_park(host=f"32{number + 10}81"), division=f"33{number + 10}81")
    drawn = circle(network(150))
    nodes = drawn.nodes
    assert len(nodes) == 80
    for one, other in pairwise(nodes):
        assert ((one.name_x - other.name_x) ** 2 + (one.name_y - other.name_y) ** 2) ** 0.5 > 18
    assert all(abs(value) < drawn.half for node in nodes for value in (node.x, node.y))
