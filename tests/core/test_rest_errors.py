"""Problem documents (RFC 9457) for what fails outside of any view."""

import json
import sqlite3

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import RequestFactory

from core.rest import errors
from tests.factories import make_park
from tests.people import logged_in, make_person


def answer(handler, error, path="/api/v1/parks/"):
    """What a handler of the URL configuration answers while `error` is on its way up, as Django calls it."""
    try:
        raise error
    except type(error):
        response = handler(RequestFactory().get(path))
    return response.status_code, response["Content-Type"], response


def test_a_database_that_is_busy_is_told_as_such():
    status, kind, response = answer(errors.handler500, OperationalError("database is locked"))
    assert (status, kind, response["Retry-After"]) == (503, "application/problem+json", "1")


def test_a_constraint_refused_at_the_end_of_a_transaction_is_a_conflict(db):
    make_park("suxitong")
    with pytest.raises(IntegrityError) as refused:
        make_park("suxitong")
    status, _kind, response = answer(errors.handler500, refused.value)
    assert (status, json.loads(response.content)["errors"]) == (
        409,
        [{"pointer": "#/slug", "detail": "This value is taken: choose another."}],
    )


def test_a_failure_of_ours_tells_nothing_of_itself():
    status, kind, response = answer(errors.handler500, RuntimeError("secret"))
    assert (status, kind) == (500, "application/problem+json")
    assert b"secret" not in response.content


@pytest.mark.parametrize(("handler", "status"), [("400", 400), ("403", 403), ("404", 404), ("500", 500)])
def test_outside_of_the_api_errors_are_pages(handler, status):
    request = RequestFactory().get("/elsewhere/")
    arguments = () if handler == "500" else (Exception(),)
    response = getattr(errors, f"handler{handler}")(request, *arguments)
    assert (response.status_code, response["Content-Type"].split(";")[0]) == (status, "text/html")


def test_outside_of_the_api_a_busy_database_and_a_conflict_have_a_page_that_says_so(db):
    status, kind, response = answer(errors.handler500, OperationalError("database is locked"), "/admin/parks/park/")
    assert (status, kind, response["Retry-After"]) == (503, "text/html; charset=utf-8", "1")
    assert "Others are writing at this moment. Try again in a second." in response.content.decode()
    make_park("suxitong")
    with pytest.raises(IntegrityError) as refused:
        make_park("suxitong")
    status, kind, response = answer(errors.handler500, refused.value, "/admin/parks/park/")
    assert (status, kind) == (409, "text/html; charset=utf-8")
    assert "This value is taken: choose another." in response.content.decode()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="of PostgreSQL no writer keeps all others out")
def test_a_write_that_waits_too_long_for_another_is_told_to_try_again():
    client = logged_in(make_person("editors"))
    client.raise_request_exception = False
    connection.cursor().execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(connection.settings_dict["NAME"])
    try:
        other.execute("BEGIN IMMEDIATE")
        response = client.post("/admin/parks/park/add/", {"slug": "new"})
    finally:
        other.close()
        connection.close()
    assert (response.status_code, response["Retry-After"]) == (503, "1")


def test_a_host_that_is_not_ours_is_refused(reader, db):
    response = reader.get("/api/v1/", headers={"host": "evil.example.org"})
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"name": ["a", "b"]}, [("#/name", "a"), ("#/name", "b")]),
        ({"roles": {1: {"division": ["a"]}}}, [("#/roles/1/division", "a")]),
        ({"roles": [{}, {"__all__": ["a"]}]}, [("#/roles/1", "a")]),
        ({"non_field_errors": ["a"]}, [("#", "a")]),
        ({"a/b~c d%": ["x"]}, [("#/a~1b~0c%20d%25", "x")]),
    ],
)
def test_pointers_lead_into_the_body(detail, expected):
    assert [(each["pointer"], each["detail"]) for each in errors.pointers(detail)] == expected
