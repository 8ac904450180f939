"""The description of the API: valid, complete, and shown without asking anybody else."""

import re

import pytest
from django.core.management import call_command
from django.urls import get_resolver
from openapi_spec_validator import OpenAPIV31SpecValidator

from core.workbooks import MEDIA_TYPE
from tests.api.test_lists import LISTS


@pytest.fixture(scope="module")
def schema():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid_and_made_without_a_warning(schema, tmp_path):
    assert schema["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(schema).validate()
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "schema.yml"))


def test_the_schema_is_served(reader, db):
    response = reader.get("/api/schema/", headers={"accept": "application/json,*/*"})
    assert (response["Content-Type"], response.json()["info"]["title"]) == ("application/json", "Park registry")
    response = reader.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi"})
    assert response.content.startswith(b"openapi: 3.1.0")
    refused = reader.get("/api/schema/", headers={"accept": "text/csv"})
    assert (refused.status_code, refused["Content-Type"]) == (406, "application/problem+json")


def test_every_route_is_in_the_schema(schema):
    routes = set()

    def walk(patterns, prefix):
        for each in patterns:
            route = prefix + str(each.pattern)
            if hasattr(each, "url_patterns"):
                walk(each.url_patterns, route)
            elif "format" not in route:
                routes.add(route)

    walk(get_resolver().url_patterns, "/")
    told = {re.sub(r"\{\w+\}", "*", path) for path in schema["paths"]}
    ours = {re.sub(r"\(\?P<\w+>.*?\)(?=/)|<\w+:\w+>", "*", route).replace("^", "").replace("$", "") for route in routes}
    assert {route for route in ours if route.startswith("/api/v1/")} == told


def test_every_operation_says_what_it_does_and_every_parameter_what_it_means(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (path, method)
            for parameter in operation.get("parameters", []):
                assert parameter["schema"], (path, parameter["name"])
                told = parameter.get("description") or parameter["in"] == "path"
                assert told, (path, parameter["name"])


@pytest.mark.parametrize("name", LISTS)
def test_the_schema_lists_the_parameters_that_a_list_takes(schema, reader, db, name):
    told = {each["name"] for each in schema["paths"][f"/api/v1/{name}/"]["get"]["parameters"] if each["in"] == "query"}
    refusal = reader.get(f"/api/v1/{name}/?no-such-parameter=1").json()["errors"][0]
    assert told == set(refusal["allowed"])


def test_errors_formats_and_conditions_are_described(schema):
    get, post = schema["paths"]["/api/v1/parks/"]["get"], schema["paths"]["/api/v1/parks/"]["post"]
    listed = {"application/json", "text/csv", "application/x-ndjson", MEDIA_TYPE}
    assert schema["paths"]["/api/v1/events/"]["get"]["responses"]["200"]["content"].keys() == listed
    assert get["responses"]["200"]["content"].keys() == {*listed, "application/geo+json"}
    one = schema["paths"]["/api/v1/parks/{slug}/"]["get"]["responses"]["200"]["content"]
    assert one.keys() == {"application/json", "application/geo+json"}
    assert get["responses"]["400"] == {"$ref": "#/components/responses/Problem400"}
    assert schema["components"]["responses"]["Problem400"]["content"].keys() == {"application/problem+json"}
    assert post["responses"].keys() >= {"201", "400", "401", "403", "409", "413", "415", "429"}
    patch = schema["paths"]["/api/v1/parks/{slug}/"]["patch"]
    assert patch["responses"].keys() >= {"200", "404", "412", "428"}
    assert [each["name"] for each in patch["parameters"] if each["in"] == "header"] == ["If-Match"]


def test_the_docs_are_only_looked_at(reader, db):
    refused = reader.options("/api/docs/", headers={"Accept": "text/html"})
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")


def test_the_docs_ask_no_other_site(reader, db):
    page = reader.get("/api/docs/").content.decode()
    script = reader.get("/api/docs/?script=").content.decode()
    assert "swagger" in page
    for text in (page, script):
        assert not re.findall(r"""(?:src|href|url)\s*[=:]\s*["'](?:https?:)?//[^"']*""", text)
    assert "validatorUrl" in script
