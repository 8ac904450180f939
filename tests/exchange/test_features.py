"""OGC API - Features Part 1: what each resource tells, and which features are told when some are asked for."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_script_prefix
from django.utils import timezone
from openapi_spec_validator import OpenAPIV30SpecValidator
from rest_framework.test import APIClient

from core.models import Change
from core.rest import pagination
from exchange.features.kinds import COLLECTIONS
from exchange.features.parameters import PAGE
from parks.models import Park
from tests.factories import (
    make_body,
    make_citation,
    make_division,
    make_indicator,
    make_observation,
    make_park,
    make_role,
    make_site,
    make_whole_park,
)
from tests.rest import get

OGC, HOST = "/ogc/", "http://testserver/ogc/"
PARKS, SITES = f"{OGC}collections/parks/items", f"{OGC}collections/sites/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def ids(client, path=PARKS, **query):
    page = get(client, path, **query)
    found = [feature["id"] for feature in page["features"]]
    assert page["numberReturned"] == len(found)
    return found


def links(told):
    return {(each["rel"], each["type"]): each["href"] for each in told["links"]}


def errors_of(response, status=400):
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), response.content
    return {each["parameter"]: each["detail"] for each in response.json()["errors"]}


# --- The resources --------------------------------------------------------------------------------------------------


def test_the_landing_page_leads_to_all_there_is(reader, db):
    told = get(reader, OGC)
    assert links(told) == {
        ("self", "application/json"): HOST,
        ("alternate", "text/html"): f"{HOST}?f=html",
        ("service-desc", "application/vnd.oai.openapi+json;version=3.0"): f"{HOST}api?f=json",
        ("service-doc", "text/html"): f"{HOST}api?f=html",
        ("conformance", "application/json"): f"{HOST}conformance",
        ("data", "application/json"): f"{HOST}collections",
    }
    for (_rel, media_type), href in links(told).items():
        response = reader.get(href, headers={"accept": media_type})
        assert (response.status_code, response["Content-Type"].split("; charset")[0]) == (200, media_type)


def test_four_classes_are_conformed_to(reader, db):
    told = get(reader, f"{OGC}conformance")
    classes = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30")]
    classes += [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("html", "geojson")]
    assert told["conformsTo"] == classes


def test_collections_tell_where_their_features_are(reader):
    make_division("321282", latitude="32", longitude="120")
    make_park("own", latitude="31.5", longitude="121.25", established="2003-08")
    make_park("host", established="1994")
    make_park("nowhere", host="SG")
    make_site(latitude="-10", longitude="-170.5", since="")
    parks, sites = get(reader, f"{OGC}collections")["collections"]
    assert parks["extent"] == {
        "spatial": {"bbox": [[120.0, 31.5, 121.25, 32.0]], "crs": CRS84},
        "temporal": {
            "interval": [["1994-01-01T00:00:00Z", None]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        },
    }
    assert sites["extent"] == {"spatial": {"bbox": [[-170.5, -10.0, -170.5, -10.0]], "crs": CRS84}}
    assert (parks["id"], parks["title"], parks["itemType"], parks["crs"]) == ("parks", "Parks", "feature", [CRS84])
    assert get(reader, f"{OGC}collections/parks")["extent"] == parks["extent"]
    told = links(parks)
    assert told["items", "application/geo+json"] == f"{HOST}collections/parks/items"
    assert told["describedby", "application/schema+json"] == f"{HOST}collections/parks/schema"


def test_an_empty_registry_has_collections_without_an_extent(reader, db):
    assert [each["extent"] for each in get(reader, f"{OGC}collections")["collections"]] == [{}, {}]
    told = get(reader, PARKS)
    assert (told["features"], told["numberMatched"], told["numberReturned"]) == ([], 0, 0)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_extent_that_is_remembered_is_that_of_the_registry_as_it_is():
    reader, park = APIClient(), make_park(latitude="31.5", longitude="121")
    for longitude in (121.0, 121.0, 122.0):
        Park.objects.filter(pk=park.pk).update(longitude=longitude)
        told = get(reader, f"{OGC}collections/parks")["extent"]["spatial"]["bbox"]
        assert told == [[longitude, 31.5, longitude, 31.5]]


def test_a_park_is_a_flat_row_at_its_own_place(reader):
    make_division("320000", name_en="Jiangsu", name_zh="江苏省")
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", latitude="31.98", longitude="120.27")
    make_division("320281", name_en="Jiangyin", name_zh="江阴市")
    park = make_whole_park("jiangyin-jingjiang")
    make_role(park, "FINANCE", division=None, body=make_body(name_en="Fund", name_zh="基金"))
    make_role(park, "LAND", division=None, body=make_body(name_en="Zone of Jiangyin", division="320281"))
    area = make_indicator("planned_area", unit="km²")
    make_observation(park, area, period="2003", value="8.6")
    make_observation(park, area, period="2011", value="60")
    make_observation(park, area, period="2012", value="5", scope="start-up area")
    make_observation(park, area, period="2013", value="99", kind="TARGET")
    [feature] = get(reader, PARKS)["features"]
    assert feature == {
        "type": "Feature",
        "id": "jiangyin-jingjiang",
        "geometry": {"type": "Point", "coordinates": [120.25, 32.01]},
        "properties": {
            "name_en": "Park jiangyin-jingjiang",
            "name_zh": "",
            "status": "ACTIVE",
            "established": "2003",
            "closed": "",
            "is_programme": False,
            "host": "321282",
            "host_en": "Jingjiang",
            "host_zh": "靖江市",
            "province": "320000",
            "province_en": "Jiangsu",
            "province_zh": "江苏省",
            "span": "PREFECTURE",
            "partners": "320281",
            "partners_en": "Jiangyin; Fund",
            "partners_zh": "江阴市; 基金",
            "planned_area": 60.0,
            "built_area": None,
            "part_of": "",
            "successor": "",
            "crosses": "Yangtze River",
            "website": "",
            "position": "own",
            "url": "http://testserver/api/v1/parks/jiangyin-jingjiang/",
        },
    }
    one = get(reader, f"{PARKS}/jiangyin-jingjiang")
    assert links(one) == {
        ("self", "application/geo+json"): f"{HOST}collections/parks/items/jiangyin-jingjiang",
        ("alternate", "text/html"): f"{HOST}collections/parks/items/jiangyin-jingjiang?f=html",
        ("collection", "application/json"): f"{HOST}collections/parks",
    }
    assert {name: one[name] for name in feature} == feature


def test_a_site_is_a_flat_row_too(reader):
    make_division("320000", name_en="Jiangsu", name_zh="江苏省")
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", latitude="31.9", longitude="120.3")
    site = make_site(make_park("two-tracts", name_zh="园"), division="320281", since="2005", area="8.25")
    [feature] = get(reader, SITES)["features"]
    assert feature == {
        "type": "Feature",
        "id": site.pk,
        "geometry": {"type": "Point", "coordinates": [120.3, 31.9]},
        "properties": {
            "name_en": "North tract",
            "name_zh": "",
            "park": "two-tracts",
            "park_en": "Park two-tracts",
            "park_zh": "园",
            "division": "320281",
            "division_en": "Jiangyin",
            "division_zh": "江阴市",
            "province": "320000",
            "province_en": "Jiangsu",
            "province_zh": "江苏省",
            "area": 8.25,
            "since": "2005",
            "until": "",
            "position": "division",
            "url": "http://testserver/api/v1/parks/two-tracts/",
        },
    }
    assert get(reader, f"{SITES}/{site.pk}")["properties"] == feature["properties"]


def test_what_has_no_place_has_no_geometry(reader):
    make_division("321282", latitude="32", longitude="120")
    make_park("a-host")
    make_park("b-nowhere", host="SG")
    told = {each["id"]: (each["geometry"], each["properties"]) for each in get(reader, PARKS)["features"]}
    assert told["a-host"][0] == {"type": "Point", "coordinates": [120.0, 32.0]}
    assert told["a-host"][1]["position"] == "host division"
    assert told["b-nowhere"][0] is None
    assert [told["b-nowhere"][1][name] for name in ("position", "province", "province_en")] == ["none", "", ""]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_schema_has_the_type_of_every_property(reader, db, name):
    schema = get(reader, f"{OGC}collections/{name}/schema")
    make_whole_park("whole")
    types = {"string": str, "boolean": bool, "number": float | int | None}
    [feature] = get(reader, f"{OGC}collections/{name}/items")["features"]
    declared = schema["properties"]["properties"]["properties"]
    assert list(feature["properties"]) == list(declared)
    for column, told in feature["properties"].items():
        # one word each: a list of types is a text to GDAL
        assert isinstance(told, types[declared[column]["type"]]), column
        assert told in declared[column].get("enum", [told])


def test_the_description_is_valid_openapi_3_0_in_both_languages(reader, db):
    for language in ("en", "zh-hans"):
        response = reader.get(f"{OGC}api", {"lang": language})
        assert response["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
        described = response.json()
        OpenAPIV30SpecValidator(described).validate()
        assert described["servers"] == [{"url": "http://testserver/ogc"}]


def test_the_description_names_all_parameters_as_the_standard_writes_them(reader, db):
    described = get(reader, f"{OGC}api")
    shared = described["components"]["parameters"]
    assert shared["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    for name in ("limit", "bbox", "datetime"):
        told = {key: shared[name][key] for key in ("name", "in", "required", "style", "explode")}
        assert told == {"name": name, "in": "query", "required": False, "style": "form", "explode": False}
    for collection in COLLECTIONS:
        own = described["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
        names = [each["$ref"].rsplit("/", 1)[1] if "$ref" in each else each["name"] for each in own]
        [refused] = reader.get(f"{OGC}collections/{collection}/items", {"xyzzy": "1"}).json()["errors"]
        assert sorted(names) == refused["allowed"]


# --- Pages ----------------------------------------------------------------------------------------------------------


def walk(client, path, **query):
    page, found = get(client, path, **query), []
    while True:
        found += [each["id"] for each in page["features"]]
        following = [each["href"] for each in page["links"] if each["rel"] == "next"]
        if not following:
            return found
        page = get(client, following[0])


@pytest.mark.parametrize("shallow", [1000, 2])
def test_pages_lead_on_to_each_feature_once(reader, monkeypatch, shallow):
    monkeypatch.setattr(pagination, "SHALLOW", shallow)
    slugs = [f"park-{number}" for number in range(7)]
    sites = [make_site(make_park(slug)).pk for slug in slugs]
    assert walk(reader, PARKS, limit=2) == slugs
    assert walk(reader, SITES, limit=2) == sites
    assert walk(reader, PARKS, limit=2, within="320000", f="json") == slugs
    first = get(reader, PARKS, limit=2)
    assert (first["numberMatched"], first["numberReturned"]) == (7, 2)
    assert ("prev", "application/geo+json") not in links(first)
    second = get(reader, links(first)["next", "application/geo+json"])
    assert [each["id"] for each in second["features"]] == slugs[2:4]
    assert ids(reader, links(second)["prev", "application/geo+json"]) == slugs[:2]
    # the same place in the other format
    page = reader.get(links(second)["alternate", "text/html"])
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_a_limit_beyond_the_most_is_cut_to_it(reader, monkeypatch):
    make_park("a")
    told = get(reader, PARKS, limit=10**15)
    assert told["numberReturned"] == 1
    [asked] = [parse_qs(urlsplit(each["href"]).query) for each in told["links"] if each["rel"] == "self"]
    assert asked == {"limit": [str(10**15)]}
    monkeypatch.setattr(PAGE["limit"], "most", 2)
    for slug in "bcd":
        make_park(slug)
    assert ids(reader, limit=100) == ["a", "b"]


def test_links_are_told_in_the_header_too(reader):
    make_park("a")
    make_park("b")
    response = reader.get(PARKS, {"limit": 1})
    told = response.json()["links"]
    assert [each["rel"] for each in told] == ["self", "alternate", "next", "collection"]
    expected = ", ".join(f'<{each["href"]}>; rel="{each["rel"]}"; type="{each["type"]}"' for each in told)
    assert response["Link"] == expected


@pytest.mark.parametrize("path", [PARKS, SITES])
def test_a_page_asks_as_often_for_three_features_as_for_one(reader, path):
    counts = []
    for number in (1, 3):
        for _each in range(number):
            make_whole_park()
        with CaptureQueriesContext(connection) as queries:
            assert get(reader, path)["numberReturned"] >= number
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5


# --- Which features -------------------------------------------------------------------------------------------------


@pytest.fixture
def places(db):
    make_division("321282", latitude="32", longitude="120")
    make_division("320281")
    make_park("at-host")
    make_park("corner", latitude="10", longitude="100")
    make_park("date-line-east", latitude="-17", longitude="179.5")
    make_park("date-line-west", latitude="-17", longitude="-179.5")
    make_park("nowhere", host="320281")


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ("-180,-90,180,90", ["at-host", "corner", "date-line-east", "date-line-west"]),
        ("119.9,31.9,120.1,32.1", ["at-host"]),
        ("120,32,120,32", ["at-host"]),
        ("100,10,110,20", ["corner"]),
        ("100.000001,10,110,20", []),
        ("177,-20,-177,-10", ["date-line-east", "date-line-west"]),
        ("177,-20,180,-10", ["date-line-east"]),
        ("1e2,1E1,-1,1500,2e1,9999", None),
        ("1e2,1E1,-1,110,2e1,9999", ["corner"]),
        ("100, 10, 110, 20", ["corner"]),
        ("177,-20,-5,-177,-10,5", ["date-line-east", "date-line-west"]),
    ],
)
def test_a_box_keeps_what_is_shown_in_it(reader, places, bbox, expected):
    if expected is None:
        assert "bbox" in errors_of(reader.get(PARKS, {"bbox": bbox}))
    else:
        assert ids(reader, bbox=bbox) == expected


def test_a_box_keeps_sites_by_where_they_are_shown(reader, places):
    park = make_park("tracts", host="320281")
    here = make_site(park, division="321282")
    own = make_site(park, division="321282", name_en="South", latitude="1", longitude="1")
    make_site(park, division="320281")
    assert ids(reader, SITES, bbox="119,31,121,33") == [here.pk]
    assert ids(reader, SITES, bbox="0,0,2,2") == [own.pk]


@pytest.mark.parametrize(
    "bbox",
    [
        "1,2,3",
        "1,2,3,4,5",
        "1,2,3,4,5,6,7",
        "a,b,c,d",
        "1,2,3,",
        "0,10,1,9",
        "-181,0,0,1",
        "0,0,0,91",
        "nan,0,1,1",
        "0,0,inf,1",
        "0,0,9,1,1,3",
        "0,0,x,1,1,3",
        "１,2,3,4",
        "",
    ],
)
def test_what_is_no_box_is_refused(reader, db, bbox):
    assert list(errors_of(reader.get(PARKS, {"bbox": bbox}))) == ["bbox"]


@pytest.fixture
def times(db):
    make_park("always")
    make_park("from-2003", established="2003")
    make_park("in-2003", established="2003-03", closed="2003-08-29")
    make_park("proposed", status="PROPOSED", established="2003")
    make_park("until-2000", closed="2000", status="CLOSED")


@pytest.mark.parametrize(
    ("datetime", "expected"),
    [
        ("2003-08-28T12:00:00Z", ["always", "from-2003", "in-2003"]),
        ("2003-08-29T00:00:00Z", ["always", "from-2003"]),
        # the day as it is written
        ("2003-08-29T23:59:60.5+08:00", ["always", "from-2003"]),
        ("2003-08-28t23:59:59z", ["always", "from-2003", "in-2003"]),
        ("2003-08", ["always", "from-2003", "in-2003"]),
        ("2003-08-29", ["always", "from-2003"]),
        ("2002", ["always"]),
        # 2000 might mean its last day
        ("2000-12-30T00:00:00Z", ["always", "until-2000"]),
        ("2000-12-31T00:00:00Z", ["always"]),
        ("2001-01-01T00:00:00Z/2003-02-28T00:00:00Z", ["always", "from-2003"]),
        ("../2002-12-31T00:00:00Z", ["always", "until-2000"]),
        ("/2002-12-31T00:00:00Z", ["always", "until-2000"]),
        ("2003-08-29T00:00:00Z/..", ["always", "from-2003"]),
        ("1999/", ["always", "from-2003", "in-2003", "until-2000"]),
        ("0001-01-01T00:00:00Z", ["always", "until-2000"]),
        ("9999-12-31T00:00:00Z", ["always", "from-2003"]),
    ],
)
def test_an_instant_or_interval_keeps_what_was_there_for_all_that_is_known(reader, times, datetime, expected):
    assert ids(reader, datetime=datetime) == expected


@pytest.mark.parametrize(
    "datetime",
    [
        "../..",
        "/",
        "..",
        "",
        "2004/2003",
        "2003-08-29T00:00:00",
        "2003-08-29T24:00:00Z",
        "2003-08-29T",
        "2003-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2003-08-29 00:00:00Z",
        "2003/2004/2005",
        "today",
        "２００３",
        "20030829T000000Z",
    ],
)
def test_what_is_no_time_is_refused(reader, db, datetime):
    assert list(errors_of(reader.get(PARKS, {"datetime": datetime}))) == ["datetime"]


def test_sites_are_there_from_since_until_until(reader):
    park = make_park()
    first = make_site(park, since="2003", until="2010-05-01")
    second = make_site(park, name_en="South", since="2010-05-01")
    assert ids(reader, SITES, datetime="2009") == [first.pk]
    assert ids(reader, SITES, datetime="2010-05-01T00:00:00Z") == [second.pk]
    assert ids(reader, SITES, datetime="2010") == [first.pk, second.pk]


def test_properties_filter_as_in_the_rest_api(reader):
    make_park("active", established="2003", crosses="Yangtze River")
    make_park("closed", host="310115", status="CLOSED")
    make_park("programme", is_programme=True)
    make_role(make_park("run"), division="310115")
    assert ids(reader, status="CLOSED") == ["closed"]
    assert ids(reader, host="310115") == ["closed"]
    assert ids(reader, province="310000") == ["closed"]
    assert ids(reader, within="321200") == ["active", "programme", "run"]
    assert ids(reader, partner="310115") == ["run"]
    assert ids(reader, span="PROVINCE") == ["run"]
    assert ids(reader, crosses="Yangtze River") == ["active"]
    assert ids(reader, established__gte="2003", status__in="ACTIVE,CLOSED") == ["active"]
    # as GDAL asks for what is true
    assert ids(reader, is_programme="1") == ids(reader, is_programme="true") == ["programme"]
    assert ids(reader, q="program") == ["programme"]
    site = make_site(make_park("tracts"), division="310115")
    make_site(make_park("more-tracts"), division="321282")
    for query in ({"park": "tracts"}, {"division": "310115"}, {"province": "310000"}, {"within": "310000"}):
        assert ids(reader, SITES, **query) == [site.pk]


@pytest.mark.parametrize("path", [PARKS, SITES])
def test_evidence_filters_as_in_the_rest_api(reader, path):
    park = make_whole_park("whole")
    assert len(ids(reader, path, uncited="true")) == 1
    assert (
        ids(reader, path, uncited="0") == ids(reader, path, disputed="1") == ids(reader, path, min_sources="99") == []
    )
    make_citation(park.sites.get())
    assert len(ids(reader, path, min_sources="1")) == 1


def test_only_crs84_is_told(reader):
    make_park("a")
    assert ids(reader, crs=CRS84, **{"bbox-crs": CRS84}) == ["a"]
    refused = errors_of(reader.get(PARKS, {"crs": "http://www.opengis.net/def/crs/EPSG/0/3857"}))
    assert "CRS84" in refused["crs"]


def test_the_registry_is_told_as_it_was_recorded_by_an_instant(reader):
    make_park("kept")
    park = make_park("renamed", name_en="Before")
    # each its own edit, with its own instant
    before = f"{Change.objects.latest('id').at:%Y-%m-%dT%H:%M:%S.%fZ}"
    park.name_en = "After"
    park.save()
    page = get(reader, PARKS, known=before, limit=1)
    following = get(reader, links(page)["next", "application/geo+json"])
    told = [each["properties"]["name_en"] for each in following["features"]]
    assert told == [get(reader, f"{PARKS}/renamed", known=before)["properties"]["name_en"]]


# --- Errors and headers ---------------------------------------------------------------------------------------------


def test_an_unknown_parameter_is_refused_with_the_nearest_known_one(reader, db):
    response = reader.get(PARKS, {"statuss": "ACTIVE"})
    assert errors_of(response) == {"statuss": "statuss: There is no such parameter here. Did you mean “status”?"}
    assert response.json()["errors"][0]["nearest"] == "status"
    for path in ("", "conformance", "api", "collections", "collections/parks", "collections/parks/schema"):
        assert list(errors_of(reader.get(OGC + path, {"bbox": "1,2,3,4"}))) == ["bbox"]
    make_park("a")
    assert list(errors_of(reader.get(f"{PARKS}/a", {"limit": "1"}))) == ["limit"]
    refused = errors_of(reader.get(PARKS, {"limit": "0"}))
    assert refused == {"limit": "limit: Write a whole number from 1 to 1000."}
    assert list(errors_of(reader.get(PARKS, {"f": "xml"}))) == ["f"]
    assert list(errors_of(reader.get(f"{PARKS}?limit=1&limit=2"))) == ["limit"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("collections/park", "There is no collection “park”. There are: parks, sites. Did you mean “parks”?"),
        ("collections/park/items", "There is no collection “park”. There are: parks, sites. Did you mean “parks”?"),
        ("collections/roads/schema", "There is no collection “roads”. There are: parks, sites."),
        ("collections/parks/items/no-such", "There is no park “no-such”."),
        ("collections/sites/items/0", "There is no site “0”."),
        ("collections/sites/items/99999999999999999999", "There is no site “99999999999999999999”."),
        ("nothing", "There is nothing at this address. See what there is at /ogc/."),
        ("collections/parks/items/%00", "There is nothing at this address. See what there is at /ogc/."),
    ],
)
def test_what_is_not_there_is_404_and_says_so(reader, db, path, said):
    response = reader.get(OGC + path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["detail"] == said


def test_addresses_lead_on_without_the_slash_at_their_end(reader, db):
    response = reader.get("/ogc/collections/parks/items/?limit=1")
    assert (response.status_code, response["Location"]) == (301, "/ogc/collections/parks/items?limit=1")
    assert reader.get("/ogc").status_code == 301
    assert reader.get("/ogc//").status_code == reader.post("/ogc/collections/").status_code == 404


def test_addresses_are_told_where_the_site_is_beneath_a_path(reader, db):
    make_park("a", latitude="1", longitude="1")
    with override_script_prefix("/registry/"):
        told = reader.get(f"{PARKS}/a", SCRIPT_NAME="/registry").json()
        moved = reader.get("/ogc/collections/", SCRIPT_NAME="/registry")
    assert {each["href"].partition("?")[0] for each in told["links"]} == {
        "http://testserver/registry/ogc/collections/parks/items/a",
        "http://testserver/registry/ogc/collections/parks",
    }
    assert (moved.status_code, moved["Location"]) == (301, "/registry/ogc/collections")


def test_nothing_is_written_here(reader, editor, db):
    for client in (reader, editor):
        response = client.post(PARKS, {"slug": "new"})
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    told = reader.options(PARKS).json()
    assert told["formats"] == ["application/geo+json", "application/json", "text/html"]
    assert told["schema"] == f"{HOST}api"


def test_an_answer_at_hand_is_not_told_again(reader):
    park = make_park("a")
    for path in (PARKS, f"{PARKS}/a", f"{OGC}collections", OGC):
        first = reader.get(path)
        again = reader.get(path, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    park.name_en = "Other"
    tag = reader.get(PARKS)["ETag"]
    park.save()
    assert reader.get(PARKS, headers={"if-none-match": tag}).status_code == 200


def test_a_page_says_when_it_was_told(reader, db):
    before = timezone.now()
    stamp = get(reader, PARKS)["timeStamp"]
    assert f"{before:%Y-%m-%dT%H:%M:%S.%fZ}" < stamp < f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"


def test_pages_of_others_may_read_it(reader, db):
    response = reader.get(PARKS, headers={"origin": "https://map.example"})
    assert response["Access-Control-Allow-Origin"] == "*"
    asked = {"origin": "https://map.example", "access-control-request-method": "GET"}
    assert "GET" in reader.options(PARKS, headers=asked)["Access-Control-Allow-Methods"]


def test_too_many_requests_are_told_to_wait(reader, db, settings):
    settings.API_REQUESTS_PER_MINUTE = {"anonymous": 2, "token": 2}
    answers = [reader.get(OGC) for _each in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert "Retry-After" in answers[2]


def test_head_tells_the_headers_alone(reader):
    make_park("a")
    response = reader.head(PARKS)
    assert (response.status_code, response.content) == (200, b"")
    assert response["ETag"] == reader.get(PARKS)["ETag"]


@pytest.mark.parametrize(
    ("accept", "query", "expected"),
    [
        ("*/*", "", "application/geo+json"),
        ("application/geo+json, application/json", "", "application/geo+json"),
        ("application/json", "", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "", "text/html; charset=utf-8"),
        ("text/html", "f=json", "application/geo+json"),
        ("application/json", "f=html", "text/html; charset=utf-8"),
        ("image/png", "f=json", "application/geo+json"),
        ("image/png", "", None),
    ],
)
def test_the_format_is_that_of_f_or_the_one_liked_best(reader, db, accept, query, expected):
    response = reader.get(f"{PARKS}?{query}", headers={"accept": accept})
    if expected is None:
        assert response.status_code == 406
    else:
        assert (response.status_code, response["Content-Type"]) == (200, expected)
        assert "Accept" in response["Vary"]
        if "html" not in expected:
            assert json.loads(response.content)["type"] == "FeatureCollection"


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("", "application/json", "application/json"),
        (
            "api",
            "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json",
            "application/vnd.oai.openapi+json;version=3.0",
        ),
        ("conformance", "application/json", "application/json"),
        ("collections", "application/json", "application/json"),
        ("collections/parks", "application/json", "application/json"),
        ("collections/parks/items?limit=10", "application/geo+json, application/json", "application/geo+json"),
        ("collections/parks/items?f=json&limit=1000", "*/*", "application/geo+json"),
        (
            "collections/parks/items?limit=1000&bbox=119.99999999999999,31.000000000000004,121,33",
            "application/geo+json, application/json",
            "application/geo+json",
        ),
    ],
)
def test_what_qgis_asks_is_answered(reader, db, path, accept, expected):
    make_park("a")
    response = reader.get(OGC + path, headers={"accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, expected)
