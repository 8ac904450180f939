"""Bad input of every kind: a clear 4xx that points at what is wrong, and a database that is as before."""

import json

import pytest

from core.models import Version
from parks.models import Park
from sources.models import Source
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_clause,
    make_observation,
    make_official,
    make_post,
    make_source,
)
from tests.rest import patch, refused

PARK = "/api/v1/parks/suxitong/"
NEW_PARK = {"slug": "new", "name_en": "New", "host": "321282"}
ROLE = {"function": "FINANCE", "division": "320281"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        # types
        ({"name_en": 5}, "#/name_en"),
        ({"name_en": None}, "#/name_en"),
        ({"name_en": ["New"]}, "#/name_en"),
        ({"name_en": ""}, "#/name_en"),
        ({"name_en": "x" * 201}, "#/name_en"),
        ({"roles": "OPERATIONS"}, "#/roles"),
        ({"roles": {"0": ROLE}}, "#/roles"),
        ({"roles": None}, "#/roles"),
        ({"roles": ["OPERATIONS"]}, "#/roles/0"),
        ({"roles": [ROLE, 7]}, "#/roles/1"),
        ({"latitude": True, "longitude": "120"}, "#/latitude"),
        ({"latitude": "north", "longitude": "120"}, "#/latitude"),
        ({"latitude": "1e400", "longitude": "120"}, "#/latitude"),
        ({"latitude": 10**400, "longitude": "120"}, "#/latitude"),
        ({"industries": [{"code": "ships", "rank": 10**30}]}, "#/industries/0/rank"),
        ({"industries": [{"code": "ships", "rank": -1}]}, "#/industries/0/rank"),
        ({"industries": [{"code": "ships", "rank": True}]}, "#/industries/0/rank"),
        ({"roles": [{**ROLE, "id": "one"}]}, "#/roles/0/id"),
        ({"roles": [{**ROLE, "id": 10**30}]}, "#/roles/0/id"),
        ({"roles": [{**ROLE, "id": 999999}]}, "#/roles/0/id"),
        ({"slug": "no spaces"}, "#/slug"),
        ({"slug": "../etc"}, "#/slug"),
        ({"website": "javascript:alert(1)"}, "#/website"),
        ({"website": "ftp://example.org"}, "#/website"),
        # fields and codes that are not there
        ({"nmae_en": "New"}, "#/nmae_en"),
        ({"roles": [{**ROLE, "partner": "320281"}]}, "#/roles/0/partner"),
        ({"a/b~c": 1}, "#/a~1b~0c"),
        ({"host": "999999"}, "#/host"),
        ({"host": 321282}, "#/host"),
        ({"host": {"name_en": "Jingjiang"}}, "#/host"),
        ({"host": None}, "#/host"),
        ({"host": ["321282"]}, "#/host"),
        ({"status": "OPEN"}, "#/status"),
        ({"status": ["ACTIVE"]}, "#/status"),
        ({"roles": [{**ROLE, "function": "DANCING"}]}, "#/roles/0/function"),
        ({"roles": [ROLE, {**ROLE, "division": "000000"}]}, "#/roles/1/division"),
        ({"roles": [{**ROLE, "agreement": "no-such"}]}, "#/roles/0/agreement"),
        ({"roles": [{**ROLE, "body": "no-such"}]}, "#/roles/0/body"),
        ({"industries": ["no-such"]}, "#/industries/0/code"),
        ({"agreements": [{"slug": "no-such"}]}, "#/agreements/0/slug"),
        ({"observations": [{"indicator": "no-such", "period": "2022", "value": 1}]}, "#/observations/0/indicator"),
        ({"successor": "no-such"}, "#/successor"),
        ({"source": "no-such"}, "#/source"),
        ({"source_confidence": "SURE"}, "#/source_confidence"),
        ({"change_reason": "x" * 501}, "#/change_reason"),
        # dates
        ({"established": "2003-13"}, "#/established"),
        ({"established": "20030"}, "#/established"),
        ({"established": "2003-02-30"}, "#/established"),
        ({"established": "2003-1-1"}, "#/established"),
        ({"established": "0000"}, "#/established"),
        ({"established": "August 2003"}, "#/established"),
        ({"established": "２００３"}, "#/established"),
        ({"established": 2003}, "#/established"),
        ({"established": None}, "#/established"),
        ({"established": "2003", "closed": "2002"}, "#/closed"),
        ({"roles": [{**ROLE, "since": "2003", "until": "2002-12"}]}, "#/roles/0/until"),
        ({"observations": [{"indicator": "gdp", "period": "2022-H3", "value": 1}]}, "#/observations/0/period"),
        # rules of one row
        ({"roles": [{"function": "FINANCE"}]}, "#/roles/0/division"),
        ({"shares": [{"subject": "GDP", "division": "320281", "percent": 101}]}, "#/shares/0/percent"),
        ({"shares": [{"subject": "GDP", "division": "320281", "percent": "-0.1"}]}, "#/shares/0/percent"),
        ({"shares": [{"subject": "GDP", "division": "320281", "percent": "33.33333"}]}, "#/shares/0/percent"),
        ({"shares": [{"subject": "GDP", "division": "320281", "percent": "NaN"}]}, "#/shares/0/percent"),
        ({"observations": [{"indicator": "gdp", "period": "2022"}]}, "#/observations/0/value"),
        (
            {"observations": [{"indicator": "gdp", "period": "2022", "value": 2, "value_high": 1}]},
            "#/observations/0/value_high",
        ),
        ({"latitude": "32"}, "#/latitude"),
        ({"latitude": "91", "longitude": "120"}, "#/latitude"),
        ({"sites": [{"name_en": "North", "division": "320281", "area": "0"}]}, "#/sites/0/area"),
        ({"remarks": [{"kind": "CHALLENGE"}]}, "#/remarks/0/text_en"),
        ({"events": [{"kind": "OTHER"}]}, "#/events/0/date"),
        # rules across rows and records
        ({"slug": "other"}, "#/slug"),
        ({"roles": [ROLE, ROLE]}, "#/roles/1"),
        ({"roles": [{**ROLE, "until": "2006"}, {**ROLE, "since": "2005"}]}, "#/roles/1"),
        ({"names": [{"name": "A", "language": "zh"}, {"name": "A", "language": "zh", "since": "2003"}]}, "#/names/1"),
        (
            {
                "shares": [
                    {"subject": "GDP", "division": "320281", "percent": 60},
                    {"subject": "GDP", "division": "321282", "percent": "40.0001"},
                ]
            },
            "#/shares/1",
        ),
        ({"identifiers": [{"scheme": "NBS", "value": "S329100"}]}, "#/identifiers/0"),
        ({"industries": ["ships", "ships"]}, "#/industries/1"),
        ({"agreements": ["treaty", "treaty"]}, "#/agreements/1"),
    ],
)
def test_a_new_park_with_something_wrong_is_refused_at_that_place(editor, nothing_is_written, body, pointer):
    told = refused(editor.post("/api/v1/parks/", {**NEW_PARK, **body}))
    assert pointer in told, told
    assert not Park.objects.filter(slug="new").exists()


def test_all_that_is_wrong_is_told_at_once(editor, nothing_is_written):
    body = {"slug": "new", "host": "000000", "status": "OPEN", "roles": [ROLE, {"function": "X", "division": "1"}]}
    told = refused(editor.post("/api/v1/parks/", body))
    assert told.keys() == {"#/name_en", "#/host", "#/status", "#/roles/1/function", "#/roles/1/division"}


def test_a_refusal_says_what_would_do(editor, nothing_is_written):
    told = refused(
        editor.post("/api/v1/parks/", {**NEW_PARK, "nmae_zh": "新", "status": "OPEN", "established": "2003-13"})
    )
    assert told == {
        "#/nmae_zh": "There is no such field. Did you mean “name_zh”?",
        "#/status": "“OPEN” is none of: PROPOSED, ACTIVE, MERGED, CLOSED.",
        "#/established": "“2003-13” is not a date. Write a year, a month or a day: 2003, 2003-08 or 2003-08-29.",
    }


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"slug": "another"}, "#/slug"),
        ({"successor": "suxitong"}, "#/successor"),
        ({"part_of": "suxitong"}, "#/part_of"),
        (
            {"roles": [{"function": "OPERATIONS", "division": "320281", "until": "2005", "since": "2006"}]},
            "#/roles/0/until",
        ),
        ({"shares": [{"subject": "TAX_REVENUE", "division": "321282", "percent": 101}]}, "#/shares/0/percent"),
    ],
)
def test_an_edit_with_something_wrong_is_refused_at_that_place(editor, nothing_is_written, body, pointer):
    assert pointer in refused(patch(editor, PARK, body))


def test_a_row_that_overlaps_one_that_stays_is_refused(editor, park, nothing_is_written):
    role, share = park.roles.get(), park.shares.get()
    body = {
        "roles": [{"id": role.id}, {"function": "OPERATIONS", "division": "320281", "since": "2005"}],
        "shares": [{"id": share.id}, {"subject": "TAX_REVENUE", "division": "321282", "percent": 41}],
    }
    told = refused(patch(editor, PARK, body))
    assert told.keys() == {"#/roles/1", "#/shares/1"}
    assert "overlaps this one" in told["#/roles/1"]


def test_parks_that_succeed_each_other_in_a_circle_are_refused(editor, park):
    Park.objects.filter(slug="other").update(successor=park)
    before = Version.objects.count()
    assert refused(patch(editor, PARK, {"successor": "other"})).keys() == {"#/successor"}
    assert Version.objects.count() == before


def test_a_row_told_twice_is_refused(editor, park, nothing_is_written):
    role = park.roles.get().id
    assert refused(patch(editor, PARK, {"roles": [{"id": role}, {"id": role}]})).keys() == {"#/roles/1/id"}


def test_a_row_of_another_park_is_refused(editor, nothing_is_written):
    stranger = Park.objects.get(slug="third").identifiers.get()
    body = {"identifiers": [{"id": stranger.id, "scheme": "NBS", "value": "S329100"}]}
    assert refused(patch(editor, PARK, body)).keys() == {"#/identifiers/0/id"}


def test_a_fact_stays_with_its_park(editor, park, nothing_is_written):
    path = f"/api/v1/co-management-roles/{park.roles.get().id}/"
    assert refused(patch(editor, path, {"park": "other"})).keys() == {"#/park"}


def test_a_fact_that_overlaps_another_is_refused(editor, nothing_is_written):
    body = {"park": "suxitong", "function": "OPERATIONS", "division": "320281", "since": "2004"}
    assert refused(editor.post("/api/v1/co-management-roles/", body)).keys() == {"#"}


def test_agreements_that_build_on_each_other_in_a_circle_are_refused(editor, park):
    later = make_agreement("later", signed_on="2023")
    make_agreement_link(later, make_agreement("earlier"))
    before = Version.objects.count()
    body = {"links": [{"kind": "RENEWS", "earlier": "later"}]}
    assert refused(patch(editor, "/api/v1/agreements/earlier/", body)).keys() == {"#/links/0/earlier"}
    assert refused(patch(editor, "/api/v1/agreements/treaty/", body)).keys() == {"#/links/0/earlier"}
    assert Version.objects.count() == before


def test_agreements_with_something_wrong_are_refused(editor, park):
    official, other = make_official("du"), make_official("zhu")
    post = make_post(other)
    make_clause(make_agreement("with-clause"))
    before = Version.objects.count()
    new = {"slug": "new", "title_en": "New"}
    signatory = {"official": official.slug, "division": "320281"}
    for body, pointer in [
        ({"term_years": -1}, "#/term_years"),
        ({"title_is_descriptive": "yes"}, "#/title_is_descriptive"),
        ({"signed_on": "2003", "expires_on": "2002"}, "#/expires_on"),
        ({"parties": [{}]}, "#/parties/0/division"),
        ({"parties": [{"division": "320281"}, {"division": "320281"}]}, "#/parties/1"),
        ({"signatories": [{**signatory, "post": post.id}]}, "#/signatories/0/post"),
        ({"signatories": [{**signatory, "post": {"id": 10**30}}]}, "#/signatories/0/post"),
        ({"signatories": [{**signatory, "post": str(post.id)}]}, "#/signatories/0/post"),
        ({"clauses": [{"number": 1, "kind": "GOAL", "text_en": "x"}] * 2}, "#/clauses/1"),
        ({"clauses": [{"number": 1, "kind": "GOAL"}]}, "#/clauses/0/text_en"),
    ]:
        assert pointer in refused(editor.post("/api/v1/agreements/", {**new, **body}))
    assert Version.objects.count() == before


def test_citations_with_something_wrong_are_refused(editor, park):
    make_source("daily")
    before = Version.objects.count()
    new = {"source": "daily", "target": "park:suxitong"}
    for body, pointer in [
        ({"target": "park:no-such"}, "#/target"),
        ({"target": "suxitong"}, "#/target"),
        ({"target": "user:1"}, "#/target"),
        ({"target": "source:daily"}, "#/target"),
        ({"target": "remark:1; DROP TABLE"}, "#/target"),
        ({"target": 5}, "#/target"),
        ({"field": "colour"}, "#/field"),
        ({"source": "no-such"}, "#/source"),
        ({"stance": "DOUBTS"}, "#/stance"),
    ]:
        assert pointer in refused(editor.post("/api/v1/citations/", {**new, **body})), body
    assert Version.objects.count() == before


def test_divisions_with_something_wrong_are_refused(steward, park):
    before = Version.objects.count()
    new = {
        "code": "320282",
        "level": "COUNTY",
        "kind": "COUNTY_LEVEL_CITY",
        "name_en": "Yixing",
        "name_zh": "宜兴市",
        "parent": "320200",
    }
    for body, pointer in [
        ({"code": "32028"}, "#/code"),
        ({"code": "320281"}, "#/code"),
        ({"code": "320300"}, "#/code"),
        ({"kind": "PROVINCE"}, "#/level"),
        ({"parent": None}, "#/level"),
        ({"parent": "321200"}, "#/level"),
        ({"successor": "320281"}, "#/successor"),
    ]:
        assert pointer in refused(steward.post("/api/v1/divisions/", {**new, **body})), body
    assert Version.objects.count() == before


def test_sources_are_not_lost_by_an_edit_that_fails_late(editor, park, nothing_is_written):
    make = {"slug": "new", "title": "T", "publisher": "P", "reprint_of": "new"}
    assert refused(editor.post("/api/v1/sources/", make)).keys() == {"#/reprint_of"}
    assert not Source.objects.exists()


def test_a_number_of_a_figure_that_is_too_long_is_refused(editor, park):
    path = f"/api/v1/observations/{make_observation(park).id}/"
    before = Version.objects.count()
    assert refused(patch(editor, path, {"value": "9" * 25})).keys() == {"#/value"}
    assert refused(patch(editor, path, {"value": "1.00001"})).keys() == {"#/value"}
    assert Version.objects.count() == before


# --- Bodies that cannot be read -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "field is required"),
        (b"{", "not JSON"),
        (b"[]", "dictionary"),
        (b'"park"', "dictionary"),
        (b"null", ""),
        (b'{"slug": "new", "slug": "newer"}', "twice"),
        (b'{"latitude": NaN}', "NaN"),
        (b'{"latitude": -Infinity}', "Infinity"),
        (b'{"latitude": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"name_en": "\xff"}', "UTF-8"),
        ("名".encode("utf-16"), "UTF-8"),
        (b"[" * 40_000, "nested"),
        (b'{"a":' * 40_000, "nested"),
        (b'{"roles": ' + b"[" * 50 + b"]" * 50 + b"}", "nested"),
        (b'{"na\\u0000me": 1}', "characters that cannot be kept"),
    ],
)
def test_a_body_that_is_no_record_is_refused(editor, nothing_is_written, raw, says):
    response = editor.post("/api/v1/parks/", raw, content_type="application/json")
    told = refused(response)
    assert says in response.json()["detail"] + json.dumps(told)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name_en": "N\0w"}, "#/name_en"),
        ({"host": "3212\0"}, "#/host"),
        ({"established": "2003\0"}, "#/established"),
        ({"roles": [{**ROLE, "note": "\0"}]}, "#/roles/0/note"),
        ({"name_en": "half \ud83d"}, "#/name_en"),
        ({"agreements": ["\0"]}, "#/agreements/0"),
    ],
)
def test_text_that_cannot_be_kept_is_refused_at_its_place(editor, nothing_is_written, body, pointer):
    raw = json.dumps({**NEW_PARK, **body})
    told = refused(editor.post("/api/v1/parks/", raw, content_type="application/json"))
    assert told.keys() == {pointer}


def test_a_body_of_ten_megabytes_is_refused(editor, nothing_is_written):
    raw = json.dumps({**NEW_PARK, "summary_en": "x" * 10 * 1024**2})
    refused(editor.post("/api/v1/parks/", raw, content_type="application/json"), 413)


def test_a_list_of_too_many_rows_is_refused(editor, nothing_is_written):
    told = refused(editor.post("/api/v1/parks/", {**NEW_PARK, "roles": [ROLE] * 1001}))
    assert told.keys() == {"#/roles"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense"]
)
def test_a_body_that_is_not_json_is_refused(editor, nothing_is_written, content_type):
    refused(editor.post("/api/v1/parks/", b"slug=new", content_type=content_type), 415)
