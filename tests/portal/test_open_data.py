"""What the site tells programs: linked data, descriptions, sitemaps, feeds."""

import json
import re
from xml.etree import ElementTree

import pytest
from django.urls import reverse

from agreements.models import Agreement
from core.history import change
from core.models import Change
from parks.models import Park
from portal.linked_data import Graph, as_script
from sources.evidence import with_citations, with_facts
from tests.factories import (
    make_citation,
    make_division,
    make_official,
    make_park,
    make_role,
    make_source,
    make_whole_agreement,
    make_whole_park,
)
from tests.pages import words

HOST = "http://testserver"
ATOM = {"": "http://www.w3.org/2005/Atom"}
SITEMAP = {"": "http://www.sitemaps.org/schemas/sitemap/0.9", "xhtml": "http://www.w3.org/1999/xhtml"}


def graph(response) -> list[dict]:
    [told] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', response.content.decode(), re.DOTALL)
    document = json.loads(told)
    assert document["@context"] == ["https://schema.org", {"prov": "http://www.w3.org/ns/prov#"}]
    return document["@graph"]


def node(nodes, address):
    [found] = [each for each in nodes if each.get("@id") == f"{HOST}{address}#it"]
    return found


# --- Linked data ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_park_is_told_with_its_facts_and_what_each_rests_on(client):
    source = make_source(
        "xinhua", title="On the bank", publisher="Xinhua", published_on="2003-08", url="https://x.cn/1"
    )
    other = make_source("daily")
    park = make_park(
        "suxitong", name_en="Suxitong Park", name_zh="苏锡通园区", established="2009", website="https://s.cn/"
    )
    role = make_role(park, since="2009")
    make_citation(park, source=source)
    make_citation(park, source=other, field="established", stance="DISPUTES", stated_value="2008")
    make_citation(role, source=source, locator="¶2")
    nodes = graph(client.get("/en/parks/suxitong/"))
    told = node(nodes, "/parks/suxitong/")
    derived = [{"@id": f"{HOST}/sources/xinhua/#it"}]
    assert {name: told[name] for name in ("@type", "name", "alternateName", "sameAs", "url", "containedInPlace")} == {
        "@type": ["Place", "prov:Entity"],
        "name": "Suxitong Park",
        "alternateName": ["苏锡通园区"],
        "sameAs": "https://s.cn/",
        "url": f"{HOST}/en/parks/suxitong/",
        "containedInPlace": [
            {
                "@type": "AdministrativeArea",
                "@id": f"{HOST}/divisions/321282/#it",
                "name": "Division 321282",
            }
        ],
    }
    assert told["prov:wasDerivedFrom"] == derived
    newest = Change.objects.latest("id")
    assert told["prov:wasGeneratedBy"] == {
        "@type": "prov:Activity",
        "@id": f"{HOST}/api/v1/changes/{newest.pk}/rows/",
        "prov:endedAtTime": newest.at.isoformat(),
    }
    assert told["additionalProperty"] == [
        {
            "@type": ["PropertyValue", "prov:Entity"],
            "name": "Established",
            "value": "2009",
            "prov:wasDerivedFrom": derived,
            "prov:alternateOf": [
                {
                    "@type": "prov:Entity",
                    "name": "2008",
                    "prov:wasDerivedFrom": {"@id": f"{HOST}/sources/daily/#it"},
                }
            ],
        },
        {
            "@type": ["PropertyValue", "prov:Entity"],
            "@id": f"{HOST}/en/parks/suxitong/#comanagementrole-{role.pk}",
            "name": "operations",
            "value": "Division 320281",
            "description": "since 2009",
            "prov:wasDerivedFrom": derived,
        },
    ]
    assert node(nodes, "/sources/xinhua/") == {
        "@type": ["CreativeWork", "prov:Entity"],
        "@id": f"{HOST}/sources/xinhua/#it",
        "name": "On the bank",
        "publisher": {"@type": "Organization", "name": "Xinhua"},
        "datePublished": "2003-08",
        "sameAs": "https://x.cn/1",
    }


@pytest.mark.django_db
def test_each_page_tells_the_way_to_it(client):
    make_park("suxitong", name_zh="苏锡通园区")
    [way] = [each for each in graph(client.get("/zh-hans/parks/suxitong/")) if each["@type"] == "BreadcrumbList"]
    assert [(each["position"], each["name"], each["item"]) for each in way["itemListElement"]] == [
        (1, "园区登记册", f"{HOST}/zh-hans/"),
        (2, "园区", f"{HOST}/zh-hans/parks/"),
        (3, "苏锡通园区", f"{HOST}/zh-hans/parks/suxitong/"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "about/"])
def test_the_site_tells_how_to_search_it_and_where_all_data_are(client, page):
    nodes = graph(client.get(f"/en/{page}"))
    [site] = [each for each in nodes if each["@type"] == "WebSite"]
    address = site["potentialAction"]["target"]["urlTemplate"].removeprefix(HOST)
    assert client.get(address.replace("{search_term_string}", "jiang")).status_code == 200
    [dataset] = [each for each in nodes if each["@type"] == "Dataset"]
    [catalogue] = [each for each in nodes if each["@type"] == "DataCatalog"]
    assert catalogue["dataset"] == {"@id": dataset["@id"]}
    for each in dataset["distribution"]:
        response = client.get(each["contentUrl"].removeprefix(HOST))
        assert response.status_code == 200
        if each["name"] != "OGC API – Features":
            assert response["Content-Type"].split(";")[0] == each["encodingFormat"]
        # what is streamed has its room among the dear until it is read
        b"".join(response)


@pytest.mark.django_db
def test_all_kinds_of_pages_have_linked_data_that_leads_somewhere(client):
    make_whole_park("suxitong")
    make_whole_agreement("sutong-2009")
    for page, kind in [
        ("parks/suxitong/", "Place"),
        ("agreements/sutong-2009/", "CreativeWork"),
        (f"sources/{make_source('xinhua').slug}/", "CreativeWork"),
        ("divisions/320281/", "AdministrativeArea"),
        (f"officials/{make_official('zhang').slug}/", "Person"),
    ]:
        nodes = graph(client.get(f"/en/{page}"))
        told = node(nodes, f"/{page}")
        assert told["@type"] == [kind, "prov:Entity"]
        for found in re.findall(rf'"{HOST}(/[^"#{{]*)', json.dumps(nodes)):
            assert client.get(found, follow=True).status_code == 200, found


@pytest.mark.django_db
def test_an_agreement_is_told_with_its_parties_and_what_it_builds_on():
    agreement = make_whole_agreement("sutong-2009")
    graph = Graph(HOST)
    graph.add_record(with_citations(with_facts(Agreement.objects.filter(pk=agreement.pk))).get())
    [told] = graph.nodes
    assert (told["@type"], told["dateCreated"], told["temporalCoverage"]) == (
        ["CreativeWork", "prov:Entity"],
        "2003-02-15",
        "2003-02-15/..",
    )
    assert [each["@id"] for each in told["creator"]] == [
        f"{HOST}/divisions/{code}/#it" for code in ("320281", "321282")
    ]
    [earlier] = agreement.links_to_earlier.all()
    assert [each["@id"] for each in told["isBasedOn"]] == [f"{HOST}/agreements/{earlier.earlier.slug}/#it"]


@pytest.mark.django_db
def test_linked_data_asks_the_database_nothing(client, django_assert_num_queries):
    make_whole_park("suxitong")
    park = Park.objects.with_facts().with_citations().get()
    graph = Graph(HOST)
    with django_assert_num_queries(0):
        graph.add_record(park)
    facts = graph.nodes[0]["additionalProperty"]
    # names and identifiers have words of their own
    assert len(facts) == 11
    bare = Graph(HOST)
    park = Park.objects.get()
    with django_assert_num_queries(0):
        bare.add_record(park)


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028&\u2029", '"}]}'])
def test_no_text_breaks_out_of_the_data(text):
    told = as_script([{"name": text}])
    assert not set(told) & set("<>&\u2028\u2029")
    assert json.loads(told)["@graph"] == [{"name": text}]


# --- The head ------------------------------------------------------------------------------------------------------


def head(response) -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """What the page says of itself, and what it links to: rel, language or media type where told, and address."""
    page = response.content.decode()
    metas = re.findall(r'<meta (?:name|property)="([^"]+)"\s+content="([^"]*)"', page)
    links = re.findall(r'<link rel="(canonical|alternate)"([^>]*?)href="([^"]*)"', page)
    return dict(metas), [
        (rel, *re.findall(r'(?:hreflang|type)="([^"]*)"', rest), address) for rel, rest, address in links
    ]


@pytest.mark.django_db
def test_a_page_says_what_it_is_and_where_else_it_is(client):
    make_park(
        "suxitong", name_en="Suxitong Park", name_zh="苏锡通园区", summary_zh="园区位于南通。", established="2009"
    )
    metas, links = head(client.get("/zh-hans/parks/suxitong/?utm_source=x"))
    assert (metas["description"], metas["og:title"], metas["og:locale"]) == ("园区位于南通。", "苏锡通园区", "zh_CN")
    assert (
        links
        == [
            ("canonical", f"{HOST}/zh-hans/parks/suxitong/"),
            ("alternate", "en", f"{HOST}/en/parks/suxitong/"),
            ("alternate", "zh-Hans", f"{HOST}/zh-hans/parks/suxitong/"),
            ("alternate", "x-default", f"{HOST}/parks/suxitong/"),
            ("alternate", "application/json", "/api/v1/parks/suxitong.json"),
            ("alternate", "application/geo+json", "/api/v1/parks/suxitong.geojson"),
            ("alternate", "application/atom+xml", "/zh-hans/parks/suxitong/changes.atom"),
            ("alternate", "application/atom+xml", "/zh-hans/changes.atom"),
        ]
        or links[0] != links[1]
    )
    # Without a summary in the page's language, plain facts; no words of another.
    metas, _links = head(client.get("/en/parks/suxitong/"))
    assert metas["description"] == "Suxitong Park · park · Division 321282 · since 2009"


# --- Sitemaps ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_sitemap_names_every_page_in_each_language_with_its_last_change(client):
    park = make_park("suxitong")
    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    pieces = [each.text.removeprefix(HOST) for each in index.findall("sitemap/loc", SITEMAP)]
    assert pieces[:2] == ["/sitemap-overviews.xml", "/sitemap-park.xml"]
    told = {}
    for piece in pieces:
        response = client.get(piece)
        assert response["Content-Type"] == "application/xml"
        for url in ElementTree.fromstring(response.content).findall("url", SITEMAP):
            others = {each.get("hreflang"): each.get("href") for each in url.findall("xhtml:link", SITEMAP)}
            told[url.findtext("loc", None, SITEMAP)] = (url.findtext("lastmod", None, SITEMAP), others)
    day = Change.objects.latest("id").at.date().isoformat()
    assert told[f"{HOST}/zh-hans/parks/{park.slug}/"] == (
        day,
        {
            "en": f"{HOST}/en/parks/suxitong/",
            "zh-hans": f"{HOST}/zh-hans/parks/suxitong/",
            "x-default": f"{HOST}/parks/suxitong/",
        },
    )
    assert all(client.get(address).status_code == 200 for address in told)
    assert len(told) == 2 * (8 + 1 + 3)
    assert client.get("/sitemap-cats.xml").status_code == 404


@pytest.mark.django_db
def test_a_piece_of_the_sitemap_takes_as_many_queries_for_three_records_as_for_one(client, django_assert_num_queries):
    for count in (1, 3):
        for _each in range(count):
            make_park()
        # how many there are, and those of this piece with their last change
        with django_assert_num_queries(2):
            assert client.get("/sitemap-park.xml").status_code == 200


def test_robots_are_told_what_to_leave_alone(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    told = response.content.decode().splitlines()
    assert {"Disallow: /admin/", "Disallow: /*known=", "Disallow: /*?*&"} <= set(told)
    assert told[-1] == f"Sitemap: {HOST}/sitemap.xml"


# --- Feeds ---------------------------------------------------------------------------------------------------------


def entries(response) -> list[dict]:
    feed = ElementTree.fromstring(response.content)
    return [
        {name: each.findtext(name, None, ATOM) for name in ("id", "title", "updated", "summary")}
        | {"link": each.find("link", ATOM).get("href")}
        for each in feed.findall("entry", ATOM)
    ]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_feeds_tell_each_change_in_words(client):
    source = make_source("xinhua")
    make_division("321282")
    with change(reason="First & last"):
        park = make_park("suxitong", host="320600", name_en="Suxitong <Park>")
        make_role(park, division="320500")
    with change(source=source.slug):
        Park.objects.filter(pk=park.pk).update(status="CLOSED", closed="2020")
    with change():
        make_park("elsewhere")
    every = entries(client.get("/en/changes.atom"))
    assert every[0]["title"] == "Park elsewhere"
    of_park = client.get("/en/parks/suxitong/changes.atom")
    assert of_park["Content-Type"] == "application/atom+xml; charset=utf-8"
    closed, made = entries(of_park)
    last = Change.objects.order_by("-id")[1]
    assert closed == {
        "id": f"tag:testserver,2026:park:suxitong:en:{last.pk}",
        "title": "Suxitong <Park>",
        "updated": last.at.isoformat(),
        "summary": closed["summary"],
        "link": f"{HOST}/en/parks/suxitong/",
    }
    assert words(closed["summary"]) == (
        "Suxitong <Park>: changed: 1 park Park: Suxitong <Park>, suxitong · Status: active → closed· Closed: — → 2020 "
        "Source: Title of xinhua"
    )
    assert "<p>First &amp; last</p>" in made["summary"]
    assert "Suxitong &lt;Park&gt;" in made["summary"]
    assert "<Park>" not in made["summary"]
    # A division's own changes, and those of the parks that it hosts or has a role in.
    for code in ("320600", "320500"):
        first, *_others = entries(client.get(f"/zh-hans/divisions/{code}/changes.atom"))
        assert first["title"] == "Suxitong <Park>"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_feed_is_told_to_be_known(client):
    make_park("suxitong")
    for path in ("/en/changes.atom", "/en/parks/suxitong/changes.atom", "/en/divisions/321282/changes.atom"):
        response = client.get(path)
        assert client.get(path, headers={"if-none-match": response["ETag"]}).status_code == 304
        assert client.get(path).content == response.content
    assert client.get("/en/parks/none/changes.atom").status_code == 404


@pytest.mark.django_db
def test_a_feed_leaves_out_what_xml_cannot_tell(client):
    with change(reason="bell \x07 and \x0b tab"):
        make_park("suxitong")
    [entry] = entries(client.get("/en/parks/suxitong/changes.atom"))
    assert "<p>bell  and  tab</p>" in entry["summary"]


@pytest.mark.django_db
def test_feeds_take_a_fixed_number_of_queries(client, django_assert_max_num_queries):
    for count in (1, 4):
        for _each in range(count):
            make_division("320500")
            make_whole_park()
        for path in ("/en/changes.atom", "/en/divisions/321282/changes.atom"):
            with django_assert_max_num_queries(25):
                assert client.get(path).status_code == 200
    assert reverse("portal:feed") == "/en/changes.atom"
