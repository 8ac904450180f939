"""Evidence over REST: asked for, and both sides of a dispute told."""

import pytest

from tests.factories import (
    make_agreement,
    make_citation,
    make_clause,
    make_park,
    make_role,
    make_source,
    make_statement,
)

V1 = "/api/v1/"


def told(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.fixture
def parks(db):
    """One park cited twice by one voice, one by two, one disputed through a role, one not at all."""
    release = make_source("release")
    reprinted, attested = make_park("reprinted"), make_park("attested")
    make_citation(reprinted, source=release)
    make_citation(reprinted, source=make_source("copy", reprint_of=release), field="name_en")
    make_citation(attested, source=release)
    make_citation(attested, source=make_source("yearbook"), field="name_en")
    role = make_role(make_park("disputed"), since="2003")
    make_citation(role, source=release)
    make_citation(role, source=make_source("daily"), field="since", stance="DISPUTES", stated_value="2004", note="Typo")
    make_citation(role, source=make_source("blog"), stance="DISPUTES")
    return role


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"min_sources": "1"}, ["attested", "disputed", "reprinted"]),
        ({"min_sources": "2"}, ["attested"]),
        ({"min_sources": "3"}, []),
        ({"disputed": "true"}, ["disputed"]),
        ({"disputed": "false"}, ["attested", "reprinted"]),
        ({"uncited": "true"}, ["disputed"]),
        ({"uncited": "false", "min_sources": "1"}, ["attested", "reprinted"]),
    ],
)
def test_parks_are_asked_for_by_their_evidence(reader, parks, query, expected):
    assert [each["slug"] for each in told(reader, f"{V1}parks/", **query)["results"]] == expected


def test_facts_are_asked_for_by_their_evidence(reader, parks):
    bare = make_role(make_park("bare"))
    for query, expected in [
        ({"disputed": "true"}, [parks.id]),
        ({"disputed": "false"}, [bare.id]),
        ({"uncited": "true"}, [bare.id]),
        ({"uncited": "false"}, [parks.id]),
        ({"min_sources": "1"}, [parks.id]),
        ({"min_sources": "2"}, []),
    ]:
        rows = told(reader, f"{V1}co-management-roles/", **query)["results"]
        assert [each["id"] for each in rows] == expected, query
    for name in ("benefit-shares", "observations", "events", "remarks", "statements"):
        assert told(reader, f"{V1}{name}/", disputed="true", uncited="true", min_sources="2")["count"] == 0


def test_agreements_are_asked_for_by_their_evidence_and_that_of_their_facts(reader, db):
    make_citation(make_agreement("cited"))
    clause = make_clause(make_agreement("disputed"))
    make_citation(clause, stance="DISPUTES")
    make_statement()
    for query, expected in [
        ({"disputed": "true"}, ["disputed"]),
        ({"uncited": "false"}, ["cited"]),
        ({"min_sources": "1"}, ["cited"]),
    ]:
        slugs = [each["slug"] for each in told(reader, f"{V1}agreements/", **query)["results"]]
        assert [each for each in slugs if each in ("cited", "disputed")] == expected, query


@pytest.mark.parametrize(
    ("name", "query", "parameter"),
    [
        ("parks", "min_sources=0", "min_sources"),
        ("parks", "min_sources=two", "min_sources"),
        ("agreements", "disputed=yes", "disputed"),
        ("events", "uncited=1", "uncited"),
        ("events", "min_sources__in=1,2", "min_sources__in"),
    ],
)
def test_a_bad_question_is_refused(reader, db, name, query, parameter):
    response = reader.get(f"{V1}{name}/?{query}")
    assert response.status_code == 400
    assert [each["parameter"] for each in response.json()["errors"]] == [parameter]


def test_a_dispute_tells_both_values_the_source_and_the_reason(reader, parks):
    park = told(reader, f"{V1}parks/disputed/", expand="citations")
    [role] = park["roles"]
    assert role["support"] == {"cited": True, "sources": 1, "disputed": True}
    by_field = {each["field"]: each for each in role["disputes"]}
    since = by_field["since"]
    assert (since["accepted"], since["stated"], since["reason"]) == ("2003", "2004", "Typo")
    assert since["source"]["slug"] == "daily"
    assert (by_field[""]["accepted"], by_field[""]["source"]["slug"]) == (None, "blog")
    row = told(reader, f"{V1}co-management-roles/{parks.id}/", expand="citations")
    assert (row["disputes"], row["support"]) == (role["disputes"], role["support"])
    assert "disputes" not in told(reader, f"{V1}parks/disputed/")["roles"][0]


def test_a_disputed_reference_is_told_as_the_record_tells_it(reader, db):
    role = make_role(make_park("suxitong"))
    make_citation(role, field="division", stance="DISPUTES", stated_value="Suzhou")
    told_role = told(reader, f"{V1}co-management-roles/{role.id}/", expand="citations")
    assert told_role["disputes"][0]["accepted"] == told_role["division"]
