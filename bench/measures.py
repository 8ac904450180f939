"""What is measured, one function to a part: each asks over HTTP, or runs a command and looks at the clock."""

import http.client
import itertools
import json
import math
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from bench import registry
from bench.agreement import difference
from bench.contestants import Registry, Wanted
from bench.load import LOGIN, PASSWORD

LUA = Path(__file__).with_name("wrk.lua")
ROUNDS, CONNECTIONS = 3, 2
# Seconds that a server is driven at a time, at most.
LONGEST = 6
# Provinces in which counties, and so made-up parks, are many.
PROVINCES = ("13", "32", "33", "34", "37", "41", "42", "43", "44", "51", "53", "61")
PAGE = 50


@dataclass
class Rate:
    """Requests per second and the time of the median request in milliseconds, medians of the rounds."""

    per_second: float
    milliseconds: float


class Skipped(Exception):
    """A part that cannot be measured here, and why."""


# --- What is asked --------------------------------------------------------------------------------------------------


def wanted(size: int) -> dict[str, list[Wanted]]:
    """Requests by case: as many different ones as there are, so that no answer is asked for twice before all were."""
    numbers = [registry.draw(each, 900, size) for each in range(min(size, 6000))]
    words: dict[str, dict[str, Wanted]] = {"en": {}, "zh3": {}, "zh2": {}, "within": {}}
    for number in numbers:
        (zh, en), (kind, _en) = registry.stem(number), registry.kind(number)
        words["en"][en] = Wanted(q=en)
        words["zh3"][zh + kind[0]] = Wanted(q=zh + kind[0])
        words["zh2"][zh] = Wanted(q=zh)
        words["within"][en] = Wanted(q=en, within=PROVINCES[number % len(PROVINCES)])
    # each begins one park later, so no two pages are the same, and none lies deep
    offsets = range(min(250, max(1, size // 60)))
    return {
        "list": [Wanted(within=province, offset=offset) for offset in offsets for province in PROVINCES],
        "detail": [Wanted(slug=registry.slug(number)) for number in dict.fromkeys(numbers)],
        "search_en": [*words["en"].values()],
        "search_zh3": [*words["zh3"].values()],
        "search_zh2": [*words["zh2"].values()],
        "search_within": [*words["within"].values()],
        "list_again": [Wanted(within="32")],
        "detail_again": [Wanted(slug=registry.slug(0))],
        "search_again": [next(iter(words["zh2"].values()))],
    }


def told(contestant: Registry, path: str):
    """The JSON that is answered. Raises Skipped when there is none."""
    status, _headers, body = contestant.server.ask("GET", path)
    if status != 200:
        raise Skipped(f"{contestant.name} answers {path} with {status}")
    return json.loads(body)


def disagreements(contestants: list[Registry], cases: dict[str, list[Wanted]]) -> tuple[int, list[str]]:
    """How many answers were compared with the first contestant's, and where they differ."""
    compared, differing = 0, []
    first, *others = contestants
    for case, requests in cases.items():
        for each in requests[:3]:
            answer = told(first, first.path(each))
            whole = told(first, first.path(replace(each, limit=500))) if each.q else None
            for other in others:
                compared += 1
                another = told(other, other.path(each))
                counts = isinstance(another, dict) and another.get("count") is not None and not each.slug
                if whole:
                    # The registry finds more: by old names, and by how Chinese names are read.
                    parks = {park["slug"]: park for park in first.parks(whole)}
                    pairs = [(parks.get(park["slug"], {}), park) for park in other.parks(another)]
                    found = next((lacking for pair in pairs if (lacking := difference(*pair))), "")
                    if counts and whole["count"] < another["count"]:
                        found = f"count: {whole['count']} and {another['count']}"
                else:
                    found = difference(first.parks(answer), other.parks(another))
                    if counts and not found:
                        found = difference(answer["count"], another["count"], "count")
                if found:
                    differing.append(f"{case}: {first.name} and {other.name} differ at {found}")
    return compared, differing


# --- Driving with wrk -----------------------------------------------------------------------------------------------


class Driver:
    """Drives servers with wrk, each for `seconds` at a time or longer where it is slow.

    What it asks is kept in `folder`, and what it measured in `rates`, by case and by who was asked.
    """

    def __init__(self, folder: Path, seconds: int):
        self.folder, self.seconds = folder, seconds
        self.rates: dict[str, dict[str, Rate]] = {}

    def drive(self, case: str, paths: dict[str, tuple[Registry, list[str]]]) -> None:
        """Measure all in alternation, so that whatever else the machine does meanwhile meets each of them alike."""
        if not shutil.which("wrk"):
            raise Skipped("wrk is not here (Debian's package wrk)")
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in paths}
        seconds = {name: self._long_enough(contestant, asked[-1]) for name, (contestant, asked) in paths.items()}
        for turn in range(ROUNDS):
            for name, (contestant, asked) in paths.items():
                file = self.folder / "paths"
                file.write_text("\n".join(asked) + "\n")
                measured[name].append(self._wrk(contestant, file, turn * len(asked) // ROUNDS, seconds[name]))
        self.rates[case] = {
            name: Rate(*(statistics.median(column) for column in zip(*rounds, strict=True)))
            for name, rounds in measured.items()
        }

    def _long_enough(self, contestant, path):
        """How long to drive it: wrk counts only what is answered before it ends, and some answers take seconds."""
        started = time.perf_counter()
        told(contestant, path)
        return max(self.seconds, min(LONGEST, math.ceil(4 * (time.perf_counter() - started))))

    def _wrk(self, contestant, file, start, seconds):
        address = f"http://127.0.0.1:{contestant.server.port}"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s", "-s", LUA, address]
        output = subprocess.run(
            [*command, "--", str(file), str(start)], capture_output=True, text=True, check=True
        ).stdout
        line = next(line for line in output.splitlines() if line.startswith("told "))
        requests, microseconds, median, _p99, errors = map(int, line.split()[1:])
        if errors or not requests:
            raise Skipped(f"{contestant.name} answered {errors} of {requests} requests with an error")
        return requests / (microseconds / 1e6), median / 1000


# --- One after the other ---------------------------------------------------------------------------------------------


def turns_of_page(contestant: Registry, page: int) -> Iterator[float]:
    """Milliseconds of the way on to a page of all parks, by the link that the page before it tells.

    Each look begins one park later, so that none has been answered before.
    """
    for later in itertools.count():
        before = told(contestant, contestant.path(Wanted(limit=PAGE, offset=(page - 2) * PAGE + later)))
        if not before["next"]:
            raise Skipped(f"there are fewer than {page} pages of parks")
        path = "/" + before["next"].split("/", 3)[3]
        started = time.perf_counter()
        told(contestant, path)
        yield 1000 * (time.perf_counter() - started)


# --- Export ---------------------------------------------------------------------------------------------------------


@dataclass
class Export:
    """A list streamed as NDJSON: parks per second, seconds to the first, whether all came, a worker's growth in MB."""

    per_second: float
    first: float
    ended: bool
    grown: float


def export(contestant: Registry, seconds: float) -> Export:
    """All parks as NDJSON, or as many as come within so many seconds from the first on; those before it count too."""
    before = largest = contestant.server.megabytes()
    connection = http.client.HTTPConnection("127.0.0.1", contestant.server.port, timeout=600)
    started, lines, ended = time.perf_counter(), 0, False
    connection.request("GET", "/api/v1/parks.ndjson")
    answer = connection.getresponse()
    if answer.status != 200:
        raise Skipped(f"NDJSON is answered with {answer.status}")
    chunk = answer.read1(1 << 20)
    first = looked = time.perf_counter()
    while time.perf_counter() - first < seconds:
        lines += chunk.count(b"\n")
        if time.perf_counter() - looked > 0.2:
            looked, largest = time.perf_counter(), max(largest, contestant.server.megabytes())
        chunk = answer.read1(1 << 20)
        if not chunk:
            ended = True
            break
    taken = time.perf_counter() - started
    connection.close()
    grown = max(largest, contestant.server.megabytes()) - before
    return Export(lines / taken, first - started, ended, grown)


def read_in_pages(contestant: Registry, seconds: float) -> float:
    """Parks per second in pages of 1,000 from the first on: as a reader of a stock API takes them all."""
    started, parks = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        page = told(contestant, contestant.path(Wanted(limit=1000, offset=parks)))
        parks += len(page["results"])
        if not page["next"]:
            break
    return parks / (time.perf_counter() - started)


# --- Admin ----------------------------------------------------------------------------------------------------------


def admin_list(contestant: Registry, query: dict[str, str]) -> Iterator[float]:
    """Milliseconds of each look at the admin's list of parks, logged in, as long as it is asked for more."""
    server, login = contestant.server, "/admin/login/"
    _status, headers, _body = server.ask("GET", login)
    cookies = SimpleCookie(headers["Set-Cookie"])
    token = cookies["csrftoken"].value
    form = urlencode({"username": LOGIN, "password": PASSWORD, "csrfmiddlewaretoken": token, "next": "/admin/"})
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
    status, headers, _body = server.ask("POST", login, form.encode(), sent)
    if status != 302:
        raise Skipped(f"the admin answered a login with {status}")
    session = next(
        value.value
        for each in headers.get_all("Set-Cookie")
        for name, value in SimpleCookie(each).items()
        if name == "sessionid"
    )
    path = f"/admin/parks/park/?{urlencode(query)}"
    while True:
        started = time.perf_counter()
        status, _headers, body = server.ask("GET", path, headers={"Cookie": f"sessionid={session}"})
        taken = 1000 * (time.perf_counter() - started)
        if status != 200 or b"result_list" not in body:
            raise Skipped(f"the admin answered {path} with {status}")
        yield taken


# --- Writing --------------------------------------------------------------------------------------------------------


def edits(contestant: Registry, slug: str, token: str = "") -> Iterator[float]:
    """Milliseconds of one edit of a park's summary after another."""
    path = contestant.path(Wanted(slug=slug))
    _status, answered, _body = contestant.server.ask("GET", path)
    number = 0
    while True:
        number += 1
        headers = {"Content-Type": "application/json"}
        if token:
            headers |= {"Authorization": f"Token {token}", "If-Match": answered["ETag"]}
        body = json.dumps({"summary_en": f"Edited for the {number}. time."}).encode()
        started = time.perf_counter()
        status, answered, body = contestant.server.ask("PATCH", path, body, headers)
        taken = 1000 * (time.perf_counter() - started)
        if status != 200:
            raise Skipped(f"{contestant.name} answers an edit with {status}: {body[:200]!r}")
        yield taken


def reconciled(contestant: Registry) -> Iterator[float]:
    """Milliseconds of one batch of 1,000 names of parks after another: half Chinese, every second one misspelt."""
    _status, _headers, body = contestant.server.ask("GET", "/api/v1/parks/?limit=500&fields=name_en,name_zh")
    names = [name for park in json.loads(body)["results"] for name in (park["name_zh"], park["name_en"])]
    # What a hurried hand leaves out: the third letter.
    asked = [name[:2] + name[3:] if number // 2 % 2 else name for number, name in enumerate(names)]
    queries = {str(number): {"query": name, "type": "park"} for number, name in enumerate(asked)}
    form = urlencode({"queries": json.dumps(queries)}).encode()
    while True:
        started = time.perf_counter()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _headers, body = contestant.server.ask("POST", "/reconcile/", form, headers)
        taken = 1000 * (time.perf_counter() - started)
        if status != 200:
            raise Skipped(f"{contestant.name} answers a batch with {status}: {body[:200]!r}")
        yield taken
