"""The shared cache of deploy/nginx: it spares the registry, and never tells what is too old, another's, or made up."""

import json
import time
from contextlib import ExitStack

import pytest

from tests.operations.conftest import headers_of, token_of
from tests.operations.proxy import Nginx

pytestmark = pytest.mark.servers

# The shortest that lets a cache tell an old answer while it asks for a new one.
BOUND = 4
PARK = "/api/v1/parks/suzhou-suqian/"
HIT, MISS = "nginx; hit", "nginx; fwd=uri-miss"


@pytest.fixture
def fronted(clusters, serve, room):
    """The registry behind nginx, and a token of an editor."""

    def start(**environment):
        cluster = clusters()
        server = serve(cluster.url(), SHARED_CACHE=f"{BOUND}s", PROXIES="1", **environment)
        return server, running.enter_context(Nginx(server, room / "nginx")), token_of(cluster.url())

    with ExitStack() as running:
        yield start


def test_what_the_cache_tells_is_never_older_than_said(fronted):
    server, nginx, token = fronted()
    pages = [PARK, "/api/v1/parks/?limit=100", "/en/parks/suzhou-suqian/", "/ogc/collections/parks/items/suzhou-suqian"]
    edit(server, token, {"name_en": "Told before"})
    assert all("Told before" in nginx.get(page)[2].decode() for page in pages)
    assert [nginx.get(page)[1] for page in pages] == [HIT] * 4

    edit(server, token, {"name_en": "Told after"})
    edited, waiting, olds = time.monotonic(), set(pages), 0
    while waiting:
        for page in sorted(waiting):
            asked = time.monotonic() - edited
            if "Told after" in nginx.get(page)[2].decode():
                waiting.discard(page)
            else:
                olds += 1
                assert asked < BOUND, page
    # it does keep them
    assert olds > 10

    # Nor where the registry is gone.
    server.kill()
    gone, status = time.monotonic(), 200
    while status == 200:
        asked = time.monotonic() - gone
        status, _cached, _body = nginx.get(PARK)
        assert status != 200 or asked < BOUND
    assert status == 502


def edit(server, token, body):
    headers = headers_of(token)
    etag = server.ask("GET", PARK, headers=headers)[1]["ETag"]
    status, _headers, told = server.ask("PATCH", PARK, json.dumps(body).encode(), headers | {"If-Match": etag})
    assert status == 200, told


# What a stranger may send to have something stored that others are told.
HOSTILE = [
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "https"},
    {
        "X-Forwarded-Port": "444",
        "X-Forwarded-Prefix": "/evil",
        "X-Script-Name": "/evil",
        "Forwarded": "host=evil.example",
    },
    {"X-Original-URL": "/evil", "X-Rewrite-URL": "/evil"},
    {"X-HTTP-Method-Override": "DELETE", "X-Requested-With": "XMLHttpRequest"},
    {"Origin": "http://["},
    {"Range": "bytes=0-9"},
    {"If-None-Match": "*", "If-Modified-Since": "Mon, 01 Jan 2035 00:00:00 GMT"},
    {"Accept": "*/*;q=0.1,application/json;q=broken"},
    {"Accept-Language": "zh;;;,x" * 200},
    {"Accept-Encoding": "br, identity;q=0"},
    {"Cookie": "csrftoken=x; django_language=evil; theme=dark"},
    {"Transfer-Encoding": "chunked"},
    {"Host": "localhost:81"},
]


def test_nobody_can_have_an_answer_stored_that_others_should_not_get(fronted):
    server, nginx, token = fronted()
    host = {"Host": f"127.0.0.1:{nginx.port}"}
    records = json.loads(server.ask("GET", "/api/v1/parks/?limit=100&fields=slug")[2])["results"]
    slugs = [each["slug"] for each in records]
    for number, headers in enumerate(HOSTILE):
        for page in (f"/api/v1/parks/{slugs[number]}/", f"/en/parks/{slugs[number]}/"):
            nginx.ask("GET", page, b"0\r\n\r\n" if "Transfer-Encoding" in headers else None, headers)
            whole = server.ask("GET", page, headers=host)
            told = nginx.ask("GET", page)
            assert (told[0], told[2]) == (200, whole[2]), headers
            names = ("Content-Type", "ETag", "Link", "Content-Language", "Set-Cookie")
            assert [told[1][name] for name in names] == [whole[1][name] for name in names], headers
            if page.startswith("/api/"):
                assert told[1]["Access-Control-Allow-Origin"] == "*", headers
    status, _headers, _body = nginx.ask("GET", PARK, headers={"Host": "evil.example"})
    assert status == 421
    # In another language, or as another kind of answer, it is another answer.
    asked = [{}, {"Accept-Language": "zh-CN,zh;q=0.9"}, {"Cookie": "django_language=zh-hans"}, {"Accept": "text/csv"}]
    types = [nginx.ask("GET", "/api/v1/parks/", headers=headers)[1] for headers in asked]
    assert [each["Content-Language"] for each in types] == ["en", "zh-hans", "zh-hans", "en"]
    assert types[3]["Content-Type"].startswith("text/csv")

    # Who is somebody is asked for by the registry itself, and nothing of that is stored.
    page = f"/api/v1/parks/{slugs[-1]}/"
    for headers in ({"Authorization": f"Token {token}"}, {"Cookie": "a=b; sessionid=c"}):
        for _twice in range(2):
            _status, told, _body = nginx.ask("GET", page, headers=headers)
            assert (told["Cache-Status"], told["Cache-Control"]) == (None, "private, no-cache")
    assert nginx.ask("GET", page, headers={"Authorization": "Token wrong"})[0] == 401
    assert (nginx.get(page)[1], nginx.get(page)[1]) == (MISS, HIT)


def test_errors_limits_and_what_programs_follow_are_never_stored(fronted):
    _server, nginx, _token = fronted(API_ANONYMOUS_PER_MINUTE="12")
    for page, expected in (("/api/v1/parks/none/", 404), ("/en/parks/none/", 404), ("/en/parks/?page=x", 400)):
        assert [nginx.get(page)[:2] for _twice in range(2)] == [(expected, MISS)] * 2
    for page in ("/api/v1/changes/", f"{PARK}changes/", "/api/v1/bodies.csv"):
        assert [nginx.get(page)[:2] for _twice in range(2)] == [(200, "")] * 2
    _status, told, _body = nginx.ask("GET", PARK)
    # One reader's limits are not told to the next.
    assert [name for name in told if name.lower().startswith(("ratelimit", "set-cookie"))] == []
    asked = [nginx.get(f"/api/v1/parks/?limit={1 + number}") for number in range(30)]
    assert {each[0] for each in asked} == {200, 429}
    # What is stored costs nobody anything.
    assert nginx.get(PARK)[:2] == (200, HIT)
    assert [nginx.get("/api/v1/parks/?limit=30")[:2] for _twice in range(2)] == [(429, MISS)] * 2
