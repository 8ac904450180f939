"""Parks and their facts over REST: what is told and what is asked."""

import pytest

from tests.factories import (
    make_agreement,
    make_body,
    make_citation,
    make_industry,
    make_observation,
    make_park,
    make_park_industry,
    make_park_name,
    make_role,
    make_share,
    make_source,
    make_whole_park,
)
from tests.rest import HOST, get, told_division

PARKS = "/api/v1/parks/"
ROLES = "/api/v1/co-management-roles/"


def slugs(client, **query):
    return [each["slug"] for each in get(client, PARKS, **query)["results"]]


# --- What is told ---------------------------------------------------------------------------------------------------


def test_a_park_is_told_whole(reader):
    park = make_whole_park("jiangyin-jingjiang")
    told = get(reader, f"{PARKS}jiangyin-jingjiang/")
    # the instants are the database's, and have a test of their own
    created, changed = told.pop("created"), told.pop("changed")
    assert created <= changed
    agreement, statement = park.agreements.get().agreement, park.statements.get().statement
    reference = {
        "slug": agreement.slug,
        "title_en": agreement.title_en,
        "title_zh": "",
        "signed_on": "2003-02-15",
        "url": f"{HOST}/agreements/{agreement.slug}/",
    }
    industry, indicator = park.industries.get().industry, park.observations.get().indicator
    assert told == {
        "slug": "jiangyin-jingjiang",
        "url": f"{HOST}/parks/jiangyin-jingjiang/",
        "name_en": "Park jiangyin-jingjiang",
        "name_zh": "",
        "names": [
            {
                "id": park.names.get().id,
                "name": "江阴园区",
                "language": "zh",
                "kind": "OFFICIAL",
                "since": "2003-08-29",
                "until": "",
            }
        ],
        "identifiers": [
            {"id": park.identifiers.get().id, "scheme": "NBS", "value": park.identifiers.get().value},
        ],
        "is_programme": False,
        "status": "ACTIVE",
        "established": "2003",
        "closed": "",
        "part_of": None,
        "successor": None,
        "host": told_division("321282"),
        "sites": [
            {
                "id": park.sites.get().id,
                "name_en": "North tract",
                "name_zh": "",
                "division": told_division("321282"),
                "area": None,
                "latitude": None,
                "longitude": None,
                "since": "2005",
                "until": "",
            }
        ],
        "span": "PREFECTURE",
        "crosses": "Yangtze River",
        "latitude": "32.01",
        "longitude": "120.25",
        "website": "",
        "summary_en": "",
        "summary_zh": "",
        "industry_formula": "",
        "industries": [
            {
                "id": park.industries.get().id,
                "code": industry.code,
                "name_en": industry.name_en,
                "name_zh": "",
                "tier": "LEADING",
                "rank": 1,
                "as_of": "",
                "since": "",
                "until": "",
                "url": f"{HOST}/industries/{industry.code}/",
            }
        ],
        "roles": [
            {
                "id": park.roles.get().id,
                "function": "OPERATIONS",
                "division": told_division("320281"),
                "body": None,
                "standing": "IN_FORCE",
                "agreement": reference,
                "since": "2003",
                "until": "",
                "note": "",
            }
        ],
        "shares": [
            {
                "id": park.shares.get().id,
                "subject": "TAX_REVENUE",
                "division": told_division("320281"),
                "body": None,
                "percent": "50",
                "basis": "TOTAL",
                "base_year": "",
                "amount": None,
                "entity": "",
                "standing": "IN_FORCE",
                "condition": "",
                "agreement": reference,
                "since": "2003",
                "until": "2013",
            }
        ],
        "observations": [
            {
                "id": park.observations.get().id,
                "indicator": indicator.code,
                "period": "2022",
                "kind": "ACTUAL",
                "value": "1000",
                "value_high": None,
                "precision": "EXACT",
                "unit": "CNY",
                "growth_percent": "5.6",
                "cumulative": False,
                "cumulative_since": "",
                "scope": "",
                "as_stated": "",
            }
        ],
        "events": [
            {
                "id": park.events.get().id,
                "kind": "UNVEILED",
                "date": "2003-08-29",
                "text_en": "",
                "text_zh": "",
            }
        ],
        "remarks": [
            {"id": park.remarks.get().id, "kind": "MECHANISM", "text_en": "One board.", "text_zh": ""},
        ],
        "agreements": [{"id": park.agreements.get().id, **reference}],
        "statements": [
            {
                "id": park.statements.get().id,
                "statement": statement.id,
                "official": {
                    "slug": statement.official.slug,
                    "name_en": statement.official.name_en,
                    "name_zh": "",
                    "url": f"{HOST}/officials/{statement.official.slug}/",
                },
                "post": None,
                "outlet": {
                    "slug": statement.outlet.slug,
                    "title": statement.outlet.title,
                    "publisher": "Daily",
                    "published_on": "",
                    "url": f"{HOST}/sources/{statement.outlet.slug}/",
                },
                "summary_en": "Both sides gain.",
                "summary_zh": "",
                "said_on": "",
                "url": f"{HOST}/statements/{statement.id}/",
            }
        ],
        # name, status, host, established, crosses, coordinates, and eleven rows
        "evidence": {"facts": 17, "cited": 6, "single_source": 6, "disputed": 0, "uncited": 11},
    }


def test_a_role_is_told_as_a_row_of_its_own(reader):
    role = make_role(make_park("suxitong"), body=make_body("holding"), division="320281", since="2003-08")
    assert get(reader, f"{ROLES}{role.id}/") == {
        "id": role.id,
        "url": f"{HOST}/co-management-roles/{role.id}/",
        "park": {"slug": "suxitong", "name_en": "Park suxitong", "name_zh": "", "url": f"{HOST}/parks/suxitong/"},
        "function": "OPERATIONS",
        "division": told_division("320281"),
        "body": {
            "slug": "holding",
            "name_en": "Body holding",
            "name_zh": "",
            "kind": "COMPANY",
            "url": f"{HOST}/bodies/holding/",
        },
        "standing": "IN_FORCE",
        "agreement": None,
        "since": "2003-08",
        "until": "",
        "note": "",
        "evidence": {"facts": 1, "cited": 0, "single_source": 0, "disputed": 0, "uncited": 1},
    }


def test_expanding_citations_tells_those_of_the_park_and_of_each_fact(reader):
    park = make_park("suxitong")
    role = make_role(park)
    make_citation(park, source=make_source("daily"), field="name_en", locator="¶1")
    make_citation(role, source=make_source("yearbook"), stance="DISPUTES", stated_value="1999")
    told = get(reader, f"{PARKS}suxitong/", expand="citations", fields="roles")
    assert [(each["source"]["slug"], each["field"], each["locator"]) for each in told["citations"]] == [
        ("daily", "name_en", "¶1")
    ]
    assert [(each["source"]["slug"], each["stance"]) for each in told["roles"][0]["citations"]] == [
        ("yearbook", "DISPUTES")
    ]


def test_fields_and_omit_choose_what_is_told(reader):
    make_park("suxitong")
    assert get(reader, f"{PARKS}suxitong/", fields="slug,status") == {"slug": "suxitong", "status": "ACTIVE"}
    whole = get(reader, f"{PARKS}suxitong/")
    assert get(reader, f"{PARKS}suxitong/", omit="roles,evidence").keys() == whole.keys() - {"roles", "evidence"}


# --- A day ----------------------------------------------------------------------------------------------------------


def test_asked_about_a_day_a_park_tells_what_held_and_how_certain_that_is(reader):
    park = make_park("suxitong")
    make_role(park, "OPERATIONS", since="2003")
    make_role(park, "PLANNING", since="2001-05", until="2002")
    make_role(park, "FINANCE", since="2004")
    make_park_name(park, "南园", until="2003-08-01")
    told = get(reader, f"{PARKS}suxitong/", on="2003-08-01")
    assert [(each["function"], each["certainty"]) for each in told["roles"]] == [("OPERATIONS", "possible")]
    assert told["names"] == []
    told = get(reader, f"{PARKS}suxitong/", on="2003")
    assert [(each["name"], each["certainty"]) for each in told["names"]] == [("南园", "possible")]
    told = get(reader, ROLES, on="2005-01-01")["results"]
    assert [(each["function"], each["certainty"]) for each in told] == [
        ("OPERATIONS", "certain"),
        ("FINANCE", "certain"),
    ]


def test_a_list_of_facts_on_a_day_is_the_same_in_every_format_and_counts_what_it_tells(reader):
    park = make_park("suxitong")
    for year in range(2000, 2005):
        make_role(park, "OPERATIONS", since=str(year), until=str(year + 1))
    told = get(reader, ROLES, on="2002-06-01", limit=1)
    assert (told["count"], told["next"], [each["since"] for each in told["results"]]) == (
        2,
        "http://testserver/api/v1/co-management-roles/?limit=1&offset=1&on=2002-06-01",
        ["2001"],
    )
    table = b"".join(reader.get("/api/v1/co-management-roles.csv?on=2002-06-01&fields=since").streaming_content)
    # one ended and one began some day of 2002
    assert table.decode("utf-8-sig").splitlines() == ["since,certainty", "2001,possible", "2002,possible"]


def test_a_fact_asked_for_by_itself_tells_that_it_did_not_hold_on_the_day(reader):
    role = make_role(make_park("suxitong"), since="2003")
    assert get(reader, f"{ROLES}{role.id}/", on="2001", fields="since") == {"since": "2003", "certainty": None}


def test_filters_by_partner_and_function_count_only_what_held_on_the_day(reader):
    make_role(make_park("early"), "OPERATIONS", until="2003")
    make_role(make_park("late"), "OPERATIONS", since="2005")
    assert slugs(reader, partner="320281") == ["early", "late"]
    assert slugs(reader, partner="320281", on="2002") == ["early"]
    assert slugs(reader, division="320281", on="2006") == ["late"]
    assert slugs(reader, function="OPERATIONS", on="2004") == []


def test_the_matrix_tells_who_held_what_and_what_nobody_held(reader):
    park = make_park("suxitong")
    operator = make_role(park, "OPERATIONS", since="2003")
    make_role(park, "OPERATIONS", division="321282", since="2004-05")
    make_role(park, "PARTNER", division="320600")
    told = get(reader, f"{PARKS}suxitong/co-management/", on="2003-06-01")
    assert told["on"] == "2003-06-01"
    assert told["functions"][1] == {
        "function": "OPERATIONS",
        "holders": [
            {
                "division": told_division("320281"),
                "body": None,
                "held": "maybe",
                "role": operator.id,
                "since": "2003",
                "until": "",
                "agreement": None,
                "note": "",
                "evidence": {"cited": False, "sources": 0, "disputed": False},
            }
        ],
    }
    assert (told["gaps"][:2], told["overlaps"]) == (["GOVERNANCE", "SOCIAL_MANAGEMENT"], [])
    assert [each["division"]["code"] for each in told["partners"]] == ["320600"]
    told = get(reader, f"{PARKS}suxitong/co-management/")
    assert (told["overlaps"], [each["held"] for each in told["functions"][1]["holders"]]) == (
        ["OPERATIONS"],
        ["yes", "yes"],
    )


# --- What can be asked ----------------------------------------------------------------------------------------------


@pytest.fixture
def three_parks(db):
    wuxi = make_park("wuxi", host="320281", established="2003-08", latitude="31.9", longitude="120.3", name_zh="无锡园")
    make_role(wuxi, "OPERATIONS", division="321282")
    make_park_industry(wuxi, make_industry("ships"))
    make_park_name(wuxi, "Xishan Gongye Yuan", language="zh-Latn", kind="FORMER")
    suzhou = make_park("suzhou", host="320506", established="2006", status="CLOSED", closed="2015")
    make_role(suzhou, "TRUSTEESHIP", division=None, body=make_body(division="310000"))
    make_park("lhasa", host="540100", part_of=suzhou)
    return wuxi


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["lhasa", "suzhou", "wuxi"]),
        ({"host": "320281"}, ["wuxi"]),
        ({"host__in": "320281,540100"}, ["lhasa", "wuxi"]),
        ({"host__ne": "320281"}, ["lhasa", "suzhou"]),
        ({"within": "320000"}, ["suzhou", "wuxi"]),
        ({"within__ne": "320000"}, ["lhasa"]),
        ({"within": "320200"}, ["wuxi"]),
        ({"partner": "321282"}, ["wuxi"]),
        ({"partner": "310000"}, ["suzhou"]),
        ({"partner__ne": "310000"}, ["lhasa", "wuxi"]),
        ({"division": "320281"}, ["wuxi"]),
        ({"division__in": "321282,540100"}, ["lhasa", "wuxi"]),
        ({"function": "TRUSTEESHIP"}, ["suzhou"]),
        ({"function__ne": "TRUSTEESHIP"}, ["lhasa", "wuxi"]),
        ({"span": "PREFECTURE"}, ["wuxi"]),
        ({"span__in": "NONE,PROVINCE"}, ["lhasa", "suzhou"]),
        ({"industry": "ships"}, ["wuxi"]),
        ({"industry__ne": "ships"}, ["lhasa", "suzhou"]),
        ({"status": "CLOSED"}, ["suzhou"]),
        ({"status__ne": "CLOSED"}, ["lhasa", "wuxi"]),
        ({"status__in": "CLOSED,MERGED"}, ["suzhou"]),
        ({"established": "2006"}, ["suzhou"]),
        ({"established": ""}, ["lhasa"]),
        ({"established__ne": ""}, ["suzhou", "wuxi"]),
        ({"established__gte": "2004"}, ["suzhou"]),
        ({"established__gte": "2006-07"}, ["suzhou"]),
        ({"established__lte": "2003"}, ["wuxi"]),
        ({"established__lte": "2003-07"}, []),
        ({"established__gte": "2003", "established__lte": "2005"}, ["wuxi"]),
        ({"part_of": "suzhou"}, ["lhasa"]),
        ({"part_of": ""}, ["suzhou", "wuxi"]),
        ({"bbox": "120,31,121,32"}, ["wuxi"]),
        ({"bbox": "121,31,120,32"}, []),
        ({"q": "无锡"}, ["wuxi"]),
        ({"q": "xishan"}, ["wuxi"]),
        ({"q": "PARK"}, ["lhasa", "suzhou", "wuxi"]),
        ({"disputed": "true"}, []),
        ({"uncited": "true"}, ["lhasa", "suzhou", "wuxi"]),
        ({"uncited": "false"}, []),
        ({"status": "ACTIVE", "within": "540000"}, ["lhasa"]),
        ({"ordering": "-slug"}, ["wuxi", "suzhou", "lhasa"]),
        ({"ordering": "status,-established"}, ["wuxi", "lhasa", "suzhou"]),
        ({"limit": "1", "offset": "1"}, ["suzhou"]),
        ({"offset": "9"}, []),
    ],
)
def test_parks_can_be_asked_for(reader, three_parks, query, expected):
    assert slugs(reader, **query) == expected


def test_facts_are_listed_as_rows_and_asked_by_what_they_say(reader):
    park = make_park("wuxi", host="320281")
    role = make_role(park, division="321282", since="2003", agreement=make_agreement("treaty"))
    make_role(park, "FINANCE", division="321282", until="2010")
    for query in ({"function": "OPERATIONS"}, {"agreement": "treaty"}, {"until": ""}, {"since__gte": "2003"}):
        rows = get(reader, ROLES, park="wuxi", within="320000", **query)["results"]
        assert [each["id"] for each in rows] == [role.id]
    gdp = make_observation(park, period="2022-H1")
    assert [each["id"] for each in get(reader, "/api/v1/observations/", period__gte="2022")["results"]] == [gdp.id]
    assert get(reader, "/api/v1/observations/", period__lte="2021")["results"] == []
    make_share(park, percent="33.5")
    assert get(reader, "/api/v1/benefit-shares/", percent__lte="33.4999")["count"] == 0
    assert get(reader, "/api/v1/benefit-shares/", percent="33.50")["count"] == 1
