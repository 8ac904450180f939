"""The features API as pages: what people read, in their language, without a script."""

from html.parser import HTMLParser

import pytest

from tests.factories import make_division, make_park, make_site

OGC = "/ogc/"
PAGES = ["", "conformance", "api", "collections", "collections/parks", "collections/parks/schema"]
PAGES += ["collections/parks/items", "collections/parks/items/suxitong", "collections/sites/items"]


class Page(HTMLParser):
    """The links, fields and text of a page; fails where elements are not closed in order."""

    VOID = {"meta", "link", "br", "input"}

    def __init__(self, response):
        super().__init__()
        assert response["Content-Type"] == "text/html; charset=utf-8"
        self.open, self.links, self.fields, self.text, self.language = [], [], {}, "", None
        self.feed(response.content.decode())
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        assert tag != "script"
        assert not [name for name in told if name.startswith("on")]
        if tag == "html":
            self.language = told["lang"]
        if tag == "a":
            self.links.append(told["href"])
        if tag == "input":
            self.fields[told["name"]] = told["value"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert tag in self.VOID
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "head"} & {*self.open[-1:]}:
            self.text += data


@pytest.fixture
def suxitong(db):
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", latitude="32", longitude="120")
    park = make_park("suxitong", name_en="Suxitong <b>Park</b>", name_zh="苏锡通园区", established="2009")
    make_site(park, name_en="North")
    return park


def page(reader, path, status_code=200, **query):
    response = reader.get(OGC + path, query, headers={"accept": "text/html"})
    assert response.status_code == status_code
    return Page(response)


@pytest.mark.parametrize("path", PAGES)
def test_every_resource_is_a_page_too_whose_links_lead_somewhere(reader, suxitong, path):
    for language in ("en", "zh-hans"):
        read = page(reader, path, lang=language)
        assert read.language == language
        for href in read.links:
            assert reader.get(href, headers={"accept": "text/html"}).status_code == 200, href


def test_a_page_shows_names_in_the_readers_language_and_escapes_them(reader, suxitong):
    read = page(reader, "collections/parks/items")
    assert "Suxitong <b>Park</b>" in read.text
    assert "1 of 1 features" in read.text
    assert "Jingjiang" in read.text
    read = page(reader, "collections/parks/items", lang="zh-hans")
    assert "苏锡通园区" in read.text
    assert "靖江市" in read.text
    assert "Suxitong" not in read.text
    assert "运行中" in read.text
    assert "ACTIVE" not in read.text


def test_a_page_keeps_what_was_chosen(reader, suxitong):
    read = page(reader, "collections/parks/items", f="html", lang="zh-hans", status="ACTIVE", limit="7", bbox="1,2,3,4")
    assert read.fields == {
        "f": "html",
        "lang": "zh-hans",
        "status": "ACTIVE",
        "bbox": "1,2,3,4",
        "datetime": "",
        "limit": "7",
    }
    assert "http://testserver/ogc/?f=html&lang=zh-hans" in read.links


def test_fields_that_were_left_empty_ask_for_nothing(reader, suxitong):
    asked = {"bbox": "", "datetime": "2010", "limit": "", "status": "ACTIVE"}
    response = reader.get(f"{OGC}collections/parks/items", asked, headers={"accept": "text/html"})
    assert (response.status_code, response["Location"]) == (
        302,
        "/ogc/collections/parks/items?datetime=2010&status=ACTIVE",
    )


def test_what_is_wrong_is_told_on_a_page(reader, suxitong):
    read = page(reader, "collections/parks/items", status_code=400, stats="<i>", bbox="1")
    assert "stats: There is no such parameter here. Did you mean “status”?" in read.text
    assert "bbox: Write west,south,east,north" in read.text
    assert "There is no park “no”." in page(reader, "collections/parks/items/no", status_code=404).text
