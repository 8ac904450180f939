"""The list of parks and their map: the parks that the API gives, counted by facet, whatever is asked."""

import json
import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cities.models import Division
from core.documents import end_edit
from core.history import change
from parks.filters import ParkFilter
from parks.models import Park
from portal.addresses import address_of
from tests.factories import make_body, make_citation, make_division, make_park, make_role
from tests.parks.test_directory import ASKED, make_registry

PAGE, ZH, MAP, API = "/en/parks/", "/zh-hans/parks/", "/en/map/", "/api/v1/parks/"


@pytest.fixture
def registry(db):
    """64 parks that differ in all that they are chosen by."""
    with change():
        make_registry()


@pytest.fixture
def few(db):
    """Four parks of two provinces."""
    for code, name_en, name_zh in (
        ("320000", "Jiangsu", "江苏省"),
        ("340000", "Anhui", "安徽省"),
        ("321282", "Jingjiang", "靖江市"),
        ("320281", "Jiangyin", "江阴市"),
        ("340500", "Maanshan", "马鞍山市"),
    ):
        make_division(code, name_en=name_en, name_zh=name_zh)
        Division.objects.filter(code=code).update(name_en=name_en, name_zh=name_zh)
    Division.objects.filter(code="321282").update(longitude="120.27", latitude="32.02")
    Division.objects.filter(code="320281").update(longitude="120.28", latitude="31.92")
    bridge = make_park("bridge", host="321282", name_en="Bridge Park", name_zh="大桥园区", established="2003-08")
    make_role(bridge, division="320281")
    make_role(bridge, "LAND", body=make_body("company", name_en="Land Company"), division=None)
    make_citation(bridge, field="name_en", stance="DISPUTES", stated_value="Another")
    make_citation(bridge)
    anchor = make_park("anchor", host="320281", name_en="Anchor Park", name_zh="锚地园区", established="1999")
    make_role(anchor, division="340500")
    make_park("crane", host="340500", name_en="Crane Programme", is_programme=True, status="PROPOSED")
    make_park("dock", host="340500", name_en="Dock Park", longitude="118.5", latitude="31.7")
    end_edit()


def page(client, address=PAGE, **asked) -> str:
    response = client.get(address, asked)
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def slugs(html: str) -> list[str]:
    """The parks of a page, in order."""
    return re.findall(r'<h3>\s*<a href="/[-a-z]+/parks/([^/"]+)/"', html)


def all_slugs(client, address) -> list[str]:
    """The parks of a list, page by page along the links that lead from one to the next."""
    found = []
    while address:
        html = client.get(address).content.decode()
        found += slugs(html)
        following = re.search(r'<link rel="next" href="([^"]+)"', html)
        address = unescape(following[1]) if following else ""
    return found


def options(html: str, parameter: str) -> dict[str, tuple[str, int, bool]]:
    """What a facet tells: by value its name, its count and whether it is ticked."""
    inputs = re.findall(
        rf'<input type="checkbox"\s+name="{re.escape(parameter)}"\s+value="([^"]*)"\s*(checked)?\s*/>'
        r'\s*<span class="option-label">(.*?)</span>\s*<span class="option-count">(\d+)</span>',
        html,
        re.DOTALL,
    )
    return {value: (unescape(label), int(count), bool(checked)) for value, checked, label, count in inputs}


def links(html: str, pattern: str) -> list[str]:
    return [unescape(each) for each in re.findall(pattern, html)]


def exports(html: str) -> dict[str, str]:
    found = links(html, r'<a href="(/api/v1/parks\.[^"]+)"')
    return {urlsplit(each).path.rsplit(".", 1)[1]: each for each in found}


# --- The same parks as the API's -------------------------------------------------------------------------------------


# Committed, so that not each page reads all parks anew.
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_for_each_filter_the_parks_are_those_of_the_api(registry, client):
    for name in ParkFilter.known():
        stem = name.partition("__")[0]
        for text in [",".join(ASKED[stem])] if name.endswith("__in") else ASKED[stem]:
            told = client.get(API, {name: text, "limit": 100}).json()["results"]
            asked = f"{PAGE}?{urlencode({name: text})}"
            assert set(all_slugs(client, asked)) == {park["slug"] for park in told}, (name, text)
            if told:
                exported = exports(client.get(asked).content.decode())["ndjson"]
                lines = b"".join(client.get(exported).streaming_content).splitlines()
                assert {json.loads(line)["slug"] for line in lines} == {park["slug"] for park in told}


def test_every_export_carries_the_filters_and_gives_just_these_parks(few, client):
    html = page(client, within__in="340000", sort="-established")
    assert set(exports(html)) == {"csv", "xlsx", "geojson", "ndjson", "json"}
    for format, address in exports(html).items():
        response = client.get(address)
        assert response.status_code == 200, address
        body = b"".join(response.streaming_content) if response.streaming else response.content
        if format != "xlsx":
            assert b"dock" in body
            assert b"crane" in body
            assert b"bridge" not in body


def test_values_that_a_form_tells_one_by_one_are_any_of_them(registry, client):
    together = all_slugs(client, f"{PAGE}?within__in=320000,SG")
    assert all_slugs(client, f"{PAGE}?within__in=320000&within__in=SG&q=&sort=name") == together != []


# --- Facets -----------------------------------------------------------------------------------------------------------


def test_a_facet_counts_the_parks_that_each_value_would_leave(few, client):
    html = page(client)
    assert options(html, "within__in") == {"320000": ("Jiangsu", 2, False), "340000": ("Anhui", 2, False)}
    assert options(html, "partner__in") == {"320281": ("Jiangyin", 1, False), "340500": ("Maanshan", 1, False)}
    assert options(html, "span__in") == {
        "NONE": ("none", 2, False),
        "PREFECTURE": ("prefecture", 1, False),
        "PROVINCE": ("province", 1, False),
    }
    assert options(html, "status__in") == {"PROPOSED": ("proposed", 1, False), "ACTIVE": ("active", 3, False)}
    assert options(html, "decade__in") == {
        "1990": ("1990s", 1, False),
        "2000": ("2000s", 1, False),
        "unknown": ("not known", 2, False),
    }
    assert options(html, "disputed") == {"true": ("Some source disputes a fact", 1, False)}
    assert options(html, "is_programme") == {"true": ("Programme of several parks", 1, False)}


def test_a_facet_counts_with_what_all_others_leave_and_not_with_itself(few, client):
    html = page(client, within__in="340000", status__in="ACTIVE")
    assert slugs(html) == ["dock"]
    assert options(html, "within__in") == {"320000": ("Jiangsu", 2, False), "340000": ("Anhui", 1, True)}
    assert options(html, "status__in") == {"PROPOSED": ("proposed", 1, False), "ACTIVE": ("active", 1, True)}
    assert options(html, "partner__in") == {}


def test_what_is_chosen_can_be_taken_back_though_no_park_has_it(few, client):
    html = page(client, within="320000", decade="1980", disputed="false")
    assert "No park meets all of this." in html
    assert options(html, "within__in") == {"320000": ("Jiangsu", 0, True)}
    assert options(html, "decade__in")["1980"] == ("1980s", 0, True)
    assert options(html, "disputed") == {"false": ("No source disputes a fact", 0, True)}


def test_a_city_that_hosts_lie_in_is_counted_though_no_facet_tells_it(few, client):
    html = page(client, within="320200")
    assert slugs(html) == ["anchor"]
    assert options(html, "within__in")["320200"][1:] == (1, True)


def test_long_facets_tell_the_most_frequent_and_a_page_tells_all(db, client):
    for number in range(90):
        make_role(make_park(f"park-{number}", host="321282"), division=f"{330100 + number + 1}")
    make_role(Park.objects.get(slug="park-0"), division="330102")
    html = page(client)
    told = options(html, "partner__in")
    assert next(iter(told)) == "330102"
    assert len(told) == 66
    whole = links(html, r'class="facet-all" href="([^"]+)"')
    assert [urlsplit(each).query for each in whole] == ["all=partner__in"]
    assert len(options(client.get(whole[0]).content.decode(), "partner__in")) == 90


def test_what_is_asked_for_by_no_facet_goes_with_the_form_and_can_be_taken_off(few, client):
    html = page(client, established__gte="2000", q="park")
    assert slugs(html) == ["bridge"]
    assert '<input type="hidden" name="established__gte" value="2000" />' in html
    off = links(html, r'class="chip"\s+href="([^"]+)"')
    assert [dict(parse_qsl(urlsplit(each).query)) for each in off] == [{"established__gte": "2000"}, {"q": "park"}]


def test_of_several_chips_of_one_facet_each_takes_off_its_own(few, client):
    html = page(client, within__in="320000,340000", sort="established")
    off = links(html, r'class="chip"\s+href="([^"]+)"')
    assert [dict(parse_qsl(urlsplit(each).query)) for each in off] == [
        {"within__in": "340000", "sort": "established"},
        {"within__in": "320000", "sort": "established"},
    ]


# --- Rows, order and pages --------------------------------------------------------------------------------------------


def test_a_row_tells_who_runs_it_since_when_and_how_well_that_is_known(few, client):
    html = page(client, q="bridge")
    row = re.sub(r"<[^>]+>", " ", html[html.index('<li class="park-row">') :].partition("</li>")[0])
    assert " ".join(row.split()) == (
        "Bridge Park 大桥园区 Jingjiang with Jiangyin Land Company span: prefecture since August 2003"
        " 71% of 7 facts cited 1 disputed Compare : Bridge Park"
    )
    assert 'href="/en/divisions/321282/"' in html
    assert 'href="/en/bodies/company/"' in html
    assert '<input type="checkbox" name="parks" value="bridge" />' in html


def test_parks_are_ordered_as_asked_by_names_in_the_language_of_the_page(few, client):
    assert slugs(page(client)) == ["anchor", "bridge", "crane", "dock"]
    assert slugs(page(client, ZH)) == [*Park.objects.order_by("name_zh", "pk").values_list("slug", flat=True)]
    assert slugs(page(client, sort="established"))[:2] == ["anchor", "bridge"]
    assert slugs(page(client, sort="-established"))[:2] == ["bridge", "anchor"]
    Park.objects.filter(slug="bridge").update(website="https://example.org")
    Park.objects.filter(slug="crane").update(website="https://example.org")
    assert slugs(page(client, sort="-changed"))[:2] == ["crane", "bridge"]


def test_pages_lead_to_each_other_and_to_none_that_is_not_there(registry, client):
    first = page(client, status__in="ACTIVE")
    assert len(slugs(first)) == 24
    assert 'rel="prev"' not in first
    assert links(first, r'<link rel="next" href="([^"]+)"') == [f"{PAGE}?status__in=ACTIVE&page=2"]
    last = page(client, status__in="ACTIVE", page="3")
    assert 'rel="next"' not in last
    assert links(last, r'<link rel="prev" href="([^"]+)"') == [f"{PAGE}?status__in=ACTIVE&page=2"]
    assert client.get(PAGE, {"page": "4"}).status_code == 404
    assert client.get(PAGE, {"page": "1000000"}).status_code == 404


def test_a_page_asks_the_database_as_often_for_three_parks_as_for_one(db, client):
    asked = []
    # The first page asks too what is known from then on: whether documents are marked, which kinds of record there are.
    for shown in (1, 2, 4):
        while Park.objects.count() < shown:
            make_role(make_park(host="321282"), division="320281")
        end_edit()
        with CaptureQueriesContext(connection) as queries:
            assert len(slugs(page(client))) == shown
        asked.append(len(queries))
    assert asked[1] == asked[2] <= 16


# --- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [PAGE, ZH, MAP])
@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "withinn=320000",
        "within=320999",
        "within__in=",
        "within__in=,,",
        "within__in=" + ",".join(str(number) for number in range(100)),
        "span=WIDE",
        "decade=1995",
        "decade=0000",
        "decade__in=1990,",
        "q=%00",
        "q=%E2%80%94",
        "q=" + "x" * 5000,
        "q=a&q=b",
        "established__gte=yesterday",
        "bbox=1,2,3",
        "bbox=9,9,1,1,1",
        "bbox=nan,nan,nan,nan",
        "bbox=1e400,0,1,1",
        "zoom=-1",
        "zoom=1e3",
        "page=0",
        "page=-1",
        "page=99999999999999999999999",
        "page=١",
        "sort=name;DROP",
        "all=everything",
        "known=2020-01-01T00:00:00Z",
        "%00=1",
        "x" * 3000 + "=1",
        "&".join(f"a{number}=1" for number in range(900)),
    ],
)
def test_what_cannot_be_asked_is_refused_clearly(few, client, address, query):
    response = client.get(f"{address}?{query}")
    if query == "within__in=":
        # An empty field of a form asks for nothing.
        assert response.status_code == 200
        return
    assert response.status_code == 400
    assert len(response.content) < 20_000


def test_thousands_of_parameters_are_refused_at_once(few, client):
    assert client.get(f"{PAGE}?{'&'.join(f'a{number}=1' for number in range(5000))}").status_code == 400


def test_a_refusal_tells_what_is_allowed(few, client):
    assert "span: There is no “WIDE” here." in unescape(client.get(PAGE, {"span": "WIDE"}).content.decode())
    assert "NATION" in client.get(PAGE, {"span": "WIDE"}).content.decode()
    told = client.get(MAP, {"bbox": "x"}).json()["errors"]
    assert [error["parameter"] for error in told] == ["bbox"]


# --- The map ----------------------------------------------------------------------------------------------------------


def test_the_map_tells_parks_at_their_place_with_lines_to_their_partners(few, client):
    response = client.get(MAP, {"bbox": "110,25,125,40", "zoom": "6"})
    assert response["Content-Type"] == "application/geo+json"
    told = response.json()
    assert told["type"] == "FeatureCollection"
    # Maanshan and with it the programme have no place.
    features = {(each["properties"]["kind"], each["properties"].get("name", "")): each for each in told["features"]}
    assert sorted(features) == [
        ("line", ""),
        ("park", "Anchor Park"),
        ("park", "Bridge Park"),
        ("park", "Dock Park"),
        ("partner", "Jiangyin"),
    ]
    assert features["park", "Bridge Park"] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [120.27, 32.02]},
        "properties": {
            "kind": "park",
            "name": "Bridge Park",
            "address": "/en/parks/bridge/",
            "status": "ACTIVE",
            "place": "division",
        },
    }
    assert features["park", "Dock Park"]["properties"]["place"] == "own"
    assert features["line", ""]["geometry"]["coordinates"] == [[120.27, 32.02], [120.28, 31.92]]
    assert features["line", ""]["properties"] == {"kind": "line", "park": "bridge"}


def test_the_map_shows_what_the_list_has_chosen(few, client):
    html = page(client, within="340000", bbox="118,31,119,32", sort="name")
    (source,) = set(links(html, r'data-source="([^"]+)"'))
    assert dict(parse_qsl(urlsplit(source).query)) == {"within__in": "340000", "area": "118,31,119,32"}
    told = client.get(f"{source}&bbox=70,10,140,54&zoom=3").json()["features"]
    assert [each["properties"]["name"] for each in told] == ["Dock Park"]


def test_parks_at_one_spot_are_named_and_lead_to_their_list(few, client):
    for number in range(25):
        make_park(f"more-{number}", host="321282", name_en=f"More {number}")
    (cluster,) = [
        each["properties"]
        for each in client.get(MAP, {"bbox": "119,31,121,33", "zoom": "12"}).json()["features"]
        if each["properties"]["kind"] == "cluster"
    ]
    assert (cluster["count"], len(cluster["parks"]), cluster["address"]) == (26, 20, "/en/parks/?host=321282")
    assert cluster["bbox"] == [120.27, 32.02, 120.27, 32.02]
    assert cluster["parks"][0] == {"name": "Bridge Park", "address": "/en/parks/bridge/"}
    assert len(all_slugs(client, cluster["address"])) == 26


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_who_has_the_map_already_is_told_so(client):
    make_park("bridge", longitude="120.5", latitude="32")
    first = client.get(MAP, {"zoom": "4"})
    again = client.get(MAP, {"zoom": "4"}, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    make_park("another", longitude="120.5", latitude="32")
    assert client.get(MAP, {"zoom": "4"}, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_no_slug_of_a_park_is_the_address_of_anything_else(client, db):
    for slug in ("map", "parks", "changes", "search"):
        park = make_park(slug, name_en=f"Park of {slug}")
        assert re.search(rf"<title>\s*{park.name_en}\s", client.get(address_of(park)).content.decode())
