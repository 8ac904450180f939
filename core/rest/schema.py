"""What the code says of the API, as OpenAPI 3.1."""

import json
from functools import cache

from django.conf import settings
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.serializers import ListSerializer

from core.rest.errors import MEDIA_TYPE
from core.rest.policies import MayWrite
from core.rest.references import Address, AddressOfReference, KeyOnly, Reference

ERRORS = {
    400: "A parameter or the body is not as it has to be: `errors` tells which, and what would do.",
    401: "Writing takes a token; this one is missing, wrong or expired.",
    403: "The person lacks the permission.",
    404: "There is no such record.",
    406: "There is no such format.",
    409: "Other records refer to this one, or another writer was first.",
    412: "The record was changed since it was read.",
    413: "The body is too large.",
    415: "Bodies are JSON.",
    428: "If-Match is missing.",
    429: "Too many requests: wait as long as Retry-After says.",
    503: "The registry cannot answer at this moment: wait as long as Retry-After says.",
}
EMPTY = {"type": "string", "maxLength": 0}
NOT_MODIFIED = {"description": "The answer that If-None-Match names still holds."}
# Told by the server, before the registry is asked.
TOO_LONG = {
    "description": "The address is longer than a server takes (4 kB): ask for less at once.",
    "content": {"text/html": {"schema": {"type": "string"}}},
}


PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {
            "type": "string",
            "format": "uri",
            "description": "The number of the request, as in X-Request-ID, where the registry failed: quote it.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body (RFC 6901, as a URI fragment)."},
                    "parameter": {"type": "string", "description": "Which parameter of the query."},
                    "detail": {"type": "string"},
                    "nearest": {"type": "string", "description": "What was probably meant."},
                    "allowed": {"type": "array", "items": {"type": "string"}, "description": "What would do."},
                    "count": {"type": "integer", "description": "How many records of one kind refer to this one."},
                },
                "required": ["detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
    "example": {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "1 thing is wrong with the body.",
        "errors": [{"pointer": "#/roles/1/division", "detail": "There is no division “320000x”."}],
    },
}


def describe_problems(result, **_):
    """Add the answers to failed requests, which all operations share."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    result["components"]["responses"] = {
        f"Problem{code}": {"description": told, "content": content} for code, told in ERRORS.items()
    }
    for component in result["components"]["schemas"].values():
        _allow_several_forms(component)
    return result


def _allow_several_forms(schema: dict):
    """Say of a text that may be empty that any of its forms will do, not one alone: what is empty may be of two."""
    if EMPTY in schema.get("oneOf", ()):
        schema["anyOf"] = schema.pop("oneOf")
    for part in (*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])):
        _allow_several_forms(part)


class RegistrySchema(AutoSchema):
    """Describes a view from what it itself goes by: its parameters, serializer, formats and errors."""

    @property
    def action(self):
        return getattr(self.view, "action", None)

    def get_tags(self):
        return [self.path.removeprefix("/api/v1/").split("/")[0] or "root"]

    def get_auth(self):
        # Reading takes no token, though one is counted by itself.
        return [*super().get_auth(), {}] if self._is_open() else super().get_auth()

    def _is_open(self):
        return self.method == "GET" and MayWrite in self.view.permission_classes

    def get_override_parameters(self):
        known = self.view.known_parameters() if self.method == "GET" and hasattr(self.view, "known_parameters") else {}
        told = [
            OpenApiParameter(
                name,
                type=parameter.schema,
                description=str(parameter.help_text),
                explode=False if parameter.schema.get("type") == "array" else None,
                style="form" if parameter.schema.get("type") == "array" else None,
            )
            for name, parameter in known.items()
        ]
        if self.method in ("PUT", "PATCH", "DELETE"):
            told.append(_header("If-Match", "The ETag that the record was read with.", required=True))
        elif self.action == "restore":
            told.append(_header("If-Match", "The ETag of the version to restore from, if only that will do."))
        elif self.method == "GET":
            told.append(_header("If-None-Match", "The ETag of an answer at hand: if it still holds, 304."))
        if self.method != "DELETE":
            told.append(_header("ETag", "Of a single record: its version, a hyphen, a digest.", response=[200, 201]))
        return told

    def _get_filter_parameters(self):
        return []

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        for renderer in self.view.beside_json() if self.method == "GET" else ():
            bodies["200"]["content"][renderer.media_type] = {"schema": renderer.schema}
        if self.method == "GET":
            bodies |= {"304": NOT_MODIFIED, "414": TOO_LONG}
        for code in self._error_codes():
            bodies[str(code)] = {"$ref": f"#/components/responses/Problem{code}"}
        return bodies

    def _map_serializer_field(self, field, direction, bypass_extensions=False):
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if direction == "request" and isinstance(field, ListSerializer) and field.max_length:
            schema = {**schema, "maxItems": field.max_length}
        return schema

    def _map_basic_serializer(self, serializer, direction):
        schema = super()._map_basic_serializer(serializer, direction)
        if direction == "response" and hasattr(serializer, "asked_fields"):
            # Told only with a parameter.
            asked = serializer.asked_fields()
            schema["required"] = [name for name in schema.get("required", ()) if name not in asked]
        return schema

    def map_renderers(self, attribute):
        # What a list is streamed as has no shape of its own, and is added above.
        return ["application/json" if attribute == "media_type" else "json"]

    def _error_codes(self):
        codes = {400, 406, 429, 503}
        if "{" in self.path:
            codes.add(404)
        if not self._is_open():
            codes |= {401, 403}
        if self.method != "GET":
            codes |= {409, 413, 415}
        if self.method in ("PUT", "PATCH", "DELETE"):
            codes |= {412, 428}
        if self.action == "restore":
            codes.add(412)
        return sorted(codes)

    def get_examples(self):
        whole = self._whole_example()
        if self.method == "GET":
            told = whole if self.action == "list" else shipped_examples().get(self.path)
            return [OpenApiExample("As shipped", value=told, response_only=True)] if told else []
        if not whole or self.method == "DELETE":
            return []
        fields = self.view.serializer_class(context={"describing": True}).fields
        written = _as_written(whole, fields)
        if self.method == "PATCH":
            written = dict([*written.items()][1:2])
        note = {"change_reason": "As the source has it", "source": "charityinchina-2023-09", "source_locator": "¶2"}
        written |= {name: value for name, value in note.items() if name in fields and name not in written}
        return [OpenApiExample("Written", value=written, request_only=True)]

    def _whole_example(self):
        lookup = f"{self.path}{{{getattr(self.view, 'lookup_field', '')}}}/"
        return shipped_examples().get(self.path if self.path.endswith("}/") else lookup)


def _as_written(whole, fields):
    """An example as a client would write it: without what is only read, and references by key."""
    return {
        name: value[fields[name].key] if isinstance(value, dict) and isinstance(fields[name], Reference) else value
        for name, value in whole.items()
        if name in fields and not fields[name].read_only
    }


@cache
def shipped_examples() -> dict[str, dict]:
    """What the API answers on the shipped fixtures, by path. A test holds it to what it does answer."""
    return json.loads(settings.API_EXAMPLES.read_text())


def _header(name, description, **options):
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description, **options)


class ReferenceExtension(OpenApiSerializerFieldExtension):
    """A reference: an object when read, its key or that object when written."""

    target_class = Reference
    match_subclasses = True

    def map_serializer_field(self, auto_schema, direction):
        field = self.target
        key = {"type": "integer" if field.key == "id" else "string"}
        if isinstance(field, KeyOnly):
            return key
        names = {name: {"type": "string"} for name in field.tells}
        told = {
            "type": "object",
            "properties": {field.key: key, **names, "url": {"type": "string", "format": "uri"}},
            "required": [field.key],
        }
        return told if direction == "response" else {"oneOf": [key, told]}


class AddressExtension(OpenApiSerializerFieldExtension):
    target_class = Address

    def map_serializer_field(self, auto_schema, direction):
        return {"type": "string", "format": "uri"}


class AddressOfReferenceExtension(AddressExtension):
    target_class = AddressOfReference
