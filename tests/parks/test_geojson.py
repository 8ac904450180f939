"""Parks as GeoJSON (RFC 7946): one feature a park, its own place, all that is told of it as properties."""

import json

import pytest

from core.models import Change
from parks.models import Park
from tests.factories import make_park, make_role, make_whole_park

PARKS = "/api/v1/parks"


def features(client, query="", path=f"{PARKS}.geojson"):
    response = client.get(f"{path}?{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "application/geo+json")
    # decimals as they are written
    collection = json.loads(b"".join(response.streaming_content), parse_float=str)
    assert collection.keys() == {"type", "features"}
    assert collection["type"] == "FeatureCollection"
    return collection["features"]


def listed(client, query=""):
    return client.get(f"{PARKS}/?{query}").json()["results"]


def without_place(record):
    return {name: value for name, value in record.items() if name not in ("latitude", "longitude")}


@pytest.fixture
def parks(db):
    make_whole_park("here")
    Park.objects.update(latitude="31.912345", longitude="120.3")
    make_role(make_park("nowhere"), since="2003", until="2010")
    make_park("west", latitude="-0.5", longitude="-179.999999")


def test_a_list_is_a_collection_of_features(reader, parks):
    told = features(reader)
    assert [(each["type"], each["id"], each["geometry"]) for each in told] == [
        ("Feature", "here", {"type": "Point", "coordinates": ["120.3", "31.912345"]}),
        ("Feature", "nowhere", None),
        ("Feature", "west", {"type": "Point", "coordinates": ["-179.999999", "-0.5"]}),
    ]
    assert all(each.keys() == {"type", "id", "geometry", "properties"} for each in told)
    assert [each["properties"] for each in told] == [*map(without_place, listed(reader))]


@pytest.mark.parametrize(
    "query",
    [
        "expand=citations",
        "on=2005",
        "omit=roles,evidence",
        "omit=slug,latitude,longitude",
        "fields=name_en,host",
        "fields=name_en,host&on=2005",
        "fields=latitude,slug",
        "lang=zh-hans",
    ],
)
def test_its_properties_are_what_the_list_tells(reader, parks, query):
    told = features(reader, query)
    assert [each["properties"] for each in told] == [*map(without_place, listed(reader, query))]
    # these tell which park it is and where, whatever else is told
    assert [each["id"] for each in told] == ["here", "nowhere", "west"]
    assert [each["geometry"] is None for each in told] == [False, True, False]


def test_it_looks_back(reader, parks):
    instant = Change.objects.latest("id").at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    now = features(reader)
    assert [each["geometry"] for each in features(reader, f"known={instant}")] == [each["geometry"] for each in now]


def test_it_is_filtered_and_sorted_like_the_list(reader, parks):
    assert [each["id"] for each in features(reader, "bbox=120,31,121,32")] == ["here"]
    assert [each["id"] for each in features(reader, "bbox=179,-1,-179,1")] == ["west"]
    assert [each["id"] for each in features(reader, "ordering=-slug")] == ["west", "nowhere", "here"]
    assert features(reader, "bbox=0,0,1,1") == []
    assert reader.get(f"{PARKS}.geojson?bbox=1,2,3").status_code == 400


def test_one_park_is_one_feature(reader, parks):
    for suffix, query in ((".geojson", ""), (".geojson", "?fields=name_en"), (".geojson", "?on=2005")):
        response = reader.get(f"{PARKS}/here{suffix}{query}")
        assert (response.status_code, response["Content-Type"]) == (200, "application/geo+json")
        assert json.loads(response.content, parse_float=str) == {
            "type": "Feature",
            "id": "here",
            "geometry": {"type": "Point", "coordinates": ["120.3", "31.912345"]},
            "properties": without_place(reader.get(f"{PARKS}/here/{query}").json()),
        }
    chosen = reader.get(f"{PARKS}/here/", headers={"accept": "application/geo+json"})
    assert chosen.content == reader.get(f"{PARKS}/here.geojson").content
    assert chosen["ETag"] != reader.get(f"{PARKS}/here/")["ETag"]
