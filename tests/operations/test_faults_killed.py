"""A worker is killed in the midst of its work: all of that is done, or nothing, and the next try does it."""

import json
import os
import signal
import subprocess
import sys
import zlib
from contextlib import closing, contextmanager
from threading import Thread

import pytest

from core.marking import LOCK
from exchange.imports.engine import TURNS
from tests.clusters import USER
from tests.intact import broken_at
from tests.operations.conftest import headers_of, token_of
from tests.operations.traffic import send_file
from tests.serving import REGISTRY, ROOT, kept_environment, wait_until

pytestmark = pytest.mark.servers

PARK = "/api/v1/parks/jiangyin-jingjiang/"
# The last line is about a body that somebody else is editing, so that all others have been written when it waits.
FILE = "slug,name_en,name_zh,kind\n" + "".join(f"office-{n},Office {n},办公室,OTHER\n" for n in range(1200))


@contextmanager
def held(cluster, sql: str):
    """Somebody else's transaction that holds what `sql` takes, while the block lasts."""
    with closing(cluster.connect(USER)) as other, other.cursor() as cursor:
        cursor.execute(f"BEGIN; {sql}")
        yield


def wait_for_a_waiter(cluster):
    wait_until(lambda: cluster.execute("SELECT 1 FROM pg_locks WHERE NOT granted"))


def kill_workers(server):
    """Kill them with what they are at, and wait until others answer."""
    before = set(server.worker_pids())
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: (now := server.worker_pids()) and before.isdisjoint(now))


def test_a_worker_killed_in_the_midst_of_an_edit_or_an_import_leaves_nothing_half_written(clusters, serve, room):
    cluster = clusters()
    files = room / "imports"
    server = serve(cluster.url(), workers=1, IMPORT_FILES=str(files))
    token = token_of(cluster.url())
    writing = headers_of(token)
    etag = server.ask("GET", PARK)[1]["ETag"]
    changes = cluster.execute("SELECT count(*) FROM core_change", USER)
    broken_off = []

    def ask(method, path, body, headers):
        try:
            broken_off.append(server.ask(method, path, body, headers)[0])
        except Exception as error:
            broken_off.append(type(error).__name__)

    def killed(sql, *request):
        """Send it, let it wait for what `sql` holds, and kill who is at it."""
        sender = Thread(target=ask, args=request)
        with held(cluster, sql):
            sender.start()
            wait_for_a_waiter(cluster)
            kill_workers(server)
        sender.join(30)

    # an edit, all of it written and about to be committed
    edit = ("PATCH", PARK, b'{"crosses": "Tai Hu"}', {**writing, "If-Match": etag})
    killed(f"SELECT pg_advisory_xact_lock({LOCK[0]}, {LOCK[1]})", *edit)
    assert server.ask("GET", PARK)[1]["ETag"] == etag
    assert cluster.execute("SELECT count(*) FROM core_change", USER) == changes
    assert server.ask(*edit)[0] == 200

    # an import that is being applied, with all lines but the last written
    [(slug,)] = cluster.execute("SELECT slug FROM cities_body ORDER BY slug LIMIT 1", USER)
    status, sent = send_file(server, token, "bodies", f"{FILE}{slug},Renamed,改名,OTHER\n")
    assert (status, sent["state"], sent["new"], sent["errors"]) == (201, "CHECKED", 1200, 0)
    apply = ("POST", f"/api/v1/imports/{sent['id']}/apply/", b"{}", writing)
    killed(f"SELECT 1 FROM cities_body WHERE slug = '{slug}' FOR UPDATE", *apply)
    assert cluster.execute("SELECT count(*) FROM cities_body WHERE slug LIKE 'office-%'", USER) == [(0,)]
    told = json.loads(server.ask("GET", f"/api/v1/imports/{sent['id']}/", headers=writing)[2])
    assert (told["state"], told["change"]) == ("CHECKED", None)
    status, _headers, told = server.ask(*apply)
    assert (status, json.loads(told)["state"]) == (200, "APPLIED")
    assert cluster.execute("SELECT count(*) FROM cities_body WHERE slug LIKE 'office-%'", USER) == [(1200,)]
    assert broken_off == ["RemoteDisconnected"] * 2

    # an import by the command, which tells that it has begun
    path = room / "more.csv"
    path.write_text(FILE.replace("office", "bureau"), encoding="utf-8")
    environment = kept_environment() | REGISTRY | {"DATABASE_URL": cluster.url(), "IMPORT_FILES": str(files)}
    command = [sys.executable, "manage.py", "import_records", "bodies", str(path)]
    with held(cluster, f"SELECT pg_advisory_xact_lock({zlib.crc32(TURNS.encode())})"):
        importing = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        wait_for_a_waiter(cluster)
        importing.kill()
        importing.wait()
    cluster.execute("UPDATE exchange_import SET at = at - interval '2 minutes' WHERE state = 'BEGUN'", USER)
    newest = json.loads(server.ask("GET", "/api/v1/imports/?limit=1", headers=writing)[2])["results"][0]
    assert (newest["name"], newest["state"], newest["change"]) == ("more.csv", "FAILED", None)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert f"Import {newest['id']} of this file was broken off and wrote nothing. Starting again." in done.stdout
    assert "1,200 new, 0 changed, 0 unchanged, 0 wrong. Written as change" in done.stdout
    assert broken_at(cluster.url()) == []
