"""Too much at once: what waited too long or is dear is refused at once, and told when to come again."""

import json
import time
from threading import Event, Thread

import pytest
from django.conf import settings as project
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.test.client import RequestFactory

from config.shedding import shed
from tests.people import client_of, make_person

PARKS = "/api/v1/parks/"


def waited(seconds: float) -> dict[str, str]:
    return {"HTTP_X_REQUEST_START": f"t={time.time() - seconds:.3f}"}


@pytest.fixture
def behind_a_proxy(settings):
    # by the minute: a busy machine takes seconds for a test
    settings.PROXIES, settings.SHED_AFTER = 1, 60


def test_who_has_waited_too_long_is_told_to_come_again(db, behind_a_proxy):
    program = Client().get(PARKS, **waited(61))
    assert (program.status_code, program["Content-Type"]) == (503, "application/problem+json")
    assert json.loads(program.content)["detail"].startswith("More is asked at this moment than can be answered.")
    page = Client().get("/zh-hans/parks/", **waited(61))
    assert page.status_code == 503
    assert "此刻" in page.content.decode()
    for response in (program, page):
        assert 2 <= int(response["Retry-After"]) <= 8
        assert response["Cache-Control"] == "no-store"
    assert Client().get(PARKS, **waited(20)).status_code == 200


def test_editors_wait_longer_and_probes_are_never_refused(db, behind_a_proxy):
    editor = client_of(make_person("editors"))
    assert [editor.get(PARKS, **waited(seconds)).status_code for seconds in (240, 301)] == [200, 503]
    assert [Client().post(PARKS, **waited(seconds)).status_code for seconds in (240, 301)] == [401, 503]
    assert Client().get("/healthz", **waited(1000)).status_code == 200


def test_only_a_proxy_of_ours_is_believed(db, settings, behind_a_proxy):
    for told in ("", "t=", "yesterday", "t=1", "t=9999999999999", "t=-1", "t=１７００００００００"):
        assert Client().get(PARKS, HTTP_X_REQUEST_START=told).status_code == 200, told
    # a clock that is ahead
    assert Client().get(PARKS, **waited(-1000)).status_code == 200
    settings.PROXIES = 0
    assert Client().get(PARKS, **waited(1000)).status_code == 200
    settings.PROXIES, settings.SHED_AFTER = 1, 0
    assert Client().get(PARKS, **waited(1000)).status_code == 200


DEAR = ["/api/v1/parks.csv", "/api/v1/parks/?known=2024-01-01T00:00:00Z", "/en/network/?within=320000"]


@pytest.mark.parametrize("path", DEAR)
def test_dear_requests_leave_room_for_others(db, settings, path):
    settings.DEAR_AT_ONCE = 2
    gate, factory = Event(), RequestFactory()

    def slow(request):
        gate.wait(10)
        return HttpResponse()

    answer, answered = shed(slow), []
    begun = [Thread(target=lambda: answered.append(answer(factory.get(path)))) for _each in range(2)]
    for each in begun:
        each.start()
    deadline = time.monotonic() + 10
    while (refused := answer(factory.get(path, HTTP_X_PURPOSE="probe")) if all_wait(begun) else None) is None:
        assert time.monotonic() < deadline
    assert (refused.status_code, "Retry-After" in refused) == (503, True)
    gate.set()
    for each in begun:
        each.join()
    assert [each.status_code for each in answered] == [200, 200]
    # And there is room again.
    assert answer(factory.get(path)).status_code == 200


def all_wait(threads) -> bool:
    time.sleep(0.05)
    return all(each.is_alive() for each in threads)


@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        ("/api/v1/parks.csv", {"HTTP_COOKIE": f"{project.SESSION_COOKIE_NAME}=made-up"}, 503),
        ("/en/network/?within=320000", {"HTTP_COOKIE": f"{project.SESSION_COOKIE_NAME}=made-up"}, 503),
        ("/en/network/?within=320000", {"HTTP_AUTHORIZATION": "Token made-up"}, 503),
        ("/api/v1/parks.csv", {"HTTP_AUTHORIZATION": "Basic bWU6aQ=="}, 503),
        # the provider is asked before anybody is known
        ("/admin/sso/callback/", {"HTTP_COOKIE": f"{project.SESSION_COOKIE_NAME}=made-up"}, 503),
        # whose made-up ones are refused at once
        ("/api/v1/parks.csv", {"HTTP_AUTHORIZATION": "Token made-up"}, 200),
        ("/admin/parks/park/export.csv", {"HTTP_COOKIE": f"{project.SESSION_COOKIE_NAME}=made-up"}, 200),
    ],
)
def test_a_login_that_nobody_has_looked_at_makes_no_room(settings, path, said, status):
    settings.DEAR_AT_ONCE = 1
    factory = RequestFactory()
    answer = shed(lambda request: StreamingHttpResponse(iter([b"a"])))
    answer(factory.get("/api/v1/parks.csv"))
    assert answer(factory.get(path, **said)).status_code == status
    assert answer(factory.head(path, **said)).status_code == status


def test_what_is_streamed_takes_room_until_it_has_ended(db, settings):
    settings.DEAR_AT_ONCE = 1
    factory = RequestFactory()
    answer = shed(lambda request: StreamingHttpResponse(iter([b"a", b"b"])))
    first = answer(factory.get("/api/v1/parks.csv"))
    assert answer(factory.get("/api/v1/parks.csv")).status_code == 503
    assert b"".join(first.streaming_content) == b"ab"
    first.close()
    # Nobody read any of this one.
    answer(factory.get("/api/v1/parks.csv")).close()
    assert answer(factory.get("/api/v1/parks.csv")).status_code == 200


def test_a_dear_request_that_fails_leaves_its_room(settings):
    settings.DEAR_AT_ONCE = 1

    def fail(request):
        raise RuntimeError

    answer = shed(fail)
    for _each in range(3):
        with pytest.raises(RuntimeError):
            answer(RequestFactory().get("/api/v1/parks.csv"))
