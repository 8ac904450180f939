"""A power cut: what was answered as written is there when the machine comes back."""

import json

import pytest

from tests.operations.conftest import headers_of, token_of

pytestmark = pytest.mark.servers


def test_power_cut_loses_nothing_that_was_answered(clusters, serve):
    cluster = clusters()
    server = serve(cluster.url())
    headers = headers_of(token_of(cluster.url()))
    body = json.dumps({"slug": "left-bank", "name_en": "Left Bank", "name_zh": "左岸", "kind": "OTHER"})
    status, _headers, told = server.ask("POST", "/api/v1/bodies/", body.encode(), headers)
    assert (status, json.loads(told)["slug"]) == (201, "left-bank")
    cluster.kill()
    status, _headers, _told = server.ask("GET", "/api/v1/bodies/left-bank/")
    assert status == 503
    cluster.start()
    status, _headers, told = server.ask("GET", "/api/v1/bodies/left-bank/")
    assert (status, json.loads(told)["name_zh"]) == (200, "左岸")
