"""The formats: JSON of three media types, and pages that need no script."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language_info
from rest_framework.renderers import BaseRenderer, JSONRenderer

from core.rest.policies import Description, Negotiation
from exchange.features import links


class GeoJSONRenderer(JSONRenderer):
    media_type = links.GEOJSON


class OpenAPIRenderer(JSONRenderer):
    media_type = links.OPENAPI


class SchemaRenderer(JSONRenderer):
    media_type = links.JSON_SCHEMA


class PageRenderer(BaseRenderer):
    """The template of the view, which finds what JSON tells as `told`, and `here` for what only a page shows."""

    media_type = links.HTML
    format = "html"
    charset = "utf-8"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        view, request = renderer_context["view"], renderer_context["request"]
        failed = renderer_context["response"].status_code >= 400
        context = {
            "told": data,
            "here": {} if failed else view.here(data),
            "languages": [
                (get_language_info(code)["name_local"], code, links.this(request, lang=code))
                for code, _name in settings.LANGUAGES
            ],
            "home": links.address(request, "landing"),
        }
        return render_to_string("features/problem.html" if failed else view.template, context, request._request)


class FeaturesNegotiation(Negotiation):
    """The format that `f` asks for, else the one that the client likes best."""

    def select_renderer(self, request, renderers, format_suffix=None):
        wanted = "json" if request.method == "OPTIONS" else request.query_params.get("f")
        chosen = next((each for each in renderers if each.format == wanted), None)
        return (chosen, chosen.media_type) if chosen else super().select_renderer(request, renderers)


class FeaturesDescription(Description):
    """The answer to OPTIONS, which leads to the description of this API."""

    def determine_metadata(self, request, view):
        return {**super().determine_metadata(request, view), "schema": links.address(request, "api")}
