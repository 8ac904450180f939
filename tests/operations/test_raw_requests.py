"""Bytes that no browser sends, on a connection to the server as it runs in production."""

import re
import socket
import time
from contextlib import suppress

import pytest

from tests.hostile.corpus import REQUESTS, SMUGGLED

pytestmark = pytest.mark.servers


def answers(port: int, request: bytes) -> list[int]:
    """The status of each answer to the bytes of one connection."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection, suppress(OSError):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65536):
            got += part
    return [int(status) for status in re.findall(rb"(?:^|[^\w])HTTP/1\.[01] (\d{3}) ", got)]


def test_no_request_is_smuggled_and_none_breaks_the_server(serve, loaded_file):
    server = serve(loaded_file, workers=1)
    (worker,) = server.worker_pids()
    for name, request in REQUESTS.items():
        begun = time.monotonic()
        told = answers(server.port, request)
        assert time.monotonic() - begun < 6, name
        # the smuggled one would not be found; a server that lost its way says so and ends the connection
        assert told[1:] in ([], [400]), (name, told)
        assert 404 not in told[1:] + (told if SMUGGLED in request else []), (name, told)
        assert all(status < 500 or status in (501, 505) for status in told), (name, told)
    assert server.ask("GET", "/api/v1/parks/?limit=1")[0] == 200
    assert server.worker_pids() == [worker]
