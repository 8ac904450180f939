"""The change feed: one entry an edit, told field by field, and walked while others write."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.history import change
from core.models import Change
from parks.models import Event, Park
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


def test_what_a_citation_is_for_is_told_by_its_key_even_when_it_has_been_deleted(reader, edits):
    with change():
        make_citation(make_park("north"))
    targets = [
        (row["operation"], [each for each in row["fields"] if each["field"] in ("target", "content_type", "object_id")])
        for entry in told(reader, model="citation")["results"]
        for row in entry["rows"]
    ]
    role = told(reader, model="co-management-role")["results"][0]["rows"][0]["record"]
    assert targets == [
        ("CREATED", [{"field": "target", "old": None, "new": "park:north"}]),
        ("DELETED", [{"field": "target", "old": role, "new": None}]),
        ("CREATED", [{"field": "target", "old": None, "new": role}]),
    ]


def test_yes_and_no_are_told_as_such(reader, db):
    make_park("north", is_programme=True)
    with change():
        Park.objects.update(is_programme=False)
    [told_row] = told(reader, model="park", limit=1)["results"][0]["rows"]
    assert told_row["fields"] == [{"field": "is_programme", "old": True, "new": False}]


def test_an_entry_tells_the_rows_that_were_asked_for_and_where_they_all_are(reader, edits):
    [entry] = told(reader, park="suxitong", model="co-management-role", person="li", limit=1)["results"]
    assert (entry["reason"], entry["row_count"]) == ("linked", 1)
    assert [row["record"].split(":")[0] for row in entry["rows"]] == ["co-management-role"]
    assert told(reader, entry["rows_url"]) == {"count": 1, "next": None, "previous": None, "results": entry["rows"]}
    [gone, *_older] = told(reader, OF_PARK)["results"]
    assert gone["row_count"] == 3
    assert told(reader, gone["rows_url"])["results"] == gone["rows"]
    assert told(reader, f"{CHANGES}{gone['id']}/rows/")["count"] == 4


def test_an_entry_of_very_many_rows_tells_the_first_and_pages_the_rest(reader, db):
    with change(origin="IMPORT"):
        park = make_park("suxitong")
        Event.objects.bulk_create(Event(park=park, kind="OTHER", date=f"{year}") for year in range(1900, 2020))
    rows = [f"event:{key}" for key in park.events.order_by("id").values_list("id", flat=True)]
    for path, query in ((CHANGES, {"model": "event"}), (OF_PARK, {}), (CHANGES, {"record": "park:suxitong"})):
        before = [] if "model" in query else ["park:suxitong"]
        entry = next(each for each in told(reader, path, **query)["results"] if each["origin"] == "IMPORT")
        assert entry["row_count"] == len(before + rows)
        assert [row["record"] for row in entry["rows"]] == (before + rows)[:100]
        seen, page = [], told(reader, entry["rows_url"])
        while page["next"]:
            seen += page["results"]
            page = told(reader, page["next"])
        assert [row["record"] for row in seen + page["results"]] == before + rows
    [entry] = [each for each in told(reader, limit=500)["results"] if each["origin"] == "IMPORT"]
    assert len(entry["rows"]) == 10


def test_the_rows_of_a_change_are_asked_for_as_the_changes_are(reader, edits):
    linked = Change.objects.get(reason="linked")
    rows = f"{CHANGES}{linked.id}/rows/"
    assert told(reader, rows, limit=1)["count"] == 3
    assert told(reader, rows, model="citation")["count"] == 1
    assert told(reader, rows, park="other")["count"] == 0
    assert reader.get(rows, {"person": "li"}).status_code == 400
    before = (linked.at - timedelta(microseconds=1)).isoformat()
    assert reader.get(rows, {"known": before}).status_code == 404
    for missing in ("0", "99999999999999999999999"):
        assert reader.get(f"{CHANGES}{missing}/rows/").status_code == 404


def test_the_citations_of_a_fact_are_among_its_changes_and_make_a_new_version_of_it(editor, db):
    role = make_role(make_park("suxitong"))
    path = f"/api/v1/co-management-roles/{role.id}/"
    before = editor.get(path)["ETag"]
    make_citation(make_role(role.park, "LAND"))
    assert editor.get(path)["ETag"].split("-")[0] == before.split("-")[0]
    with change(reason="cited"):
        make_citation(role, field="function")
    assert reasons(editor, f"{path}changes/")[0] == "cited"
    assert editor.patch(path, {"note": "Stale."}, headers={"If-Match": before}).status_code == 412


def test_what_was_deleted_says_so_and_where_its_changes_are(reader, edits):
    for path, missing in (("parks/suxitong", "suxitong"), ("agreements/treaty", "treaty")):
        answer = reader.get(f"/api/v1/{path}/")
        assert answer.status_code == 404
        assert f"“{missing}” was deleted" in answer.json()["detail"]
        assert reader.get(answer.json()["detail"].rsplit(" ", 1)[1]).status_code == 200
    at = Change.objects.get(reason="loaded").at.isoformat()
    unknown = "There is no agreement “treaty”."
    assert reader.get("/api/v1/agreements/treaty/", {"known": at}).json()["detail"] == unknown
    assert reader.get("/api/v1/agreements/no-such/").json()["detail"] == "There is no agreement “no-such”."


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
        ({"model": "agreement", "park": "suxitong"}, []),
        ({"model": "citation", "park": "suxitong"}, ["gone", "linked"]),
        ({"model": "observation", "park": "suxitong"}, []),
        ({"model__ne": "co-management-role", "park": "suxitong"}, ["gone", "linked", "made"]),
        ({"park__ne": "suxitong", "origin": "ADMIN"}, ["gone", "made"]),
        ({"record": "agreement:treaty"}, ["gone", "signed"]),
        ({"record": "park:suxitong", "person": "li"}, ["linked", "made"]),
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
        ({"record": "park:no-such"}, "record"),
        ({"record": "treaty"}, "record"),
        ({"record": "change:1"}, "record"),
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
