"""What the log and the metrics tell of requests and queries."""

import json
import logging
import re
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from config.logs import JsonLines, Lines, Number
from core.watch.metrics import COUNTED
from core.watch.requests import HEADER, _network, request_number
from parks.models import Park
from tests.factories import make_park
from tests.people import client_of, logged_in, make_person

GIVEN = "4b1a8c0f9d3e47c2a6b5d4e3f2a1b0c9"


@pytest.fixture
def lines(caplog):
    """What was logged of requests."""
    caplog.set_level(logging.INFO, logger="registry.request")
    return lambda: [each.msg for each in caplog.records if each.name == "registry.request"]


def counted(name: str, **labels: str) -> float:
    return COUNTED.get_sample_value(name, labels) or 0


# --- Numbers of requests --------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/parks/", "/en/", "/nothing", "/static/nothing.css", "/admin/"])
def test_every_answer_has_a_number_of_its_own(client, path):
    numbers = {UUID(client.get(path)[HEADER]).version for _ in range(2)}
    assert numbers == {4}
    assert client.get(path)[HEADER] != client.get(path)[HEADER]


@pytest.mark.django_db
def test_a_number_is_taken_from_a_proxy_and_from_nobody_else(client, settings):
    asked = {HEADER: GIVEN}
    assert client.get("/en/", headers=asked)[HEADER] != GIVEN
    settings.PROXIES = 1
    assert client.get("/en/", headers=asked)[HEADER] == GIVEN
    with_dashes = str(UUID(GIVEN))
    assert client.get("/en/", headers={HEADER: with_dashes})[HEADER] == with_dashes


@pytest.mark.django_db
@pytest.mark.parametrize(
    "number", ["", "x", GIVEN + "0", GIVEN.upper(), f"{{{GIVEN}}}", "-" + GIVEN, GIVEN[:-1] + "\n", "٤" * 32]
)
def test_a_number_that_is_not_well_formed_is_not_taken(client, settings, number):
    settings.PROXIES = 1
    assert re.fullmatch("[0-9a-f]{32}", client.get("/en/", headers={HEADER: number})[HEADER])


@pytest.mark.django_db
def test_between_requests_there_is_no_number(client):
    client.get("/en/")
    assert request_number() is None


@pytest.mark.django_db
def test_what_failed_tells_the_number_that_the_log_has(settings, caplog, monkeypatch):
    def fail(*_):
        raise RuntimeError("this is broken")

    monkeypatch.setattr("core.history.ChangeMiddleware.__call__", fail)
    client = Client()
    client.raise_request_exception = False
    for path in ("/api/v1/parks/", "/en/"):
        caplog.clear()
        answer = client.get(path)
        assert answer.status_code == 500
        [line] = [each for each in caplog.records if each.exc_info]
        assert line.getMessage() == f"Internal Server Error: {path}"
        number = answer[HEADER]
        if path == "/en/":
            assert f"<code>{number}</code>" in answer.content.decode()
        else:
            assert answer.json()["instance"] == f"urn:uuid:{UUID(number)}"


@pytest.mark.django_db
def test_what_was_wrong_with_the_request_has_its_number_in_the_header_alone(reader):
    answer = reader.get("/api/v1/parks/nothing/")
    assert (answer.status_code, "instance" in answer.json(), HEADER in answer) == (404, False, True)


# --- A line for each request ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_request_is_one_line_that_tells_what_it_cost(lines):
    make_park("one")
    Client().get("/api/v1/parks/one/?fields=slug&password=secret", headers={"Authorization": "Token secret"})
    answer = client_of(make_person("editors")).get("/api/v1/parks/one/")
    refused, line = lines()
    assert (refused["status"], "secret" in str(refused)) == (401, False)
    assert line.pop("ms") >= line.pop("query_ms") >= 0
    assert line.pop("queries") >= 2
    person = line.pop("person")
    assert person > 0
    assert line == {
        "message": "request",
        "method": "GET",
        "route": "park-detail",
        "status": 200,
        "bytes": len(answer.content),
        "kept": None,
        "network": "127.0.0.0/24",
    }


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_kept_answer_is_told_by_the_route_that_made_it(lines):
    make_park("one")
    for _ in range(2):
        Client().get("/api/v1/parks/one/")
    assert [(each["route"], each["kept"]) for each in lines()] == [("park-detail", "miss"), ("park-detail", "hit")]
    assert lines()[1]["queries"] == 1


@pytest.mark.django_db
def test_a_list_that_is_streamed_is_told_when_its_last_byte_has_gone(lines):
    make_park("one"), make_park("other")
    answer = Client().get("/api/v1/parks.csv")
    assert lines() == []
    body = b"".join(answer.streaming_content)
    answer.close()
    [line] = lines()
    assert (line["route"], line["status"], line["bytes"]) == ("park-list", 200, len(body))
    assert line["queries"] >= 1


@pytest.mark.django_db
def test_addresses_that_are_nothing_are_one_route(lines):
    for path in ("/nothing", "/else", "/static/nothing.css", "/api/v1/nothing/", "/api/v1/else/"):
        Client().get(path)
    routes = [each["route"] for each in lines()]
    assert routes == ["none", "none", "static", "config.api.nothing", "config.api.nothing"]


@pytest.mark.django_db
def test_a_client_is_told_by_its_network(lines, settings):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    _network.cache_clear()
    for forwarded in ("192.0.2.77", "2001:db8:1:2:3::4", "nonsense"):
        Client().get("/en/", headers={"X-Forwarded-For": forwarded})
    assert [each["network"] for each in lines()] == ["192.0.2.0/24", "2001:db8:1::/48", None]


@pytest.mark.django_db
def test_a_person_is_told_by_number_and_a_method_nobody_knows_is_other(lines):
    person = make_person("editors")
    logged_in(person).get("/admin/")
    Client().generic("BREW", "/en/")
    assert [(each["method"], each["person"]) for each in lines()] == [("GET", person.pk), ("OTHER", None)]


@pytest.mark.django_db
def test_requests_and_their_queries_are_counted_by_route(reader):
    labels = {"method": "GET", "route": "park-detail", "status": "404", "kept": ""}
    before = counted("registry_request_seconds_count", **labels)
    queries = counted("registry_queries_total", route="park-detail")
    reader.get("/api/v1/parks/nothing/")
    assert counted("registry_request_seconds_count", **labels) == before + 1
    assert counted("registry_queries_total", route="park-detail") > queries


@pytest.mark.django_db
def test_who_asks_too_often_and_who_fails_to_log_in_is_counted(settings, reader):
    settings.API_REQUESTS_PER_MINUTE = settings.API_REQUESTS_PER_MINUTE | {"anonymous": 1}
    refused, failed = counted("registry_throttled_total", policy="anonymous"), counted("registry_failed_logins_total")
    for _ in range(3):
        reader.get("/api/v1/parks/")
    Client().post("/admin/login/", {"username": "nobody", "password": "guessed"})
    assert counted("registry_throttled_total", policy="anonymous") >= refused + 1
    assert counted("registry_failed_logins_total") == failed + 1


# --- Slow queries ---------------------------------------------------------------------------------------------------


@pytest.fixture
def slow(settings, caplog):
    """Every query is told as slow."""
    settings.SLOW_QUERY = settings.SLOW_QUERY.resolution
    return lambda: [each.msg for each in caplog.records if each.name == "registry.query"]


@pytest.mark.django_db
def test_a_slow_query_is_one_line_without_what_it_was_asked_with(slow):
    before = counted("registry_slow_queries_total")
    list(Park.objects.filter(slug="secret").only("pk"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'it''s secret',\n  1")
    [query, by_hand] = slow()
    assert counted("registry_slow_queries_total") == before + 2
    assert "secret" not in str(query)
    assert by_hand.pop("ms") >= 0
    assert by_hand.pop("route")
    assert by_hand == {"message": "slow query", "database": "default", "sql": "SELECT '...', 1"}


@pytest.mark.django_db
def test_a_slow_query_tells_the_route_that_asked(slow):
    Client().get("/api/v1/parks/nothing/")
    assert "park-detail" in {each["route"] for each in slow()}


@pytest.mark.django_db
def test_no_query_is_told_where_it_is_not_slow(settings, caplog):
    call_command("check")
    settings.SLOW_QUERY = settings.SLOW_QUERY * 0
    list(Park.objects.all())
    assert [each for each in caplog.records if each.name == "registry.query"] == []


# --- The form of a line ---------------------------------------------------------------------------------------------


def told(form, message, *args, **more):
    record = logging.LogRecord("registry.request", logging.INFO, "", 0, message, args, more.pop("exc_info", None))
    record.created, record.msecs = 1795428215.042, 42.0
    vars(record).update(more)
    Number().filter(record)
    return form().format(record)


def test_a_line_of_json_has_its_fields():
    line = told(JsonLines, {"message": "request", "route": "park-detail", "person": None})
    assert json.loads(line) == {
        "time": "2026-11-23T10:03:35.042Z",
        "level": "INFO",
        "logger": "registry.request",
        "request_id": None,
        "message": "request",
        "route": "park-detail",
        "person": None,
    }


def test_a_line_of_json_is_one_line_whatever_it_tells():
    line = told(JsonLines, "%s is not\nhere", "园区")
    assert "\n" not in line
    assert "园区" in line
    assert json.loads(line)["message"] == "园区 is not\nhere"


def test_a_line_of_json_has_the_traceback_in_a_field_and_no_query():
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        info = (type(error), error, error.__traceback__)
    request = "<WSGIRequest: GET '/?password=secret'>"
    line = told(JsonLines, "Internal Server Error: %s", "/", exc_info=info, request=request, status_code=500)
    fields = json.loads(line)
    assert fields.pop("traceback").endswith("RuntimeError: broken")
    assert (fields["message"], fields["status_code"], "secret" in line) == ("Internal Server Error: /", 500, False)


def test_a_line_for_people_tells_fields_as_words():
    line = told(Lines, {"message": "request", "method": "GET", "status": 200, "person": None})
    assert line.endswith(" INFO registry.request None: request method=GET status=200")
