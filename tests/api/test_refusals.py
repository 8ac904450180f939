"""What comes too late, may not be done or leads nowhere: a clear 4xx, and a database that is as before."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core.models import Version
from tests.factories import (
    make_agreement,
    make_division,
    make_official,
    make_park,
    make_park_name,
    make_signatory,
    make_source,
)
from tests.people import client_of, make_person
from tests.rest import refused

PARK = "/api/v1/parks/suxitong/"
NEW_PARK = {"slug": "new", "name_en": "New", "host": "321282"}


# --- Edits of what has changed meanwhile ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("path", [PARK, "/api/v1/sources/daily/"])
def test_an_edit_has_to_say_which_version_it_knows(steward, park, method, path):
    make_source("daily")
    before = Version.objects.count()
    write = getattr(steward, method)
    refused(write(path, {}), 428)
    refused(write(path, {}, headers={"If-Match": '"1-0123456789"'}), 412)
    refused(write(path, {}, headers={"If-Match": "nonsense"}), 412)
    assert Version.objects.count() == before


def test_an_edit_of_what_another_has_changed_is_refused(editor, park):
    etag = editor.get(PARK)["ETag"]
    assert editor.patch(PARK, {"name_zh": "苏锡通"}, headers={"If-Match": etag}).status_code == 200
    refused(editor.patch(PARK, {"name_zh": "南通"}, headers={"If-Match": etag}), 412)
    # a fact is part of the park
    etag = editor.get(PARK)["ETag"]
    make_park_name(park)
    refused(editor.patch(PARK, {"name_zh": "南通"}, headers={"If-Match": etag}), 412)
    park.refresh_from_db()
    assert park.name_zh == "苏锡通"


def test_who_comes_too_late_is_told_what_others_did_since(editor, park):
    etag = editor.get(PARK)["ETag"]
    assert editor.patch(PARK, {"name_zh": "苏锡通", "host": "321282"}, headers={"If-Match": etag}).status_code == 200
    name = make_park_name(park, name="通州")
    answer = editor.patch(PARK, {"name_zh": "南通"}, headers={"If-Match": etag}).json()
    told = [(each["pointer"], each["detail"].partition(" (")[0]) for each in answer["errors"]]
    assert told == [("#/name_zh", "“” → “苏锡通”"), ("#", f"park-name:{name.pk}: created")]
    by = [each["detail"].partition(" (")[2].partition(",")[0] for each in answer["errors"]]
    assert by == ["editor", "unknown"]
    # of a version that there never was nothing can be told
    for tag in ('"99999999999999"', f'"{"9" * 5000}"', '"x"'):
        assert "errors" not in editor.patch(PARK, {}, headers={"If-Match": tag}).json()


def test_any_representation_names_the_version_and_a_star_any(editor, park):
    for query in ("?fields=slug", "?on=2005", "?expand=citations"):
        etag = editor.get(PARK + query)["ETag"]
        assert editor.patch(PARK, {"crosses": query}, headers={"If-Match": f'"1-a", W/{etag}'}).status_code == 200
    assert editor.patch(PARK, {"crosses": "*"}, headers={"If-Match": "*"}).status_code == 200
    refused(editor.patch("/api/v1/parks/no-such/", {}, headers={"If-Match": "*"}), 404)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_edits_at_once_one_is_refused():
    make_division("321282")
    make_park("suxitong")
    editor = client_of(make_person("editors"))
    etag = editor.get(PARK)["ETag"]

    def edit(name):
        try:
            return editor.patch(PARK, {"name_en": name}, headers={"If-Match": etag}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(edit, "abcd")) == [200, 412, 412, 412]


# --- What may not be done -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [("post", "/api/v1/parks/"), ("patch", PARK), ("delete", PARK)])
def test_who_may_not_write_does_not(reader, outsider, nothing_is_written, method, path):
    anonymous = getattr(reader, method)(path, NEW_PARK, headers={"If-Match": "*"})
    refused(anonymous, 401)
    assert anonymous["WWW-Authenticate"] == "Token"
    refused(getattr(outsider, method)(path, NEW_PARK, headers={"If-Match": "*"}), 403)


def test_editors_change_parks_and_no_divisions(editor, nothing_is_written):
    refused(editor.delete(PARK, headers={"If-Match": "*"}), 403)
    refused(editor.patch("/api/v1/divisions/320281/", {"name_en": "X"}, headers={"If-Match": "*"}), 403)
    refused(editor.post("/api/v1/industries/", {"code": "x", "name_en": "X"}), 403)


def test_what_others_refer_to_is_not_deleted(steward, park):
    make_signatory(make_agreement("signed"), make_official("du"))
    before = Version.objects.count()
    response = steward.delete("/api/v1/divisions/320281/", headers={"If-Match": "*"})
    refused(response, 409)
    assert response.json()["errors"] == [
        {"pointer": "#", "detail": "benefit share: suxitong", "count": 1},
        {"pointer": "#", "detail": "co-management role: suxitong", "count": 1},
        {"pointer": "#", "detail": "signatory: signed", "count": 1},
    ]
    refused(steward.delete("/api/v1/officials/du/", headers={"If-Match": "*"}), 409)
    assert Version.objects.count() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", PARK),
        ("put", "/api/v1/parks/"),
        ("patch", "/api/v1/parks/"),
        ("delete", "/api/v1/parks/"),
        ("post", "/api/v1/cities/"),
        ("delete", "/api/v1/cities/320200/"),
        ("post", "/api/v1/search/"),
        ("trace", "/api/v1/parks/"),
    ],
)
def test_what_cannot_be_done_anywhere_is_a_405(reader, editor, nothing_is_written, method, path):
    for client in (reader, editor):
        response = client.generic(method.upper(), path)
        refused(response, 405)
        assert "GET" in response["Allow"]


# --- Addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/parks/no-such/",
        "/api/v1/parks/%00/",
        "/api/v1/parks/a%2Fb/",
        "/api/v1/parks/'--/",
        "/api/v1/co-management-roles/0/",
        "/api/v1/co-management-roles/99999999999999999999999/",
        "/api/v1/co-management-roles/x/",
        "/api/v1/divisions/32/",
        "/api/v1/parks/no-such/changes/",
        "/api/v1/parks/no-such/co-management/",
        "/api/v1/parks.xml",
        "/api/v1/parks/suxitong.csv",
        "/api/v1/parks/suxitong.xlsx",
        "/api/v1/parks/no-such.geojson",
        "/api/v1/divisions.geojson",
        "/api/v1/nothing/",
        "/api/v1/nothing",
        "/api/v2/",
        "/api/%FF/",
    ],
)
def test_where_there_is_nothing_is_a_404(reader, park, path):
    refused(reader.get(path), 404)


def test_an_address_without_its_last_slash_leads_there(reader, editor, park):
    response = reader.get("/api/v1/parks?status=ACTIVE")
    assert (response.status_code, response["Location"]) == (301, "/api/v1/parks/?status=ACTIVE")
    refused(editor.post("/api/v1/parks", NEW_PARK), 404)


def test_a_format_that_there_is_not_is_a_406(reader, park):
    refused(reader.get("/api/v1/parks/", headers={"accept": "application/xml"}), 406)
    assert reader.get("/api/v1/parks/", headers={"accept": "application/xml, */*;q=0.1"}).status_code == 200
