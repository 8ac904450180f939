"""The description of the features API as OpenAPI 3.0, put together from what the views themselves go by."""

from django.utils.translation import gettext_lazy as _

from core.rest.errors import MEDIA_TYPE
from core.rest.parameters import Text
from core.rest.schema import PROBLEM
from exchange.features.collections import Collection
from exchange.features.kinds import COLLECTIONS
from exchange.features.links import GEOJSON, HTML, JSON, JSON_SCHEMA, OPENAPI

CLASSES = ("core", "oas30", "html", "geojson")
TITLE = _("Park registry for maps")
DESCRIPTION = _(
    "The parks of the registry, and the sites that some lie on, as points with a table of attributes: "
    "OGC API - Features Part 1, for QGIS, GDAL and whatever else reads it."
)
# What several operations tell: the standard gives the first of these names, which clients look for.
SHARED = ("bbox", "datetime", "limit", "f", "lang", "known", "offset", "after", "crs", "bbox-crs")
ERRORS = {"400": "BadRequest", "404": "NotFound", "406": "NotAcceptable", "429": "TooManyRequests"}


def document(root: str, common: dict[str, Text], items: dict[str, dict[str, Text]]) -> dict:
    """The whole. `root` is the address of the landing page, `common` the parameters of each operation, `items` those of
    the features of each collection.
    """
    shared = {name: told for parameters in (*items.values(), common) for name, told in parameters.items()}
    one = {**common, "known": shared["known"]}
    paths = {
        "/": _get("landing", _("What there is, and where"), common, JSON, "Landing"),
        "/conformance": _get("conformance", _("The conformance classes"), common, JSON, "Conformance"),
        "/api": _get("api", _("This description"), common, OPENAPI),
        "/collections": _get("collections", _("All collections"), common, JSON, "Collections"),
    }
    for name, collection in COLLECTIONS.items():
        path, title = f"/collections/{name}", str(collection.title)
        paths |= {
            path: _get(f"{name}.collection", collection.description, common, JSON, "Collection", tag=title),
            f"{path}/schema": _get(f"{name}.schema", _("The properties of a feature"), common, JSON_SCHEMA, tag=title),
            f"{path}/items": _get(
                f"{name}.items", _("The features, page by page"), items[name], GEOJSON, f"{name}Features", tag=title
            ),
            f"{path}/items/{{featureId}}": _get(
                f"{name}.item", _("One feature"), one, GEOJSON, f"{name}Feature", tag=title, key=collection.key
            ),
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": str(TITLE), "description": str(DESCRIPTION), "version": "1.0.0"},
        "servers": [{"url": root}],
        "paths": paths,
        "components": {
            "parameters": {name: _parameter(name, shared[name]) for name in SHARED},
            "schemas": _schemas(),
            "responses": {
                name: {"description": name, "content": {MEDIA_TYPE: {"schema": _ref("schemas", "Problem")}}}
                for name in ERRORS.values()
            },
        },
    }


def schema_of(collection: Collection, address: str) -> dict:
    """The features of a collection as JSON Schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": str(collection.title),
        "description": str(collection.description),
        **_feature(collection),
    }


def operations(described: dict) -> list[dict]:
    """What a page lists of a description: each path, what it answers and which parameters it takes."""
    shared = described["components"]["parameters"]
    return [
        {
            "path": path,
            "summary": each["get"]["summary"],
            "parameters": [
                shared[told["$ref"].rsplit("/", 1)[-1]] if "$ref" in told else told
                for told in each["get"]["parameters"]
            ],
        }
        for path, each in described["paths"].items()
    ]


def _get(name, summary, parameters: dict[str, Text], media_type, schema=None, *, tag="", key=None) -> dict:
    own = [_ref("parameters", each) if each in SHARED else _parameter(each, told) for each, told in parameters.items()]
    if key:
        kind = {"type": "integer"} if key == "id" else {"type": "string"}
        own.insert(0, {"name": "featureId", "in": "path", "required": True, "schema": kind})
    body = {"schema": _ref("schemas", schema) if schema else {"type": "object"}}
    answers = {
        "200": {"description": str(summary), "content": {media_type: body, HTML: {"schema": {"type": "string"}}}}
    }
    failed = {code: _ref("responses", told) for code, told in ERRORS.items() if key or code != "404"}
    told = {"operationId": name, "summary": str(summary), "parameters": own, "responses": answers | failed}
    return {"get": told | ({"tags": [tag]} if tag else {})}


def _ref(kind, name):
    return {"$ref": f"#/components/{kind}/{name}"}


def _parameter(name: str, parameter: Text) -> dict:
    schema = _as_30(parameter.schema)
    # Values of one parameter stand in it together, with commas between them.
    style = {"style": "form", "explode": False}
    told = {"name": name, "in": "query", "required": False, "schema": schema, **style}
    return told | ({"description": str(parameter.help_text)} if parameter.help_text else {})


def _as_30(schema: dict) -> dict:
    """A schema of OpenAPI 3.1 in the words of 3.0, which knows no constants."""
    told = {name: value for name, value in schema.items() if name != "const"}
    if "const" in schema:
        told |= {"type": "string", "enum": [schema["const"]]}
    if "anyOf" in schema:
        told["anyOf"] = [_as_30(each) for each in schema["anyOf"]]
    return told


def _feature(collection: Collection) -> dict:
    properties = {name: each.schema for name, each in collection.properties.items()}
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer" if collection.key == "id" else "string"},
            "geometry": {
                "title": "Point",
                "type": "object",
                "nullable": True,
                "required": ["type", "coordinates"],
                "properties": {
                    "type": {"type": "string", "enum": ["Point"]},
                    "coordinates": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
                },
            },
            "properties": {"type": "object", "required": [*properties], "properties": properties},
        },
    }


def _schemas() -> dict:
    text, links = {"type": "string"}, {"type": "array", "items": _ref("schemas", "Link")}
    described = {"id": text, "title": text, "description": text, "itemType": text, "links": links}
    described |= {"crs": {"type": "array", "items": text}, "extent": {"type": "object"}}
    told = {
        "Problem": PROBLEM,
        "Link": _object(dict.fromkeys(("href", "rel", "type", "title", "hreflang"), text), "href", "rel"),
        "Landing": _object({"title": text, "description": text, "links": links}, "links"),
        "Conformance": _object({"conformsTo": {"type": "array", "items": text}}, "conformsTo"),
        "Collection": _object(described, "id", "links"),
        "Collections": _object(
            {"links": links, "collections": {"type": "array", "items": _ref("schemas", "Collection")}},
            "links",
            "collections",
        ),
    }
    for name, collection in COLLECTIONS.items():
        feature, whole = _feature(collection), {"type": "integer", "minimum": 0}
        told[f"{name}Feature"] = feature
        page = {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": _ref("schemas", f"{name}Feature")},
            "links": links,
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": whole,
            "numberReturned": whole,
        }
        told[f"{name}Features"] = _object(page, "type", "features")
    return told


def _object(properties: dict, *required: str) -> dict:
    return {"type": "object", "required": [*required], "properties": properties}
