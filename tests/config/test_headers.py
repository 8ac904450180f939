"""What every answer says of itself to browsers, whatever made it."""

import pytest
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.test import Client

from config import headers
from tests.factories import make_park
from tests.people import logged_in, make_person

PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAID = {
    "Content-Security-Policy": PAGES,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SHARED = SAID | {"Cross-Origin-Resource-Policy": "cross-origin"}

# What is kept is kept for committed records alone.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _a_park(settings):
    # as in production
    settings.API_BROWSABLE = False
    headers._of_the_api.cache_clear()
    make_park("suxitong", name_en="Suxitong")


def said_by(answer) -> dict:
    return {name: answer.get(name) for name in (*SAID, "Strict-Transport-Security") if name in answer}


def policy_of(answer) -> dict[str, list[str]]:
    parts = (part.split() for part in answer["Content-Security-Policy"].split("; "))
    return {name: allowed for name, *allowed in parts}


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/", 302, SAID),
        ("/en/", 200, SAID),
        ("/en/parks/suxitong/", 200, SAID),
        ("/en/parks", 301, SAID),
        ("/en/parks/none/", 404, SAID),
        ("/en/parks/?what=1", 400, SAID),
        ("/nothing", 404, SAID),
        ("/en/changes.atom", 200, SAID),
        ("/robots.txt", 200, SAID),
        ("/sitemap.xml", 200, SAID),
        ("/favicon.ico", 200, SAID),
        ("/healthz", 200, SAID),
        ("/readyz", 200, SAID),
        ("/metrics", 404, SAID),
        ("/static/features/features.css", 200, SHARED),
        ("/static/none.css", 404, SHARED),
        ("/api/v1/parks/", 200, SHARED),
        ("/api/v1/parks.csv", 200, SHARED),
        ("/api/v1/parks/none/", 404, SHARED),
        ("/api/v1/parks", 301, SHARED),
        ("/api/none/", 404, SHARED),
        ("/api/schema/", 200, SHARED),
        ("/ogc/", 200, SHARED),
        ("/ogc/collections/parks/items?f=html", 200, SHARED),
        ("/ogc/none/", 404, SHARED),
        ("/reconcile/", 200, SHARED),
        ("/reconcile/none/", 404, SHARED),
        ("/reconcile/suggest/type/?cursor=x", 400, SHARED),
    ],
)
def test_every_answer_says_what_it_may_load_and_who_may_frame_it(client, path, status, expected):
    for ask in (client.get, client.get, client.head):
        answer = ask(path)
        answer.close()
        assert (answer.status_code, said_by(answer)) == (status, expected)


def test_answers_of_every_other_kind_say_so_too(client, settings, monkeypatch):
    page = client.get("/en/parks/suxitong/")
    known = client.get("/en/parks/suxitong/", headers={"If-None-Match": page["ETag"]})
    listed = client.get("/api/v1/parks/")
    unchanged = client.get("/api/v1/parks/", headers={"If-None-Match": listed["ETag"]})
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    told = {
        "a page that is known": (known, 304, SAID),
        "an answer that is known": (unchanged, 304, SHARED),
        "a method that is none of a page's": (client.post("/en/"), 405, SAID),
        "a method that is none of the API's": (client.put("/api/v1/"), 405, SHARED),
        "what another site asks first": (client.options("/api/v1/parks/", headers=asked), 200, SHARED),
        "a host that is not ours": (client.get("/en/", headers={"Host": "elsewhere.example"}), 400, SAID),
        "somebody without a session": (Client().post("/i18n/setlang/", {"language": "en"}), 302, SAID),
    }
    settings.API_REQUESTS_PER_MINUTE = {"anonymous": 1, "token": 1}
    cache.clear()
    told["too many"] = [client.get("/reconcile/") for _ in range(2)][1], 429, SHARED
    settings.SECURE_SSL_REDIRECT = True
    told["the way to HTTPS"] = Client().get("/en/"), 301, SAID
    settings.SECURE_SSL_REDIRECT = False
    failing = Client(raise_request_exception=False)
    monkeypatch.setattr("core.rest.caching.current_revision", fail)
    told["a failure"] = failing.get("/en/?again"), 500, SAID
    for name, (answer, status, expected) in told.items():
        assert (name, answer.status_code, said_by(answer)) == (name, status, expected)


def fail(*_args, **_options):
    raise RuntimeError("It fails.")


def test_pages_over_https_insist_on_it(client, settings):
    settings.SECURE_HSTS_SECONDS = 60
    for path in ("/en/", "/healthz", "/api/v1/parks/", "/static/none.css", "/admin/login/", "/none"):
        assert client.get(path, secure=True)["Strict-Transport-Security"] == "max-age=60"
        assert "Strict-Transport-Security" not in client.get(path)


def test_the_admin_may_run_what_unfold_needs_and_nothing_that_is_written_into_a_page(client):
    steward = logged_in(make_person("stewards"))
    answers = [client.get("/admin/login/"), client.get("/admin/"), steward.get("/admin/"), steward.get("/admin/none/")]
    answers += [steward.get(f"/admin/parks/park/{path}") for path in ("", "add/", "export.csv")]
    assert [each.status_code for each in answers] == [200, 302, 200, 404, 200, 200, 200]
    for each in answers:
        policy = policy_of(each)
        hashes = policy["style-src"][1:]
        assert said_by(each) == SAID | {"Content-Security-Policy": each["Content-Security-Policy"]}
        assert [word.partition("-")[0] for word in hashes] == ["'sha256", "'sha256"]
        assert policy == {
            "default-src": ["'none'"],
            "script-src": ["'self'", "'unsafe-eval'"],
            "style-src": ["'self'", *hashes],
            "style-src-attr": ["'unsafe-inline'"],
            "img-src": ["'self'", "data:"],
            "font-src": ["'self'"],
            "connect-src": ["'self'"],
            "form-action": ["'self'"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
        }


def test_the_docs_of_the_api_run_no_script_that_is_written_into_a_page(client):
    policy = policy_of(client.get("/api/docs/"))
    assert policy["script-src"] == ["'self'"]
    assert [word.partition("-")[0] for word in policy["style-src"]] == ["'self'", "'sha256"]


def test_a_developer_sees_djangos_own_account_of_a_failure(client, settings):
    settings.DEBUG = True
    assert "Content-Security-Policy" not in client.get("/none")
    assert client.get("/robots.txt")["Content-Security-Policy"] == PAGES


def test_styles_that_pages_load_are_there():
    for path in ("features/features.css", "admin_registry/plain.css"):
        assert finders.find(path)
