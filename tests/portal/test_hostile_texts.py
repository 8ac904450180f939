"""Texts that try to be markup, in every field of every kind of record: each page shows them, and none obeys them."""

import json
import re
from xml.etree import ElementTree

import pytest
from django.core.management import call_command

from portal.addresses import PAGES, address_of
from tests.hostile.spoiling import Elements, make_spoilt


def assert_shows_and_obeys_nothing(html):
    assert "alert(1)" in html
    # What a template engine would have made of it.
    assert "{{ 7|add:7 }}" in html
    assert_obeys_nothing(html)


def assert_obeys_nothing(html):
    page = Elements(html)
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc")], (
            tag,
            attributes,
        )
        for name in ("href", "src", "action", "data-href", "xlink:href"):
            assert not re.match(r"\s*(javascript|data|vbscript):", attributes.get(name) or "", re.IGNORECASE), (
                attributes
            )
        assert (tag, attributes.get("src")) != ("img", "x")
    for attributes, text in page.scripts:
        if attributes.get("src"):
            assert (text, attributes["src"][0]) == ("", "/")
        else:
            assert attributes["type"] in ("application/json", "application/ld+json")
            json.loads(text)


@pytest.fixture
def spoilt(db):
    make_spoilt()
    call_command("render_documents", verbosity=0)


@pytest.mark.django_db
def test_every_page_of_a_record_shows_markup_and_obeys_none(spoilt, client):
    read = 0
    for model in PAGES:
        for record in model.objects.all():
            for language in ("en", "zh-hans"):
                path = f"/{language}/{address_of(record).split('/', 2)[2]}"
                response = client.get(path)
                assert response.status_code == 200, path
                assert_shows_and_obeys_nothing(response.content.decode())
                read += 1
    assert read > 30


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "",
        "parks/",
        "divisions/",
        "agreements/",
        "sources/",
        "network/",
        "compare/?parks=suxitong",
        "search/?q=alert",
        "parks/alert-1/",
        "parks/suxitong/?on=2005",
        "divisions/320281/?on=2005",
    ],
)
def test_every_list_shows_markup_and_obeys_none(spoilt, client, path):
    response = client.get(f"/en/{path}")
    assert response.status_code in (200, 404)
    assert_shows_and_obeys_nothing(response.content.decode())


# PostgreSQL tells of a change only when all that began before it has ended.
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_changes_show_markup_and_obey_none(spoilt, client):
    assert_shows_and_obeys_nothing(client.get("/en/changes/").content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["en/changes.atom", "en/parks/suxitong/changes.atom", "zh-hans/divisions/321282/changes.atom"]
)
def test_feeds_show_markup_and_obey_none(spoilt, client, path):
    feed = ElementTree.fromstring(client.get(f"/{path}").content)
    told = [each.text for each in feed.iter("{http://www.w3.org/2005/Atom}summary")]
    assert told
    for html in told:
        assert {tag for tag, _attributes in Elements(html).elements} <= {"p", "ul", "li"}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "asked",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}alert(1)", "javascript:alert(1)"],
)
def test_what_is_asked_is_never_obeyed(client, asked, language):
    for path in ("", "parks/", "search/", "compare/", "none/", "parks/none/"):
        for name in ("q", "on", "known", asked, "page", "utm_x"):
            html = client.get(f"/{language}/{path}", {name: asked}).content.decode()
            page = Elements(html)
            assert not [
                each for each in page.elements if set(each[1]) & {"onerror", "style"} or each[1].get("src") == "x"
            ]
            assert not [
                text
                for attributes, text in page.scripts
                if "src" not in attributes
                and "alert" in text
                and attributes.get("type") not in ("application/json", "application/ld+json")
            ]
            assert not [each for each in page.elements if (each[1].get("href") or "").startswith("javascript")]
