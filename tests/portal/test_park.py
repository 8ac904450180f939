"""The page of a park: what it tells, from which notes, of which day, and in how many queries."""

import re

import pytest

from core.history import change
from core.models import Change
from tests.elements import Page
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_body,
    make_citation,
    make_event,
    make_identifier,
    make_observation,
    make_park,
    make_park_agreement,
    make_park_industry,
    make_park_name,
    make_park_statement,
    make_remark,
    make_role,
    make_share,
    make_site,
    make_source,
    make_whole_park,
)

pytestmark = pytest.mark.django_db


def page_of(park, **query):
    return Page(f"/en/parks/{park.slug}/", **query)


def test_park_page_tells_each_fact_at_an_anchor_of_its_own():
    park = make_whole_park()
    page = page_of(park)
    facts = [fact for name in park.facts for fact in getattr(park, name).all() if name != "observations"]
    assert [page.ids.count(f"{fact._meta.model_name}-{fact.pk}") for fact in facts] == [1] * len(facts)
    assert len(page.ids) == len(set(page.ids))


def test_every_number_of_a_note_leads_to_a_note_and_back():
    park = make_park()
    source = make_source()
    make_citation(make_role(park), source=source, locator="¶1")
    make_citation(make_remark(park), source=source, locator="¶1")
    make_citation(make_event(park), source=source, locator="¶2")
    page = page_of(park)
    anchors = [href[1:] for href in page.links if href.startswith("#note-")]
    assert set(anchors) - set(page.ids) == set()
    assert page.told("note-1").startswith(f"{source.title}, Daily, ¶1. Confidence: high")
    assert page.told("note-1").endswith("↩ 2")
    assert page.told("note-2").startswith(f"{source.title} (see note 1), ¶2.")


def test_function_is_told_with_its_holder_how_certain_and_until_when():
    park = make_park()
    role = make_role(park, "LAND", since="2003", until="2013", note="By a joint board.", agreement=make_agreement("a"))
    make_citation(role)
    told = page_of(park, on="2005-01-01").told(f"comanagementrole-{role.pk}")
    assert told == "Division 320281 certain Note 1 2003 – 2013 under Title of a By a joint board."
    told = page_of(park, on="2003-05").told(f"comanagementrole-{role.pk}")
    assert told.startswith("Division 320281 possible")
    assert page_of(park, on="2020").told(f"comanagementrole-{role.pk}").startswith("Land: Division 320281")


def test_gaps_overlaps_and_what_is_shared_on_purpose_are_told():
    park = make_park()
    make_role(park, "LAND", division="320281")
    make_role(park, "LAND", division="321282")
    make_role(park, "FINANCE", division="320281", note="together")
    make_role(park, "FINANCE", division="321282", note="together")
    told = page_of(park).told("doing")
    assert "Land two at once" in told
    assert "Finance held together on purpose" in told
    assert "Nobody is known to answer for: governance (decides on main matters) operations social management" in told


def test_partner_without_a_function_is_told_apart():
    park = make_park()
    role = make_role(park, "PARTNER", division="320500")
    page = page_of(park)
    assert "Partners without a stated function Division 320500 certain no source yet" in page.told("doing")
    assert page.told(f"comanagementrole-{role.pk}") == "Division 320500 certain no source yet"


def test_park_is_told_not_to_have_existed():
    park = make_park(established="2003", closed="2013")
    assert "the park did not exist then." in page_of(park, on="2002-01-01").told("doing")
    assert "it is not certain that the park existed throughout." in page_of(park, on="2003").told("doing")
    assert "exist" not in page_of(park, on="2005").told("doing")
    assert "the park is only proposed." in page_of(make_park(status="PROPOSED")).told("doing")


def test_day_to_come_is_told_as_one():
    park = make_park()
    assert "This day is still to come" in page_of(park, on="2999").told("doing")
    assert "still to come" not in page_of(park).told("doing")


def test_partners_face_the_host_across_the_border():
    park = make_park(host="321282", crosses="Yangtze River")
    make_role(park, division="320281")
    make_role(park, "LAND", division=None, body=make_body("zone", division="320281"))
    make_role(park, "PARTNER", division="321200")
    make_role(park, "GOVERNANCE", division=None, body=make_body("committee", kind="MANAGEMENT_COMMITTEE"))
    told = page_of(park).told("main")
    start = told.index("Partner")
    assert told[start : told.index("Who faces whom")].strip() == (
        "Partner Division 320281 Division 320200, Division 320000 Yangtze River no source yet "
        f"Host Division 321282 Division 321200, Division 320000 Park {park.slug}"
    )


def test_body_of_no_division_faces_the_host_for_want_of_others_only():
    park = make_park(host="321282")
    make_role(park, division=None, body=make_body("firm", name_en="The Firm"))
    assert "Partner The Firm across no border on record Host" in page_of(park).told("main")
    make_role(park, "LAND", division="320281")
    assert "Partner Division 320281 Division 320200" in page_of(park).told("main")


def test_days_on_which_something_changed_are_links():
    park = make_park(established="2003")
    make_role(park, since="2003-08-29", until="2013")
    page = page_of(park, on="2013")
    assert [link for link in page.links if link.startswith("?on=")] == ["?on=2003#doing", "?on=2003-08-29#doing"]


def test_shares_are_told_with_what_is_unknown():
    park = make_park()
    half = make_share(park, percent="50", since="2003", division="320281")
    unknown = make_share(park, "GDP", percent=None, division="321282")
    later = make_share(park, percent="40", since="2030", division="321282")
    page = page_of(park, on="2005-01-01")
    assert page.told(f"benefitshare-{half.pk}") == "Division 320281 50% certain no source yet since 2003"
    assert page.told(f"benefitshare-{unknown.pk}") == "Division 321282 how much is unknown certain no source yet"
    assert "Of 50% nobody is known to get it." in page.told("getting")
    assert page.told(f"benefitshare-{later.pk}").startswith("Tax revenue, of the total: Division 321282 40%")


def test_disputed_field_shows_both_sides():
    park = make_park(established="2003")
    make_citation(park, field="established", source=make_source(title="A"))
    for title, stated in (("B", "2004"), ("C", "2004"), ("D", "1999")):
        make_citation(
            park, field="established", stance="DISPUTES", stated_value=stated, source=make_source(title=title)
        )
    assert "Established 2003 Note 1 disputed: a source states 2004 Note 2, Note 3; 1999 Note 4" in page_of(park).told(
        "summary"
    )


def test_empty_field_that_a_source_disputes_is_told():
    park = make_park()
    make_citation(park, field="closed", stance="DISPUTES", stated_value="2019")
    assert "Closed not recorded disputed: a source states 2019 Note 1" in page_of(park).told("summary")


def test_dispute_of_a_field_of_a_row_names_the_field():
    park = make_park()
    role = make_role(park, since="2003")
    make_citation(role)
    make_citation(role, field="since", stance="DISPUTES", note="It began earlier.", stated_value="")
    assert "Since, disputed: It began earlier. Note 2" in page_of(park).told(f"comanagementrole-{role.pk}")


def test_uncited_facts_say_so():
    park = make_park(established="2003")
    page = page_of(park)
    assert "Established 2003 no source yet" in page.told("summary")
    assert "4 facts on record 0 with a source" in page.told("summary")


def test_agreement_is_told_with_its_lineage_and_whether_it_is_in_force():
    park = make_park()
    first, second = make_agreement("first", signed_on="2003"), make_agreement("second", signed_on="2013")
    make_agreement_link(second, first, kind="SUPERSEDES")
    rows = [make_park_agreement(park, each) for each in (second, first)]
    page = page_of(park, on="2010-01-01")
    assert page.told(f"parkagreement-{rows[1].pk}") == (
        "Title of first no source yet Other · signed 2003 no source yet · in force "
        "Its lineage superseded by Title of second (2013) not in force It was signed only later: 2013."
    )
    assert page_of(park).told(f"parkagreement-{rows[0].pk}") == (
        "Title of second no source yet Other · signed 2013 no source yet · in force "
        "Its lineage supersedes Title of first (2003) not in force It was superseded by Title of second (2013)."
    )


def test_website_of_an_unsafe_scheme_is_no_link():
    park = make_park(website="javascript:alert(1)")
    page = page_of(park)
    assert "javascript:alert(1)" in page.told("summary")
    assert [href for href in page.links if href.startswith("javascript:")] == []


def test_page_looks_back_with_its_day():
    with change():
        park = make_park(established="2003")
    then = Change.objects.latest("id").at
    with change():
        park.established = "2004"
        park.save()
    assert "Established 2004" in page_of(park).told("summary")
    page = page_of(park, known=then.isoformat().replace("+00:00", "Z"), on="2003-06")
    assert "Established 2003" in page.told("summary")
    assert "June 2003" in page.told("doing")
    permalink = re.search(r"\S+known=\S+", page.told("citation"))[0]
    assert Page(permalink.removeprefix("http://testserver")).told("doing") == page.told("doing")


def test_changes_tell_why_from_which_source_and_what_was_before():
    with change():
        park = make_park(established="2003")
    source = make_source("paper", title="The Paper")
    with change(origin="ADMIN", reason="A typo", source=source.slug):
        park.established = "2004"
        park.save()
    told = page_of(park).told("changes")
    assert "admin A typo changed: 1 park Park, established: 2003 → 2004 Source: The Paper" in told
    assert "created: 1 park" in told
    assert f"/en/parks/{park.slug}/changes.atom" in page_of(park).links


@pytest.mark.parametrize("query", [{"on": "yesterday"}, {"on": "2003-13"}, {"known": "now"}, {"colour": "red"}])
def test_bad_questions_are_refused(client, query):
    park = make_park()
    assert client.get(f"/en/parks/{park.slug}/", query).status_code == 400


def many_facts(times: int):
    """A park with so many facts of each kind, a body among its parties, each fact with a source of its own."""
    park = make_whole_park()
    body = make_body(division="320500")
    for nth in range(times):
        year, agreement = str(2000 + nth), make_agreement(signed_on="2003")
        make_agreement_link(make_agreement(signed_on="2013"), agreement)
        make_role(park, "LAND", division=None, body=body, since=year, until=year + "-06", agreement=agreement)
        make_share(park, "GDP", division=None, body=body, since=year, until=year + "-06")
        make_site(park, division="320583", since=year)
        make_park_name(park, f"Name {nth}")
        make_event(park, date=year)
        make_remark(park, text_en=f"Remark {nth}")
        make_observation(park, period=year)
        make_park_industry(park)
        make_identifier(park)
        make_park_agreement(park, agreement)
        make_park_statement(park)
        make_park(part_of=park)
    for name in park.facts:
        for fact in getattr(park, name).all():
            make_citation(fact)
    return park


def test_park_page_asks_the_database_as_often_for_many_facts_as_for_one(client, django_assert_num_queries):
    for times in (1, 7):
        with change():
            park = many_facts(times)
        # the revision of the registry, twice; the park; 11 kinds of facts; 8 of what they refer to: divisions, bodies,
        # agreements, industries, indicators, statements, officials, outlets; citations and their sources
        # what superseded agreements; the divisions of bodies, and twice those above; parts and predecessors
        # the links of agreements, these, and what superseded them; citations of all that is told beside
        # changes, of no source, how many rows each has, and the first of them; the instant to cite
        with django_assert_num_queries(37):
            client.get(f"/en/parks/{park.slug}/")
