"""Load: readers, searches and edits for minutes at a steady rate, through nginx, against 100,000 parks."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import linear_regression
from threading import Event, Thread

import pytest

from tests.clusters import USER, Cluster
from tests.operations.conftest import token_of
from tests.operations.large import large_registry
from tests.operations.proxy import Nginx
from tests.serving import ROOT, Server, resident

pytestmark = pytest.mark.soak

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
# Requests a second that two processors hold, with locust, nginx and PostgreSQL beside the registry (docs/scaling.md).
RATE = float(os.environ.get("SOAK_RATE", "3"))
USERS = 40
# So many times that, more than the machine answers, for so many seconds; and what a reader waits at most for what is
# answered then.
TOO_MUCH, FLOOD, PATIENCE = 20, 60, 6
# The bound that an office may choose, in seconds.
BOUND = 10
EVERY = 2
PARKS = "SELECT slug, name_en, name_zh, host_id FROM parks_park ORDER BY md5(slug)"


@pytest.fixture
def large(room):
    with large_registry(room) as cluster:
        yield cluster


def test_load_of_readers_searches_and_edits_is_held(large, serve, room, figures):
    server = serve(large.url(), SHARED_CACHE=f"{BOUND}s", PROXIES="1")
    with Nginx(server, room / "nginx") as nginx:
        # What workers work out once, and nginx and PostgreSQL read from the disk. So quickly that all threads have been
        # at work at once: of what they have freed, memory keeps some room.
        drive(nginx, large, room, seconds=60, rate=4 * RATE)
        (room / "nginx" / "access.log").write_text("")
        with watched(server, large) as seen:
            began, cpu = time.monotonic(), cpu_seconds(server, large)
            told = drive(nginx, large, room, seconds=60 * MINUTES)
            lasted, cpu = time.monotonic() - began, cpu_seconds(server, large) - cpu
        cached = cache_statuses(room)
    p50, p99 = percentile(told, 0.5), percentile(told, 0.99)
    requests = sum(each["num_requests"] for each in told)
    failures = sum(each["num_failures"] for each in told)
    hits = cached.get("HIT", 0) + cached.get("STALE", 0) + cached.get("UPDATING", 0)
    memory = {pid: growth(of_worker) for pid, of_worker in seen.memory.items()}
    figures(
        "load",
        minutes=MINUTES,
        requests_per_second=round(requests / lasted, 1),
        requests=requests,
        failures=failures,
        p50_ms=p50,
        p99_ms=p99,
        p99_ms_of_each={each["name"]: percentile([each], 0.99) for each in sorted(told, key=lambda each: each["name"])},
        answered_by_nginx=round(hits / sum(cached.values()), 3),
        cache=cached,
        cpu_ms_per_request=round(1000 * cpu / requests, 1),
        memory_of_workers=memory,
        connections=[min(seen.connections), max(seen.connections)],
    )
    assert failures == 0
    assert p99 < 250
    # 2 workers of 4 threads, each with a connection; nothing is open that nobody uses
    assert max(seen.connections) <= 8
    # in the second half of ten minutes 5 MB
    assert all(each["growth"] < 10 and each["megabytes_per_hour"] < 60 for each in memory.values()), memory


def test_overload_is_shed_and_forgotten(large, serve, room, figures):
    server = serve(large.url(), SHARED_CACHE=f"{BOUND}s", PROXIES="1")
    with Nginx(server, room / "nginx") as nginx:
        drive(nginx, large, room, seconds=60)
        usual = drive(nginx, large, room, seconds=FLOOD)
        log = room / "nginx" / "access.log"
        log.write_text("")
        drive(nginx, large, room, seconds=FLOOD, rate=TOO_MUCH * RATE, users=TOO_MUCH * USERS)
        flooded = [line.split()[:2] for line in log.read_text().splitlines()]
        time.sleep(5)
        after = drive(nginx, large, room, seconds=FLOOD)
    statuses = Counter(status for status, _seconds in flooded)
    answered = sorted(float(seconds) for status, seconds in flooded if status != "503")
    figures(
        "overload",
        requests_per_second=TOO_MUCH * RATE,
        answered_per_second=round(len(answered) / FLOOD, 1),
        refused_per_second=round(statuses["503"] / FLOOD, 1),
        p99_ms_of_answered=round(1000 * answered[len(answered) * 99 // 100]),
        p99_ms_before=percentile(usual, 0.99),
        p99_ms_after=percentile(after, 0.99),
    )
    # 499: locust had ended
    assert {*statuses} <= {"200", "304", "404", "412", "499", "503"}
    assert statuses["503"] > 0
    assert len(answered) / FLOOD > RATE / 2
    assert answered[len(answered) * 99 // 100] < PATIENCE
    assert sum(each["num_failures"] for each in after) == 0
    assert percentile(after, 0.99) < 2 * percentile(usual, 0.99)


def drive(nginx: Nginx, large: Cluster, room: Path, *, seconds: float, rate: float = RATE, users: int = USERS):
    """What locust tells of each kind of request, driven for so long."""
    parks, told = room / "parks.jsonl", room / "locust"
    if not parks.exists():
        keys = ("slug", "name_en", "name_zh", "host")
        rows = large.execute(PARKS, USER)
        parks.write_text("".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in rows))
    asked = {"LOAD_PARKS": parks, "LOAD_TOKEN": token_of(large.url(), "bench"), "LOAD_RATE": rate, "LOAD_USERS": users}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", ROOT / "tests" / "operations" / "scenario.py"),
            *("-H", f"http://127.0.0.1:{nginx.port}", "--headless", "--only-summary", "--json-file", told),
            *("--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds:.0f}s"),
            # what failed is told in the file
            *("--stop-timeout", "30", "--exit-code-on-error", "0"),
        ],
        cwd=room,
        env=os.environ | {name: str(value) for name, value in asked.items()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(told.with_suffix(".json").read_text())


def percentile(told: list[dict], part: float) -> int:
    """The milliseconds within which so many of the requests were answered."""
    counts: dict[int, int] = {}
    for each in told:
        for milliseconds, count in each["response_times"].items():
            counts[int(float(milliseconds))] = counts.get(int(float(milliseconds)), 0) + count
    wanted = part * sum(counts.values())
    for milliseconds in sorted(counts):
        wanted -= counts[milliseconds]
        if wanted <= 0:
            return milliseconds
    return 0


def cache_statuses(room: Path) -> dict[str, int]:
    """How often nginx did what: "-" where it was not asked as a cache."""
    counts: dict[str, int] = {}
    for line in (room / "nginx" / "access.log").read_text().splitlines():
        status = line.split()[2]
        counts[status] = counts.get(status, 0) + 1
    return counts


class watched:
    """Looks now and then at the memory of each worker, in megabytes with the seconds since, and at the connections."""

    def __init__(self, server: Server, large: Cluster):
        self.server, self.large = server, large
        self.memory: dict[int, list[tuple[float, float]]] = {pid: [] for pid in server.worker_pids()}
        self.connections: list[int] = []
        self.ended = Event()

    def __enter__(self):
        self.thread = Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def _watch(self):
        began = time.monotonic()
        while not self.ended.wait(EVERY):
            for pid, of_worker in self.memory.items():
                of_worker.append((time.monotonic() - began, resident(pid)))
            rows = self.large.execute(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{USER}'")
            self.connections.append(rows[0][0])


def growth(of_worker: list[tuple[float, float]]) -> dict[str, float]:
    """Memory at the start and the end, and how fast it grew in the second half."""
    half = of_worker[len(of_worker) // 2 :]
    slope = linear_regression(*zip(*half, strict=True)).slope
    start, end = of_worker[0][1], of_worker[-1][1]
    return {
        "start": round(start, 1),
        "end": round(end, 1),
        "growth": round(end - start, 1),
        "megabytes_per_hour": round(slope * 3600, 1),
    }


def cpu_seconds(server: Server, large: Cluster) -> float:
    """What the workers and PostgreSQL have taken of processors so far; of those that have ended too."""
    ticks = 0
    for parent in (server.process.pid, large.process.pid):
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in (str(parent), *children):
            numbers = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            # its own, and of the parent those of children that have ended
            ticks += sum(map(int, numbers[11:15] if pid == str(parent) else numbers[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
