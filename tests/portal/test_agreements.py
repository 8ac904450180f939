"""The pages of agreements and officials, and the list of agreements."""

import re

import pytest
from django.core.management import call_command

from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_agreement_party,
    make_body,
    make_citation,
    make_clause,
    make_official,
    make_park,
    make_park_agreement,
    make_park_statement,
    make_post,
    make_role,
    make_share,
    make_signatory,
    make_source,
    make_statement,
)
from tests.pages import items, rows, section, words

TREATY = "/en/agreements/treaty/"


@pytest.fixture
def treaty(db):
    """An agreement of Jiangyin and Jingjiang on one park, of 2003."""
    treaty = make_agreement(
        "treaty", title_en="Treaty", title_zh="协议", kind="CONSTRUCTION", signed_on="2003-02-15", place="Nanjing"
    )
    make_agreement_party(treaty)
    make_agreement_party(treaty, body=make_body(name_en="Zone Office"), division="321282")
    make_park_agreement(make_park("bridge", name_en="Bridge Park"), treaty)
    return treaty


def facts(response) -> str:
    return words(response.content.decode().partition('<dl class="facts">')[2].partition("</dl>")[0])


def test_agreement_is_told_with_its_titles_dates_parties_and_parks(client, treaty):
    told = client.get(TREATY)
    assert "Treaty 协议" in words(told.content)
    assert facts(told) == (
        "Kind construction and development no source yet Signed 15 February 2003 no source yet · Nanjing no source yet "
        "Parties Division 320281 no source yet Zone Office · Division 321282 no source yet "
        "Parks it concerns Bridge Park no source yet"
    )


def test_title_that_only_describes_says_so_and_what_is_unknown_too(client, db):
    make_agreement("treaty", title_is_descriptive=True)
    told = client.get(TREATY)
    assert "No source gives a title: this one describes the agreement." in words(told.content)
    assert facts(told) == (
        "Kind other no source yet Signed no source says when, or that it was "
        "Parties not recorded Parks it concerns none that is recorded"
    )
    assert "Nothing of what it says is recorded." in section(told, "clauses-title")
    assert "No agreement is known that it builds on" in section(told, "lineage-title")


def in_force(response) -> str:
    return words(response.content.decode().partition('<p class="in-force">')[2].partition("</p>")[0])


def test_agreement_is_in_force_on_a_day_or_says_why_not(client, treaty):
    treaty.term_years = 10
    treaty.save()
    assert in_force(client.get(TREATY, {"on": "2005"})) == (
        "2005 · in force As far as known it holds since 15 February 2003."
    )
    assert in_force(client.get(TREATY, {"on": "2014"})).startswith("2014 · possibly in force")
    assert "renewal unknown" in in_force(client.get(TREATY, {"on": "2014"}))
    assert "not in force" in in_force(client.get(TREATY, {"on": "2002"}))


def test_disputed_date_of_an_agreement_tells_both(client, treaty):
    make_citation(treaty, field="signed_on", locator="¶2")
    make_citation(treaty, field="signed_on", stance="DISPUTES", stated_value="16 February")
    assert "15 February 2003 Note 1 disputed: a source states 16 February Note 2" in facts(client.get(TREATY))


def test_signatories_are_told_with_their_posts_and_for_whom(client, treaty):
    mayor = make_official("mayor", name_en="Du Xiaogang")
    make_signatory(treaty, mayor, post=make_post(mayor), division="320281")
    make_signatory(treaty, make_official(name_en="Guest"), capacity="WITNESSED", division="321282")
    assert rows(section(client.get(TREATY), "signatories-title"))[1:] == [
        ["Du Xiaogang no source yet", "Mayor", "Division 320281", "signed"],
        ["Guest no source yet", "not recorded", "Division 321282", "witnessed"],
    ]


def test_clauses_are_told_by_kind_in_both_languages(client, treaty):
    make_clause(treaty, number=1, kind="BENEFIT", text_en="Half each.", text_zh="各半。")
    make_clause(treaty, number=2, kind="GOAL", text_en="", text_zh="共建。")
    assert words(section(client.get(TREATY), "clauses-title")) == (
        "What it says Goal 2 共建。 no source yet Benefit 1 Half each. no source yet 各半。"
    )
    assert "1 各半。 尚无来源 Half each." in words(section(client.get("/zh-hans/agreements/treaty/"), "clauses-title"))


def test_lineage_tells_what_it_builds_on_and_what_came_of_it(client, treaty):
    memo, later = make_agreement(title_en="Memo", signed_on="2002"), make_agreement(title_en="Later", signed_on="2023")
    make_citation(make_agreement_link(treaty, memo, kind="IMPLEMENTS"))
    make_agreement_link(later, treaty, kind="SUPERSEDES")
    make_agreement_link(make_agreement(title_en="Last", signed_on="2024"), later, kind="AMENDS")
    make_role(make_park(name_en="Bridge"), agreement=treaty, since="2003")
    make_share(make_park(name_en="Delta"), agreement=treaty, standing="PROPOSED")
    assert items(section(client.get(TREATY, {"on": "2024-06"}), "lineage-title")) == [
        "2002 Memo implemented by this agreement Note 1 in force",
        "2023 Later supersedes this agreement no source yet in force",
        "2024 Last amends Later possibly in force",
        "operations, Division 320281, since 2003: Bridge no source yet",
        "Division 320281: 50% tax revenue · Delta proposed no source yet",
    ]


def test_statements_about_an_agreement_name_who_said_it_and_who_reported_it(client, treaty):
    outlet = make_source(title="Wuxi Daily")
    statement = make_statement(make_official(name_en="Du Xiaogang"), agreement=treaty, outlet=outlet, said_on="2023")
    make_citation(statement, source=outlet)
    assert items(section(client.get(TREATY), "statements-title")) == [
        "2023 Both sides gain. Note 1 Du Xiaogang · reported by Wuxi Daily"
    ]


def test_agreement_that_is_not_there_is_not_found(client, db):
    assert client.get(TREATY).status_code == client.get("/zh-hans/officials/none/").status_code == 404


# --- Officials --------------------------------------------------------------------------------------------------------


def test_official_is_told_with_posts_signatures_and_statements_and_no_more(client, treaty):
    mayor = make_official("mayor", name_en="Du Xiaogang", name_zh="杜小刚")
    make_post(mayor, title_en="Deputy", division="320200", since="2001", until="2005")
    post = make_post(mayor, division="320281", since="2005")
    make_citation(make_signatory(treaty, mayor, post=post, division="320281"))
    statement = make_statement(mayor, agreement=treaty, outlet=make_source(title="Wuxi Daily"), said_on="2006-05")
    make_park_statement(treaty.parks.get().park, statement)
    told = client.get("/en/officials/mayor/")
    assert items(section(told, "posts-title")) == [
        "2001 – 2005 Deputy no source yet Division 320200",
        "since 2005 Mayor no source yet Division 320281",
    ]
    assert items(section(told, "signatures-title")) == [
        "15 February 2003 Treaty Note 1 signed · Mayor · for Division 320281"
    ]
    assert items(section(told, "statements-title")) == [
        "May 2006 Both sides gain. no source yet reported by Wuxi Daily of Treaty of Bridge Park"
    ]


def test_official_of_whom_nothing_is_known_says_so(client, db):
    make_official("nobody")
    told = words(client.get("/en/officials/nobody/").content)
    assert "No post is recorded. Signatures No signature is recorded. Statements No statement is recorded." in told


# --- The list ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def treaties(treaty):
    make_agreement("old", title_en="Old frame", kind="FRAMEWORK", signed_on="1998", expires_on="2003")
    make_agreement("undated", title_en="Undated one")
    new = make_agreement("new", title_en="New deal", signed_on="2023-12")
    make_agreement_party(new, division="320281")


def test_agreements_are_listed_newest_first_with_parties_and_parks(client, treaties):
    page = client.get("/en/agreements/").content.decode()
    assert words(page[page.index('<ol class="plain signed">') :].partition("</ol>")[0]) == (
        "December 2023 New deal other · in force Division 320281 "
        "15 February 2003 Treaty construction and development · in force "
        "Division 320281 Zone Office · Division 321282 Bridge Park "
        "1998 Old frame framework · not in force "
        "undated Undated one other · possibly in force"
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "FRAMEWORK"}, ["Old frame"]),
        ({"party": "320281"}, ["New deal", "Treaty"]),
        ({"year": "2003"}, ["Treaty"]),
        ({"on": "2000"}, ["Old frame", "Undated one"]),
        ({"q": "deal"}, ["New deal"]),
        ({"page": "2"}, []),
        ({"kind": "", "year": "", "party": "321282"}, ["Treaty"]),
    ],
)
def test_agreements_are_found_by(client, treaties, asked, found):
    page = client.get("/en/agreements/", asked).content.decode()
    assert [title for title in ("New deal", "Treaty", "Old frame", "Undated one") if f">{title}</a>" in page] == found


def test_agreements_that_cannot_be_found_are_told_in_words(client, treaties):
    assert "No agreement is like that." in words(client.get("/en/agreements/", {"year": "1990"}).content)
    assert "The list has no such page." in words(client.get("/en/agreements/", {"page": "9"}).content)
    for asked in ({"party": "none"}, {"kind": "X"}, {"page": "0"}, {"on": "soon"}, {"year": "x"}, {"colour": "red"}):
        assert client.get("/en/agreements/", asked).status_code == 400


def test_agreements_are_told_page_by_page(client, db):
    for nth in range(51):
        make_agreement(title_en=f"No {nth}", signed_on="2001", kind="FRAMEWORK")
    page = client.get("/en/agreements/", {"kind": "FRAMEWORK"}).content.decode()
    assert "1 to 50 of 51, the newest first" in words(page)
    assert '<a rel="next" href="?kind=FRAMEWORK&amp;page=2">' in page
    page = client.get("/en/agreements/", {"kind": "FRAMEWORK", "page": "2"}).content.decode()
    assert "51 to 51 of 51" in words(page)
    assert 'rel="next"' not in page


# --- Costs ------------------------------------------------------------------------------------------------------------


def test_agreement_asks_as_often_for_many_facts_as_for_one(client, treaty, django_assert_num_queries):
    def fill(nth):
        official = make_official()
        make_citation(make_signatory(treaty, official, post=make_post(official), body=make_body(), division="320281"))
        make_citation(make_agreement_party(treaty, body=make_body(), division="320200"))
        make_citation(make_clause(treaty, number=nth))
        make_citation(make_agreement_link(treaty, make_agreement(signed_on="2001")))
        make_citation(make_agreement_link(make_agreement(), treaty))
        make_citation(make_statement(official, agreement=treaty))
        make_citation(make_park_agreement(agreement=treaty))
        make_citation(make_role(agreement=treaty, body=make_body(), division="320281"))
        make_citation(make_share(agreement=treaty))

    fill(0)
    client.get(TREATY)
    for nth in range(1, 3):
        fill(nth)
        client.get("/en/about/")
        # the revision; the agreement; its links from later ones and parks; five kinds of facts; agreements, parks,
        # divisions, bodies, officials, posts and outlets that these name; citations and sources, of facts and of what
        # is told like them (four); roles and shares, their citations and sources (four); the lineage's links,
        # agreements and links to them (three); the instant to cite, changes, of no source, versions (five)
        with django_assert_num_queries(31):
            assert client.get(TREATY).status_code == 200


def test_agreements_ask_as_often_for_many_as_for_one(client, treaty, django_assert_num_queries):
    client.get("/en/agreements/")
    for _time in range(2):
        other = make_agreement()
        make_agreement_party(other, body=make_body(), division="320200")
        make_park_agreement(agreement=other)
        make_agreement_link(make_agreement(), other)
        client.get("/en/about/")
        # the revision; agreements, links to them, parties, parks; years; parties to choose from, these
        with django_assert_num_queries(8):
            assert client.get("/en/agreements/").status_code == 200


def test_shipped_agreement_is_told_with_its_evidence(client, db):
    call_command("loaddata", "divisions", "jiangyin_jingjiang", verbosity=0)
    told = re.sub(r" 注释 \d+,?", "", words(client.get("/zh-hans/agreements/wuxi-taizhou-2023/").content))
    assert "签署 2023年9月12日 缔约方 无锡市 泰州市 涉及的园区 江苏江阴—靖江工业园区" in told
