"""Pages that are kept until the registry changes: the same for everybody, never stale, told to be known."""

import gzip
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.rest.caching import ANSWERS
from parks.models import Park
from tests.edits import open_edit
from tests.factories import (
    make_agreement,
    make_division,
    make_official,
    make_park,
    make_role,
    make_source,
    make_whole_park,
)
from tests.people import logged_in, make_person

PARK = "/en/parks/suxitong/"
# What every page says of itself to browsers and to caches.
SAID = {
    "Cache-Control": "public, max-age=0, must-revalidate",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

# A transaction that writes reads past what is kept, so each of these commits.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def headers_of(response):
    """All but the number, which each answer has for itself."""
    return {name: value for name, value in response.items() if name != "X-Request-ID"}


def queries_of(client, path, **options):
    with CaptureQueriesContext(connection) as asked:
        response = client.get(path, **options)
    assert response.status_code == 200
    return len(asked), response


def test_a_page_is_worked_out_once_and_then_takes_one_query(client):
    make_park("suxitong")
    for path in ("/en/", "/en/parks/", PARK, "/zh-hans/parks/suxitong/", f"{PARK}?utm_source=x"):
        first, whole = queries_of(client, path)
        again, kept = queries_of(client, path)
        assert (again, kept.content, headers_of(kept)) == (1, whole.content, headers_of(whole))
        assert first > 1


def test_a_kept_page_is_never_older_than_the_registry(client):
    park = make_park("suxitong", name_en="Old name")
    assert b"Old name" in client.get(PARK).content
    Park.objects.filter(pk=park.pk).update(name_en="New name")
    assert b"New name" in client.get(PARK).content


def test_a_page_of_yesterday_is_not_told_today(client, monkeypatch):
    make_park("suxitong")
    etag = client.get(PARK)["ETag"]
    assert queries_of(client, PARK)[0] == 1
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *told: tomorrow)
    count, response = queries_of(client, PARK, headers={"if-none-match": etag})
    assert count > 1
    assert response["ETag"] != etag


def test_pages_are_not_counted_as_answers_of_the_api_are(client, settings):
    settings.API_REQUESTS_PER_MINUTE = {"anonymous": 1, "token": 1}
    make_park("suxitong")
    for _each in range(4):
        response = client.get(PARK)
        assert (response.status_code, "RateLimit" in response) == (200, False)


def test_languages_and_forms_are_told_apart(client):
    make_park("suxitong", name_zh="苏锡通园区")
    english, chinese = client.get(PARK), client.get("/zh-hans/parks/suxitong/")
    assert [each["Content-Language"] for each in (english, chinese)] == ["en", "zh-hans"]
    # The address alone says it, whatever the reader prefers.
    assert client.get(PARK, headers={"accept-language": "zh"}).content == english.content
    short = client.get(PARK, headers={"accept-encoding": "br, gzip"})
    assert short["Content-Encoding"] == "gzip"
    assert gzip.decompress(short.content) == english.content
    assert len(short.content) < len(english.content) / 2
    assert short["ETag"] == english["ETag"]
    assert int(short["Content-Length"]) == len(short.content)
    assert client.get(PARK).content == english.content


def test_who_knows_a_page_is_told_so_kept_or_not(client, settings):
    make_park("suxitong")
    for room in (settings.API_CACHE_BYTES, 0):
        settings.API_CACHE_BYTES = room
        whole = client.get(PARK)
        known = client.get(PARK, headers={"if-none-match": whole["ETag"]})
        assert (known.status_code, known.content) == (304, b"")
        assert {name: known[name] for name in ("ETag", "Vary", "Cache-Control")} == {
            name: whole[name] for name in ("ETag", "Vary", "Cache-Control")
        }
        ANSWERS.clear()


def test_the_head_of_a_page_is_the_same(client):
    make_park("suxitong")
    assert headers_of(client.head(PARK)) == headers_of(client.get(PARK))


def test_while_templates_are_worked_on_nothing_is_kept_or_known(client, settings):
    settings.DEBUG = True
    make_park("suxitong")
    etag = client.get(PARK)["ETag"]
    count, _response = queries_of(client, PARK, headers={"if-none-match": etag})
    assert count > 1


def every_page():
    park = make_whole_park("suxitong")
    make_source("xinhua")
    make_official("zhang-san")
    make_agreement("sutong-2009")
    make_division("320600")
    yield from ("", "parks/", "divisions/", "agreements/", "sources/", "network/", "changes/", "about/", "search/?q=su")
    yield from (f"parks/{park.slug}/", "divisions/320600/", "agreements/sutong-2009/")
    yield from ("officials/zhang-san/", "sources/xinhua/", "compare/", "changes.atom", "parks/suxitong/changes.atom")


def test_every_page_is_the_same_for_an_editor_and_leaves_no_cookie(client):
    editor = logged_in(make_person("editors"))
    for page in every_page():
        for language in ("en", "zh-hans"):
            told, to_editor = client.get(f"/{language}/{page}"), editor.get(f"/{language}/{page}")
            assert (told.status_code, to_editor.content) == (200, told.content)
            assert (len(told.cookies), len(to_editor.cookies)) == (0, 0)
            assert {name: told[name] for name in SAID} == SAID == {name: to_editor[name] for name in SAID}


def test_nothing_may_run_or_load_that_is_not_ours_on_pages_and_on_errors(client):
    make_park("suxitong")
    pages = ["/en/", PARK, "/en/parks/none/", "/en/parks/?what=1", "/nothing", "/en/nothing/"]
    answers = [client.get(page) for page in pages] + [client.get(PARK), client.post(PARK)]
    assert [each.status_code for each in answers] == [200, 200, 404, 400, 404, 404, 200, 405]
    for each in answers:
        policy = dict(part.split(" ", 1) for part in each["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert "unsafe" not in each["Content-Security-Policy"]
        assert each["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        assert each["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("page", ["", "about/", "network/"])
def test_numbers_of_an_older_state_are_kept_no_longer_than_they_may_be_old(client, settings, page):
    settings.SLOW_COUNT_SECONDS = 0
    cache.clear()
    path = f"/en/{page}"
    make_role(make_park("suxitong", host="321282"), division="320281")
    before = client.get(path).content
    make_role(make_park("far", host="330102"), division="320281")
    # As it was counted a moment ago: which nobody may take for the state of the registry as it is now.
    older = client.get(path)
    assert "ETag" not in older
    assert "Counted at " in older.content.decode()
    cache.clear()
    assert client.get(path).content not in (before, older.content)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite one edit begins when the last has ended")
def test_an_edit_that_ends_after_a_later_one_is_counted(client):
    cache.clear()
    for code in ("321284", "330102"):
        make_division(code)
    with open_edit(lambda: make_park("slow", host="321284")):
        make_park("quick", host="330102")
        client.get("/en/")
    told = client.get("/en/").content
    cache.clear()
    ANSWERS.clear()
    assert client.get("/en/").content == told
