"""Clocks that jump: history keeps its order, and what is told stays right."""

import json
import shutil
import struct
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.clusters import USER
from tests.intact import broken_at
from tests.operations.conftest import headers_of, token_of

pytestmark = pytest.mark.soak

PARK = "/api/v1/parks/jiangyin-jingjiang/"
CLOCK = Path(__file__).with_name("clock.c")
HOURS = 5
JUMPS = (-HOURS, HOURS, -2 * HOURS, 0)


@pytest.fixture
def clock(room):
    """`(environment, set_to)`: of processes whose clock is so many hours from ours as `set_to` last said."""
    compiler = shutil.which("cc")
    assert compiler, "The clock of a process is set by a library that takes a compiler: make compiler"
    library, told = room / "clock.so", room / "clock"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, CLOCK], check=True)
    told.write_bytes(struct.pack("q", 0))
    for file in (library, told):
        file.chmod(0o755)

    def set_to(hours: float):
        with told.open("r+b") as file:
            file.write(struct.pack("q", int(hours * 3600)))

    return {"LD_PRELOAD": str(library), "TEST_CLOCK": str(told)}, set_to


@pytest.mark.parametrize("whose", ["the registry", "the database", "sqlite"])
def test_clocks_that_jump_leave_history_in_order_and_answers_right(whose, clock, clusters, loaded_file, serve):
    environment, set_to = clock
    if whose == "sqlite":
        url = loaded_file
        server = serve(url, **environment)
    else:
        cluster = clusters(environment=environment if whose == "the database" else {})
        url = cluster.url()
        server = serve(url, **(environment if whose == "the registry" else {}))
    writing = headers_of(token_of(url))

    def ask(method, path, body=None, **headers):
        status, told, text = server.ask(method, path, body and json.dumps(body).encode(), writing | headers)
        assert status in (200, 201), (status, text)
        return told, json.loads(text)

    written = []
    for turn, hours in enumerate((0, *JUMPS)):
        set_to(hours)
        for number in range(2):
            headers, _park = ask("GET", PARK)
            name = f"River {turn}-{number}"
            headers, park = ask("PATCH", PARK, {"crosses": name}, **{"If-Match": headers["ETag"]})
            assert park["crosses"] == name
            # to strangers too, whose answers are kept
            for _again in range(2):
                assert json.loads(server.ask("GET", PARK)[2])["crosses"] == name
            _headers, changes = ask("GET", f"{PARK}changes/?limit=1")
            written.append((name, changes["results"][0]["at"]))
    instants = [datetime.fromisoformat(at) for _name, at in written]
    assert instants == sorted(set(instants))
    for name, at in written:
        _headers, then = ask("GET", f"{PARK}?known={at.replace('+00:00', 'Z')}")
        assert then["crosses"] == name
    first = (instants[0] - timedelta(microseconds=1)).isoformat().replace("+00:00", "Z")
    assert ask("GET", f"{PARK}?known={first}")[1]["crosses"] == "Yangtze River"
    _headers, feed = ask("GET", f"{PARK}changes/?limit={len(written)}")
    assert [each["at"] for each in feed["results"]] == [at for _name, at in reversed(written)]
    assert broken_at(url) == []
    assert "Traceback" not in server.log.read_text()


def test_limits_count_on_when_the_clock_jumps(clock, clusters, serve):
    environment, set_to = clock
    server = serve(clusters().url(), workers=1, **environment, API_ANONYMOUS_PER_MINUTE="20")
    for hours in (0, *JUMPS):
        set_to(hours)
        answers = [server.ask("GET", "/api/v1/parks/?limit=1")[:2] for _request in range(70)]
        statuses = [status for status, _headers in answers]
        # a new minute may begin meanwhile, or one come again that was used up
        assert statuses.count(200) <= 40
        assert statuses.count(200) >= 15 or hours == 0
        waits = {int(headers["Retry-After"]) for status, headers in answers if status == 429}
        assert waits
        assert max(waits) <= 60


def test_a_token_that_has_ended_by_the_clock_is_gone_for_good(clock, clusters, serve):
    environment, set_to = clock
    cluster = clusters()
    server = serve(cluster.url(), workers=1, **environment)
    headers = {"Authorization": f"Token {token_of(cluster.url())}"}
    cluster.execute("UPDATE knox_authtoken SET expiry = now() + interval '1 hour'", USER)
    for hours, status in ((0, 200), (-HOURS, 200), (HOURS, 401), (0, 401)):
        set_to(hours)
        assert server.ask("GET", "/api/v1/imports/?limit=1", headers=headers)[0] == status
