"""One search over parks, divisions and agreements, by any name in any language, best match first."""

import pytest
from django.db import connection

from core.documents import end_edit
from core.models import Change
from core.text import DASHES
from tests.api.test_lists import queries_of
from tests.factories import make_agreement, make_body, make_division, make_park, make_park_name

SEARCH = "/api/v1/search/"


@pytest.fixture
def registry(db):
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin")
    make_division("340600", name_en="Huaibei", name_zh="淮北市", pinyin="Huaibei")
    park = make_park(
        "jiangyin-jingjiang", host="320281", name_en="Jiangyin-Jingjiang Park", name_zh="江阴—靖江工业园区"
    )
    make_park_name(park, "江阴经济开发区靖江园区", kind="FORMER", until="2006")
    make_park_name(park, "Jingjiang Yuanqu", language="zh-Latn", kind="TRANSLITERATION")
    make_agreement("treaty", title_en="Agreement on the Jiangyin park", title_zh="关于江阴园区的协议")


def found(client, q, **query):
    response = client.get(SEARCH, {"q": q, **query})
    assert response.status_code == 200, response.content
    return [
        (each["kind"], next(iter(each["record"].values())), each["match"], each["matched"])
        for each in response.json()["results"]
    ]


PARK, CITY, TREATY = ("park", "jiangyin-jingjiang"), ("division", "320281"), ("agreement", "treaty")


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        (
            "jiangyin",
            [
                (*CITY, "exact", "Jiangyin"),
                (*PARK, "start", "Jiangyin-Jingjiang Park"),
                (*TREATY, "part", "Agreement on the Jiangyin park"),
            ],
        ),
        (
            "江阴",
            [
                (*CITY, "exact", "江阴市"),
                (*PARK, "start", "江阴—靖江工业园区"),
                (*TREATY, "part", "关于江阴园区的协议"),
            ],
        ),
        ("江阴市", [(*CITY, "exact", "江阴市")]),
        ("320281", [(*CITY, "exact", "320281")]),
        ("经济开发区", [(*PARK, "part", "江阴经济开发区靖江园区")]),
        ("JINGJIANG yuanqu", [(*PARK, "exact", "Jingjiang Yuanqu")]),
        ("jiāngyīn jīngjì kāifā", [(*PARK, "start", "江阴经济开发区靖江园区")]),
        ("guanyu", [(*TREATY, "start", "关于江阴园区的协议")]),
        ("park   jingjiang", [(*PARK, "words", "Jiangyin-Jingjiang Park")]),
        ("huaibei jiangyin", []),
        ("100%", []),
        ("'; DROP TABLE", []),
    ],
)
def test_a_search_finds_by_any_name_and_tells_the_best_match_first(reader, registry, q, expected):
    assert found(reader, q) == expected


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("q", ["江阴", "Jiangyin"])
def test_of_equal_divisions_those_of_a_higher_level_come_first(reader, db, kept, q):
    for code, word in (("320281", "市"), ("320199", "区"), ("990000", "省"), ("991200", "市"), ("JY", "")):
        make_division(code, name_en="Jiangyin", name_zh=f"江阴{word}", pinyin="Jiangyin")
    make_park("jiangyin", host="320281", name_zh="江阴市", name_en="Jiangyin Park")
    if kept:
        end_edit()
    codes = [key for _kind, key, match, _matched in found(reader, q) if match == "exact"]
    assert codes == ["JY", "990000", "991200", "320199", "320281"]


@pytest.mark.parametrize("q", ["lvliang", "luliang", "Lüliang", "吕梁"])
def test_a_u_with_dots_may_be_typed_as_u_or_v(reader, db, q):
    make_division("141100", name_en="Luliang", name_zh="吕梁市", pinyin="Lüliang")
    assert [(key, match) for _kind, key, match, _matched in found(reader, q)] == [("141100", "exact")]


def test_what_is_found_is_told_as_a_reference(reader, registry):
    assert reader.get(SEARCH, {"q": "treaty"}).json() == {"count": 0, "next": None, "previous": None, "results": []}
    assert reader.get(SEARCH, {"q": "协议"}).json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "kind": "agreement",
                "match": "part",
                "matched": "关于江阴园区的协议",
                "record": {
                    "slug": "treaty",
                    "title_en": "Agreement on the Jiangyin park",
                    "title_zh": "关于江阴园区的协议",
                    "signed_on": "",
                    "url": "http://testserver/api/v1/agreements/treaty/",
                },
            }
        ],
    }


def test_pages_of_a_search_go_on_where_the_last_ended(reader, registry):
    whole = found(reader, "jiangyin")
    pages = [each for offset in range(3) for each in found(reader, "jiangyin", limit=1, offset=offset)]
    assert pages == whole


def test_a_search_asks_as_often_for_three_parks_as_for_one(reader, registry):
    end_edit()
    # what waits of each kind; the page, which is not full and so not counted; the parks, their names, the divisions
    # and the agreements on it
    expected = 8
    if connection.vendor == "postgresql":
        # in the transaction of a test: what it has written to is marked
        expected += 1
    assert queries_of(reader, f"{SEARCH}?q=jiangyin")[0] == expected
    for number in range(2):
        make_park_name(make_park(name_en=f"Jiangyin {number}"))
    end_edit()
    count, response = queries_of(reader, f"{SEARCH}?q=jiangyin")
    assert (count, response.json()["count"]) == (expected, 5)


@pytest.mark.parametrize("dash", [*DASHES, "一", " - ", " ", ""])
@pytest.mark.parametrize("printed", ["—", "－", "一"])
def test_a_name_is_found_whichever_dash_is_typed_or_printed(reader, db, dash, printed):
    name = f"江阴{printed}靖江工业园区"
    make_park("park", name_zh=name)
    assert found(reader, f"江阴{dash}靖江工业园区") == [("park", "park", "exact", name)]
    listed = reader.get("/api/v1/parks/", {"q": f"江阴{dash}靖江工业"}).json()["results"]
    assert [each["slug"] for each in listed] == ["park"]


@pytest.mark.parametrize("printed", ["深圳(哈尔滨)产业园区", "深圳（哈尔滨）产业园区"])
@pytest.mark.parametrize("typed", ["深圳(哈尔滨)产业园区", "深圳（哈尔滨）产业园区"])
def test_a_name_is_found_whichever_width_its_brackets_have(reader, db, typed, printed):
    make_park_name(make_park("park"), printed)
    assert found(reader, typed) == [("park", "park", "exact", printed)]
    assert [each["slug"] for each in reader.get("/api/v1/parks/", {"q": typed}).json()["results"]] == ["park"]


@pytest.mark.parametrize(
    ("resource", "q", "expected"),
    [
        ("parks", "gongye  jiangyin", ["jiangyin-jingjiang"]),
        ("parks", "yuanqu 开发区", ["jiangyin-jingjiang"]),
        ("parks", "江阴 — 靖江", ["jiangyin-jingjiang"]),
        ("parks", "gongye huaibei", []),
        ("agreements", "xieyi Agreement", ["treaty"]),
        ("divisions", "江阴 3202", ["320281"]),
        ("bodies", "jiangyin guanweihui", ["committee"]),
        ("bodies", "guanweihui huaibei", []),
    ],
)
def test_lists_keep_what_has_each_word_in_some_name(reader, registry, resource, q, expected):
    make_body("committee", name_en="Jiangyin Committee", name_zh="（江阴）管委会")
    for known in ({}, {"known": Change.objects.latest("at").at.isoformat().replace("+00:00", "Z")}):
        told = reader.get(f"/api/v1/{resource}/", {"q": q, **known}).json()["results"]
        assert [next(iter(each[name] for name in ("slug", "code") if name in each)) for each in told] == expected


@pytest.mark.parametrize("q", ["—", "（", "%", "🙂", "_ '"])
@pytest.mark.parametrize("resource", ["search", "parks", "agreements", "divisions", "cities", "bodies"])
def test_a_text_without_any_letter_is_refused(reader, db, resource, q):
    response = reader.get(f"/api/v1/{resource}/", {"q": q})
    detail = f"q: “{q}” has no letter or digit, and names are searched by these alone: write some."
    assert (response.status_code, response.json()["errors"]) == (400, [{"parameter": "q", "detail": detail}])


@pytest.mark.parametrize("resource", ["sources", "remarks", "officials", "industries"])
def test_where_plain_text_is_searched_any_character_is_looked_for(reader, db, resource):
    assert reader.get(f"/api/v1/{resource}/", {"q": "—"}).json()["results"] == []


def test_wide_letters_are_read_as_narrow_ones(reader, registry):
    assert found(reader, "Ｊiangyin") == found(reader, "Jiangyin") != []
