"""Where there is no page: what is told instead, and where it leads."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from core.history import change
from parks.models import Park
from portal.views import refusals
from tests.factories import (
    make_agreement,
    make_body,
    make_division,
    make_official,
    make_park,
    make_park_name,
    make_source,
)

# What is written here and read again by looking back has to be committed.
committed = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def ask(path, **options):
    return Client(raise_request_exception=False).get(path, **options)


def links(response):
    """What the page suggests, as `{address: words}`."""
    found = re.search(r"Perhaps you mean(.*?)</ul>|你要找的也许是(.*?)</ul>", response.content.decode(), re.DOTALL)
    told = (found[1] or found[2]) if found else ""
    return {
        address: re.sub("<[^>]+>", "", words).strip()
        for address, words in re.findall(r'<a href="([^"]+)">(.*?)</a>', told, re.DOTALL)
    }


# --- Nothing of that key -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_unknown_key_is_answered_with_what_is_like_it_by_key_and_by_name():
    make_park("suzhou-suqian", name_en="Suzhou-Suqian Industrial Park", name_zh="苏州宿迁工业园区")
    make_park("suxitong", name_en="Suxitong Science and Technology Industrial Park")
    response = ask("/en/parks/suzhou-sukian/")
    assert response.status_code == 404
    assert "There is no park “suzhou-sukian”." in response.content.decode()
    assert links(response) == {"/en/parks/suzhou-suqian/": "Suzhou-Suqian Industrial Park"}
    assert 'value="suzhou sukian"' in response.content.decode()
    assert '<meta name="robots" content="noindex"' in response.content.decode()
    assert list(links(ask("/zh-hans/parks/宿迁苏州/"))) == ["/zh-hans/parks/suzhou-suqian/"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "page", "there", "asked"),
    [
        (make_agreement, "agreements", "jiangyin-jingjiang-2003", "jiangyin-jingjiang-2002"),
        (make_division, "divisions", "321282", "321288"),
        (make_body, "bodies", "suxitong-committee", "suxitong-comittee"),
        (make_official, "officials", "zhang-san", "zhang-sann"),
        (make_source, "sources", "xinhua-2003-08", "xinhua-2003-09"),
    ],
)
def test_each_kind_of_record_has_its_likes(make, page, there, asked):
    make(there)
    response = ask(f"/en/{page}/{asked}/")
    assert response.status_code == 404
    assert f"/en/{page}/{there}/" in links(response)


@pytest.mark.django_db
def test_an_address_of_nothing_offers_to_search_for_its_words():
    response = ask("/zh-hans/zones/江阴园区/about%3Cb%3E/")
    page = response.content.decode()
    assert response.status_code == 404
    assert '<html lang="zh-Hans"' in page
    assert 'value="zones 江阴园区 about b"' in page
    assert "<b>" not in page
    assert ask("/nothing.php").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["%00", "a%00b", "%E2%80%AE", "%FF", "x" * 3000, "'--", "{{7*7}}", "%2e%2e", "---"])
def test_no_key_is_too_strange(key):
    make_park("suxitong")
    assert ask(f"/en/parks/{key}/").status_code == 404


@pytest.mark.django_db
def test_what_is_not_there_is_looked_for_in_as_many_queries_for_many_as_for_one():
    asked = []
    for _more in range(4):
        make_park()
        with CaptureQueriesContext(connection) as queries:
            assert ask("/en/parks/par/").status_code == 404
        asked.append(len(queries))
    # The first also looks whether names are kept.
    assert asked[1:] == [asked[1]] * 3
    assert asked[1] <= 23


# --- The way to what is meant --------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/en/parks/Suxitong/", "/en/parks/suxitong/"),
        ("/en/parks/suxitong)./?utm_source=x", "/en/parks/suxitong/?utm_source=x"),
        ("/zh-hans/parks/SUXITONG,/", "/zh-hans/parks/suxitong/"),
        ("/en/divisions/sg/", "/en/divisions/SG/"),
        ("/en//parks///suxitong/", "/en/parks/suxitong/"),
        ("/en/parks", "/en/parks/"),
        ("/en/parks/suxitong?utm_source=x", "/en/parks/suxitong/?utm_source=x"),
        ("/zh-Hans/parks/", "/zh-hans/parks/"),
        ("/zh/parks/?q=1", "/zh-hans/parks/?q=1"),
        ("/en-GB/", "/en/"),
    ],
)
def test_an_address_written_otherwise_leads_to_the_page_for_good(asked, leads_to):
    make_park("suxitong")
    make_division("SG")
    response = ask(asked)
    assert (response.status_code, response["Location"]) == (301, leads_to)


@pytest.mark.django_db
def test_no_address_leads_to_another_host():
    for path in ("//example.org/en/parks/", "/en//example.org/", "//example.org/%2e%2e"):
        response = ask("/", PATH_INFO=path)
        assert response.status_code == 404
        assert '"//' not in response.content.decode()


@pytest.mark.django_db
def test_a_name_leads_to_the_only_record_that_has_it():
    park = make_park("jiangyin-jingjiang", name_zh="江阴-靖江工业园区")
    make_park_name(park, "江阴园区")
    make_official("zhang-san", name_zh="张三")
    for asked, leads_to in [
        ("/zh-hans/parks/江阴园区/", "/zh-hans/parks/jiangyin-jingjiang/"),
        ("/en/parks/江阴靖江工业园区/", "/en/parks/jiangyin-jingjiang/"),
        ("/en/officials/张三/", "/en/officials/zhang-san/"),
    ]:
        response = ask(asked)
        assert (response.status_code, response["Location"]) == (302, leads_to)
    assert ask("/parks/江阴园区/", headers={"accept-language": "zh-CN"})["Location"] == (
        "/zh-hans/parks/%E6%B1%9F%E9%98%B4%E5%9B%AD%E5%8C%BA/"
    )
    make_park_name(make_park("other"), "江阴园区")
    response = ask("/zh-hans/parks/江阴园区/")
    assert response.status_code == 404
    assert links(response).keys() == {"/zh-hans/parks/jiangyin-jingjiang/", "/zh-hans/parks/other/"}


@committed
def test_a_key_that_a_record_had_leads_to_the_one_it_has():
    with change():
        park = make_park("sutong")
    with change():
        Park.objects.filter(pk=park.pk).update(slug="suxitong")
    response = ask("/en/parks/sutong/?utm_source=x")
    assert (response.status_code, response["Location"]) == (301, "/en/parks/suxitong/?utm_source=x")


# --- What became of it ---------------------------------------------------------------------------------------------


@committed
def test_the_page_of_a_deleted_record_tells_since_when_and_leads_to_how_it_stood():
    with change():
        successor = make_park("suzhou-nantong", name_en="Suzhou-Nantong Park")
    with change():
        park = make_park("suxitong", name_en="Suxitong Park", successor=successor, status="MERGED")
    with change(reason="Entered <twice>"):
        park.delete()
    response = ask("/en/parks/suxitong/")
    page = response.content.decode()
    assert response.status_code == 410
    assert "it was deleted on" in page
    assert "Entered &lt;twice&gt;" in page
    assert '<a href="/en/parks/suzhou-nantong/">Suzhou-Nantong Park</a>' in page
    [then] = re.findall(r'href="(/en/parks/suxitong/\?known=[^"]+)"', page)
    assert "Suxitong Park" in ask(then).content.decode()


@committed
def test_a_record_that_is_younger_than_the_instant_is_told_to_be():
    with change():
        make_park("suzhou-suqian")
    with change():
        make_park("suxitong", name_en="Suxitong Park")
    response = ask("/en/parks/suxitong/?known=2020-01-01T00:00:00Z")
    page = response.content.decode()
    assert response.status_code == 404
    assert "At the instant that you look back to, the registry did not hold it yet." in page
    assert '<a href="/en/parks/suxitong/">As it stands now</a>' in page


# --- What cannot be done -------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_page_can_only_be_read(method):
    response = getattr(Client(enforce_csrf_checks=True), method)("/en/parks/")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert "Pages can only be read." in response.content.decode()


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused_with_a_page():
    response = ask("/en/parks/", headers={"host": "evil.example"})
    assert (response.status_code, "evil.example" in response.content.decode()) == (400, False)
    assert "The request cannot be read." in response.content.decode()


@pytest.mark.parametrize(
    ("handler", "error", "status", "told"),
    [
        ("handler403", PermissionDenied(), 403, "You may not do this."),
        ("handler500", RuntimeError("secret"), 500, "The registry failed at this."),
        ("handler500", OperationalError("secret"), 503, "Try again in a second."),
    ],
)
def test_what_fails_is_told_without_asking_the_database(handler, error, status, told):
    request = RequestFactory().get("/en/parks/")
    try:
        raise error
    except Exception:
        response = getattr(refusals, handler)(request)
    page = response.content.decode()
    assert response.status_code == status
    assert told in page
    assert "secret" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/parks/none/", "/api/nothing", "/ogc/nothing", "/reconcile/nothing"])
def test_programs_are_told_in_problem_documents(path):
    response = ask(path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
