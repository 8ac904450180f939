"""The pages of sources and their list."""

import pytest
from django.core.management import call_command

from portal.views.sources import CITATIONS
from sources.models import CitedRecord
from tests.factories import (
    MAKERS,
    make_agreement,
    make_citation,
    make_division,
    make_indicator,
    make_observation,
    make_official,
    make_park,
    make_post,
    make_role,
    make_source,
)
from tests.pages import items, rows, section, words

ARTICLE = "/en/sources/article/"


@pytest.fixture
def article(db):
    return make_source(
        "article",
        title="江阴与靖江",
        publisher="Jingjiang Daily",
        published_on="2012-10",
        language="zh",
        kind="ARTICLE",
    )


def facts(response) -> str:
    return words(response.content.decode().partition('<dl class="facts">')[2].partition("</dl>")[0])


def test_source_is_told_with_who_published_it_when_and_where(client, article):
    article.url, article.archived_url, article.note = "https://example.org/1", "https://archive.org/1", "Scanned."
    article.save()
    told = client.get(ARTICLE)
    assert '<h1 class="source-title" lang="zh">江阴与靖江</h1>' in told.content.decode()
    assert facts(told) == (
        "Publisher Jingjiang Daily Published October 2012 Kind article Language Chinese "
        "Address https://example.org/1 Archived https://archive.org/1 Note Scanned."
    )
    assert '<a href="https://archive.org/1" rel="nofollow noopener noreferrer">' in told.content.decode()
    assert client.get("/en/sources/none/").status_code == 404


def test_address_that_is_none_of_the_web_is_no_link(client, article):
    type(article).objects.update(url="javascript:alert(1)")
    told = client.get(ARTICLE)
    assert "Address javascript:alert(1)" in facts(told)
    assert 'href="javascript' not in told.content.decode()


def test_reprint_and_original_lead_to_each_other_as_one_voice(client, article):
    make_source("copy", title="Copy", publisher="Sina", reprint_of=article, published_on="2013")
    assert "Reprinted by Copy, Sina, 2013 Copies of one text count as one voice." in facts(client.get(ARTICLE))
    assert "Reprint of 江阴与靖江 Copies of one text" in facts(client.get("/en/sources/copy/"))


def test_source_on_which_nothing_rests_says_so(client, article):
    assert words(section(client.get(ARTICLE), "resting-title")) == (
        "What rests on it Nothing in the registry rests on it."
    )


def test_all_that_rests_on_a_source_is_told_by_record_with_what_the_fact_is(client, article):
    city = make_division("320281", name_en="Jiangyin")
    park = make_park("bridge", name_en="Bridge Park", established="2003")
    role = make_role(park, since="2003-08")
    figure = make_observation(park, make_indicator(name_en="Regional GDP"), value="11735000000")
    make_citation(park, source=article, field="established", locator="¶2", confidence="MEDIUM")
    make_citation(city, source=article)
    make_citation(role, source=article, note="The mayor said so.")
    make_citation(figure, source=article, field="value", stance="DISPUTES", stated_value="117.4亿元", locator="p. 3")
    told = client.get(ARTICLE)
    assert words(section(told, "resting-title")) == (
        "What rests on it It is cited 3 times in support. It disputes 1 value. "
        "Park Bridge Park "
        "Established: 2003 ¶2 · Confidence: medium "
        "Co-management role: operations, Jiangyin, since August 2003 "
        "Confidence: high The mayor said so. "
        "disputes Figure: Regional GDP, 2022, actual, 11.735 billion yuan Value: 11.735 billion yuan "
        "It states: 117.4亿元 p. 3 · Confidence: high "
        "Division Jiangyin the whole record Confidence: high"
    )
    assert f'<a href="/en/parks/bridge/#observation-{figure.pk}">' in told.content.decode()


@pytest.mark.parametrize(
    "model", [model for model in MAKERS if issubclass(model, CitedRecord)], ids=lambda model: model.__name__
)
def test_whatever_is_cited_is_told_in_both_languages(client, article, model):
    record = MAKERS[model]()
    make_citation(record, source=article)
    for name in model.citable_fields():
        make_citation(record, source=article, field=name)
    for language in ("en", "zh-hans"):
        told = client.get(f"/{language}/sources/article/")
        assert told.status_code == 200
        assert len(items(section(told, "resting-title"))) == 1 + len(model.citable_fields())


def test_statement_of_a_post_is_told_with_its_official(client, article):
    make_citation(make_post(make_official(name_en="Du Xiaogang"), division="320281", since="2005"), source=article)
    assert "Official Du Xiaogang Post: Mayor, Division 320281, since 2005" in words(
        section(client.get(ARTICLE), "resting-title")
    )


def test_source_with_many_citations_is_told_page_by_page(client, article):
    park = make_park()
    for nth in range(CITATIONS + 1):
        make_citation(park, source=article, locator=f"p. {nth}")
    told = client.get(ARTICLE)
    assert "Page 1 of 2 Next page" in words(section(told, "resting-title"))
    told = client.get(ARTICLE, {"page": "2"})
    assert items(section(told, "resting-title")) == [f"the whole record p. {CITATIONS} · Confidence: high"]
    assert "The list has no such page." in words(client.get(ARTICLE, {"page": "3"}).content)


# --- The list ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sources(article):
    make_citation(source=article)
    make_source("yearbook", title="Yearbook", publisher="Statistics Bureau", kind="STATISTICS", published_on="2020")
    make_source("copy", title="Copy", publisher="Sina", reprint_of=article, published_on="2013")


def test_sources_are_listed_with_how_much_rests_on_each(client, sources):
    assert rows(client.get("/en/sources/").content.decode()) == [
        ["Title", "Publisher", "Published", "Kind", "Citations"],
        ["江阴与靖江", "Jingjiang Daily", "October 2012", "article", "1"],
        ["Copy reprint of 江阴与靖江", "Sina", "2013", "article", "0"],
        ["Yearbook", "Statistics Bureau", "2020", "statistics", "0"],
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "STATISTICS"}, ["Yearbook"]),
        ({"publisher": "Sina"}, ["Copy reprint of 江阴与靖江"]),
        ({"q": "靖江"}, ["江阴与靖江"]),
        ({"q": "bureau", "kind": ""}, ["Yearbook"]),
        ({"sort": "published"}, ["Yearbook", "Copy reprint of 江阴与靖江", "江阴与靖江"]),
        ({"sort": "title"}, ["Copy reprint of 江阴与靖江", "Yearbook", "江阴与靖江"]),
    ],
)
def test_sources_are_found_by(client, sources, asked, found):
    assert [row[0] for row in rows(client.get("/en/sources/", asked).content.decode())[1:]] == found


def test_sources_that_cannot_be_found_are_told_in_words(client, sources):
    assert "No source is like that." in words(client.get("/en/sources/", {"q": "nothing"}).content)
    for asked in ({"kind": "X"}, {"sort": "size"}, {"page": "x"}, {"colour": "red"}):
        assert client.get("/en/sources/", asked).status_code == 400


# --- Costs ------------------------------------------------------------------------------------------------------------


def test_source_asks_as_often_for_many_citations_as_for_one(client, article, django_assert_num_queries):
    def fill():
        park = make_park()
        make_citation(park, source=article)
        make_citation(make_role(park), source=article)
        make_citation(make_agreement(), source=article)

    fill()
    client.get(ARTICLE)
    for _time in range(2):
        fill()
        client.get("/en/about/")
        # the revision; the source, its reprints; citations, by stance; parks, roles, agreements; what these refer to:
        # divisions (the parks of roles are read again), ...; the instant to cite
        with django_assert_num_queries(11):
            assert client.get(ARTICLE).status_code == 200


def test_sources_ask_as_often_for_many_as_for_one(client, article, django_assert_num_queries):
    client.get("/en/sources/")
    for _time in range(2):
        make_citation(source=make_source(reprint_of=article))
        client.get("/en/about/")
        # the revision; the sources
        with django_assert_num_queries(2):
            assert client.get("/en/sources/").status_code == 200


def test_shipped_source_tells_all_that_rests_on_it(client, db):
    call_command("loaddata", "divisions", "jiangyin_jingjiang", verbosity=0)
    told = section(client.get("/en/sources/charityinchina-2023-09/"), "resting-title")
    assert "Wuxi Parent: Jiangsu ¶1 · Confidence: medium" in words(told)
