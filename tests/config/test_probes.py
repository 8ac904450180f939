"""What looks after the registry asks: /healthz, /readyz and /metrics."""

import logging
import os
import threading
import time

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from config import readiness
from config.gauges import GAUGES
from core.models import Document
from tests.factories import make_park

TOKEN = "k3nQ-7vXw_0rTb9LmZ2sYc5dPh8gJf1aRe4uVi6oWq-xNtUyEpBl"
ALL_WELL = {"ready": True, "checks": {"database": "ok", "tables": "ok", "disk": "ok"}}
NOT_READY = "Not ready: "


@pytest.fixture(autouse=True)
def _not_looked_yet(monkeypatch):
    monkeypatch.setattr(readiness, "_last", None)
    monkeypatch.setattr(readiness, "_found", None)
    monkeypatch.setattr(readiness, "KEPT", 0)


@pytest.fixture
def scraper(settings) -> Client:
    """Who may read the metrics."""
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


def told(scraper) -> dict[tuple, float]:
    """Each value by the name and the labels of its metric."""
    answer = scraper.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (each.name, *dict(sorted(each.labels.items())).values()): each.value
        for family in families
        for each in family.samples
    }


def refuse_connections(monkeypatch):
    def refuse(self, parameters):
        raise OperationalError("no database at db.example.org for registry")

    monkeypatch.setattr(type(connections["default"]), "get_new_connection", refuse)


# --- Alive ----------------------------------------------------------------------------------------------------------


def test_a_process_that_lives_says_so_without_a_database_under_any_host(settings):
    settings.SECURE_SSL_REDIRECT = True
    for client in (Client(), Client(headers={"Host": "10.0.0.7:8000"})):
        answer = client.get("/healthz")
        assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"ok\n", "no-store")
        assert client.head("/healthz").status_code == 200


def test_probes_are_only_read(scraper):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert scraper.post(path).status_code == 405


# --- Ready ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_registry_that_can_serve_is_ready_under_any_host(settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = Client(headers={"Host": "10.0.0.7:8000"}).get("/readyz")
    assert (answer.status_code, answer.json(), answer["Cache-Control"]) == (200, ALL_WELL, "no-store")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_probes_leave_no_line_in_the_log(caplog, scraper):
    caplog.set_level(logging.INFO, logger="registry.request")
    for path in ("/healthz", "/readyz", "/metrics"):
        assert scraper.get(path).status_code == 200
    assert caplog.messages == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_tables_that_are_not_laid_out_are_told_with_what_to_do():
    call_command("migrate", "exchange", "zero", verbosity=0)
    try:
        answer = Client().get("/readyz")
    finally:
        call_command("migrate", verbosity=0)
    assert answer.status_code == 503
    assert answer.json()["checks"]["tables"].endswith("exchange.0001_initial.")
    assert Client().get("/readyz").json() == ALL_WELL


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_table_that_is_gone_is_told():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE knox_authtoken RENAME TO gone")
    try:
        answer = Client().get("/readyz")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO knox_authtoken")
    assert answer.status_code == 503
    assert answer.json()["checks"]["tables"] == "Restore a backup, since tables are gone: knox_authtoken."


@pytest.mark.django_db
def test_a_database_that_is_away_is_told_without_its_name_and_logged_once(monkeypatch, caplog):
    refuse_connections(monkeypatch)
    answers = [Client().get("/readyz") for _ in range(2)]
    assert [each.status_code for each in answers] == [503, 503]
    assert "example.org" not in answers[0].content.decode()
    assert answers[0].json()["checks"]["database"].startswith("The database cannot be asked")
    assert [each[: len(NOT_READY)] for each in caplog.messages] == [NOT_READY]


@pytest.mark.django_db
def test_a_database_that_hangs_is_given_up_and_holds_one_thread(monkeypatch):
    monkeypatch.setattr(readiness, "SECONDS", 0.05)
    goes_on = threading.Event()
    monkeypatch.setattr(readiness, "_database", lambda: goes_on.wait(20) and {})
    before = threading.active_count()
    try:
        answers = [Client().get("/readyz") for _ in range(3)]
        assert threading.active_count() == before + 1
    finally:
        goes_on.set()
    assert [each.status_code for each in answers] == [503] * 3
    assert answers[0].json()["checks"]["database"] == readiness.NO_ANSWER


@pytest.mark.django_db
def test_who_asks_without_end_has_the_database_asked_once_a_second(monkeypatch):
    monkeypatch.setattr(readiness, "KEPT", 1)
    looks, look = [], readiness._database
    monkeypatch.setattr(readiness, "_database", lambda: looks.append(1) or look())
    begun, asked = time.monotonic(), 0
    while time.monotonic() - begun < 1.5:
        assert Client().get("/readyz").status_code == 200
        asked += 1
    assert 1 <= len(looks) <= 1 + (time.monotonic() - begun)
    assert asked > len(looks)


@pytest.mark.django_db
def test_a_disk_without_room_is_told(monkeypatch, settings):
    monkeypatch.setattr(readiness, "LEAST_ROOM", 2**62)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "The disk with the folder for imports is full." in answer.json()["checks"]["disk"]


# --- Metrics --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_metrics_are_for_who_has_the_token_and_off_without_one(settings, scraper):
    assert scraper.get("/metrics").status_code == 200
    for wrong in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": f"Token {TOKEN}"},
        {"Authorization": "Bearer é"},
    ):
        answer = Client(headers=wrong).get("/metrics")
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    settings.METRICS_TOKEN = None
    assert scraper.get("/metrics").status_code == 404


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_metrics_tell_what_was_asked_and_what_is_so(scraper):
    make_park("one")
    Document.objects.create(kind="parks.park", key="nothing")
    before = told(scraper)
    Client().get("/api/v1/parks/one/")
    values = told(scraper)
    request = ("registry_request_seconds_count", "miss", "GET", "park-detail", "200")
    assert values[request] == before.get(request, 0) + 1
    assert values["registry_documents_waiting",] >= 1
    assert values["registry_newest_change_timestamp_seconds",] > 1.7e9
    assert values["registry_imports", "FAILED"] == 0
    assert values["registry_ready", "database"] == 1
    resident = values["registry_process_resident_bytes", str(os.getpid())]
    assert 2e7 < resident < 4e9


@pytest.mark.django_db
def test_metrics_are_told_while_the_database_is_away(scraper, monkeypatch):
    refuse_connections(monkeypatch)
    values = told(scraper)
    assert values["registry_ready", "database"] == 0
    assert {name for name, *_ in values} & {"registry_documents_waiting", "registry_imports"} == set()
    assert any(name == "registry_info" for name, *_ in values)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_every_gauge_is_told(scraper):
    make_park("one")
    names = {name for name, *_ in told(scraper)}
    of_postgresql = {name for name, (text, _labels) in GAUGES.items() if "PostgreSQL" in text}
    slots = {name for name in GAUGES if "_slot_" in name or "_replica_" in name}
    expected = GAUGES.keys() - slots if connection.vendor == "postgresql" else GAUGES.keys() - slots - of_postgresql
    assert expected - names == set()
