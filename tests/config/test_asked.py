"""What of a request counts: cookies on public pages, and the codings that a client refuses."""

import gzip

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from tests.factories import make_park
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PUBLIC = ["/", "/en/", "/zh-hans/parks/", "/en/parks/none/", "/nothing", "/robots.txt", "/sitemap.xml", "/en/about/"]


@pytest.mark.parametrize("value", ["", "x", "a" * 32, "a" * 64, '"', "<script>", "é"])
def test_public_pages_answer_a_wrong_cookie_like_none(client, value):
    make_park("suxitong")
    for path in PUBLIC:
        for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
            plain, told = client.get(path), client.get(path, headers={"Cookie": f"{name}={value}"})
            assert (path, told.status_code, told.content) == (path, plain.status_code, plain.content)
            assert (told.get("Vary"), dict(told.cookies)) == (plain.get("Vary"), {})
            refused = client.post(path, headers={"Cookie": f"{name}={value}"})
            assert dict(refused.cookies) == {}


def test_public_pages_leave_a_login_as_it_is():
    editor = logged_in(make_person("editors"))
    assert [dict(editor.get(path).cookies) for path in PUBLIC] == [{}] * len(PUBLIC)
    assert editor.get("/admin/").status_code == 200


def test_language_is_still_chosen_by_its_cookie_and_under_the_guard_of_the_form(client):
    client.cookies["django_language"] = "zh-hans"
    assert client.get("/")["Location"] == "/zh-hans/"
    strict = Client(enforce_csrf_checks=True)
    strict.get("/admin/login/")
    token = strict.cookies[settings.CSRF_COOKIE_NAME].value
    asked = {"language": "zh-hans", "next": "/admin/"}
    assert strict.post("/i18n/setlang/", asked).status_code == 403
    answer = strict.post("/i18n/setlang/", asked | {"csrfmiddlewaretoken": token})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    chosen = answer.cookies["django_language"]
    assert (chosen.value, chosen["httponly"], chosen["samesite"]) == ("zh-hans", True, "Lax")


@pytest.mark.parametrize(
    ("accepted", "shortened"),
    [
        ("gzip", True),
        ("br, gzip", True),
        ("gzip;q=0.5", True),
        ("gzip;q=0.001, identity;q=0", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("GZIP;Q=0, br", False),
        ("br;q=1, gzip;q=0, *;q=0", False),
        ("identity", False),
        (None, False),
    ],
)
def test_a_page_is_shortened_only_for_who_takes_it_so(client, accepted, shortened):
    path, headers = "/en/about/", {"Accept-Encoding": accepted} if accepted else {}
    whole = client.get(path).content
    for _kept in range(2):
        answer = client.get(path, headers=headers)
        assert ("Content-Encoding" in answer) == shortened
        assert (gzip.decompress(answer.content) if shortened else answer.content) == whole


@pytest.mark.parametrize("path", ["/en/about/", "/api/v1/parks/", "/healthz", "/nothing", "/admin/login/", "/ogc/"])
def test_head_is_answered_without_a_body_and_with_its_length(path):
    # As a server gets it: Django's client takes the body away itself.
    handler = WSGIHandler()
    whole = handler(RequestFactory(headers={"Host": "localhost"}).get(path).environ, lambda *_: None)
    answer = handler(RequestFactory(headers={"Host": "localhost"}).head(path).environ, lambda *_: None)
    assert (answer.status_code, answer.content) == (whole.status_code, b"")
    length = int(answer["Content-Length"])
    # the page of a login has another token each time, of the same length
    assert length == len(whole.content) > 0
