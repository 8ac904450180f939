"""What goes wrong with the database or a disk is told as what it is: to who asked, and in the log."""

import errno
import sqlite3
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import psycopg2
import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection
from django.test import Client

from core.faults import fault_of
from core.known import lift_views
from core.models import Change
from parks.models import Park
from tests.admin import page_of, typed
from tests.factories import make_park
from tests.people import client_of, logged_in, make_person

POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL alone")


def another_session():
    """A connection to the same database that is not Django's."""
    described = connection.get_connection_params()
    return psycopg2.connect(
        **{name: described[name] for name in ("dbname", "user", "host", "port") if name in described}
    )


@contextmanager
def standing_in_the_way(first: str, then: str):
    """Another edit that holds the park `first`, and once somebody waits for that, wants the park `then`.

    Whoever waited first is undone by PostgreSQL, if it holds `then`: the other goes on, and ends with the block.
    """
    other, lock = another_session(), "SELECT 1 FROM parks_park WHERE slug = %s FOR UPDATE"
    cursor = other.cursor()
    cursor.execute(lock, [first])

    def join_in():
        watch, deadline = another_session(), monotonic() + 10
        watch.autocommit = True
        waiting = watch.cursor()
        while monotonic() < deadline:
            waiting.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if waiting.fetchone()[0]:
                break
            sleep(0.02)
        watch.close()
        cursor.execute(lock, [then])
        other.commit()

    thread = Thread(target=join_in)
    thread.start()
    try:
        yield
    finally:
        thread.join(20)
        other.close()


@POSTGRESQL
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_edit_over_the_api_that_postgresql_undoes_is_done_anew(caplog):
    editor = client_of(make_person("editors"))
    make_park("one"), make_park("other")
    etag = editor.get("/api/v1/parks/one/")["ETag"]
    before = Change.objects.count()
    with standing_in_the_way("other", "one"):
        answer = editor.patch("/api/v1/parks/one/", {"part_of": "other"}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.content
    assert Park.objects.get(slug="one").part_of.slug == "other"
    assert Change.objects.count() == before + 1
    assert [each.getMessage().split(":")[0] for each in caplog.records] == ["deadlock"]


@POSTGRESQL
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_edit_in_the_admin_that_postgresql_undoes_is_done_anew(caplog):
    editor = logged_in(make_person("editors"))
    editor.raise_request_exception = False
    one, other = make_park("one"), make_park("other")
    sent = typed(editor.get(page_of(one)), part_of=other.pk, edit_reason="Joined.")
    before = Change.objects.count()
    with standing_in_the_way("other", "one"):
        answer = editor.post(page_of(one), sent)
    assert answer.status_code == 302
    assert Park.objects.get(slug="one").part_of == other
    assert [each.reason for each in Change.objects.order_by("id")[before:]] == ["Joined."]
    assert [each.getMessage().split(":")[0] for each in caplog.records] == ["deadlock"]


@contextmanager
def refused_each_time(but_the_last: int):
    """PostgreSQL undoes each edit of a park for no fault of its own, but the one of this number."""
    with connection.cursor() as cursor:
        cursor.execute(f"""
          CREATE SEQUENCE attempts;
          CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            IF nextval('attempts') <> {but_the_last} THEN
              RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure';
            END IF;
            RETURN NEW;
          END $$;
          CREATE TRIGGER refuse BEFORE UPDATE ON parks_park FOR EACH ROW EXECUTE FUNCTION refuse()""")
        try:
            yield lambda: cursor.execute("SELECT last_value FROM attempts") or cursor.fetchone()[0]
        finally:
            cursor.execute("DROP FUNCTION refuse CASCADE; DROP SEQUENCE attempts")


@POSTGRESQL
@pytest.mark.parametrize(("succeeds", "status", "name"), [(3, 200, "New"), (4, 503, "Park one")])
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_edit_is_done_anew_a_few_times_and_then_left_to_its_sender(succeeds, status, name):
    editor = client_of(make_person("editors"))
    make_park("one", name_en="Park one")
    etag, before = editor.get("/api/v1/parks/one/")["ETag"], Change.objects.count()
    with refused_each_time(succeeds) as attempts:
        answer = editor.patch("/api/v1/parks/one/", {"name_en": "New"}, headers={"If-Match": etag})
        assert attempts() == 3
    assert (answer.status_code, answer.get("Retry-After")) == (status, None if status == 200 else "1")
    assert Park.objects.get(slug="one").name_en == name
    assert Change.objects.count() == before + (status == 200)


# --- Which fault it is ----------------------------------------------------------------------------------------------


def of_the_database(code: str, told: str = "") -> DatabaseError:
    """An error as Django raises it for one of the driver's with this code."""
    if code.startswith("SQLITE"):
        cause = sqlite3.OperationalError(told)
        cause.sqlite_errorname = code
    else:
        cause = psycopg2.errors.lookup(code)(told)
        cause.__setstate__({"pgcode": code})
    error = OperationalError(told)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("40P01", "deadlock"),
        ("40001", "deadlock"),
        ("55P03", "busy"),
        ("57014", "slow"),
        ("57P01", "database away"),
        ("57P03", "database away"),
        ("08006", "database away"),
        ("25P03", "database away"),
        ("53300", "no connection left"),
        ("53100", "disk full"),
        ("25006", "read only"),
        ("SQLITE_BUSY", "busy"),
        ("SQLITE_FULL", "disk full"),
        ("SQLITE_READONLY_DBMOVED", "read only"),
    ],
)
def test_a_fault_is_known_by_the_code_of_the_database(code, fault):
    assert fault_of(of_the_database(code)).name == fault


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_known_by_the_number_of_the_system(number):
    assert fault_of(OSError(number, "")).name == "disk full"
    assert fault_of(OSError(errno.EACCES, "")) is None


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_tables_that_are_not_those_of_the_code_are_told_as_such_and_the_log_says_to_migrate(caplog):
    call_command("migrate", "exchange", "zero", verbosity=0)
    try:
        person = make_person("stewards")
        steward, browser = client_of(person), logged_in(person)
        browser.raise_request_exception = False
        answers = [steward.get("/api/v1/imports/"), browser.get("/admin/exchange/import/")]
    finally:
        call_command("migrate", verbosity=0)
    assert [(each.status_code, each["Retry-After"]) for each in answers] == [(503, "60")] * 2
    assert "being updated" in answers[0].json()["detail"]
    for path, told in zip(("/api/v1/imports/", "/admin/exchange/import/"), caplog.messages, strict=True):
        assert told.startswith(f"not migrated: GET {path}: ")
        assert told.endswith("Run: manage.py migrate")


@POSTGRESQL
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_without_its_views_nobody_is_told_of_today_for_what_was_known_then(caplog):
    make_park("suxitong")
    instant = Change.objects.latest("id").at.isoformat()
    path, asked = "/api/v1/parks/suxitong/", {"known": instant}
    # as while migrating, and after a power cut in the midst of that
    with connection.cursor() as cursor:
        lift_views(cursor)
    try:
        answer = Client().get(path, asked)
    finally:
        call_command("migrate", verbosity=0)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert [each.split(":")[0] for each in caplog.messages] == ["not migrated"]
    assert Client().get(path, asked).status_code == 200


@pytest.mark.django_db
def test_sql_that_is_wrong_in_tables_that_are_right_is_a_fault_of_ours():
    with connection.cursor() as cursor, pytest.raises(DatabaseError) as refused:
        cursor.execute("SELECT * FROM there_is_none_of_this_name")
    connection.needs_rollback = False
    if connection.vendor == "postgresql":
        connection.connection.rollback()
    assert fault_of(refused.value) is None


# --- Hosts that are not ours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/en/", "/api/v1/parks/", "/admin/"])
@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused_in_one_line_of_the_log(path, caplog):
    answer = Client().get(path, headers={"Host": "evil.example\r"})
    assert answer.status_code == 400
    assert [(each.levelname, each.exc_info) for each in caplog.records] == [("WARNING", None)]
    assert caplog.messages[0].startswith("Invalid HTTP_HOST header: 'evil.example")
