"""The page of the search, and what it suggests while somebody types."""

import re

import pytest
from django.db import connection

from core.documents import end_edit
from tests.factories import make_agreement, make_division, make_park, make_park_name
from tests.pages import words

PAGE, SUGGEST = "/en/search/", "/en/search/suggest/"


@pytest.fixture
def registry(db):
    make_division("320000", name_en="Jiangsu", name_zh="江苏省", pinyin="Jiangsu")
    make_division("320200", name_en="Wuxi", name_zh="无锡市", pinyin="Wuxi")
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin")
    make_division("321200", name_en="Taizhou", name_zh="泰州市", pinyin="Taizhou")
    park = make_park("bridge", host="321282", name_en="Jiangyin-Jingjiang Park", name_zh="江阴—靖江工业园区")
    park.host.name_en, park.host.name_zh = "Jingjiang", "靖江市"
    park.host.save()
    make_park_name(park, "江阴经济开发区靖江园区", kind="FORMER", until="2006")
    make_agreement("treaty", title_en="Agreement on the Jiangyin park", title_zh="", signed_on="2003-08")


def suggested(client, q, address=SUGGEST, **asked):
    return client.get(address, {"q": q, **asked}).json()


PARK = {
    "kind": "park",
    "kind_name": "park",
    "key": "bridge",
    "name": "Jiangyin-Jingjiang Park",
    "language": "en",
    "matched": "",
    "where": "Jingjiang, Taizhou, Jiangsu",
    "address": "/en/parks/bridge/",
}
CITY = {
    "kind": "division",
    "kind_name": "county-level city",
    "key": "320281",
    "name": "Jiangyin",
    "language": "en",
    "matched": "",
    "where": "Wuxi, Jiangsu",
    "address": "/en/divisions/320281/",
}
TREATY = {
    "kind": "agreement",
    "kind_name": "agreement",
    "key": "treaty",
    "name": "Agreement on the Jiangyin park",
    "language": "en",
    "matched": "",
    "where": "August 2003",
    "address": "/en/agreements/treaty/",
}


def test_suggestions_are_the_best_matches_first_with_where_each_lies(client, registry):
    assert suggested(client, "jiangyin") == {"results": [CITY, PARK, TREATY], "is_cut": False}


def test_suggestions_tell_the_name_that_matched_where_it_is_another(client, registry):
    assert suggested(client, "经济开发区") == {
        "results": [PARK | {"matched": "江阴经济开发区靖江园区"}],
        "is_cut": False,
    }


def test_search_reads_traditional_characters(client, registry):
    assert suggested(client, "經濟開發區") == suggested(client, "经济开发区")
    assert "江阴经济开发区靖江园区" in client.get("/en/search/", {"q": "經濟開發區"}).content.decode()


def test_suggestions_are_in_the_language_of_the_page(client, registry):
    assert suggested(client, "jiangyin jing", "/zh-hans/search/suggest/") == {
        "results": [
            PARK
            | {
                "kind_name": "园区",
                "name": "江阴—靖江工业园区",
                "language": "zh-Hans",
                "matched": "Jiangyin-Jingjiang Park",
                "where": "江苏省泰州市靖江市",
                "address": "/zh-hans/parks/bridge/",
            }
        ],
        "is_cut": False,
    }
    # no Chinese title: the English one, and it is said that it is
    (treaty,) = suggested(client, "agreement", "/zh-hans/search/suggest/")["results"]
    assert (treaty["name"], treaty["language"]) == ("Agreement on the Jiangyin park", "en")


def test_suggestions_can_be_of_one_kind(client, registry):
    assert suggested(client, "jiangyin", kind="agreement") == {"results": [TREATY], "is_cut": False}


@pytest.mark.parametrize("q", ["", "—", "nobody", "%", "'; DROP TABLE"])
def test_suggestions_of_what_finds_nothing_are_none(client, registry, q):
    assert suggested(client, q) == {"results": [], "is_cut": False}


def test_suggestions_are_ten_at_most_and_say_that_there_are_more(client, db):
    for number in range(11):
        make_park(name_en=f"Northern park {number}")
    answer = suggested(client, "northern")
    assert (len(answer["results"]), answer["is_cut"]) == (10, True)


def test_suggestions_ask_the_database_as_often_for_ten_as_for_one(client, registry, django_assert_num_queries):
    for number in range(10):
        make_park(f"west-{number}", host="321282", name_en=f"Western park {number}" if number else "Faraway park")
    end_edit()
    # whether the registry is settled is asked but once; on PostgreSQL each time, as the test has an edit open
    suggested(client, "jiangyin")
    expected = 12 if connection.vendor == "postgresql" else 11
    # the revision; how common the text is; what waits to be rendered, of each of three kinds; what is kept; parks and
    # their names; hosts, prefectures, provinces
    for q, count in (("faraway", 1), ("western", 9)):
        with django_assert_num_queries(expected):
            assert len(suggested(client, q)["results"]) == count


def test_suggestions_may_be_kept_for_a_minute_and_are_known_by_their_tag(client, registry):
    response = client.get(SUGGEST, {"q": "jiangyin"})
    assert response["Cache-Control"] == "public, max-age=60"
    again = client.get(SUGGEST, {"q": "jiangyin"}, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"q": "x" * 201}, "q: Ensure this value has at most 200 characters (it has 201)."),
        ({"kind": "city"}, "kind: There is no “city” here."),
        ({"w": "x"}, "w: There is no such parameter here. See the allowed ones."),
    ],
)
def test_suggestions_refuse_what_they_cannot_understand(client, db, asked, detail):
    response = client.get(SUGGEST, asked)
    assert response.status_code == 400
    assert [error["detail"] for error in response.json()["errors"]] == [detail]


# --- The page -------------------------------------------------------------------------------------------------------


def test_the_search_groups_what_it_finds_by_kind(client, registry):
    text = words(client.get(PAGE, {"q": "jiangyin"}).content)
    assert "3 records have every word of it in some name." in text
    assert "Parks 1 Jiangyin-Jingjiang Park 江阴—靖江工业园区 Jingjiang, Taizhou, Jiangsu" in text
    assert "Divisions 1 Jiangyin 江阴市 county-level city · Wuxi, Jiangsu" in text
    assert "Agreements 1 Agreement on the Jiangyin park August 2003" in text


def test_the_search_tells_what_matched_where_it_is_not_shown(client, registry):
    assert "· found as: 江阴经济开发区靖江园区" in words(client.get(PAGE, {"q": "经济开发区"}).content)
    assert "found as" not in words(client.get(PAGE, {"q": "江阴市"}).content)


def test_the_search_keeps_what_was_asked_in_its_field(client, registry):
    html = client.get(PAGE, {"q": '"><script>alert(1)</script>'}).content.decode()
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in html
    assert "<script>alert" not in html


def test_the_search_of_nothing_says_what_can_be_typed(client, db):
    response = client.get(PAGE)
    assert response.status_code == 200
    assert "Pinyin of any Chinese name, with tones or without." in words(response.content)


def test_the_search_that_finds_nothing_tells_names_that_are_like_it(client, registry):
    text = words(client.get(PAGE, {"q": "Jiangyin Jingjang Park"}).content)
    assert "Nothing has such a name. Names that are like it Jiangyin-Jingjiang Park" in text


def test_the_search_leads_on_through_one_kind_page_by_page(client, db):
    for number in range(60):
        make_park(f"park-{number:02}", name_en=f"Northern park {number:02}")
    first = client.get(PAGE, {"q": "northern"}).content.decode()
    assert words(first).count("Northern park") == 6
    assert '<a href="?q=northern&amp;kind=park">' in first
    told = []
    for number in (1, 2, 3):
        page = words(client.get(PAGE, {"q": "northern", "kind": "park", "page": number}).content)
        assert f"Page {number} of 3" in page
        told += re.findall(r"Northern park \d\d", page)
    assert (len(told), len(set(told))) == (60, 60)
    # beyond the last page is the last page
    assert "Page 3 of 3" in words(client.get(PAGE, {"q": "northern", "kind": "park", "page": 9}).content)


def test_the_search_refuses_what_it_cannot_understand(client, db):
    response = client.get(PAGE, {"q": "jiangyin", "page": "0"})
    assert response.status_code == 400
    assert "page: Write a whole number from 1 to 5000." in words(response.content)


def test_the_section_of_a_page_is_marked_in_its_head(client, registry):
    def marked(address):
        html = client.get(address).content.decode()
        return re.findall(r'<a href="([^"]*)"\s+aria-current="(\w+)"', html)

    assert marked("/en/network/") == [("/en/network/", "page")]
    assert marked("/en/parks/bridge/") == [("/en/parks/", "true")]
    assert marked(PAGE) == []
