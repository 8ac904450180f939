"""The reconciliation service as a client asks it, each answer held against the official schema."""

import json
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from jsonschema import Draft7Validator
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parent / "exchange" / "reconciliation-0.2"
SERVICE = "/reconcile/"
# A service without a login never has what the missing schema is of.
ABSENT = {"http://swagger.io/v2/schema.json": {"definitions": {"securityDefinitions": {"additionalProperties": False}}}}


@cache
def schema(name: str) -> Draft7Validator:
    # As its latest draft does: they name none of their own.
    draft = {"$schema": "http://json-schema.org/draft-07/schema#"}
    told = {path.name: {**json.loads(path.read_text(encoding="utf-8")), **draft} for path in SCHEMAS.glob("*.json")}
    resources = [(each["$id"], each) for each in told.values()] + [(uri, each | draft) for uri, each in ABSENT.items()]
    registry = Registry().with_resources([(uri, Resource.from_contents(each)) for uri, each in resources])
    return Draft7Validator(told[f"{name}.json"], registry=registry)


def post(client, /, **fields):
    """A form as clients send it."""
    return client.post(SERVICE, urlencode(fields), content_type="application/x-www-form-urlencoded")


def valid(name: str, response) -> dict:
    """The answer, which the schema of this name allows."""
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    answer = response.json()
    assert list(schema(name).iter_errors(answer)) == []
    return answer


def reconcile(client, /, **queries) -> dict[str, list[dict]]:
    """The candidates of each query, a text or an object, asked as a form."""
    batch = {name: query if isinstance(query, dict) else {"query": query} for name, query in queries.items()}
    assert list(schema("reconciliation-query-batch").iter_errors(batch)) == []
    answer = valid("reconciliation-result-batch", post(client, queries=json.dumps(batch)))
    assert list(answer) == list(batch)
    return {name: each["result"] for name, each in answer.items()}


def extend(client, ids, *properties) -> dict:
    """The answer to a data extension query; a property is its id, or that and its settings."""
    asked = [{"id": each} if isinstance(each, str) else {"id": each[0], "settings": each[1]} for each in properties]
    query = {"ids": ids, "properties": asked}
    assert list(schema("data-extension-query").iter_errors(query)) == []
    return valid("data-extension-response", post(client, extend=json.dumps(query)))
