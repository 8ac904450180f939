"""The pages of divisions and bodies, and the list of places."""

import pytest
from django.core.management import call_command

from parks.models import Indicator, Park
from portal.holdings import AT_ONCE, SHOWN
from tests.factories import (
    make_agreement,
    make_agreement_party,
    make_body,
    make_citation,
    make_division,
    make_indicator,
    make_observation,
    make_official,
    make_park,
    make_post,
    make_role,
    make_share,
)
from tests.pages import items, rows, section, words

JIANGYIN, JINGJIANG = "/en/divisions/320281/", "/en/divisions/321282/"


@pytest.fixture
def bridge(db):
    """A park in Jingjiang (321282), run by Jiangyin (320281), of which both get half."""
    park = make_park("bridge", name_en="Bridge Park", name_zh="桥园", established="2003")
    make_role(park, since="2003-08-29")
    make_role(park, "SOCIAL_MANAGEMENT", division="321282", since="2003", until="2020")
    make_share(park, subject="GDP", since="2003")
    return park


def test_division_is_told_with_where_it_lies_its_names_and_its_code(client, db):
    make_division("320000", name_en="Jiangsu", name_zh="江苏省")
    division = make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin")
    make_citation(division, field="kind")
    told = words(client.get(JIANGYIN).content)
    assert "Places Jiangsu Division 320200 Jiangyin 江阴市 Pinyin Jiangyin Kind county-level city Note 1" in told
    assert "Code 320281 Lies in Division 320200 no source yet" in told
    assert "江阴市" in words(client.get("/zh-hans/divisions/320281/").content)


def test_abolished_division_leads_to_what_took_its_place_and_back(client, db):
    new = make_division("320613", name_en="Chongchuan")
    make_division("320602", name_en="Old Chongchuan", abolished="2020-07", successor=new)
    assert "Abolished July 2020 no source yet Now Chongchuan" in words(client.get("/en/divisions/320602/").content)
    told = words(client.get("/en/divisions/320613/").content)
    assert "Took the place of Old Chongchuan (320602, abolished July 2020)" in told


def test_division_that_has_to_do_with_no_park_says_so(client, db):
    make_division("320281")
    told = client.get(JIANGYIN)
    assert "The registry knows of no park that lies here or is run from here" in words(told.content)
    assert section(told, "roles-title") == ""


def test_division_that_is_not_there_is_not_found(client, db):
    assert [client.get(f"/en/divisions/{code}/").status_code for code in ("999999", "x", "3202810")] == [404] * 3


def test_division_tells_the_parks_that_lie_in_it_with_who_runs_them_on_the_day(client, bridge):
    told = client.get(JINGJIANG, {"on": "2010"})
    assert words(section(told, "hosted-title")) == (
        "Parks that lie here 1 Bridge Park in Division 321282 no source yet "
        "Division 320281 operations Division 321282 social management"
    )
    assert "social management" not in section(client.get(JINGJIANG), "hosted-title")
    assert "No park of the registry lies here." in section(client.get(JIANGYIN), "hosted-title")


def test_division_tells_the_parks_elsewhere_that_it_or_what_lies_in_it_helps_to_run(client, bridge):
    for code in ("320281", "320200"):
        assert items(section(client.get(f"/en/divisions/{code}/"), "elsewhere-title")) == ["Division 320281 operations"]
    # In one province there is no border between the two.
    assert items(section(client.get("/en/divisions/320000/"), "elsewhere-title")) == []


def test_division_answers_for_functions_itself_and_through_its_bodies(client, bridge):
    make_role(bridge, "LAND", body=make_body(name_en="Land Office", division="320281"), standing="PROPOSED")
    told = client.get(JIANGYIN, {"on": "2003-08"})
    assert rows(section(told, "roles-title")) == [
        ["Function", "Park", "Period", "August 2003"],
        ["operations", "Bridge Park no source yet", "since 29 August 2003", "possible"],
        ["land", "Bridge Park no source yet through Land Office", "—", "proposed"],
    ]
    assert rows(section(client.get(JINGJIANG), "roles-title"))[1][2:] == ["2003 – 2020", "not then"]


def test_disputed_role_tells_both_sides_beside_it(client, bridge):
    role = bridge.roles.get(function="OPERATIONS")
    make_citation(role, locator="¶2")
    make_citation(role, field="since", stance="DISPUTES", stated_value="2004")
    told = client.get(JIANGYIN)
    assert "2004" in section(told, "roles-title")
    assert words(section(told, "notes-title")).count("Title of source") == 2


def test_division_tells_what_it_gets(client, bridge):
    make_share(bridge, percent=None, amount="5000000", basis="FLOOR", condition="for ten years", until="2013")
    assert rows(section(client.get(JIANGYIN, {"on": "2026-08-01"}), "shares-title")) == [
        ["Park", "Of what", "Share", "Period", "1 August 2026"],
        ["Bridge Park", "statistical credit for GDP no source yet", "50%", "since 2003", "certain"],
        [
            "Bridge Park",
            "tax revenue no source yet a guaranteed amount for ten years",
            "5 million yuan a year",
            "until 2013",
            "not then",
        ],
    ]


def test_division_tells_its_agreements_newest_first_and_who_holds_posts_in_it(client, bridge):
    for slug, signed in (("old", "2001"), ("new", "2003-02-15"), ("undated", "")):
        make_agreement_party(make_agreement(slug, title_en=f"The {slug} one", signed_on=signed, kind="FRAMEWORK"))
    make_post(make_official(name_en="Du Xiaogang"), division="320281", since="2012", until="2015")
    told = client.get(JIANGYIN)
    assert items(section(told, "agreements-title")) == [
        "15 February 2003 The new one no source yet framework · in force",
        "2001 The old one no source yet framework · in force",
        "undated The undated one no source yet framework · possibly in force",
    ]
    assert rows(section(told, "posts-title"))[1:] == [["Du Xiaogang", "Mayor no source yet", "2012 – 2015"]]


# --- Totals -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def gdp(bridge):
    gdp = make_indicator("gdp", name_en="Regional GDP", name_zh="地区生产总值")
    make_observation(bridge, gdp, period="2022", value="11735000000")
    return gdp


def test_totals_begin_with_the_figure_in_which_most_parks_count(client, bridge, gdp):
    make_observation(bridge, make_indicator("gdp_share", unit="%"), period="2023", value="6.8")
    told = section(client.get(JINGJIANG), "totals-title")
    assert "Regional GDP, 2022, the host's 11.735 billion yuan" in words(told)
    assert rows(told)[1:] == [["Bridge Park", "11.735 billion yuan no source yet", "100%", "11.735 billion yuan"]]
    assert "gdp_share" not in told
    Indicator.objects.filter(pk=gdp.pk).update(unit="%")
    assert "Regional GDP" not in section(client.get(JINGJIANG), "totals-title")


def test_totals_of_who_hosts_nothing_begin_with_those_by_partner_and_a_warning(client, bridge, gdp):
    told = words(section(client.get(JIANGYIN), "totals-title"))
    assert "Regional GDP, 2022, each partner's 11.735 billion yuan" in told
    assert "never add these totals of several places up" in told
    assert "117.35亿元" in words(client.get("/zh-hans/divisions/320281/").content)


def test_totals_by_statistical_credit_tell_the_percent_and_what_is_nobodys(client, bridge, gdp):
    asked = {"indicator": "gdp", "period": "2022", "attribution": "shared"}
    told = section(client.get(JIANGYIN, asked), "totals-title")
    assert rows(told)[1] == ["Bridge Park", "11.735 billion yuan no source yet", "50%", "5.8675 billion yuan"]
    told = words(section(client.get(JINGJIANG, asked), "totals-title"))
    assert "No park counts, which is not zero." in told
    assert "A further 5.8675 billion yuan of parks that lie here is not known to be anybody’s." in told
    assert "the known shares do not make up the whole 1 Bridge Park: 5.8675 billion yuan" in told


def test_totals_offer_only_what_there_is_and_keep_the_day(client, bridge, gdp):
    make_observation(bridge, gdp, period="2030", value="1", kind="TARGET")
    told = client.get(JINGJIANG, {"on": "2010", "attribution": "partner"})
    page = section(told, "totals-title")
    assert '<option value="2022" selected>2022</option>' in page
    assert "2030" not in page
    assert '<input type="hidden" name="on" value="2010" />' in page
    assert "No park here has such a figure" not in page
    assert "No park counts, which is not zero." in words(
        section(client.get(JINGJIANG, {"indicator": "gdp", "period": "2019"}), "totals-title")
    )


def test_division_refuses_what_cannot_be_asked(client, bridge):
    for asked in ({"on": "yesterday"}, {"indicator": "none"}, {"period": "20"}, {"attribution": "mine"}, {"x": "1"}):
        refused = client.get(JIANGYIN, asked)
        assert (refused.status_code, "This cannot be asked" in words(refused.content)) == (400, True)


# --- Places -----------------------------------------------------------------------------------------------------------


def test_places_are_the_provinces_and_cities_that_have_parks_with_how_many(client, bridge):
    make_role(make_park(host="340100"), division="320200")
    make_role(make_park(host="310115"), division="SG")
    assert rows(client.get("/en/divisions/").content.decode()) == [
        row
        for told in (
            [["in all", "1", "0"], ["Division 310115", "1", "–"]],
            [["in all", "1", "1"], ["Division 320200", "–", "2"], ["Division 321200", "1", "–"]],
            [["in all", "1", "0"], ["Division 340100", "1", "–"]],
            [["in all", "0", "1"]],
        )
        for row in [["Place", "lie here", "elsewhere"], *told]
    ]
    within = section(client.get("/en/divisions/320000/"), "within-title")
    assert rows(within)[1:] == [["Division 320200", "–", "2"], ["Division 321200", "1", "–"]]


def test_places_without_parks_say_so(client, db):
    assert "No park is recorded yet" in words(client.get("/en/divisions/").content)


# --- Bodies -----------------------------------------------------------------------------------------------------------


def test_body_is_told_with_what_it_runs_and_whose_it_is(client, bridge):
    body = make_body("office", name_en="Land Office", name_zh="土地局", kind="COMPANY", division="320281")
    make_role(bridge, "LAND", body=body, division="320281", since="2010")
    told = client.get("/en/bodies/office/")
    assert "Land Office 土地局 Kind company no source yet Belongs to Division 320281" in words(told.content)
    assert rows(section(told, "roles-title"))[1][:3] == [
        "land",
        "Bridge Park no source yet for Division 320281",
        "since 2010",
    ]
    assert client.get("/en/bodies/none/").status_code == 404


# --- Costs ------------------------------------------------------------------------------------------------------------


def test_division_asks_as_often_for_many_facts_as_for_one(client, gdp, django_assert_num_queries):
    def fill():
        for _nth in range(2):
            park = make_park(host="321282")
            role = make_role(park, body=make_body(division="320281"), division="320281")
            make_role(park, "LAND", division="321282")
            make_citation(role)
            make_citation(make_share(park, division="321282"))
            make_citation(make_observation(park, gdp))
            post = make_post(division="321282")
            make_citation(post)
            make_citation(make_agreement_party(division="321282"))
            make_body(division="321282")

    fill()
    client.get(JINGJIANG)
    for _time in range(2):
        fill()
        # Whoever asks first after an edit looks whether it is settled.
        client.get("/en/about/")
        # the revision; the division, what it replaced; parks with roles, these; shares; agreements, links to them;
        # posts; citations, their sources; the directory's parks, roles, industries, figures and disputes; parks here,
        # their roles; those elsewhere; bodies; indicators of figures; parks that count, their figures,
        # parks in parks (two); citations, their sources; divisions above; the instant to cite, changes, of no source,
        # versions (two); and the bodies before each of those that look for what these hold
        with django_assert_num_queries(37):
            assert client.get(JINGJIANG).status_code == 200


def test_places_ask_as_often_for_many_parks_as_for_one(client, bridge, django_assert_num_queries):
    client.get("/en/divisions/")
    for _time in range(2):
        make_role(make_park(host="340100"), division="440300")
        client.get("/en/about/")
        # the revision; divisions above; the directory's parks, roles, industries, figures and disputes; divisions
        with django_assert_num_queries(8):
            assert client.get("/en/divisions/").status_code == 200


def test_shipped_divisions_are_told_in_both_languages(client, db):
    call_command("loaddata", "divisions", "jiangyin_jingjiang", verbosity=0)
    told = section(client.get(JIANGYIN), "roles-title")
    assert ["operations", "Jiangyin-Jingjiang Industrial Park Note 2", "—", "certain"] in rows(told)
    told = section(client.get("/zh-hans/divisions/321282/"), "hosted-title")
    assert "江苏江阴—靖江工业园区" in words(told)


def test_more_parks_than_a_page_tells_are_on_its_next_pages(client, db):
    last = AT_ONCE + 1
    for _nth in range(last):
        make_role(make_park(host="321282"))
    slugs = [park.slug for park in Park.objects.order_by("slug")]
    told = section(client.get(JINGJIANG), "hosted-title")
    assert f"1 to {AT_ONCE} of {last} Next page All of them in the list of parks" in words(told)
    assert '<a href="/en/parks/?within=321282">' in told
    assert '<a rel="next" href="?hosted=2#hosted-title">' in told
    assert [slug for slug in slugs if f"/en/parks/{slug}/" in told] == slugs[:-1]
    page = client.get(f"{JIANGYIN}?on=2024&elsewhere=2&roles=2")
    told = section(page, "elsewhere-title")
    assert "Those in which it has a part itself, in the list of parks" in words(told)
    assert f"Previous page {last} to {last} of {last} " in words(told)
    assert '<a href="/en/parks/?partner=320281">' in told
    assert '<a rel="prev" href="?on=2024&amp;elsewhere=1&amp;roles=2#elsewhere-title">' in told
    assert [slug for slug in slugs if f"/en/parks/{slug}/" in told] == slugs[-1:]
    told = section(page, "roles-title")
    assert words(told).endswith(f"Previous page In parks {last} to {last} of {last}")
    assert [slug for slug in slugs if f"/en/parks/{slug}/" in told] == slugs[-1:]


@pytest.mark.parametrize("part", ["hosted", "roles"])
def test_a_page_that_a_part_does_not_have_says_so(client, db, part):
    make_role(make_park(host="320281"), division="320281")
    told = words(section(client.get(f"{JIANGYIN}?{part}=3"), f"{part}-title"))
    assert "The list has no such page. Previous page" in told


def test_a_timeline_of_one_page_of_many_roles_says_so(client, db):
    for _nth in range(AT_ONCE):
        make_role(make_park(host="321282"), since="2020")
    said = "Drawn is what this page tells, not what is on the other pages of its lists."
    assert said not in words(section(client.get(JIANGYIN), "time-title"))
    make_role(make_park(host="321282"), since="2020")
    assert said in words(section(client.get(JIANGYIN), "time-title"))


def test_more_agreements_than_a_page_tells_are_a_link_away(client, db):
    body = make_body("committee", division="320281")
    for _nth in range(SHOWN + 1):
        make_agreement_party(make_agreement(), body=body, division=None)
    for page, asked in (("/en/bodies/committee/", "body=committee"), (JIANGYIN, "party=320281")):
        told = section(client.get(page), "agreements-title")
        assert "All 51 agreements" in words(told)
        assert f'<a href="/en/agreements/?{asked}">' in told
        assert "1 to 50 of 51" in words(client.get(f"/en/agreements/?{asked}").content)
