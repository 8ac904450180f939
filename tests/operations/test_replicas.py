"""A primary and a replica of it, read from by the registry as in production, and what is told while either is away."""

import json
import os
import shutil
import signal
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.clusters import USER
from tests.operations.conftest import headers_of, token_of
from tests.serving import REGISTRY, Server, manage, wait_until

pytestmark = pytest.mark.servers

# As edits that nobody is told of before they are on both.
SYNCHRONOUS = {"synchronous_standby_names": "replica", "synchronous_commit": "remote_apply"}
# Who only looks whether a server is well reads no documents.
READ = "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'core_document'"
# Asked once each, since what has been answered is kept.
PAGES = count(1)


@pytest.fixture(scope="module")
def pair(loaded):
    """`(primary, replica, server, writer)`: the registry that reads from a replica, and who writes to it.

    One for all tests here, which leave it whole; but the last, in which the replica takes over.
    """
    room = Path(tempfile.mkdtemp(prefix="registry-replicas-", dir="/tmp"))
    room.chmod(0o755)
    with ExitStack() as running:
        running.callback(shutil.rmtree, room, ignore_errors=True)
        primary = loaded.copy(room / "primary").start()
        running.callback(primary.stop)
        replica = primary.standby(room / "replica", name="replica").start()
        running.callback(replica.stop)
        both = f"postgres://{USER}@{quoted(primary)},{quoted(replica)}/{USER}"
        environment = REGISTRY | {"DATABASE_URL": both, "DATABASE_REPLICA_URLS": replica.url(), "REPLICA_LAG": "3s"}
        options = ("--threads", "4")
        server = Server("config.wsgi", environment, worker="gthread", log=room / "server.log", options=options)
        running.enter_context(server).wait("/api/v1/parks/?limit=1")
        wait_until(lambda: reads_of(server, replica) > 0)
        yield primary, replica, server, Writer(server, token_of(primary.url()))


def quoted(cluster):
    return cluster.url().partition("@")[2].partition("/")[0]


class Writer:
    """Makes bodies by the REST API, and knows those that it was told are written."""

    def __init__(self, server, token):
        self.server, self.written, self.refused, self.numbers = server, [], [], count(1)
        self.headers = headers_of(token)

    def write(self):
        slug = f"body-{next(self.numbers)}"
        body = {"slug": slug, "name_en": f"Body {slug}", "name_zh": f"机构{slug}", "kind": "OTHER"}
        status, headers, told = self.server.ask("POST", "/api/v1/bodies/", json.dumps(body).encode(), self.headers)
        if status == 201:
            self.written.append(slug)
        else:
            assert (status, headers["Retry-After"] is not None) == (503, True), told
            self.refused.append(slug)
        return slug

    def read(self, slug):
        return self.server.ask("GET", f"/api/v1/bodies/{slug}/", headers=self.headers)[0]


def reads_of(server, cluster):
    """How many times a stranger's questions have had this cluster read documents."""
    before = cluster.execute(READ, "registry")[0][0]
    for _ in range(4):
        assert server.ask("GET", f"/api/v1/parks/?limit=50&offset={next(PAGES)}")[0] == 200
    # PostgreSQL tells what a connection has done about a second later.
    time.sleep(1.2)
    return cluster.execute(READ, "registry")[0][0] - before


@contextmanager
def asking(server, *paths):
    """Readers who ask all the time, and one who reconciles; yields the statuses of their answers."""
    statuses, stop = [], threading.Event()

    def ask(path):
        while not stop.is_set():
            statuses.append(server.ask("GET", path)[0])

    def reconcile():
        while not stop.is_set():
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            statuses.append(server.ask("POST", "/reconcile/", QUERIES, form)[0])

    threads = [threading.Thread(target=ask, args=(path,)) for path in paths] + [threading.Thread(target=reconcile)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stop.set()
        for thread in threads:
            thread.join()


# Reconciliation asks by POST.
QUERIES = b"queries=%7B%22q0%22%3A+%7B%22query%22%3A+%22Jiangyin%22%7D%7D"
PATHS = ("/api/v1/parks/?limit=20", "/en/parks/jiangyin-jingjiang/", "/api/v1/bodies/")


def test_strangers_read_from_the_replica_and_a_writer_reads_what_was_written(pair):
    primary, replica, server, writer = pair
    assert reads_of(server, replica) > 0 == reads_of(server, primary)
    assert what_doctor_finds(server) == []
    with asking(server, *PATHS) as statuses:
        found = [writer.read(writer.write()) for _ in range(50)]
    assert (found, set(statuses)) == ([200] * 50, {200})


def test_what_is_kept_of_a_replica_gives_way_to_an_edit_that_began_before_the_newest(pair):
    primary, _replica, server, writer = pair
    slug = writer.write()
    late = primary.connect("registry")
    late.autocommit = False
    late.cursor().execute("UPDATE cities_body SET name_en = 'Late' WHERE slug = %s", [slug])
    writer.write()
    # As long as it takes to believe that nothing can come before the newest any more.
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        assert name_of(server, slug) == f"Body {slug}"
    late.commit()
    late.close()
    wait_until(lambda: [name_of(server, slug) for _ in range(10)] == ["Late"] * 10, seconds=4)


def name_of(server, slug):
    return json.loads(server.ask("GET", f"/api/v1/bodies/{slug}/")[2])["name_en"]


def test_replica_that_stays_behind_is_left_alone_and_taken_back(pair):
    _primary, replica, server, writer = pair
    replica.execute("SELECT pg_wal_replay_pause()")
    slug = writer.write()
    # Its writer sees it at once, and whoever else within the bound of three seconds and the time of one look.
    assert writer.read(slug) == 200
    time.sleep(4)
    assert what_doctor_finds(server) == [
        f"The replica at {replica.home} is more than 3 seconds behind, and is not read from."
    ]
    assert {server.ask("GET", f"/api/v1/bodies/{slug}/")[0] for _ in range(10)} == {200}
    assert reads_of(server, replica) == 0
    replica.execute("SELECT pg_wal_replay_resume()")
    wait_until(lambda: reads_of(server, replica) > 0)


def what_doctor_finds(server):
    environment = {name: server.environment[name] for name in ("DATABASE_URL", "DATABASE_REPLICA_URLS", "REPLICA_LAG")}
    # Of the rest of this deployment there is much to say.
    told = manage("doctor", "--json", environment=environment, may_fail=True).stdout
    return [each["what"] for each in json.loads(told) if each["check"] == "replicas"]


def test_replica_that_is_killed_costs_no_request(pair):
    _primary, replica, server, writer = pair
    with asking(server, *PATHS) as statuses:
        time.sleep(1)
        replica.kill()
        time.sleep(2)
        assert [each.partition(":")[0] for each in what_doctor_finds(server)] == [
            f"The replica at {replica.home} does not answer"
        ]
        writer.write()
        replica.start()
        time.sleep(2)
    assert (set(statuses), writer.refused) == ({200}, [])
    wait_until(lambda: reads_of(server, replica) > 0)


def test_primary_that_is_killed_is_taken_over_from_and_no_answered_edit_is_lost(pair):
    primary, replica, server, writer = pair
    for name, value in SYNCHRONOUS.items():
        primary.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    primary.execute("SELECT pg_reload_conf()")
    wait_until(lambda: primary.execute("SELECT sync_state FROM pg_stat_replication") == [("sync",)])
    with asking(server, *PATHS) as statuses:
        for _ in range(20):
            writer.write()
        primary.kill()
        writer.write()
        time.sleep(1)
        # Who begins only now has never seen the primary.
        for pid in server.worker_pids():
            os.kill(pid, signal.SIGTERM)
        time.sleep(2)
        replica.promote()
        wait_until(lambda: writer.write() in writer.written)
    assert set(statuses) == {200}
    assert len(writer.refused) > 0
    kept = {slug for (slug,) in replica.execute("SELECT slug FROM cities_body", "registry")}
    assert set(writer.written) <= kept
    assert {server.ask("GET", f"/api/v1/bodies/{slug}/")[0] for slug in writer.written} == {200}
