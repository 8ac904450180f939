"""Parks as GeoJSON (RFC 7946), for maps."""

import json

from core.rest.renderers import StreamRenderer, TextRenderer


class FeaturesRenderer(StreamRenderer):
    """A list of parks as a collection of features; one park as a feature.

    The point is the park's own place in degrees of WGS 84, or null. All else that is told of the park are properties.
    """

    media_type = "application/geo+json"
    format = "geojson"
    # Always UTF-8, without saying so (RFC 7946, section 12).
    charset = None
    disposition = "inline"
    schema = {
        "type": "object",
        "description": "GeoJSON (RFC 7946): of a list a FeatureCollection, of one park a Feature.",
    }
    needs = frozenset({"slug", "latitude", "longitude"})

    def stream(self, records, serializer, view):
        yield b'{"type":"FeatureCollection","features":['
        before = b"\n"
        for record in records:
            yield before + _feature(record, view)
            before = b",\n"
        yield b"\n]}\n"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        view = renderer_context["view"]
        return _feature(data, view) if view.action == "retrieve" else super().render(data)


def _feature(record: dict | bytes, view) -> bytes:
    record = json.loads(record) if isinstance(record, bytes) else dict(record)
    latitude, longitude = record.pop("latitude"), record.pop("longitude")
    # Put together by hand, for JSON written by Python would round the numbers.
    point = "null" if latitude is None else f'{{"type":"Point","coordinates":[{longitude},{latitude}]}}'
    slug = record["slug"] if view.tells("slug") else record.pop("slug")
    properties = TextRenderer().render(record).decode()
    return f'{{"type":"Feature","id":"{slug}","geometry":{point},"properties":{properties}}}'.encode()
