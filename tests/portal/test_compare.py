"""Parks beside each other."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    make_citation,
    make_division,
    make_indicator,
    make_observation,
    make_park,
    make_role,
    make_share,
    make_source,
    make_whole_park,
)
from tests.pages import items, rows, section, words

PAGE = "/en/compare/"


@pytest.fixture
def parks(db):
    make_division("320281", name_en="Jiangyin", name_zh="江阴市")
    make_division("321282", name_en="Jingjiang", name_zh="靖江市")
    gdp = make_indicator("gdp", name_en="Gross product")
    for slug, since, percent in (("east", "2003", 50), ("west", "2008", 40)):
        park = make_park(slug, host="321282", name_en=f"{slug.title()} park", established=since)
        make_role(park, "OPERATIONS", division="320281", since=since)
        make_share(park, division="320281", percent=percent, since=since)
        make_observation(park, gdp, period=since, value="1000")
        make_observation(park, gdp, period="2012-H1", value=percent * 1_000_000)
        make_observation(park, gdp, period="2030", value="9000000", kind="TARGET")
    make_observation(park, make_indicator("jobs"), period="2012", value="7")
    make_share(park, "PROFIT", division="320281", percent=None, amount="20000000", since="2008")


def compared(client, **asked) -> dict[str, list[str]]:
    """The cells of each row by its title."""
    response = client.get(PAGE, {"parks": "east,west", "on": "2012", **asked})
    assert response.status_code == 200
    return {row[0]: row[1:] for row in rows(response.content.decode())}


def test_parks_are_told_side_by_side(client, parks):
    told = compared(client)
    assert told["Established (differs)"] == ["2003 no source yet", "2008 no source yet"]
    assert told["Host"] == ["Jingjiang no source yet"] * 2
    assert told["Partners"] == ["Jiangyin no source yet"] * 2
    assert told["Span"] == ["prefecture"] * 2
    assert told["Operations"] == ["Jiangyin no source yet since 2003", "Jiangyin no source yet since 2008"]
    assert told["Tax revenue (differs)"] == [
        "Jiangyin: 50% no source yet of the total, since 2003",
        "Jiangyin: 40% no source yet of the total, since 2008",
    ]
    assert told["Profit (differs)"] == [
        "nothing on record",
        "Jiangyin: 20 million yuan a year no source yet of the total, since 2008",
    ]


def test_figures_are_the_newest_that_several_have_with_targets_apart(client, parks):
    told = compared(client)
    assert told["Gross product (differs)"] == [
        "50 million yuan no source yet January to June 2012",
        "40 million yuan no source yet January to June 2012",
    ]
    assert told["Gross product (target)"] == ["9 million yuan no source yet 2030"] * 2
    assert "Indicator jobs" not in told


def test_what_was_held_is_told_of_the_day(client, parks):
    told = compared(client, on="2005")
    assert told["Operations (differs)"] == ["Jiangyin no source yet since 2003", "nothing on record"]
    assert told["Whether it existed (differs)"] == ["was there", "not there then"]
    assert compared(client, on="2008")["Operations (differs)"][1] == "Jiangyin no source yet possible since 2008"


def test_only_what_differs_can_be_told(client, parks):
    told = compared(client, only="differences")
    assert "Host" not in told
    assert {title for title in told if title and not title.endswith("(differs)")} == {
        "The park",
        "Who does what",
        "Who gets what",
        "Latest figures that several of them have",
        "Agreements and evidence",
    }


def test_each_fact_has_its_notes(client, parks):
    park = make_park("third", host="321282", established="2001")
    make_citation(park, field="established", source=make_source(title="The yearbook"))
    response = client.get(PAGE, {"parks": "east,third"})
    assert "2001 Note 1" in words(response.content)
    assert [item.split(",")[0] for item in items(section(response, "notes-title"))] == ["The yearbook"]


def test_a_list_may_give_each_park_by_itself(client, parks):
    response = client.get(f"{PAGE}?parks=east&parks=west")
    assert response.status_code == 200
    assert "East park" in words(response.content)
    assert len(re.findall(r'<th scope="col">', response.content.decode())) == 2


# --- Too few, too many, unknown ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{}, {"parks": "east"}, {"parks": ",,east,"}, {"parks": "east,east"}])
def test_fewer_than_two_ask_for_another(client, parks, asked):
    response = client.get(PAGE, asked)
    assert response.status_code == 200
    text = words(response.content)
    assert "Choose two to four parks" in text
    assert ("A park was given twice; it is told once." in text) == (asked.get("parks") == "east,east")
    assert rows(response.content.decode()) == []


def test_five_are_too_many_and_each_can_be_taken_away(client, parks):
    for slug in ("a", "b", "c"):
        make_park(slug)
    response = client.get(PAGE, {"parks": "east,west,a,b,c"})
    assert response.status_code == 400
    assert "Four parks fit beside each other: take some away." in words(response.content)
    assert f'href="{PAGE}?parks=east,west,a,b"' in response.content.decode()
    assert client.get(PAGE, {"parks": "east,west,a,b"}).status_code == 200


def test_what_names_no_park_is_told_with_those_that_are_like_it(client, parks):
    make_park("western-gate", name_en="Western Gate Park")
    response = client.get(PAGE, {"parks": "east,western-gaet", "on": "2010"})
    assert response.status_code == 404
    text = words(response.content)
    assert "There is no park “western-gaet”. Did you mean one of these? Western Gate Park" in text
    assert f'href="{PAGE}?parks=east,western-gate&amp;on=2010"' in response.content.decode()


@pytest.mark.parametrize("text", ["west", "WEST", "West park", "west park"])
def test_a_park_is_added_by_its_slug_or_its_name(client, parks, text):
    response = client.get(PAGE, {"parks": "east", "add": text, "on": "2010"})
    assert (response.status_code, response["Location"]) == (302, f"{PAGE}?parks=east,west&on=2010")


def test_what_is_added_and_named_by_no_park_stays_in_its_field(client, parks):
    make_park("western-gate", name_en="Western Gate Park")
    response = client.get(PAGE, {"parks": "east", "add": "Western Gaet"})
    assert response.status_code == 404
    assert 'value="Western Gaet"' in response.content.decode()
    assert f'href="{PAGE}?parks=east,western-gate"' in response.content.decode()


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"on": "soon"}, "on: “soon” is not a date."),
        ({"only": "same"}, "only: There is no “same” here."),
        ({"parks": "\x00"}, "parks: Null characters are not allowed."),
        ({"park": "east"}, "park: There is no such parameter here. Did you mean “parks”?"),
    ],
)
def test_what_cannot_be_asked_is_refused(client, db, asked, detail):
    response = client.get(PAGE, asked)
    assert response.status_code == 400
    assert detail in words(response.content)


def test_four_parks_with_many_facts_ask_the_database_as_often_as_two(client, db):
    for slug in ("a", "b", "c", "d"):
        make_role(make_whole_park(slug), "LAND")
    counts = []
    client.get(PAGE, {"parks": "a,b"})
    for parks in ("a,b", "a,b,c,d"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(PAGE, {"parks": parks}).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
