"""A real Prometheus reads the running registry: each query of the dashboard and the alerts finds what it asks for."""

import http.client
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.config.test_monitoring import QUERIES
from tests.operations.conftest import METRICS_TOKEN
from tests.serving import ROOT, free_port, wait_until

pytestmark = pytest.mark.soak

PARKS = "/api/v1/parks/"
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
# Of what seldom happens there is nothing to tell yet, and of readers outside only the other exporter tells.
MAY_BE_EMPTY = (
    "registry_shed_total",
    "registry_throttled_total",
    "registry_import",
    "registry_slot_",
    "registry_replica_",
    "probe_",
    'status=~"5',
)


@pytest.fixture
def prometheus(room: Path):
    """Starts a Prometheus that reads the registry at a port every second; asked by `ask(path, **parameters)`."""
    program = shutil.which("prometheus")
    assert program, "Install Debian's prometheus: make prometheus"
    running = []

    def start(target: int):
        port = free_port()
        example = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
        # the example itself, but for places and haste
        mine = example.partition("  # What readers get")[0].replace(
            "/etc/prometheus/registry.token", str(room / "token")
        )
        mine = mine.replace("127.0.0.1:8081", f"127.0.0.1:{target}").replace("15s", "1s")
        (room / "token").write_text(METRICS_TOKEN)
        shutil.copy(RULES, room / "rules.yml")
        (room / "prometheus.yml").write_text(mine)
        options = [f"--config.file={room}/prometheus.yml", f"--storage.tsdb.path={room}/series"]
        with (room / "prometheus.log").open("w") as log:
            command = [program, *options, f"--web.listen-address=127.0.0.1:{port}"]
            running.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))

        def ask(path: str, **parameters: str) -> dict:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                connection.request("GET", f"/api/v1/{path}?{urlencode(parameters)}")
                told = json.loads(connection.getresponse().read())
            finally:
                connection.close()
            assert told["status"] == "success", (path, parameters, told)
            return told["data"]

        deadline = time.monotonic() + 30
        while True:
            try:
                ask("status/runtimeinfo")
                return ask
            except (OSError, ValueError):
                assert time.monotonic() < deadline, (room / "prometheus.log").read_text()
                time.sleep(0.1)

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


def test_the_rules_and_the_example_are_what_prometheus_takes(tmp_path):
    example = ROOT / "deploy" / "prometheus" / "prometheus.yml"
    for command in (["check", "rules", RULES], ["check", "config", "--syntax-only", example]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_query_of_the_dashboard_and_the_alerts_finds_what_it_asks_for(clusters, watched, prometheus, figures):
    seconds = int(os.environ.get("SOAK_PROMETHEUS_SECONDS", "60"))
    cluster = clusters()
    server = watched(cluster.url())
    ask = prometheus(server.port)
    ends, asked = time.monotonic() + seconds, 0
    paths = (PARKS, "/en/", "/api/v1/parks/nothing/", "/api/v1/search/?q=suzhou", f"{PARKS}?limit=1")
    while time.monotonic() < ends:
        assert server.ask("GET", paths[asked % len(paths)])[0] in (200, 404)
        asked += 1
        time.sleep(0.05)
    expressions = [rule["query"] for group in ask("rules")["groups"] for rule in group["rules"]]
    assert len(expressions) == RULES.read_text().count("- alert: ")
    empty = []
    for query in [*QUERIES, *(re.split(r" (?:==|>|<) [\d. *]+$", each)[0] for each in expressions)]:
        found = ask("query", query=query)["result"]
        if not found and not any(name in query for name in MAY_BE_EMPTY):
            empty.append(query)
    assert empty == []
    [counted] = ask("query", query="sum(registry_request_seconds_count)")["result"]
    assert asked - 60 <= float(counted["value"][1]) <= asked
    health = {each["health"] for each in ask("targets")["activeTargets"]}
    assert health == {"up"}
    firing = {each["labels"]["alertname"] for each in ask("alerts")["alerts"] if each["state"] == "firing"}
    assert firing == set()
    [scrape] = ask("query", query='max_over_time(scrape_duration_seconds{job="registry"}[1m])')["result"]
    figures("prometheus", requests=asked, queries=len(QUERIES) + len(expressions), slowest_scrape=scrape["value"][1])

    # and when the registry goes, that is seen
    cluster.stop()
    wait_until(lambda: ask("query", query='registry_ready{check="database"} == 0')["result"])
