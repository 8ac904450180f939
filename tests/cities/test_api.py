"""Divisions and bodies over REST."""

import pytest

from cities.models import Division
from tests.factories import make_body, make_division, make_park
from tests.rest import HOST, get

DIVISIONS = "/api/v1/divisions/"


def codes(client, path=DIVISIONS, **query):
    return [each["code"] for each in get(client, path, **query)["results"]]


@pytest.fixture
def divisions(db):
    make_division(
        "320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin", latitude="31.92", longitude="120.28"
    )
    make_division("320506", name_en="Wuzhong District")
    make_division("110101")
    make_division("SG")
    make_division("320613")
    make_division("320602", abolished="2020", successor=Division.objects.get(code="320613"))


def test_a_division_is_told_whole_under_each_of_its_kinds(reader, divisions):
    told = {
        "code": "320281",
        "url": f"{HOST}/divisions/320281/",
        "level": "COUNTY",
        "kind": "COUNTY_LEVEL_CITY",
        "name_en": "Jiangyin",
        "name_zh": "江阴市",
        "pinyin": "Jiangyin",
        "parent": {
            "code": "320200",
            "name_en": "Division 320200",
            "name_zh": "区划320200",
            "level": "PREFECTURE",
            "kind": "PREFECTURE_LEVEL_CITY",
            "url": f"{HOST}/divisions/320200/",
        },
        "latitude": "31.92",
        "longitude": "120.28",
        "abolished": "",
        "successor": None,
        "evidence": {"facts": 7, "cited": 0, "single_source": 0, "disputed": 0, "uncited": 7},
    }
    assert get(reader, f"{DIVISIONS}320281/") == told
    assert get(reader, "/api/v1/county-level-cities/320281/") == told
    assert reader.get("/api/v1/cities/320281/").status_code == 404


def test_each_kind_has_its_list(reader, divisions):
    assert codes(reader, "/api/v1/provinces/") == ["110000", "320000"]
    assert codes(reader, "/api/v1/cities/") == ["110000", "320200", "320500", "320600"]
    assert codes(reader, "/api/v1/county-level-cities/") == ["320281"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"within": "320200"}, ["320200", "320281"]),
        ({"within__in": "110000,320281"}, ["110000", "110101", "320281"]),
        ({"level": "NATION"}, ["SG"]),
        ({"parent": "320200"}, ["320281"]),
        ({"parent": ""}, ["110000", "320000", "SG"]),
        ({"abolished__ne": ""}, ["320602"]),
        ({"abolished__lte": "2019"}, []),
        ({"successor": "320613"}, ["320602"]),
        ({"q": "jiangyin"}, ["320281"]),
        ({"q": "江阴"}, ["320281"]),
        ({"q": "3205"}, ["320500", "320506"]),
        ({"name_en": "Jiangyin"}, ["320281"]),
        ({"kind__in": "STATE,MUNICIPALITY"}, ["110000", "SG"]),
        ({"ordering": "-code", "limit": "2"}, ["SG", "320613"]),
    ],
)
def test_divisions_can_be_asked_for(reader, divisions, query, expected):
    assert codes(reader, **query) == expected


def test_stewards_change_divisions_and_a_code_stays(steward, divisions):
    path = f"{DIVISIONS}320281/"
    etag = steward.get(path)["ETag"]
    response = steward.patch(
        path, {"name_en": "Jiangyin City", "change_reason": "As signposted"}, headers={"If-Match": etag}
    )
    assert (response.status_code, response.json()["name_en"]) == (200, "Jiangyin City")
    refused = steward.patch(path, {"code": "320282"}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["errors"]) == (
        400,
        [{"pointer": "#/code", "detail": "This never changes: it stays “320281”."}],
    )
    newest = get(steward, f"{path}changes/")["results"][0]
    assert newest["rows"][0]["fields"] == [{"field": "name_en", "old": "Jiangyin", "new": "Jiangyin City"}]


def test_what_is_read_of_a_division_can_be_put_back(steward, divisions):
    path = f"{DIVISIONS}320281/"
    response = steward.get(path)
    assert steward.put(path, response.json(), headers={"If-Match": response["ETag"]}).json() == response.json()


def test_bodies_are_told_with_the_division_they_belong_to(reader, editor):
    make_body("zone", division="320281", kind="DEVELOPMENT_ZONE")
    make_park(host="320281")
    assert get(reader, "/api/v1/bodies/zone/") == {
        "slug": "zone",
        "url": f"{HOST}/bodies/zone/",
        "name_en": "Body zone",
        "name_zh": "",
        "kind": "DEVELOPMENT_ZONE",
        "division": {
            "code": "320281",
            "name_en": "Division 320281",
            "name_zh": "区划320281",
            "level": "COUNTY",
            "kind": "COUNTY_LEVEL_CITY",
            "url": f"{HOST}/divisions/320281/",
        },
        "evidence": {"facts": 3, "cited": 0, "single_source": 0, "disputed": 0, "uncited": 3},
    }
    assert get(reader, "/api/v1/bodies/", within="320000", q="zone")["count"] == 1
    response = editor.post("/api/v1/bodies/", {"slug": "firm", "name_en": "Firm", "kind": "COMPANY", "division": None})
    assert response.status_code == 201
