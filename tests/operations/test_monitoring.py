"""What a server of several workers tells of itself: counted together, whoever is asked and whoever dies."""

import json
import os
import signal

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.operations.conftest import METRICS_TOKEN
from tests.serving import Server, wait_until

pytestmark = pytest.mark.servers

ASKED = 20
PARKS = "/api/v1/parks/"


def scraped(server: Server) -> dict[tuple, float]:
    status, _headers, body = server.ask("GET", "/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert status == 200, body
    families = text_string_to_metric_families(body.decode())
    return {(each.name, *sorted(each.labels.values())): each.value for family in families for each in family.samples}


def requests(values: dict[tuple, float]) -> float:
    return sum(
        value for key, value in values.items() if key[0].endswith("request_seconds_count") and "park-list" in key
    )


def lines_of(server: Server) -> list[dict]:
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def test_workers_are_counted_together_and_none_that_dies_takes_its_counts_away(clusters, watched, room):
    cluster = clusters()
    server = watched(cluster.url())
    for _ in range(ASKED):
        assert server.ask("GET", PARKS)[0] == 200
    assert {requests(scraped(server)) for _ in range(6)} == {ASKED}

    [folder] = room.glob("metrics-*")
    old = server.worker_pids()
    os.kill(old[0], signal.SIGKILL)
    wait_until(lambda: len(now := server.worker_pids()) == 2 and set(old) & set(now) == {old[1]})
    for _ in range(ASKED):
        assert server.ask("GET", PARKS)[0] == 200
    assert {requests(scraped(server)) for _ in range(6)} == {2 * ASKED}
    assert list(folder.glob(f"*_{old[0]}.db")) == []

    # the database goes: what was counted is told all the same
    cluster.stop()
    assert server.ask("GET", "/healthz")[0] == 200
    status, _headers, body = server.ask("GET", "/readyz")
    assert (status, json.loads(body)["checks"]["disk"]) == (503, "ok")
    without = scraped(server)
    assert requests(without) == 2 * ASKED
    assert without["registry_ready", "database"] == 0
    cluster.start()
    # what was found is told for a second
    wait_until(lambda: server.ask("GET", "/readyz")[0] == 200)

    number = "4b1a8c0f9d3e47c2a6b5d4e3f2a1b0c9"
    assert server.ask("GET", PARKS, headers={"X-Request-ID": number})[1]["X-Request-ID"] == number
    server.process.terminate()
    server.process.wait(20)
    assert not folder.exists()
    lines = lines_of(server)
    assert {"registry.request", "registry.ready", "gunicorn.error"} <= {line["logger"] for line in lines}
    [line] = [line for line in lines if line["request_id"] == number]
    assert (line["route"], line["status"]) == ("park-list", 200)
    assert [line["route"] for line in lines if line["message"] == "request"] == ["park-list"] * (2 * ASKED + 1)
