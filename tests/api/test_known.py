"""`known=`: the API as it would have answered by an instant, whatever was changed since."""

import time
from datetime import timedelta
from io import BytesIO
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cities.models import Division
from core.history import change
from core.models import Change
from parks.models import CoManagementRole, Park
from tests.api.test_lists import LISTS
from tests.factories import make_park, make_role, make_whole_park

V1 = "/api/v1/"
PARK = f"{V1}parks/suxitong/"


def now():
    """The instant of the newest change."""
    return Change.objects.order_by("-at").first().at.isoformat().replace("+00:00", "Z")


def body(response):
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content) if response.streaming else response.content


def ask(client, path, **query):
    return body(client.get(path, query))


def told(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.fixture
def edits(db):
    """A park's history in four states, each with its instant."""
    with change():
        park = make_park("suxitong", name_en="One", established="2003")
        role = make_role(park, since="2003")
    instants = [now()]
    with change():
        Park.objects.update(name_en="Two")
        make_role(park, "FINANCE", since="2004", until="2010")
    instants.append(now())
    with change():
        role.delete()
        Division.objects.filter(code="321282").update(name_en="Renamed")
    instants.append(now())
    with change():
        park.delete()
    return [*instants, now()]


def test_each_state_of_a_park_is_told_as_it_was(reader, edits):
    states = [told(reader, PARK, known=instant) for instant in edits[:3]]
    assert [each["name_en"] for each in states] == ["One", "Two", "Two"]
    assert [[role["function"] for role in each["roles"]] for each in states] == [
        ["OPERATIONS"],
        ["OPERATIONS", "FINANCE"],
        ["FINANCE"],
    ]
    assert [each["host"]["name_en"] for each in states] == ["Division 321282", "Division 321282", "Renamed"]
    assert reader.get(PARK, {"known": edits[3]}).status_code == 404
    assert reader.get(PARK).status_code == 404


def test_lists_filters_and_days_look_back_too(reader, edits):
    counts = [told(reader, f"{V1}parks/", known=each)["count"] for each in edits]
    assert counts == [1, 1, 1, 0]
    rows = told(reader, f"{V1}co-management-roles/", known=edits[1], park="suxitong", on="2005")["results"]
    assert [(each["function"], each["certainty"]) for each in rows] == [
        ("OPERATIONS", "certain"),
        ("FINANCE", "certain"),
    ]
    assert told(reader, PARK, known=edits[1], on="2011")["roles"][0]["function"] == "OPERATIONS"
    refused = reader.get(f"{V1}co-management-roles/", {"park": "suxitong"})
    assert refused.status_code == 400, "the park named is not there now"


def test_pages_keep_the_instant(reader, db):
    with change():
        make_park("one")
        make_park("two")
    instant = now()
    make_park("three")
    page = told(reader, f"{V1}parks/", known=instant, limit=1)
    assert (page["count"], page["results"][0]["slug"]) == (2, "one")
    assert reader.get(page["next"]).json()["results"][0]["slug"] == "two"


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx", "geojson"])
def test_streamed_lists_look_back(reader, edits, form):
    def rows(**query):
        body = ask(reader, f"{V1}parks.{form}", **query)
        return ZipFile(BytesIO(body)).read("xl/worksheets/sheet1.xml") if form == "xlsx" else body

    assert b"One" in rows(known=edits[0])
    assert b"Two" in rows(known=edits[1])
    assert b"suxitong" not in rows()


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx", "geojson"])
def test_a_reader_who_leaves_a_stream_leaves_nothing_behind(reader, db, form):
    with change():
        for number in range(3):
            make_park(f"park-{number}")
    instant = now()
    response = reader.get(f"{V1}parks.{form}", {"known": instant})
    assert next(response._iterator)
    assert next(response._iterator)
    # As a server does when the reader is gone.
    response._iterator.close()
    with change():
        Park.objects.all().delete()
    assert Park.objects.count() == 0
    assert told(reader, f"{V1}parks/")["count"] == 0
    assert told(reader, f"{V1}parks/", known=instant)["count"] == 3


def test_after_a_refusal_nothing_is_left_behind(reader, edits):
    for path, code in ((PARK, 404), (f"{V1}parks/no-such/", 404), (f"{PARK}changes/", 200)):
        assert reader.get(path, {"known": edits[3]}).status_code == code
        assert reader.get(f"{V1}parks/", {"known": edits[0], "limit": "x"}).status_code == 400
        assert told(reader, f"{V1}parks/")["count"] == 0


def test_the_tag_is_that_of_the_answer_and_of_the_version_then(editor, db):
    with change():
        park = make_park("suxitong")
    instant = now()
    then = editor.get(PARK, {"known": instant})
    with change():
        Park.objects.update(name_en="Two")
    again = editor.get(PARK, {"known": instant})
    assert (then["ETag"], then.content) == (again["ETag"], again.content)
    assert editor.get(PARK, {"known": instant}, headers={"If-None-Match": then["ETag"]}).status_code == 304
    stale = editor.patch(PARK, {"name_en": "Three"}, headers={"If-Match": then["ETag"]})
    assert stale.status_code == 412
    listed = f"{V1}parks.csv"
    tag = editor.get(listed, {"known": instant})["ETag"]
    Park.objects.filter(pk=park.pk).update(name_en="Three")
    assert editor.get(listed, {"known": instant}, headers={"If-None-Match": tag}).status_code == 304


def test_any_offset_names_the_same_instant(reader, edits):
    instant = timezone.datetime.fromisoformat(edits[0])
    elsewhere = instant.astimezone(timezone.get_fixed_timezone(480)).isoformat()
    assert told(reader, f"{PARK}?known={quote(elsewhere)}")["name_en"] == "One"
    before = (instant - timedelta(microseconds=1)).isoformat()
    assert reader.get(PARK, {"known": before}).status_code == 404


@pytest.mark.parametrize(
    "instant",
    [
        "",
        "now",
        "2026",
        "2026-07-01",
        "2026-07-01T12:00:00",
        "2026-07-01T12:00:00 08:00",
        "2026-02-30T12:00:00Z",
        "2026-07-01T24:00:01Z",
        "2026-07-01T12:00:00+25:00",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "２０２６-07-01T12:00:00Z",
        "2026-07-01T12:00:00Z\x00",
        "9" * 300,
    ],
)
def test_what_is_no_instant_is_refused(reader, db, instant):
    make_park("suxitong")
    for path in (PARK, f"{V1}parks/", f"{V1}parks.csv", f"{PARK}co-management/", f"{PARK}changes/"):
        response = reader.get(path, {"known": instant})
        assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
        assert [each["parameter"] for each in response.json()["errors"]] == ["known"]


def test_a_refusal_says_what_to_write(reader, db):
    detail = reader.get(f"{V1}parks/?known=2026-07-01T12:00:00+08:00").json()["errors"][0]["detail"]
    assert detail == (
        "known: “2026-07-01T12:00:00 08:00” is not an instant. Write 2026-07-01T12:00:00Z, or its offset: "
        "2026-07-01T20:00:00+08:00 (in an address the plus is %2B)."
    )
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    assert "still to come" in reader.get(f"{V1}parks/", {"known": later}).json()["detail"]


def test_a_past_instant_cannot_be_written_to(steward, edits):
    make_park("suxitong")
    tag = steward.get(PARK)["ETag"]
    for method, path in (("post", f"{V1}parks/"), ("patch", PARK), ("put", PARK), ("delete", PARK)):
        response = getattr(steward, method)(f"{path}?known={edits[0]}", {"name_en": "New"}, headers={"If-Match": tag})
        assert (response.status_code, response.json()["errors"][0]["parameter"]) == (400, "known")


@pytest.mark.parametrize("name", LISTS)
def test_every_list_and_record_as_known_now_is_what_it_is_now(reader, db, name):
    LISTS[name][0]()
    instant = now()
    for path in (f"{V1}{name}/", f"{V1}{name}.csv", f"{V1}{name}.ndjson"):
        assert ask(reader, path, known=instant).replace(b"known=", b"") == ask(reader, path)
    address = told(reader, f"{V1}{name}/")["results"][0]["url"]
    assert ask(reader, address, known=instant) == ask(reader, address)


@pytest.mark.parametrize("name", ["parks", "agreements", "co-management-roles"])
def test_looking_back_takes_as_many_queries_for_three_as_for_one(reader, db, name):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            ask(reader, f"{V1}{name}/", known=now())
        return len(captured)

    make_whole_park()
    for_one = queries()
    make_whole_park()
    make_whole_park()
    assert queries() == for_one


def test_a_role_deleted_since_is_still_told_as_it_was(reader, edits):
    [role] = told(reader, f"{V1}co-management-roles/", known=edits[0])["results"]
    assert not CoManagementRole.objects.exists()
    assert told(reader, f"{V1}co-management-roles/{role['id']}/", known=edits[0]) == role


def test_looking_back_at_all_divisions_costs_little(reader, db):
    call_command("loaddata", "divisions", verbosity=0)
    instant = now()
    for query in ({}, {"level": "COUNTY"}, {"within": "320000", "limit": "500"}):
        began = time.monotonic()
        assert told(reader, f"{V1}divisions/", known=instant, **query)["count"] > 100
        # A tenth of this or less; joined by a loop within a loop, several times as much.
        assert time.monotonic() - began < 1.5
