"""The front page and the page of changes."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.history import change
from parks.models import Park
from portal import changed
from tests.factories import (
    make_agreement,
    make_citation,
    make_division,
    make_park,
    make_role,
    make_source,
    make_whole_park,
)
from tests.pages import items, rows, section, words

HOME, CHANGES = "/en/", "/en/changes/"


@pytest.fixture
def example(db, settings):
    settings.EXAMPLE_PARK = "bridge"
    make_division("320281", name_en="Jiangyin", name_zh="江阴市")
    make_division("321282", name_en="Jingjiang", name_zh="靖江市")
    park = make_park("bridge", host="321282", name_en="Bridge park", name_zh="桥园", established="2003")
    role = make_role(park, "OPERATIONS", division="320281", since="2003")
    make_role(park, "LAND", division="321282", since="2003", until="2010")
    make_citation(park, field="established", source=make_source(title="The yearbook"))
    make_citation(role, source=make_source(title="The daily"))
    return park


def test_the_example_is_told_from_its_record_with_notes(client, example):
    page = client.get(HOME)
    text = words(section(page, "example"))
    assert text.startswith("For example Bridge park no source yet 桥园 Lies in Jingjiang no source yet")
    assert "established 2003 Note 1" in text
    assert "operations Jiangyin Note 2" in text
    # what was held until 2010 is not told today
    assert "land" not in text
    assert [item.split(",")[0] for item in items(section(page, "notes-title"))] == ["The yearbook", "The daily"]


def test_a_registry_without_the_example_has_a_front_page_all_the_same(client, db):
    page = client.get(HOME)
    assert page.status_code == 200
    assert section(page, "example") == ""
    assert "Nothing has been recorded yet." in words(page.content)


def test_each_number_of_the_front_page_leads_to_where_it_can_be_checked(client, example):
    make_agreement()
    html = section(client.get(HOME), "numbers")
    told = re.findall(r'(?s)<dt>([^<]+)</dt>.*?<a href="([^"]+)">([^<]+)</a>', html)
    assert told == [
        ("Parks", "/en/parks/", "1"),
        ("Agreements", "/en/agreements/", "1"),
        ("Sources", "/en/sources/", "2"),
        # a park and two roles, of which one role has no source
        ("Facts", "/en/about/#facts", "3"),
        ("Facts with a source", "/en/about/#facts", "66%"),
    ]


def test_the_ways_in_are_by_province_function_and_span(client, example):
    make_role(make_park(host="330100"), "OPERATIONS", division="320281")
    html = section(client.get(HOME), "ways")
    told = [
        (address, number) for address, number in re.findall(r'<a href="([^"]+)">[^<]*</a>\s*<span[^>]*>(\d+)', html)
    ]
    assert told == [
        ("/en/parks/?within__in=320000", "1"),
        ("/en/parks/?within__in=330000", "1"),
        ("/en/parks/?function__in=OPERATIONS", "2"),
        ("/en/parks/?function__in=LAND", "1"),
        ("/en/parks/?span__in=PREFECTURE", "1"),
        ("/en/parks/?span__in=PROVINCE", "1"),
    ]
    for address, _number in told:
        assert client.get(address).status_code == 200


def test_the_front_page_asks_the_database_as_often_for_many_facts_as_for_few(client, example):
    client.get(HOME)
    counts = []
    for number in range(3):
        for _each in range(number * 4):
            with change(reason="More"):
                make_role(example, "SAFETY", division=f"33{number}{_each}00")
                make_whole_park()
        with CaptureQueriesContext(connection) as asked:
            client.get(HOME)
        counts.append(len(asked))
    assert counts[1] == counts[2]


# --- Changes --------------------------------------------------------------------------------------------------------


def articles(response) -> list[str]:
    return [words(each) for each in re.findall(r"(?s)<article.*?</article>", response.content.decode())]


def test_a_change_is_told_in_words_by_record(client, example):
    source = make_source("daily", title="The daily news")
    with change(reason="Read it", source="daily", origin="ADMIN"):
        Park.objects.filter(pk=example.pk).update(status="CLOSED", crosses="Tai Hu")
        make_role(example, "SAFETY", division="320281")
    told = articles(client.get(CHANGES))[0]
    assert re.sub(r"^\S+ \S+ ", "", told) == (
        "admin Read it Bridge park created: 1 co-management role · changed: 1 park"
        " Park: Bridge park, bridge Status active → closed Crosses — → Tai Hu"
        " Co-management role: safety, Jiangyin 江阴市 (320281), in force created"
        f" Source: {source.title}"
    )


def test_the_front_page_tells_the_latest_changes_without_their_rows(client, example):
    with change(reason="Closed it"):
        Park.objects.filter(pk=example.pk).update(status="CLOSED")
    told = re.findall(r"(?s)<article.*?</article>", section(client.get(HOME), "latest"))
    assert words(told[0]).endswith("Closed it Bridge park changed: 1 park")
    assert 'href="/en/parks/bridge/"' in told[0]


def test_what_is_no_longer_there_is_told_by_its_last_name(client, db):
    park = make_park("gone", name_en="Gone park")
    with change(reason="Twice there"):
        park.delete()
    html = client.get(CHANGES).content.decode()
    assert "Twice there Gone park deleted: 1 park" in words(html)
    assert "/en/parks/gone/" not in html


def test_a_large_change_is_told_in_one_line_of_numbers(client, db, monkeypatch):
    monkeypatch.setattr(changed, "LARGE", 4)
    with change(reason="An import", origin="IMPORT"):
        make_division("320281")
        for _each in range(4):
            make_park(host="321282")
    for _again in range(2):
        [told] = articles(client.get(CHANGES))
        assert re.sub(r"^\S+ \S+ ", "", told) == "import An import created: 5 divisions, 4 parks"


def test_what_was_loaded_is_told_by_its_files(client, db):
    with change(reason="loaddata divisions parks", origin="FIXTURE"):
        make_park("north", name_en="North park")
    [told] = articles(client.get(CHANGES))
    assert re.sub(r"^\S+ \S+ ", "", told).startswith("Loaded from files: divisions, parks ")


def test_the_changes_go_on_from_the_last_one_told(client, db):
    for number in range(45):
        with change(reason=f"Edit {number:02}"):
            make_source()
    told, address = [], CHANGES
    while address:
        html = client.get(address).content.decode()
        told += re.findall(r"Edit \d\d", html)
        found = re.search(r'<a rel="next"\s+href="([^"]+)"', html)
        address = found and CHANGES + found[1]
    assert told == [f"Edit {number:02}" for number in reversed(range(45))]


def test_the_changes_of_a_park_are_its_own_alone_and_counted_whole(client, example):
    with change(reason="Both"):
        other = make_park("other", name_en="Other park")
        for number in range(12):
            make_role(example, "OTHER", division=f"33{number + 10}00")
    page = client.get(CHANGES, {"park": "bridge"})
    told = articles(page)[0]
    assert "Bridge park created: 12 co-management roles" in told
    assert "and 4 more" in told
    assert other.name_en not in words(page.content)
    assert "Changes of Bridge park" in words(page.content)


@pytest.mark.parametrize(
    ("asked", "detail"),
    [({"park": "nowhere"}, "park: There is no park “nowhere”."), ({"before": "x"}, "before: Write a whole number")],
)
def test_changes_refuse_what_they_cannot_understand(client, db, asked, detail):
    response = client.get(CHANGES, asked)
    assert response.status_code == 400
    assert detail in words(response.content)


# --- About ----------------------------------------------------------------------------------------------------------


def test_the_numbers_of_the_page_about_the_registry_are_those_of_the_database(client, example):
    page = client.get("/en/about/")
    text = words(page.content)
    assert "3 facts about 1 parks from 2 sources, which are cited 2 times. 66% of the facts have a source." in text
    told = {row[0]: row[1:] for row in rows(page.content.decode()) if row[1] != "0"}
    assert told == {
        "Kind of fact": ["All", "With a source", "Disputed"],
        "Parks": ["1", "1", "0"],
        "Co-management roles": ["2", "1", "0"],
    }


def test_a_mistake_is_told_to_whoever_the_operator_names(client, db, settings):
    assert "Tell us of it" not in words(client.get("/en/about/").content)
    settings.CONTACT = "mailto:parks@example.org"
    assert '<a href="mailto:parks@example.org">Tell us of it</a>' in client.get("/en/about/").content.decode()


@pytest.mark.parametrize("page", ["", "about/", "changes/", "network/", "search/", "compare/"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_is_there_in_each_language_empty_too(client, db, page, language):
    assert client.get(f"/{language}/{page}").status_code == 200
