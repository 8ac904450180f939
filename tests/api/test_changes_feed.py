"""The change feed: one entry an edit, told field by field, and walked while others write."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.history import change
from core.models import Change
from parks.models import Park
from tests.factories import make_agreement, make_citation, make_observation, make_park, make_role

CHANGES = "/api/v1/changes/"
OF_PARK = "/api/v1/parks/suxitong/changes/"


def told(client, path=CHANGES, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


def reasons(client, path=CHANGES, **query):
    return [each["reason"] for each in told(client, path, **query)["results"]]


@pytest.fixture
def edits(db):
    """Four edits by reason: two of parks, one of an agreement, and the first park's deletion."""
    li = get_user_model().objects.create_user("li")
    with change(reason="made", person=li, origin="ADMIN", source="daily"):
        park = make_park("suxitong")
        make_role(park, since="2003")
    with change(reason="loaded", origin="FIXTURE"):
        make_observation(make_park("other"))
    with change(reason="signed", person=li, origin="API"):
        treaty = make_agreement("treaty")
    with change(reason="linked", person=li, origin="API"):
        role = park.roles.get()
        role.agreement = treaty
        role.save()
        make_citation(role, field="agreement")
    with change(reason="gone", origin="ADMIN"):
        park.delete()
        treaty.delete()


def test_each_edit_is_one_entry_newest_first(reader, edits):
    feed = told(reader)
    assert [each["reason"] for each in feed["results"]] == ["gone", "linked", "signed", "loaded", "made"]
    assert (feed["count"], feed["next"], "previous" in feed) == (5, None, False)
    made = feed["results"][-1]
    assert (made["person"], made["origin"], made["source"]) == ("li", "ADMIN", "daily")
    assert {row["operation"] for row in feed["results"][0]["rows"]} == {"DELETED"}
    assert {row["record"].split(":")[0] for row in feed["results"][0]["rows"]} == {
        "park",
        "agreement",
        "co-management-role",
        "citation",
    }


def test_references_are_told_by_key_even_to_what_has_been_deleted(reader, edits):
    linked = told(reader)["results"][1]
    [role] = [row for row in linked["rows"] if row["record"].startswith("co-management-role")]
    assert role["fields"] == [{"field": "agreement", "old": None, "new": "treaty"}]
    [citation] = [row for row in linked["rows"] if row["record"].startswith("citation")]
    assert {"field": "field", "old": None, "new": "agreement"} in citation["fields"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"person": "li"}, ["linked", "signed", "made"]),
        ({"person": ""}, ["gone", "loaded"]),
        ({"person__ne": ""}, ["linked", "signed", "made"]),
        ({"origin": "FIXTURE"}, ["loaded"]),
        ({"origin__in": "FIXTURE,API"}, ["linked", "signed", "loaded"]),
        ({"origin__ne": "ADMIN"}, ["linked", "signed", "loaded"]),
        ({"park": "suxitong"}, ["gone", "linked", "made"]),
        ({"park": "other"}, ["loaded"]),
        ({"park__in": "other,suxitong"}, ["gone", "linked", "loaded", "made"]),
        ({"model": "observation"}, ["loaded"]),
        ({"model__in": "observation,citation"}, ["gone", "linked", "loaded"]),
        ({"model": "agreement", "park": "suxitong"}, ["gone"]),
        ({"limit": "1"}, ["gone"]),
    ],
)
def test_the_feed_can_be_asked_for(reader, edits, query, expected):
    assert reasons(reader, **query) == expected


def test_the_feed_of_a_time(reader, edits):
    at = Change.objects.get(reason="signed").at
    assert reasons(reader, at__gte=at.isoformat()) == ["gone", "linked", "signed"]
    assert reasons(reader, at__lte=at.isoformat()) == ["signed", "loaded", "made"]
    later = (at + timedelta(days=365)).isoformat()
    assert reasons(reader, at__gte=later) == []


def test_the_feed_of_a_park_outlives_it_and_tells_only_its_own_rows(reader, edits):
    feed = told(reader, OF_PARK)["results"]
    assert [each["reason"] for each in feed] == ["gone", "linked", "made"]
    assert "agreement:treaty" not in {row["record"] for row in feed[0]["rows"]}
    assert reader.get("/api/v1/parks/no-such/changes/").status_code == 404


def test_the_feed_looks_back(reader, edits):
    at = Change.objects.get(reason="signed").at.isoformat()
    assert reasons(reader, known=at) == ["signed", "loaded", "made"]
    assert reasons(reader, OF_PARK, known=at) == ["made"]


@pytest.mark.parametrize("path", [CHANGES, OF_PARK])
def test_pages_hold_while_others_write(reader, db, path):
    park = make_park("suxitong")
    for number in range(6):
        with change(reason=f"{number}"):
            Park.objects.filter(pk=park.pk).update(name_en=f"Name {number}")
    seen, page = [], told(reader, path, limit=3)
    while True:
        seen += [each["id"] for each in page["results"]]
        with change(reason="meanwhile"):
            Park.objects.filter(pk=park.pk).update(name_en=f"Meanwhile {len(seen)}")
        if not page["next"]:
            break
        page = told(reader, page["next"])
    everything = list(Change.objects.exclude(reason="meanwhile").order_by("-id").values_list("id", flat=True))
    own = [each for each in everything if path == CHANGES or each in seen]
    assert seen == own
    assert len(seen) == len(set(seen)) >= 7


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"person": "nobody"}, "person"),
        ({"person": "reader-only"}, "person"),
        ({"at__gte": "2026"}, "at__gte"),
        ({"at__lte": "yesterday"}, "at__lte"),
        ({"at": "2026-01-01T00:00:00Z"}, "at"),
        ({"park": "no-such"}, "park"),
        ({"model": "parks.park"}, "model"),
        ({"origin": "MAGIC"}, "origin"),
        ({"before": "0"}, "before"),
        ({"before": "-1"}, "before"),
        ({"before": "9" * 30}, "before"),
        ({"limit": "501"}, "limit"),
        ({"offset": "3"}, "offset"),
    ],
)
def test_what_cannot_be_asked_is_refused(reader, edits, query, parameter):
    get_user_model().objects.create_user("reader-only")
    response = reader.get(CHANGES, query)
    assert response.status_code == 400
    assert [each["parameter"] for each in response.json()["errors"]] == [parameter]


@pytest.mark.parametrize("path", [CHANGES, OF_PARK])
def test_a_page_takes_as_many_queries_for_three_changes_as_for_one(reader, db, path):
    park = make_park("suxitong")

    def edit():
        with change(reason="linked"):
            make_role(park, agreement=make_agreement(), since="2003", until="2004", body=None, note="x")
            Park.objects.filter(pk=park.pk).update(name_en=f"Name {Change.objects.count()}")
            park.roles.all().delete()

    def queries(limit):
        with CaptureQueriesContext(connection) as captured:
            told(reader, path, limit=limit)
        return len(captured)

    for _number in range(3):
        edit()
    assert queries(1) == queries(3)
