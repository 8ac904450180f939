"""What the API works out of a time: matrices and their audit, shares, totals, lineage, and what is in force."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.history import change
from core.models import Change
from parks.models import CoManagementRole, Indicator
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_citation,
    make_division,
    make_indicator,
    make_observation,
    make_park,
    make_role,
    make_share,
    make_source,
)

V1 = "/api/v1/"
PARK = f"{V1}parks/suxitong/"
AUDIT = f"{V1}co-management/audit/"


def told(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


def queries(client, path, **query):
    with CaptureQueriesContext(connection) as captured:
        told(client, path, **query)
    return len(captured)


def now():
    return Change.objects.order_by("-at").first().at.isoformat()


# --- Co-management ----------------------------------------------------------------------------------------------------


def test_the_matrix_tells_agreement_and_evidence_and_what_is_shared_on_purpose(reader, db):
    park, treaty = make_park("suxitong"), make_agreement("treaty", signed_on="2003")
    one = make_role(park, "PLANNING", since="2003", agreement=treaty)
    make_role(park, "PLANNING", division="321282", since="2003", agreement=treaty)
    make_role(park, "FINANCE", since="2003")
    make_role(park, "FINANCE", division="321282", since="2004")
    release = make_source("release")
    make_citation(one, source=release)
    make_citation(one, source=make_source("copy", reprint_of=release))
    make_citation(one, source=make_source("daily"), field="since", stance="DISPUTES", stated_value="2004")
    matrix = told(reader, f"{PARK}co-management/", on="2005")
    assert (matrix["shared"], matrix["overlaps"]) == (["PLANNING"], ["FINANCE"])
    assert [(each["function"], each["held"], each["shared"], len(each["roles"])) for each in matrix["together"]] == [
        ("PLANNING", "yes", True, 2),
        ("FINANCE", "yes", False, 2),
    ]
    [row] = [row for row in matrix["functions"] if row["function"] == "PLANNING"]
    holder = row["holders"][0]
    assert holder["role"] == one.id
    assert holder["agreement"]["slug"] == "treaty"
    assert holder["evidence"] == {"cited": True, "sources": 1, "disputed": True}


def test_the_matrix_looks_back(reader, db):
    with change():
        park = make_park("suxitong")
        make_role(park, "PLANNING", since="2003")
    instant = now()
    with change():
        CoManagementRole.objects.update(function="FINANCE")
    assert "FINANCE" in told(reader, f"{PARK}co-management/", on="2005", known=instant)["gaps"]
    assert "PLANNING" in told(reader, f"{PARK}co-management/", on="2005")["gaps"]
    for query, function in (({"known": instant}, "FINANCE"), ({}, "PLANNING")):
        [row] = told(reader, AUDIT, on="2005", **query)["results"]
        assert function in row["gaps"]


def test_the_audit_tells_every_park_that_existed_page_by_page(reader, db):
    make_role(make_park("a", established="2003"), "TRUSTEESHIP", since="2003")
    overlapping = make_park("b", established="2005-06")
    make_role(overlapping, "FINANCE", since="2003")
    make_role(overlapping, "FINANCE", division="321282", since="2003")
    make_park("later", established="2020")
    make_park("planned", status="PROPOSED")
    audit = told(reader, AUDIT, on="2005", limit=1)
    assert audit["count"] == 2
    assert audit["results"][0]["gaps"] == []
    assert audit["results"][0]["park"]["slug"] == "a"
    [second] = told(reader, audit["next"])["results"]
    assert (second["park"]["slug"], second["existed"], second["overlaps"]) == ("b", "maybe", ["FINANCE"])
    assert [each["park"]["slug"] for each in told(reader, AUDIT, on="2021", established="2020")["results"]] == ["later"]


def test_the_audit_takes_as_many_queries_for_three_parks_as_for_one(reader, db):
    def more():
        make_citation(make_role(make_park(), agreement=make_agreement()))

    more()
    for_one = queries(reader, AUDIT, on="2005")
    more()
    more()
    assert queries(reader, AUDIT, on="2005") == for_one


def test_the_audit_takes_filters_as_of_the_day(reader, db):
    for slug, since, until in (("then", "2003", "2006"), ("now", "2006", "")):
        make_role(make_park(slug), "FINANCE", since=since, until=until)
    for filters in ({"function": "FINANCE"}, {"partner": "320281"}, {"span": "PREFECTURE"}):
        for on, slug in (("2005", "then"), ("2010", "now")):
            assert [each["park"]["slug"] for each in told(reader, AUDIT, on=on, **filters)["results"]] == [slug]


def test_the_audit_and_the_matrix_are_bounded_by_the_life_of_the_park(reader, db):
    park = make_park("suxitong", established="2003", closed="2010-06", status="CLOSED")
    make_role(park, "LAND")
    held = {}
    for on in ("2002", "2003-05-01", "2005", "2011"):
        matrix = told(reader, f"{PARK}co-management/", on=on)
        [row] = [row for row in matrix["functions"] if row["function"] == "LAND"]
        held[on] = matrix["existed"], [each["held"] for each in row["holders"]], len(matrix["gaps"])
    assert held == {
        "2002": ("no", [], 0),
        "2003-05-01": ("maybe", ["maybe"], 13),
        "2005": ("yes", ["yes"], 13),
        "2011": ("no", [], 0),
    }
    assert [
        [(each["existed"], len(each["gaps"])) for each in told(reader, AUDIT, on=on)["results"]] for on in held
    ] == [[], [("maybe", 13)], [("yes", 13)], []]


# --- Which parks there were ------------------------------------------------------------------------------------------


def test_parks_on_a_day_are_those_that_existed(reader, db):
    make_park("undated")
    make_park("old", established="1994", closed="2001-05-01", status="CLOSED")
    make_park("new", established="2003")
    make_park("plan", status="PROPOSED")
    make_park("merged", established="1994", status="MERGED")
    found = {
        on: {each["slug"]: each["existed"] for each in told(reader, f"{V1}parks/", on=on)["results"]}
        for on in ("1990", "2001", "2003-06-01", "2020")
    }
    today = timezone.localdate().isoformat()
    assert told(reader, f"{V1}parks/undated/", on=today)["existed"] == "yes"
    assert found == {
        "1990": {"undated": "maybe"},
        "2001": {"undated": "maybe", "old": "maybe", "merged": "maybe"},
        "2003-06-01": {"undated": "maybe", "new": "maybe", "merged": "maybe"},
        "2020": {"undated": "maybe", "new": "yes", "merged": "maybe"},
    }
    # By itself each is told, also with that it did not exist.
    told_alone = {slug: told(reader, f"{V1}parks/{slug}/", on="2002")["existed"] for slug in ("old", "new", "plan")}
    assert told_alone == {"old": "no", "new": "no", "plan": "no"}
    assert "existed" not in told(reader, f"{V1}parks/new/")
    assert "existed" not in told(reader, f"{V1}parks/")["results"][0]
    table = b"".join(reader.get(f"{V1}parks.csv", {"on": "2001", "fields": "slug"}).streaming_content)
    assert table.decode("utf-8-sig").splitlines() == ["slug,existed", "merged,maybe", "old,maybe", "undated,maybe"]


def test_the_span_of_a_park_on_a_day_is_that_of_the_day(reader, db):
    park = make_park("suxitong", host="321282")
    make_role(park, division="310115", until="2010")
    make_role(park, division="320281", since="2010")
    spans = {on: told(reader, PARK, on=on)["span"] for on in ("2009", "2011")}
    assert spans | {"ever": told(reader, PARK)["span"]} == {
        "2009": "PROVINCE",
        "2011": "PREFECTURE",
        "ever": "PROVINCE",
    }
    [listed] = told(reader, f"{V1}parks/", on="2011")["results"]
    assert listed["span"] == "PREFECTURE"


# --- Shares -----------------------------------------------------------------------------------------------------------


def test_shares_are_told_by_phases_with_the_unknown_apart_from_nothing(reader, db):
    park = make_park("suxitong")
    make_share(park, percent="60", since="2003", until="2010")
    make_share(park, division="321282", percent="40", since="2003", until="2010")
    make_share(park, percent="50", since="2010")
    make_share(park, division="321282", percent=None, since="2010")
    [split] = told(reader, f"{PARK}shares/", on="2005")["splits"]
    [phase] = split["phases"]
    assert (phase["known"], phase["unknown"], phase["complete"], phase["held"]) == ("100", "0", True, "yes")
    assert [(each["division"]["code"], each["percent"]) for each in phase["parts"]] == [
        ("320281", "60"),
        ("321282", "40"),
    ]
    [split] = told(reader, f"{PARK}shares/", on="2011-H1")["splits"]
    [phase] = split["phases"]
    assert (phase["known"], phase["unknown"], phase["complete"]) == ("50", None, False)
    assert phase["parts"][1]["percent"] is None
    assert told(reader, f"{PARK}shares/", on="2001")["splits"] == []
    assert told(reader, f"{PARK}shares/")["splits"][0]["phases"][0]["known"] == "50"


def test_shares_are_bounded_by_the_life_of_the_park(reader, db):
    make_share(make_park("suxitong", established="2003", closed="2010", status="CLOSED"), percent="60")
    found = {on: told(reader, f"{PARK}shares/", on=on) for on in ("2002", "2005", "2010-06", "2011")}
    assert {
        on: (each["existed"], [phase["held"] for split in each["splits"] for phase in split["phases"]])
        for on, each in found.items()
    } == {"2002": ("no", []), "2005": ("yes", ["yes"]), "2010-06": ("maybe", ["maybe"]), "2011": ("no", [])}


def test_shares_take_as_many_queries_for_three_as_for_one(reader, db):
    park = make_park("suxitong")
    make_share(park, percent="10", agreement=make_agreement())
    for_one = queries(reader, f"{PARK}shares/", on="2010")
    make_share(park, division="321282", percent="10", agreement=make_agreement())
    make_share(park, division="320600", percent="10", agreement=make_agreement())
    assert queries(reader, f"{PARK}shares/", on="2010") == for_one


# --- Totals -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def figures(db):
    """Two parks hosted in Jingjiang (Taizhou), co-managed from Jiangyin (Wuxi), one of them without a figure."""
    gdp = make_indicator("gdp")
    for code in ("320281", "321282"):
        make_division(code)
    park = make_park("suxitong", host="321282", established="2003")
    make_role(park, since="2003")
    make_observation(park, gdp, period="2022", value="1000")
    make_share(park, "GDP", percent="50", since="2003")
    make_park("silent", host="321282", established="2003")


@pytest.mark.parametrize(
    ("path", "attribution", "value"),
    [
        ("cities/321200", "host", "1000"),
        ("cities/320200", "host", None),
        ("divisions/321282", "host", "1000"),
        ("county-level-cities/320281", "partner", "1000"),
        ("provinces/320000", "host", "1000"),
        ("cities/320200", "shared", "500"),
    ],
)
def test_totals_count_each_park_once(reader, figures, path, attribution, value):
    total = told(reader, f"{V1}{path}/totals/", indicator="gdp", period="2022", attribution=attribution)
    assert (total["value"], total["division"]["code"], total["attribution"]) == (value, path.split("/")[1], attribution)
    assert total["counts_parks_for_several"] is (attribution == "partner")


@pytest.mark.parametrize("attribution", ["host", "shared"])
def test_totals_of_all_cities_add_up_to_all_parks(reader, attribution):
    """By the addresses that docs/api.md gives for it."""
    gdp = make_indicator("gdp")
    hosts = ["321282", "320000", "310115", "310000", "419001", "410000", "652300", "810000", "SG"]
    for number, host in enumerate(hosts):
        park = make_park(host=host)
        make_observation(park, gdp, period="2022", value=str(10**number))
        make_share(park, "GDP", division=hosts[number - 1], percent="40")
    whole = "kind__in=MUNICIPALITY,SPECIAL_ADMINISTRATIVE_REGION"
    provinces = told(reader, f"{V1}provinces/?kind__in=PROVINCE,AUTONOMOUS_REGION&limit=500")["results"]
    cells = [(province["code"], "true") for province in provinces]
    above = ",".join(province["code"] for province in provinces)
    for rest in (f"provinces/?{whole}", "divisions/?level=PREFECTURE", f"divisions/?level=COUNTY&parent__in={above}"):
        cells += [(each["code"], "false") for each in told(reader, f"{V1}{rest}&limit=500")["results"]]
    cells += [(each["code"], "false") for each in told(reader, f"{V1}divisions/?level=NATION")["results"]]
    asked = {"indicator": "gdp", "period": "2022", "attribution": attribution}
    totals = [told(reader, f"{V1}divisions/{code}/totals/", alone=alone, **asked) for code, alone in cells]
    assert sum(Decimal(each["value"] or 0) + Decimal(each["unattributed"]) for each in totals) == 111_111_111
    assert {each["alone"] for each in totals} == {True, False}


@pytest.mark.parametrize("path", ["divisions/320000", "provinces/320000"])
def test_a_division_alone_is_without_what_lies_within_it(reader, figures, path):
    make_observation(make_park("of-the-province", host="320000"), Indicator.objects.get(), value="7")
    asked = {"indicator": "gdp", "period": "2022"}
    totals = [told(reader, f"{V1}{path}/totals/", **asked, **more) for more in ({}, {"alone": "false"})]
    assert [(each["value"], each["alone"]) for each in totals] == [("1007", False)] * 2
    alone = told(reader, f"{V1}{path}/totals/", alone="true", **asked)
    assert (alone["value"], alone["alone"], len(alone["counted"])) == ("7", True, 1)


@pytest.mark.parametrize("path", ["cities/321200", "county-level-cities/321282"])
def test_a_city_alone_too(reader, figures, path):
    total = told(reader, f"{V1}{path}/totals/", indicator="gdp", period="2022", alone="true")
    assert total["value"] == (None if path.startswith("cities") else "1000")


def test_totals_say_what_they_leave_out_and_why(reader, figures):
    total = told(reader, f"{V1}cities/321200/totals/", indicator="gdp", period="2022", attribution="shared")
    assert (total["value"], total["unattributed"], total["unit"]) == (None, "500", "CNY")
    by_park = {each["park"]["slug"]: each for each in total["left_out"]}
    assert by_park["silent"]["why"] == "NO_FIGURE"
    assert by_park["silent"]["observation"] is None
    assert (by_park["suxitong"]["why"], by_park["suxitong"]["value"]) == ("REST_UNKNOWN", "500")
    assert by_park["suxitong"]["reason"] == "the known shares do not make up the whole"
    default = told(reader, f"{V1}cities/321200/totals/", indicator="gdp", period="2022")
    assert (default["attribution"], [each["park"]["slug"] for each in default["counted"]]) == ("host", ["suxitong"])


def test_totals_look_back(reader, db):
    with change():
        gdp, park = make_indicator("gdp"), make_park("suxitong", host="321282")
        figure = make_observation(park, gdp, period="2022", value="1000")
    instant = now()
    with change():
        figure.value = "7"
        figure.save()
    asked = {"indicator": "gdp", "period": "2022"}
    assert told(reader, f"{V1}cities/321200/totals/", known=instant, **asked)["value"] == "1000"
    assert told(reader, f"{V1}cities/321200/totals/", **asked)["value"] == "7"


@pytest.mark.parametrize("attribution", ["host", "partner", "shared"])
def test_totals_take_as_many_queries_for_three_parks_as_for_one(reader, db, attribution):
    gdp = make_indicator("gdp")

    def more():
        park = make_park(host="321282")
        make_role(park)
        make_observation(park, gdp, period="2022")
        make_share(park, "GDP", percent="50")

    asked = {"indicator": "gdp", "period": "2022", "attribution": attribution}
    more()
    for_one = queries(reader, f"{V1}provinces/320000/totals/", **asked)
    more()
    more()
    assert queries(reader, f"{V1}provinces/320000/totals/", **asked) == for_one


# --- Agreements -------------------------------------------------------------------------------------------------------


@pytest.fixture
def chain(db):
    first = make_agreement("first", signed_on="2003", expires_on="2013")
    second = make_agreement("second", signed_on="2010-05-01")
    third = make_agreement("third", signed_on="2020")
    make_agreement_link(second, first, kind="SUPERSEDES")
    make_agreement_link(third, second, kind="RENEWS")


def test_a_lineage_tells_the_chain_both_ways(reader, chain):
    lineage = told(reader, f"{V1}agreements/second/lineage/", on="2011")
    assert lineage["on"] == "2011"
    assert [
        (each["agreement"]["slug"], each["generation"], each["since"], each["until"], each["in_force"]["answer"])
        for each in lineage["agreements"]
    ] == [
        ("first", -1, "2003", "2010-05-01", "no"),
        ("second", 0, "2010-05-01", "", "yes"),
        ("third", 1, "2020", "", "no"),
    ]
    first = lineage["agreements"][0]
    assert first["links"] == [{"kind": "SUPERSEDES", "later": "second", "earlier": "first"}]
    assert [each["slug"] for each in first["superseded_by"]] == ["second"]
    assert first["in_force"]["reasons"][0] == {
        "why": "SUPERSEDED",
        "sure": True,
        "date": "2010-05-01",
        "by": "second",
    }


def test_a_lineage_tells_what_was_never_in_force(reader, db):
    first = make_agreement("first", signed_on="2010")
    make_agreement_link(make_agreement("second", signed_on="2010", effective_from="2005"), first, kind="SUPERSEDES")
    make_agreement_link(make_agreement("third", signed_on="2015"), first, kind="IMPLEMENTS")
    agreements = told(reader, f"{V1}agreements/first/lineage/", on="2012")["agreements"]
    assert [
        (each["agreement"]["slug"], each["since"], each["until"], each["never_in_force"], each["in_force"]["answer"])
        for each in agreements
    ] == [("second", "2005", "", False, "yes"), ("first", "", "", True, "no"), ("third", "2015", "", False, "no")]
    assert "never in force" in agreements[1]["in_force"]["reason"]


def test_asked_about_a_day_an_agreement_says_whether_it_was_in_force_and_why(reader, chain):
    assert "in_force" not in told(reader, f"{V1}agreements/first/")
    answer = told(reader, f"{V1}agreements/first/", on="2011-01-01")["in_force"]
    assert answer["answer"] == "no"
    assert "was superseded by" in answer["reason"]
    assert told(reader, f"{V1}agreements/first/", on="2005-01-01")["in_force"] == {
        "answer": "yes",
        "reason": "",
        "reasons": [],
    }
    rows = told(reader, f"{V1}agreements/", on="2011")["results"]
    assert [(each["slug"], each["in_force"]["answer"]) for each in rows] == [("second", "yes")]


def test_a_list_of_agreements_on_a_day_takes_as_many_queries_for_three_as_for_one(reader, db):
    def more():
        make_agreement_link(make_agreement(signed_on="2003"), make_agreement(signed_on="2002"), kind="SUPERSEDES")

    more()
    for_one = queries(reader, f"{V1}agreements/", on="2005")
    more()
    more()
    assert queries(reader, f"{V1}agreements/", on="2005") == for_one
    slug = told(reader, f"{V1}agreements/")["results"][0]["slug"]
    assert queries(reader, f"{V1}agreements/{slug}/lineage/") <= 4


# --- What cannot be asked ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("parks/suxitong/co-management", "on=2005-13", "on"),
        ("parks/suxitong/co-management", "on=", "on"),
        ("parks/suxitong/co-management", "fields=on", "fields"),
        ("co-management/audit", "on=today", "on"),
        ("co-management/audit", "limit=0", "limit"),
        ("co-management/audit", "hsot=321282", "hsot"),
        ("co-management/audit", "host=999999", "host"),
        ("parks/suxitong/shares", "on=2010-H3", "on"),
        ("parks/suxitong/shares", "on=", "on"),
        ("parks/suxitong/shares", "year=2010", "year"),
        ("cities/321200/totals", "period=2022", "indicator"),
        ("cities/321200/totals", "indicator=gdp", "period"),
        ("cities/321200/totals", "indicator=gpd&period=2022", "indicator"),
        ("cities/321200/totals", "indicator=gdp&period=2022-Q5", "period"),
        ("cities/321200/totals", "indicator=gdp&period=last", "period"),
        ("cities/321200/totals", "indicator=gdp&period=2022&attribution=nobody", "attribution"),
        ("cities/321200/totals", "indicator=gdp&period=2022&on=2022", "on"),
        ("cities/321200/totals", "indicator=gdp&period=2022&alone=yes", "alone"),
        ("agreements/first/lineage", "on=2005-02-30", "on"),
        ("agreements/first/lineage", "depth=1", "depth"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(reader, figures, chain, path, query, parameter):
    response = reader.get(f"{V1}{path}/?{query}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert [each["parameter"] for each in response.json()["errors"]] == [parameter]


@pytest.mark.parametrize(
    "path",
    [
        "parks/none/co-management",
        "parks/none/shares",
        "cities/999900/totals",
        "cities/320000/totals",
        "agreements/none/lineage",
    ],
)
def test_of_what_is_not_there_nothing_is_told(reader, figures, path):
    query = "?indicator=gdp&period=2022" if "totals" in path else ""
    assert reader.get(f"{V1}{path}/{query}").status_code == 404
