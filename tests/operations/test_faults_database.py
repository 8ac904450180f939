"""PostgreSQL goes away, has no connection left, or lets somebody wait: all is told, nothing is lost, all goes on."""

import json
import time
from contextlib import ExitStack, closing, contextmanager, suppress

import psycopg2
import pytest

from core.marking import LOCK
from tests.clusters import USER
from tests.intact import broken_at
from tests.operations.conftest import headers_of, token_of
from tests.operations.traffic import READ, Traffic, log_in

pytestmark = pytest.mark.servers

WELL = {200, 201}


def slugs_written(cluster) -> set[str]:
    return {slug for (slug,) in cluster.execute("SELECT slug FROM cities_body", USER)}


def test_postgresql_that_is_restarted_or_killed_loses_nothing_and_is_found_again(clusters, serve):
    cluster = clusters()
    server = serve(cluster.url())
    traffic = Traffic(server, token_of(cluster.url()), cookie=log_in(server))
    with traffic:
        time.sleep(1)
        assert traffic.statuses() == WELL
        for go in (cluster.stop, cluster.kill):
            go()
            gone = time.monotonic()
            time.sleep(1)
            assert traffic.statuses(gone + 0.5) == {503}
            cluster.start()
            traffic.recovered()
    assert traffic.statuses() == {*WELL, 503}
    assert traffic.untold() == []
    assert set(traffic.written) <= slugs_written(cluster)
    assert broken_at(cluster.url()) == []
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "database away: GET /en/: " in log


@contextmanager
def all_connections_taken(cluster, count: int):
    """Others hold all `count` connections of the server, those that the registry had among them."""
    with ExitStack() as others:
        first = others.enter_context(closing(cluster.connect()))
        with first.cursor() as cursor:
            for _connection in range(count - 1):
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [USER]
                )  # the registry's own, which come again at once
                while True:
                    with suppress(psycopg2.OperationalError):
                        others.enter_context(closing(cluster.connect()))
                        break
                    cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [USER])
        yield


def test_when_others_have_all_connections_everybody_is_told_and_served_once_some_are_free(clusters, serve):
    cluster = clusters(settings={"max_connections": 12})
    server = serve(cluster.url())
    with Traffic(server, token_of(cluster.url()), cookie=log_in(server)) as traffic:
        with all_connections_taken(cluster, 12):
            taken = time.monotonic()
            time.sleep(1)
            assert traffic.statuses(taken + 0.3) == {503}
        traffic.recovered()
    assert traffic.statuses() == {*WELL, 503}
    assert traffic.untold() == []
    told = {json.loads(each.body)["detail"] for each in traffic.answers if (each.status, each.path) == (503, READ[0])}
    assert "The database of the registry has no connection left at this moment. Try again in a few seconds." in told
    assert set(traffic.written) <= slugs_written(cluster)
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "raise max_connections" in log


def test_while_nothing_receives_who_logs_in_or_fails_to_holds_nobody(clusters, serve):
    cluster = clusters()
    server = serve(cluster.url(), workers=1, threads=1)
    cluster.execute("ALTER SYSTEM SET synchronous_standby_names = 'registry_wal'")
    cluster.execute("SELECT pg_reload_conf()")
    for _failure in range(3):
        # the form again
        with pytest.raises(AssertionError, match="200"):
            log_in(server, password="a wrong one")
    assert cluster.execute("SELECT failures_since_start FROM axes_accessattempt", USER) == [(3,)]
    cookie = log_in(server)
    assert server.ask("GET", "/admin/", headers={"Cookie": cookie})[0] == 200


def test_an_edit_that_is_stuck_holds_nobody_for_ever(clusters, serve):
    cluster = clusters()
    server = serve(cluster.url(), DATABASE_LOCK_TIMEOUT="1s", DATABASE_STATEMENT_TIMEOUT="3s")
    writing = headers_of(token_of(cluster.url()))
    body = json.dumps({"slug": "left-bank", "name_en": "Left Bank", "name_zh": "左岸", "kind": "OTHER"}).encode()
    with closing(cluster.connect(USER)) as stuck, stuck.cursor() as cursor:
        # what every edit takes before it is committed (core.marking)
        cursor.execute(f"BEGIN; SELECT pg_advisory_xact_lock({LOCK[0]}, {LOCK[1]})")
        begun = time.monotonic()
        status, headers, told = server.ask("POST", "/api/v1/bodies/", body, writing)
        assert (status, headers["Retry-After"]) == (503, "1")
        assert json.loads(told)["detail"] == "Others are writing at this moment. Try again in a second."
        assert 1 <= time.monotonic() - begun < 3
        # readers wait for no writer
        assert server.ask("GET", "/api/v1/parks/")[0] == 200
    assert server.ask("POST", "/api/v1/bodies/", body, writing)[0] == 201
    # a statement that takes too long: every park is locked away, as by a migration that waits
    with closing(cluster.connect(USER)) as stuck, stuck.cursor() as cursor:
        cursor.execute("BEGIN; LOCK parks_park IN ACCESS EXCLUSIVE MODE")
        status, headers, _told = server.ask("GET", "/api/v1/parks/?q=left")
        assert (status, headers["Retry-After"]) == (503, "1")
    assert server.ask("GET", "/api/v1/parks/?q=left")[0] == 200
    assert broken_at(cluster.url()) == []
    assert "Traceback" not in server.log.read_text()
