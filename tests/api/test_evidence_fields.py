"""`fields` and `omit` of what is told only together with another parameter."""

import pytest

from tests.api.test_evidence_counts import RESOURCES, V1, told
from tests.factories import make_agreement, make_citation, make_park, make_role

BESIDE = {"support", "citations", "disputes"}


@pytest.fixture
def role(db):
    make_agreement("treaty", signed_on="2003")
    role = make_role(make_park("suxitong"), since="2003")
    make_citation(role.park)
    make_citation(role)
    return role


def keys(client, path, **query):
    answer = told(client, f"{V1}{path}/", **query)
    return set((answer["results"][0] if "results" in answer else answer).keys())


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("agreements", {"fields": "slug,in_force", "on": "2010"}, {"slug", "in_force"}),
        ("agreements/treaty", {"fields": "in_force", "on": "2010"}, {"in_force"}),
        ("agreements", {"fields": "slug", "on": "2010"}, {"slug", "in_force"}),
        ("parks", {"fields": "slug,existed", "on": "2010"}, {"slug", "existed"}),
        ("co-management-roles", {"fields": "id,certainty", "on": "2010"}, {"id", "certainty"}),
        ("parks", {"fields": "support", "expand": "citations"}, {"support"}),
        ("parks/suxitong", {"fields": "slug,disputes", "expand": "citations"}, {"slug", "disputes"}),
        ("parks", {"fields": "slug", "expand": "citations"}, {"slug", *BESIDE}),
        # what one parameter adds says nothing of what another does
        ("parks", {"fields": "existed", "on": "2010", "expand": "citations"}, {"existed", *BESIDE}),
        ("parks", {"fields": "slug,support", "on": "2010", "expand": "citations"}, {"slug", "support", "existed"}),
        ("parks", {"fields": "slug", "omit": "citations", "expand": "citations"}, {"slug", "support", "disputes"}),
    ],
)
def test_what_another_parameter_adds_can_be_chosen(reader, role, path, query, expected):
    assert keys(reader, path, **query) == expected


def test_every_field_that_is_told_can_be_chosen(reader, role):
    for name in RESOURCES:
        schema = reader.get("/api/schema/", headers={"accept": "application/json"}).json()
        [fields] = [each for each in schema["paths"][f"{V1}{name}/"]["get"]["parameters"] if each["name"] == "fields"]
        assert set(fields["schema"]["items"]["enum"]) >= BESIDE
        row = told(reader, f"{V1}{name}/", expand="citations", limit=1)["results"]
        assert set(*row) <= set(fields["schema"]["items"]["enum"])


@pytest.mark.parametrize("choice", ["fields", "omit"])
@pytest.mark.parametrize(
    ("path", "name", "query", "needed"),
    [
        ("agreements", "in_force", {}, "on"),
        ("parks/suxitong", "existed", {"expand": "citations"}, "on"),
        ("co-management-roles", "certainty", {}, "on"),
        ("parks", "disputes", {"on": "2010"}, "expand=citations"),
        ("agreements/treaty", "support", {}, "expand=citations"),
        ("divisions", "citations", {}, "expand=citations"),
    ],
)
def test_what_another_parameter_adds_is_refused_without_that(reader, role, choice, path, name, query, needed):
    response = reader.get(f"{V1}{path}/", {choice: name, **query})
    [error] = response.json()["errors"]
    assert (response.status_code, error["parameter"], error["detail"]) == (
        400,
        choice,
        f"{choice}: “{name}” is told only with the parameter {needed}: give that too.",
    )


@pytest.mark.parametrize(
    ("path", "name"), [("parks", "in_force"), ("divisions", "existed"), ("observations", "certainty")]
)
def test_what_is_never_told_here_is_refused(reader, role, path, name):
    response = reader.get(f"{V1}{path}/", {"fields": name})
    assert (response.status_code, response.json()["errors"][0]["detail"]) == (
        400,
        f"fields: There is no “{name}” here.",
    )


def test_a_choice_that_leaves_nothing_is_refused(reader, role):
    for query in ({"fields": "slug", "omit": "slug"}, {"omit": "code,name_en,name_zh,url"}):
        response = reader.get(f"{V1}{'parks' if 'fields' in query else 'industries'}/", query)
        assert response.status_code == 400
        assert "Nothing is left to tell" in response.json()["detail"]
