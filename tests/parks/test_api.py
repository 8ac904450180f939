"""Parks and their facts over REST: what is told, what is asked, what is written."""

import pytest

from core.models import Change, Version
from parks.models import CoManagementRole, Park
from tests.factories import (
    make_agreement,
    make_body,
    make_citation,
    make_division,
    make_identifier,
    make_industry,
    make_observation,
    make_park,
    make_park_industry,
    make_park_name,
    make_remark,
    make_role,
    make_share,
    make_source,
    make_whole_park,
)

PARKS = "/api/v1/parks/"
ROLES = "/api/v1/co-management-roles/"
HOST = "http://testserver/api/v1"


def get(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


def slugs(client, **query):
    return [each["slug"] for each in get(client, PARKS, **query)["results"]]


def told_division(code, kind="COUNTY_LEVEL_CITY"):
    return {
        "code": code,
        "name_en": f"Division {code}",
        "name_zh": f"区划{code}",
        "level": "COUNTY",
        "kind": kind,
        "url": f"{HOST}/divisions/{code}/",
    }


def send(client, method, path, body=None, **headers):
    """Write with the version that the record has now."""
    etag = client.get(path)["ETag"]
    return getattr(client, method)(path, body, headers={"If-Match": etag, **headers})


# --- What is told ---------------------------------------------------------------------------------------------------


def test_a_park_is_told_whole(reader):
    park = make_whole_park("jiangyin-jingjiang")
    told = get(reader, f"{PARKS}jiangyin-jingjiang/")
    # the instants are the database's, and have a test of their own
    created, changed = told.pop("created"), told.pop("changed")
    assert created <= changed
    agreement = park.agreements.get().agreement
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
                "rank": 1,
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
                "unit": "CNY",
                "growth_percent": "5.6",
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
        # name, status, host, established, crosses, coordinates, and ten rows
        "evidence": {"facts": 16, "cited": 6, "single_source": 6, "disputed": 0, "uncited": 10},
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
    assert told["functions"][0] == {
        "function": "OPERATIONS",
        "holders": [
            {
                "division": told_division("320281"),
                "body": None,
                "held": "maybe",
                "role": operator.id,
                "since": "2003",
                "until": "",
            }
        ],
    }
    assert (told["gaps"][:2], told["overlaps"]) == (["SOCIAL_MANAGEMENT", "PLANNING"], [])
    assert [each["division"]["code"] for each in told["partners"]] == ["320600"]
    told = get(reader, f"{PARKS}suxitong/co-management/")
    assert (told["overlaps"], [each["held"] for each in told["functions"][0]["holders"]]) == (
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


# --- Writing --------------------------------------------------------------------------------------------------------


def test_a_park_is_made_with_its_facts(editor):
    make_division("320281")
    make_division("321282")
    make_agreement("treaty")
    make_industry("ships")
    response = editor.post(
        PARKS,
        {
            "slug": "jiangyin-jingjiang",
            "name_en": "Jiangyin-Jingjiang 🚢",
            "name_zh": "江阴—靖江",
            "summary_en": "مرحبا \u200f(right to left) 👩🏽‍🔧",
            "host": "321282",
            "established": "2003",
            "names": [{"name": "江阴园区", "language": "zh", "kind": "FORMER", "until": "2006-07-06"}],
            "roles": [
                {"function": "OPERATIONS", "division": "320281", "agreement": "treaty", "since": "2003"},
                {"function": "SOCIAL_MANAGEMENT", "division": {"code": "321282", "name_en": "whatever"}},
            ],
            "shares": [{"subject": "TAX_REVENUE", "division": "320281", "percent": "50"}],
            "industries": ["ships"],
            "agreements": [{"slug": "treaty"}],
            "change_reason": "First entry",
        },
    )
    assert response.status_code == 201, response.json()
    assert response["Location"] == f"{HOST}/parks/jiangyin-jingjiang/"
    told = get(editor, f"{PARKS}jiangyin-jingjiang/")
    assert response.json() == told
    assert response["ETag"] == editor.get(f"{PARKS}jiangyin-jingjiang/")["ETag"]
    assert (told["name_en"], told["summary_en"]) == ("Jiangyin-Jingjiang 🚢", "مرحبا \u200f(right to left) 👩🏽‍🔧")
    assert [(each["function"], each["division"]["code"]) for each in told["roles"]] == [
        ("OPERATIONS", "320281"),
        ("SOCIAL_MANAGEMENT", "321282"),
    ]
    assert (told["industries"][0]["code"], told["agreements"][0]["slug"]) == ("ships", "treaty")
    change = Change.objects.latest("id")
    assert (change.origin, change.person.username, change.reason) == ("API", "editor", "First entry")


def test_what_is_read_can_be_put_back_and_changes_nothing(editor):
    make_whole_park("suxitong")
    before = Version.objects.count()
    told = get(editor, f"{PARKS}suxitong/", expand="citations", on="2010")
    response = send(editor, "put", f"{PARKS}suxitong/", told)
    assert response.status_code == 200, response.json()
    assert Version.objects.count() == before
    told["name_en"] = "Another name"
    told["roles"][0]["since"] = "2004-01"
    told["roles"].append({"function": "FINANCE", "division": "321282"})
    del told["events"][0]
    response = send(editor, "put", f"{PARKS}suxitong/", told)
    assert response.status_code == 200, response.json()
    park = Park.objects.get()
    assert (park.name_en, park.events.count()) == ("Another name", 0)
    assert list(park.roles.order_by("id").values_list("function", "since")) == [
        ("OPERATIONS", "2004-01"),
        ("FINANCE", ""),
    ]
    written = Version.objects.order_by("id")[before:]
    assert sorted((each.model, each.operation) for each in written) == [
        ("parks.comanagementrole", "CHANGED"),
        ("parks.comanagementrole", "CREATED"),
        ("parks.event", "DELETED"),
        ("parks.park", "CHANGED"),
    ]


def test_a_patch_leaves_alone_what_it_does_not_name(editor):
    park = make_whole_park("suxitong")
    role = park.roles.get()
    response = send(editor, "patch", f"{PARKS}suxitong/", {"roles": [{"id": role.id, "note": "by letter"}]})
    assert response.status_code == 200, response.json()
    role.refresh_from_db()
    assert (role.note, role.since, park.shares.count()) == ("by letter", "2003", 1)
    assert send(editor, "patch", f"{PARKS}suxitong/", {"roles": []}).json()["roles"] == []
    assert park.shares.count() == 1


def test_rows_told_without_their_ids_are_still_the_same_rows(editor):
    park = make_whole_park("suxitong")
    make_citation(park.industries.get())
    before = Version.objects.count()
    code = park.industries.get().industry.code
    response = send(
        editor,
        "patch",
        f"{PARKS}suxitong/",
        {"industries": [code], "agreements": [park.agreements.get().agreement.slug]},
    )
    assert response.status_code == 200, response.json()
    assert Version.objects.count() == before


def test_periods_that_meet_can_be_moved_together_in_either_direction(editor):
    park = make_park("suxitong")
    first = make_role(park, since="2003", until="2006")
    second = make_role(park, since="2006")
    for year in ("2009", "2005"):
        rows = [{"id": first.id, "until": year}, {"id": second.id, "since": year}]
        for given in (rows, rows[::-1]):
            response = send(editor, "patch", f"{PARKS}suxitong/", {"roles": given})
            assert response.status_code == 200, response.json()
    assert list(park.roles.values_list("since", "until")) == [("2003", "2005"), ("2005", "")]


def test_rows_can_swap_what_makes_each_unique_and_keep_their_citations(editor):
    park = make_park("suxitong")
    first, second = make_identifier(park, "A"), make_identifier(park, "B")
    make_citation(first)
    rows = [{"id": first.id, "value": "B"}, {"id": second.id, "value": "A"}]
    response = send(editor, "patch", f"{PARKS}suxitong/", {"identifiers": rows})
    assert response.status_code == 200, response.json()
    assert list(park.identifiers.order_by("id").values_list("id", "value")) == [(first.id, "B"), (second.id, "A")]
    assert first.citations.count() == 1


def test_a_row_can_take_the_place_of_one_that_goes(editor):
    park = make_park("suxitong")
    make_role(park, since="2003")
    response = send(
        editor,
        "patch",
        f"{PARKS}suxitong/",
        {"roles": [{"function": "OPERATIONS", "division": "320281", "since": "2004"}]},
    )
    assert response.status_code == 200, response.json()
    assert list(park.roles.values_list("since", flat=True)) == ["2004"]


def test_an_edit_from_a_source_is_kept_with_the_change_and_cited(editor):
    park = make_park("suxitong")
    make_source("daily")
    make_division("320281")
    response = send(
        editor,
        "patch",
        f"{PARKS}suxitong/",
        {
            "name_en": "Suxitong Science Park",
            "roles": [{"function": "OPERATIONS", "division": "320281"}],
            "source": "daily",
            "source_locator": "¶2",
            "source_confidence": "MEDIUM",
            "change_reason": "From the paper",
        },
    )
    assert response.status_code == 200, response.json()
    change = Change.objects.latest("id")
    assert (change.source, change.reason) == ("daily", "From the paper")
    [name] = park.citations.all()
    [role] = park.roles.get().citations.all()
    assert [(each.source.slug, each.field, each.locator, each.confidence) for each in (name, role)] == [
        ("daily", "name_en", "¶2", "MEDIUM"),
        ("daily", "", "¶2", "MEDIUM"),
    ]


def test_a_fact_is_made_changed_and_deleted_as_a_row(editor):
    make_park("suxitong")
    make_division("320281")
    response = editor.post(ROLES, {"park": "suxitong", "function": "OPERATIONS", "division": "320281"})
    assert response.status_code == 201, response.json()
    path = response["Location"].removeprefix("http://testserver")
    assert send(editor, "patch", path, {"since": "2003"}).json()["since"] == "2003"
    gone = editor.delete(path, {"change_reason": "A mistake"}, headers={"If-Match": editor.get(path)["ETag"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert not CoManagementRole.objects.exists()
    assert Change.objects.latest("id").reason == "A mistake"


def test_every_change_of_a_park_and_its_facts_is_told_newest_first(editor):
    make_division("320281")
    make_division("321282")
    editor.post(PARKS, {"slug": "suxitong", "name_en": "Park", "host": "321282", "change_reason": "New"})
    send(
        editor, "patch", f"{PARKS}suxitong/", {"host": "320281", "remarks": [{"kind": "CHALLENGE", "text_en": "Wind"}]}
    )
    told = get(editor, f"{PARKS}suxitong/changes/")
    assert told["count"] == 2
    newest, oldest = told["results"]
    remark = Park.objects.get().remarks.get()
    assert (newest["person"], newest["origin"], oldest["reason"]) == ("editor", "API", "New")
    assert newest["rows"] == [
        {
            "record": "park:suxitong",
            "label": "park",
            "operation": "CHANGED",
            "fields": [{"field": "host", "old": "321282", "new": "320281"}],
        },
        {
            "record": f"remark:{remark.id}",
            "label": "remark",
            "operation": "CREATED",
            "fields": [
                {"field": "park", "old": None, "new": "suxitong"},
                {"field": "kind", "old": None, "new": "CHALLENGE"},
                {"field": "text_en", "old": None, "new": "Wind"},
            ],
        },
    ]


def test_a_park_that_is_deleted_takes_its_facts_along(steward):
    make_remark(make_park("suxitong"))
    assert send(steward, "delete", f"{PARKS}suxitong/").status_code == 204
    assert not Park.objects.exists()
