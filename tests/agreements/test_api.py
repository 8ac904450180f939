"""Agreements, officials and statements over REST."""

import pytest

from agreements.models import Agreement, Official, Statement
from core.models import Version
from tests.factories import (
    make_agreement,
    make_agreement_party,
    make_body,
    make_citation,
    make_clause,
    make_division,
    make_official,
    make_park,
    make_park_agreement,
    make_post,
    make_signatory,
    make_source,
    make_statement,
    make_whole_agreement,
)
from tests.rest import HOST, get, patch, told_division

AGREEMENTS = "/api/v1/agreements/"


def told_agreement(agreement):
    return {
        "slug": agreement.slug,
        "title_en": agreement.title_en,
        "title_zh": "",
        "signed_on": agreement.signed_on,
        "url": f"{HOST}/agreements/{agreement.slug}/",
    }


def test_an_agreement_is_told_whole(reader):
    agreement = make_whole_agreement("treaty")
    make_park_agreement(make_park("suxitong"), agreement)
    told = get(reader, f"{AGREEMENTS}treaty/")
    assert told.pop("created") <= told.pop("changed")
    signatory, statement = agreement.signatories.get(), agreement.statements.get()
    official, post, outlet = signatory.official, signatory.post, statement.outlet
    told_official = {
        "slug": official.slug,
        "name_en": official.name_en,
        "name_zh": "",
        "url": f"{HOST}/officials/{official.slug}/",
    }
    jiangyin, jingjiang = agreement.parties.order_by("id")
    assert told == {
        "slug": "treaty",
        "url": f"{HOST}/agreements/treaty/",
        "title_en": "Title of treaty",
        "title_zh": "",
        "title_is_descriptive": False,
        "kind": "CONSTRUCTION",
        "signed_on": "2003-02-15",
        "effective_from": "",
        "expires_on": "",
        "term_years": None,
        "place": "",
        "summary_en": "",
        "summary_zh": "",
        "parties": [
            {"id": jiangyin.id, "division": told_division("320281"), "body": None},
            {"id": jingjiang.id, "division": told_division("321282"), "body": None},
        ],
        "signatories": [
            {
                "id": signatory.id,
                "official": told_official,
                "post": {"id": post.id, "title_en": "Mayor", "title_zh": ""},
                "division": told_division("320281"),
                "body": None,
                "capacity": "SIGNED",
            }
        ],
        "clauses": [
            {
                "id": agreement.clauses.get().id,
                "number": 1,
                "kind": "GOAL",
                "text_en": "Both cities build one park.",
                "text_zh": "",
            }
        ],
        "links": [
            {
                "id": agreement.links_to_earlier.get().id,
                "kind": "RENEWS",
                "earlier": told_agreement(agreement.links_to_earlier.get().earlier),
            }
        ],
        "later": [
            {
                "id": agreement.links_from_later.get().id,
                "kind": "RENEWS",
                "later": told_agreement(agreement.links_from_later.get().later),
            }
        ],
        "statements": [
            {
                "id": statement.id,
                "official": told_official,
                "post": None,
                "outlet": {
                    "slug": outlet.slug,
                    "title": outlet.title,
                    "publisher": "Daily",
                    "published_on": "",
                    "url": f"{HOST}/sources/{outlet.slug}/",
                },
                "summary_en": "Both sides gain.",
                "summary_zh": "",
                "said_on": "",
            }
        ],
        "parks": [
            {"slug": "suxitong", "name_en": "Park suxitong", "name_zh": "", "url": f"{HOST}/parks/suxitong/"},
        ],
        "evidence": {"facts": 9, "cited": 0, "single_source": 0, "disputed": 0, "uncited": 9},
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["new", "old", "undated"]),
        ({"on": "2004"}, ["old", "undated"]),
        ({"on": "2024-01-01"}, ["new", "undated"]),
        ({"on": "2002"}, ["undated"]),
        ({"party": "320281"}, ["new", "old"]),
        ({"party__ne": "320281"}, ["undated"]),
        ({"body": "zone"}, ["new"]),
        ({"signatory": "du"}, ["old"]),
        ({"kind": "FRAMEWORK"}, ["old"]),
        ({"signed_on": ""}, ["undated"]),
        ({"signed_on__gte": "2010"}, ["new"]),
        ({"q": "合作"}, ["undated"]),
        ({"ordering": "-signed_on"}, ["new", "old", "undated"]),
    ],
)
def test_agreements_can_be_asked_for(reader, query, expected):
    old = make_agreement("old", signed_on="2003-02", expires_on="2010", kind="FRAMEWORK")
    new = make_agreement("new", signed_on="2023-09-12")
    make_agreement("undated", title_zh="合作协议")
    make_agreement_party(old)
    make_agreement_party(new, body=make_body("zone", division="320281"))
    make_signatory(old, make_official("du"))
    assert [each["slug"] for each in get(reader, AGREEMENTS, **query)["results"]] == expected


def test_an_agreement_is_made_and_changed_with_its_rows(editor):
    make_division("320200")
    make_division("321200")
    make_agreement("earlier", signed_on="2003")
    post = make_post(make_official("du"))
    response = editor.post(
        AGREEMENTS,
        {
            "slug": "treaty",
            "title_en": "Treaty",
            "signed_on": "2023-09-12",
            "parties": [{"division": "320200"}, {"division": "321200"}],
            "signatories": [{"official": "du", "post": {"id": post.id}, "division": "320200"}],
            "clauses": [{"number": n, "kind": "GOAL", "text_en": f"Goal {n}"} for n in (1, 2)],
            "links": [{"kind": "RENEWS", "earlier": "earlier"}],
        },
    )
    assert response.status_code == 201, response.json()
    told = response.json()
    first, second = told["clauses"]
    response = patch(
        editor,
        f"{AGREEMENTS}treaty/",
        {"clauses": [{"id": first["id"], "number": 2}, {"id": second["id"], "number": 1}]},
    )
    assert response.status_code == 200, response.json()
    assert [each["text_en"] for each in response.json()["clauses"]] == ["Goal 2", "Goal 1"]
    before = Version.objects.count()
    told = get(editor, f"{AGREEMENTS}treaty/")
    etag = editor.get(f"{AGREEMENTS}treaty/")["ETag"]
    assert editor.put(f"{AGREEMENTS}treaty/", told, headers={"If-Match": etag}).status_code == 200
    assert Version.objects.count() == before


def test_an_official_is_told_with_posts_and_asked_about_a_day(reader, editor):
    official = make_official("du", name_zh="杜")
    make_post(official, division="320281", since="2019", until="2022")
    make_post(official, title_en="Secretary", division="320200", since="2022")
    told = get(reader, "/api/v1/officials/du/", on="2020")
    assert [(each["title_en"], each["certainty"]) for each in told["posts"]] == [("Mayor", "certain")]
    assert get(reader, "/api/v1/officials/", division="320200", q="杜")["count"] == 1
    posts = [{"title_en": "Governor", "division": "320281"}]
    assert patch(editor, "/api/v1/officials/du/", {"posts": posts}).status_code == 200
    assert [each.title_en for each in Official.objects.get().posts.all()] == ["Governor"]


def test_a_post_that_a_signature_names_is_not_lost(editor):
    official = make_official("du")
    make_signatory(make_agreement("treaty"), official, post=make_post(official))
    response = patch(editor, "/api/v1/officials/du/", {"posts": []})
    assert response.status_code == 409, response.content
    assert response.json()["errors"] == [{"pointer": "#", "detail": "signatory: treaty", "count": 1}]
    assert official.posts.count() == 1


def test_statements_are_rows_of_their_own(reader, editor):
    make_source("daily")
    make_official("du")
    make_agreement("treaty")
    body = {
        "official": "du",
        "agreement": "treaty",
        "outlet": "daily",
        "summary_en": "We gain.",
        "said_on": "2023-09-12",
    }
    response = editor.post("/api/v1/statements/", body)
    assert response.status_code == 201, response.json()
    statement = Statement.objects.get()
    assert response["Location"] == f"{HOST}/statements/{statement.id}/"
    make_statement()
    assert [each["id"] for each in get(reader, "/api/v1/statements/", agreement="treaty")["results"]] == [statement.id]
    assert [each["id"] for each in get(reader, "/api/v1/statements/", agreement__ne="")["results"]] == [statement.id]


def test_expanding_citations_tells_those_of_an_agreement_and_its_rows(reader):
    clause = make_clause(make_agreement("treaty"))
    make_citation(clause.agreement, source=make_source("daily"))
    make_citation(clause, source=make_source("yearbook"))
    told = get(reader, f"{AGREEMENTS}treaty/", expand="citations")
    assert [each["source"]["slug"] for each in told["citations"]] == ["daily"]
    assert [each["source"]["slug"] for each in told["clauses"][0]["citations"]] == ["yearbook"]


def test_changes_of_an_agreement_tell_references_by_key(editor):
    make_division("320281")
    editor.post(AGREEMENTS, {"slug": "treaty", "title_en": "Treaty", "parties": [{"division": "320281"}]})
    [change] = get(editor, f"{AGREEMENTS}treaty/changes/")["results"]
    party = Agreement.objects.get().parties.get()
    assert change["rows"][1] == {
        "record": f"agreement-party:{party.id}",
        "label": "party",
        "operation": "CREATED",
        "fields": [
            {"field": "division", "old": None, "new": "320281"},
            {"field": "agreement", "old": None, "new": "treaty"},
        ],
    }
