"""What maps show, and what they say of themselves."""

import json

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from parks.models import Park
from portal import maps
from tests.factories import make_body, make_division, make_park, make_role, make_site


def place(latitude, longitude) -> dict:
    return {"latitude": latitude, "longitude": longitude}


@pytest.fixture
def banks(db):
    """Two cities that face each other, and their cities above."""
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", **place("31.92", "120.28"))
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", **place("31.98", "120.27"))


def load(park) -> Park:
    parties = ("sites__division", "roles__division", "roles__body__division")
    return Park.objects.select_related("host").prefetch_related(*parties).get(pk=park.pk)


def features(park) -> list[dict]:
    return maps.features_of_park(load(park))


def point(coordinates, **properties) -> dict:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": coordinates}, "properties": properties}


JINGJIANG = {"name": "Jingjiang", "address": "/en/divisions/321282/"}
JIANGYIN = {"name": "Jiangyin", "address": "/en/divisions/320281/"}


def test_park_without_a_place_is_told_by_its_host_with_a_line_to_each_partner(banks):
    park = make_park("bridge", host="321282")
    make_role(park, division="320281")
    make_role(park, "FINANCE", division="320281")
    make_role(park, "LAND", division="321282")
    assert features(park) == [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [[120.27, 31.98], [120.28, 31.92]]},
            "properties": {"kind": "line", **JIANGYIN, "park": "bridge"},
        },
        point([120.27, 31.98], kind="host", **JINGJIANG, place="own", status="ACTIVE"),
        point([120.28, 31.92], kind="partner", **JIANGYIN, place="own"),
    ]


def test_park_with_a_place_stands_there_and_lines_begin_there(banks):
    park = make_park("bridge", name_en="Bridge Park", host="321282", status="PROPOSED", **place("32", "120.3"))
    make_role(park, division=None, body=make_body(division=make_division("320281")))
    line, told, partner = features(park)
    assert line["geometry"]["coordinates"] == [[120.3, 32.0], [120.28, 31.92]]
    address = {"name": "Bridge Park", "address": "/en/parks/bridge/"}
    assert told == point([120.3, 32.0], kind="park", **address, place="own", status="PROPOSED")
    assert partner["properties"]["name"] == "Jiangyin"


def test_sites_stand_at_their_own_place_or_their_division_and_what_is_at_one_point_is_told_once(banks):
    park = make_park("bridge", host="321282")
    make_role(park, division="320281")
    north = make_site(park, name_en="North", division="321282")
    south = make_site(park, name_en="South", division="320281", **place("31.9", "120.2"))
    make_site(park, name_en="Far", division="320200")
    _line, host, site, partner = features(park)
    also = [{"kind": "site", "name": "North", "address": f"/en/parks/bridge/#parksite-{north.pk}"}]
    assert host == point([120.27, 31.98], kind="host", **JINGJIANG, place="own", status="ACTIVE", also=also)
    told = {"name": "South", "address": f"/en/parks/bridge/#parksite-{south.pk}"}
    assert site == point([120.2, 31.9], kind="site", **told, place="own")
    assert partner["properties"]["kind"] == "partner"


def test_what_has_no_place_at_all_is_left_out(db):
    park = make_park("bridge", host="321282")
    make_role(park, division="320281")
    assert features(park) == []


def test_features_of_a_loaded_park_ask_the_database_nothing(banks, django_assert_num_queries):
    park = make_park("bridge", host="321282")
    make_role(park, division="320281")
    make_site(park, division="321282")
    park = load(park)
    with django_assert_num_queries(0):
        assert len(maps.features_of_park(park)) == 3


def test_names_are_in_the_readers_language(banks):
    park = make_park("bridge", host="321282")
    with override("zh-hans"):
        [host] = features(park)
    assert host["properties"]["name"] == "靖江市"
    assert host["properties"]["address"] == "/zh-hans/divisions/321282/"


@pytest.mark.parametrize(
    ("properties", "mark"),
    [
        ({"kind": "park", "status": "ACTIVE"}, "park"),
        ({"kind": "park", "status": "PROPOSED"}, "proposed"),
        ({"kind": "park", "status": "CLOSED"}, "ended"),
        ({"kind": "park", "status": "MERGED"}, "ended"),
        ({"kind": "host", "status": "CLOSED"}, "host"),
        ({"kind": "site"}, "site"),
    ],
)
def test_mark_tells_what_a_feature_is_and_how_a_park_stands(properties, mark):
    assert maps.mark_of(properties) == mark


def test_legend_has_the_marks_of_the_features_or_all_that_a_map_of_parks_may_have():
    features = [{"properties": {"kind": "site", "place": "division"}}, {"properties": {"kind": "partner"}}]
    assert [(mark.key, mark.place) for mark in maps.legend(features)] == [("site", "division"), ("partner", "own")]
    assert [(mark.key, mark.place) for mark in maps.legend(None)] == [
        ("park", "own"),
        ("park", "division"),
        ("proposed", "own"),
        ("ended", "own"),
        ("cluster", "own"),
        ("partner", "own"),
        ("line", "own"),
    ]


def test_map_says_where_its_ground_comes_from_and_that_it_draws_no_boundaries():
    told = render_to_string("portal/map.html", {"source": "/en/map/?q=a", "label": "Parks", "list": "/en/parks/"})
    assert "Natural Earth, public domain. No political boundaries are drawn." in told
    assert 'data-source="/en/map/?q=a"' in told
    assert 'data-detail="/static/portal/basemap/detail.json"' in told
    assert '<a href="/en/parks/">The list tells the same.</a>' in told
    assert "has a hollow mark" in told
    assert "map-features" not in told


def test_features_are_written_into_the_page_so_that_no_name_can_break_out_of_it():
    feature = point([120.2, 31.9], kind="site", name="</script><b>", address="/", place="own")
    told = render_to_string("portal/map.html", {"features": [feature], "label": "Park"})
    _before, _tag, after = told.partition('<script id="map-features" type="application/json">')
    assert json.loads(after.partition("</script>")[0]) == [feature]
    assert "data-source" not in told
    assert "has a hollow mark" not in told


def test_tiles_of_a_server_stand_in_for_the_basemap_and_name_their_maker(settings):
    settings.MAP_TILES = "https://tiles.example.org/{z}/{x}/{y}.png"
    settings.MAP_TILES_ATTRIBUTION = "© <somebody>"
    told = render_to_string("portal/map.html", {"source": "/en/map/", "label": "Parks"})
    assert 'data-tiles="https://tiles.example.org/{z}/{x}/{y}.png"' in told
    assert "© &lt;somebody&gt;" in told
    assert "basemap/" not in told
    assert "Natural Earth" not in told
    assert "boundaries" not in told
