"""What one address may ask for in a minute: pages and what is dear, kept or not, whatever it says of itself."""

import json

import pytest
from django.conf import settings as project
from django.test import Client
from rest_framework.settings import api_settings

from core.rest.caching import ANSWERS

PAGE, DEAR = "/en/parks/", "/en/network/?within=320000"


@pytest.fixture
def few(settings):
    settings.PAGES_PER_MINUTE, settings.DEAR_PER_MINUTE = 3, 2


@pytest.fixture
def proxies(settings, monkeypatch):
    def set_to(number: int):
        settings.PROXIES = number
        monkeypatch.setattr(api_settings, "NUM_PROXIES", number)

    return set_to


def statuses(path, times, client=None, **said):
    return [(client or Client()).get(path, **said).status_code for _each in range(times)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_kept_pages_count_like_others(few):
    assert statuses(PAGE, 4) == [200, 200, 200, 429]
    assert ANSWERS.taken > 0
    # of another address
    assert statuses(PAGE, 1, REMOTE_ADDR="192.0.2.7") == [200]


@pytest.mark.parametrize(("path", "word"), [(PAGE, "Too many requests"), ("/zh-hans/parks/", "请求过多")])
def test_the_page_says_what_to_do_in_the_readers_language(db, few, path, word):
    statuses(path, 3)
    refused = Client().get(path)
    assert (refused.status_code, refused["Cache-Control"]) == (429, "no-store")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert f"<h1>{word}</h1>" in refused.content.decode()
    assert "Content-Security-Policy" in refused
    # the site's own head and foot
    assert b"/static/portal/" in refused.content


@pytest.mark.parametrize(
    "path", [DEAR, "/en/parks/?known=2024-01-01T00:00:00Z", "/en/parks/?%6bnown=2024-01-01T00:00:00Z"]
)
def test_dear_pages_have_a_stricter_limit(db, few, path):
    assert statuses(path, 3)[-1] == 429
    assert statuses("/en/about/", 1, REMOTE_ADDR="127.0.0.1") == [429]


def test_programs_are_told_by_a_problem_document(db, few):
    assert statuses("/api/v1/parks.csv", 2) == [200, 200]
    refused = Client().get("/api/v1/parks.csv")
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert json.loads(refused.content)["status"] == 429
    assert "token" in json.loads(refused.content)["detail"]
    # what is not dear is counted by the API alone
    assert statuses("/api/v1/parks/", 5) == [200] * 5


def test_a_token_counts_by_itself(few, editor):
    assert statuses("/api/v1/parks.csv", 4, editor) == [200] * 4


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api/v1/parks.csv/", "*/*"),
        ("/api/v1/parks/", "text/csv"),
        ("/api/v1/parks/", "text/*, application/json;q=0.5"),
        ("/api/v1/parks/", "Application/X-NDJSON"),
        ("/api/v1/parks/", "application/geo+json"),
    ],
)
def test_a_whole_list_is_dear_however_it_is_asked_for(db, few, path, accept):
    assert statuses(path, 3, HTTP_ACCEPT=accept) == [200, 200, 429]


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json, text/csv"])
def test_a_page_of_a_list_is_not_dear(db, few, accept):
    assert statuses("/api/v1/parks/", 4, HTTP_ACCEPT=accept) == [200] * 4


def test_what_nobody_has_looked_at_buys_nothing(db, few):
    session = Client()
    session.cookies[project.SESSION_COOKIE_NAME] = "made-up"
    assert statuses(DEAR, 3, session)[-1] == 429
    assert statuses(DEAR, 3, HTTP_AUTHORIZATION="Token made-up", REMOTE_ADDR="192.0.2.8")[-1] == 429
    assert Client().get("/api/v1/parks.csv", HTTP_AUTHORIZATION="Token made-up").status_code == 401
    # the API passes over what is no token
    assert statuses("/api/v1/parks.csv", 3, HTTP_AUTHORIZATION="Basic bWU6aQ==", REMOTE_ADDR="192.0.2.9")[-1] == 429


def test_what_stands_in_front_says_who_asks(db, few, proxies):
    """Each entry that a client adds by itself stands left of what the operator's own proxies have added."""
    proxies(0)
    made_up = [{"HTTP_X_FORWARDED_FOR": f"198.51.100.{number}"} for number in range(4)]
    assert [Client().get(PAGE, **each).status_code for each in made_up] == [200, 200, 200, 429]
    proxies(1)
    told = [{"HTTP_X_FORWARDED_FOR": f"198.51.100.{number}, 203.0.113.1"} for number in range(4)]
    assert [Client().get(PAGE, **each).status_code for each in told] == [200, 200, 200, 429]
    assert statuses(PAGE, 1, HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.2") == [200]
    proxies(2)
    told = [{"HTTP_X_FORWARDED_FOR": f"198.51.100.{number}, 203.0.113.9, 10.0.0.1"} for number in range(4)]
    assert [Client().get(PAGE, **each).status_code for each in told] == [200, 200, 200, 429]
    # the inner proxy is the same for all
    assert statuses(PAGE, 1, HTTP_X_FORWARDED_FOR="203.0.113.10, 10.0.0.1") == [200]


def test_a_network_of_ipv6_is_one_client(db, few):
    near = [f"2001:db8:1:2:{number}::1" for number in range(4)]
    assert [statuses(PAGE, 1, REMOTE_ADDR=each) for each in near] == [[200], [200], [200], [429]]
    assert statuses(PAGE, 1, REMOTE_ADDR="2001:db8:1:3::1") == [200]
    # the same in IPv4
    assert statuses(PAGE, 3, REMOTE_ADDR="192.0.2.1") == [200] * 3
    assert statuses(PAGE, 1, REMOTE_ADDR="::ffff:192.0.2.1") == [429]


def test_the_admin_and_what_crawlers_read_first_are_not_counted(db, few):
    for path in ("/robots.txt", "/sitemap.xml", "/admin/login/"):
        assert statuses(path, 5) == [200] * 5
    assert b"Crawl-delay: 1\n" in Client().get("/robots.txt").content
