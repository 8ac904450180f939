"""Clients that send or read slowly, some on purpose: others are served."""

import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

import pytest

from tests.operations.conftest import token_of
from tests.operations.proxy import Nginx
from tests.serving import ask

pytestmark = pytest.mark.soak

HELD_OPEN = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
LARGE = "/api/v1/citations.csv"
PATIENCE = 5


@contextmanager
def slow_clients(port: int, token: str, *, headers: int = 0, bodies: int = 0, readers: int = 0):
    """So many that send a header, or a body, by a letter in half a second, or read an answer by a few bytes."""
    over = Event()
    begin = b"%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    writing = (
        b"Authorization: Token %s\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{" % token.encode()
    )
    kinds = [(headers, begin % b"GET /en/"), (bodies, begin % b"POST /api/v1/bodies/" + writing)]
    kinds.append((readers, begin % b"GET %s" % LARGE.encode() + b"\r\n"))
    with ExitStack() as opened:
        clients = []
        for place, (count, first) in enumerate(kinds):
            for _client in range(count):
                client = socket.socket()
                if place == 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                client.connect(("127.0.0.1", port))
                opened.enter_context(client)
                client.sendall(first)
                clients.append((place, client))

        def go_on():
            while not over.wait(0.5):
                for place, client in clients:
                    # some are told to go
                    with suppress(OSError):
                        client.recv(10) if place == 2 else client.sendall(b"X")

        thread = Thread(target=go_on)
        thread.start()
        try:
            time.sleep(1)
            yield
        finally:
            over.set()
            thread.join(10)


def served(port: int, count: int = 20) -> bool:
    """Whether `count` others are answered, each within PATIENCE."""
    for _other in range(count):
        begun = time.monotonic()
        if ask(port, "GET", "/api/v1/parks/?limit=1")[0] != 200 or time.monotonic() - begun > PATIENCE:
            return False
    return True


def test_behind_nginx_slow_clients_hold_nobody_up(clusters, serve, room):
    cluster = clusters()
    server = serve(cluster.url(), workers=1, threads=4)
    token = token_of(cluster.url())
    with Nginx(server, room / "nginx", shared=False) as nginx:
        with slow_clients(nginx.port, token, headers=40, bodies=40, readers=8):
            # once the long answers are made, which nginx takes in at once, only clients are slow
            assert any(served(nginx.port) for _attempt in range(6))
            # nor do they hold an edit open
            assert cluster.execute(HELD_OPEN) == [(0,)]
        assert served(nginx.port)


def test_without_nginx_each_slow_client_holds_a_thread_and_no_transaction(clusters, serve):
    cluster = clusters()
    server = serve(cluster.url(), workers=1, threads=6)
    with slow_clients(server.port, token_of(cluster.url()), headers=2, bodies=2, readers=1):
        assert served(server.port)
        assert cluster.execute(HELD_OPEN) == [(0,)]
    assert served(server.port)
    # who connects and says nothing is put aside after five seconds
    with ExitStack() as idle:
        for _client in range(20):
            idle.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        time.sleep(20)
        assert served(server.port)
