"""Deep pages: `next` goes on from the last record told, in every order, and while others write."""

import json
from itertools import pairwise, product
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cities.models import Body
from core.rest import pagination
from parks.models import CoManagementRole, Park
from tests.factories import (
    make_body,
    make_event,
    make_indicator,
    make_observation,
    make_park,
    make_role,
    make_share,
    make_whole_park,
)
from tests.rest import get

PARKS = "/api/v1/parks/"


@pytest.fixture
def shallow(monkeypatch):
    """Every page but the first is deep."""
    monkeypatch.setattr(pagination, "SHALLOW", 2)


def key(record):
    return record["url"]


def whole(client, path, **query):
    """The keys of the whole list, in its order, as the stream tells them that knows no pages."""
    response = client.get(f"{path.rstrip('/')}.ndjson", query)
    return [key(json.loads(line)) for line in b"".join(response.streaming_content).splitlines()]


def pages(client, path, **query):
    page = get(client, path, limit=2, **query)
    yield page
    while page["next"]:
        page = get(client, page["next"])
        yield page


def walked(client, path, **query):
    return [key(each) for page in pages(client, path, **query) for each in page["results"]]


def after(address):
    return parse_qs(urlsplit(address).query)["after"][0]


def make_parks():
    made = product(("b", "a"), ("", "2003", "2003-08"), ("ACTIVE", "CLOSED"))
    for number, (name, established, status) in enumerate(made):
        host = ("321282", "320281", "310104")[number % 3]
        make_park(f"park-{(number * 7) % 12:02}", name_en=name, host=host, established=established, status=status)


def make_facts():
    """Facts with equal, blank and unknown values in all they are sorted by."""
    body, growth = make_body("board"), make_indicator("growth", unit="USD")
    parks = [make_park(f"park-{number}") for number in (2, 1, 3)]
    for number, park in enumerate(parks * 3):
        since = ("", "2003", "2004-05")[number // 3]
        party = {"body": body} if number % 2 else {"division": ("320281", "320500")[number // 4 % 2]}
        make_role(park, CoManagementRole.Function.values[number // 3], since=since, **party)
        make_share(park, since=since, percent=(None, "12.5", "50")[number % 3], entity=str(number), **party)
        make_event(park, date=since, text_en=str(number))
        value, percent = ((None, "-0.5"), ("1000", None), ("5.6", "0.1"))[(number + number // 3) % 3]
        make_observation(park, growth, period=str(2001 + number), value=value, growth_percent=percent)
    make_whole_park("whole")


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("parks", make_parks),
        ("co-management-roles", make_facts),
        ("benefit-shares", make_facts),
        ("observations", make_facts),
        ("events", make_facts),
        ("citations", make_facts),
        ("agreements", make_facts),
        ("divisions", make_parks),
    ],
)
def test_walking_tells_each_record_once_in_the_order_of_the_whole_list(reader, shallow, name, make):
    make()
    path = f"/api/v1/{name}/"
    allowed = offered_orders(reader, path)
    names = [each for each in allowed if not each.startswith("-")]
    mixed = [f"{one},-{other}" for one in names for other in names if one != other]
    for order in [*allowed, *mixed, "-" + ",-".join(names)]:
        expected = whole(reader, path, ordering=order)
        assert walked(reader, path, ordering=order) == expected, order
    assert walked(reader, path) == whole(reader, path)


def offered_orders(reader, path):
    [problem] = reader.get(path, {"ordering": "x"}).json()["errors"]
    return problem["allowed"]


@pytest.mark.parametrize(
    "query",
    [
        {"within": "320000"},
        {"within": "321200", "ordering": "-established,name_en"},
        {"status__in": "ACTIVE,CLOSED", "q": "a", "ordering": "host"},
        {"on": "2003-08-15", "ordering": "-name_en"},
        {"known": "2999", "ordering": "-status"},
        {"fields": "slug,url", "ordering": "established"},
    ],
)
def test_walking_keeps_to_what_is_asked(reader, shallow, query):
    make_parks()
    if "known" in query:
        # the instant of the newest change
        query = {**query, "known": get(reader, "/api/v1/changes/", limit=1)["results"][0]["at"]}
    expected = whole(reader, PARKS, **query)
    assert expected
    assert walked(reader, PARKS, **query) == expected


def test_pages_tell_how_many_there_are_and_lead_back(reader, shallow):
    make_parks()
    told = list(pages(reader, PARKS, ordering="-name_en"))
    assert [page["count"] for page in told] == [12] * 6
    assert told[0]["previous"] is None
    for before, page in pairwise(told):
        assert get(reader, page["previous"])["results"] == before["results"]
    assert told[1]["next"].startswith("http://testserver/api/v1/parks/?after=")
    assert told[1]["next"].endswith("&limit=2&ordering=-name_en")
    assert told[3]["previous"] == "http://testserver/api/v1/parks/?limit=2&offset=4&ordering=-name_en"
    # there too, `next` goes on from the last record
    assert get(reader, told[3]["previous"])["next"] == told[2]["next"]


def test_an_offset_of_any_depth_tells_what_stands_there(reader, shallow):
    make_parks()
    for order in ("slug", "-established,name_en"):
        expected = whole(reader, PARKS, ordering=order)
        for offset in range(14):
            page = get(reader, PARKS, ordering=order, offset=offset, limit=2)
            assert [key(each) for each in page["results"]] == expected[offset : offset + 2]
            assert (page["next"] is None) == (offset + 2 >= 12)


@pytest.mark.parametrize("order", ["slug", "-slug", "name_en", "-established", "status,-name_en"])
def test_nothing_that_was_there_throughout_is_told_twice_or_left_out_while_others_write(reader, shallow, order):
    make_parks()
    expected, told = whole(reader, PARKS, ordering=order), []
    for number, page in enumerate(pages(reader, PARKS, ordering=order)):
        told += [key(each) for each in page["results"]]
        if number:
            make_park(f"a-{number}", name_en="aa", established="2003", status="CLOSED")
            make_park(f"z-{number}", name_en="az", established="")
        if number == 2:
            # what the next page follows
            Park.objects.get(slug=page["results"][-1]["slug"]).delete()
    assert [each for each in told if each in expected] == expected


def test_the_first_thousand_are_told_by_offset(reader):
    make_parks()
    assert get(reader, PARKS, limit=4)["next"] == "http://testserver/api/v1/parks/?limit=4&offset=4"
    Body.objects.bulk_create(
        Body(slug=f"body-{number:04}", name_en="Board", kind="COMMITTEE", division_id="320281")
        for number in range(1060)
    )
    path = "http://testserver/api/v1/bodies/"
    page = get(reader, path, offset=950)
    assert page["next"] == f"{path}?limit=50&offset=1000"
    page = get(reader, page["next"])
    assert page["next"] == f"{path}?after={after(page['next'])}&limit=50"
    page = get(reader, page["next"])
    assert [each["slug"] for each in page["results"]] == [f"body-{number}" for number in range(1050, 1060)]
    assert (page["count"], page["next"], page["previous"]) == (1060, None, f"{path}?limit=50&offset=1000")


def test_a_deep_page_asks_as_often_as_any_other(reader, shallow):
    make_parks()
    # who reads a park first may have to render it
    walked(reader, PARKS)
    told = {}
    for order in ("slug", "name_en,-status"):
        asked = []
        for page in pages(reader, PARKS, ordering=order):
            if page["next"] and "after" in page["next"]:
                with CaptureQueriesContext(connection) as queries:
                    reader.get(page["next"])
                asked.append(len(queries))
        told[order] = max(asked)
    # what any page asks; and where all that is equal to the last one told has ended, what follows that
    first = len(queries_of(reader, f"{PARKS}?limit=2"))
    assert told == {"slug": first, "name_en,-status": first + 2}


def queries_of(reader, path):
    with CaptureQueriesContext(connection) as queries:
        reader.get(path)
    return queries


BAD = "after: It leads nowhere in this list. Take it from `next` as it is, or begin without it."


@pytest.mark.parametrize("change", ["made up", "cut", "order", "filter", "path", "lang", "limit"])
def test_a_place_is_good_in_its_own_list_alone(reader, shallow, change):
    make_parks()
    page = get(reader, PARKS, ordering="name_en", limit=2, offset=2)
    path, query = PARKS, {"after": after(page["next"]), "ordering": "name_en", "limit": 2}
    match change:
        case "made up":
            query["after"] = "WzIsInBhcmsiXQ~x"
        case "cut":
            query["after"] = query["after"][1:]
        case "order":
            query["ordering"] = "-name_en"
        case "filter":
            query["status"] = "ACTIVE"
        case "path":
            path = "/api/v1/divisions/"
        case "lang":
            assert get(reader, path, **query, lang="zh-hans")["count"] == 12
            return
        case "limit":
            assert len(get(reader, path, **{**query, "limit": 7, "fields": "slug"})["results"]) == 7
            return
    [problem] = reader.get(path, query).json()["errors"]
    assert problem == {"parameter": "after", "detail": BAD}


def test_a_place_and_an_offset_are_not_given_together(reader, shallow):
    make_parks()
    token = after(get(reader, PARKS, limit=2, offset=2)["next"])
    response = reader.get(PARKS, {"after": token, "offset": 2, "limit": 2})
    assert response.status_code == 400
    assert response.json()["errors"] == [
        {"parameter": "after", "detail": "after: Give this or offset, not both."},
    ]


@pytest.mark.parametrize("path", ["search/?q=a", "changes/?"])
def test_what_has_no_such_place_says_so(reader, path):
    [problem] = reader.get(f"/api/v1/{path}&after=x").json()["errors"]
    assert problem["detail"] == "after: There is no such parameter here. See the allowed ones."
