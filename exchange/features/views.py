"""OGC API - Features Part 1: Core (OGC 17-069r4): the resources of section 7, each as JSON and as a page."""

import json
import re

from django.http import Http404, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import resolve
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.rest.conditional import etag_of
from core.rest.errors import answer_error, hint, problem, problem_response
from core.rest.pagination import Pages
from core.rest.parameters import Text
from core.rest.views import KNOWN, LANG, PAGES_ELSEWHERE, ApiView
from exchange.features import openapi
from exchange.features.collections import Collection
from exchange.features.kinds import COLLECTIONS
from exchange.features.links import (
    CHOSEN,
    GEOJSON,
    HTML,
    JSON,
    JSON_SCHEMA,
    OPENAPI,
    address,
    header,
    itself,
    link,
    this,
)
from exchange.features.parameters import BBOX, CRS84, DATETIME, DEFAULT_LIMIT, FORMAT, PAGE, Crs
from exchange.features.renderers import (
    FeaturesDescription,
    FeaturesNegotiation,
    GeoJSONRenderer,
    OpenAPIRenderer,
    PageRenderer,
    SchemaRenderer,
)

CONFORMANCE = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in openapi.CLASSES]
COMMON = {"f": FORMAT, "lang": LANG}
# What the page of the features lets people ask.
FORM = ("bbox", "datetime", "limit")


class FeaturesView(ApiView):
    """A resource of the features API. `template` is its page."""

    schema = None
    kept = False
    parameters = COMMON
    renderer_classes = [JSONRenderer, PageRenderer]
    content_negotiation_class = FeaturesNegotiation
    metadata_class = FeaturesDescription
    template: str

    def get_renderers(self):
        return [renderer() for renderer in self.renderer_classes]

    @property
    def is_page(self) -> bool:
        return isinstance(self.request.accepted_renderer, PageRenderer)

    def here(self, told) -> dict:
        """What the page shows beside what JSON tells."""
        return {}

    def hints(self):
        return {"format": _("The format is chosen by f: f=json or f=html.")}

    def answer(self, told: dict, links: list[dict] | None = None) -> Response:
        links = self.itself() if links is None else links
        response = Response(told)
        response["Link"] = header(links)
        return response

    def itself(self) -> list[dict]:
        return itself(self.request, self.renderer_classes[0].media_type, as_page=self.is_page)

    def get_exception_handler(self):
        return self._answer_error

    def _answer_error(self, error, context):
        """A problem document; a page for who reads pages."""
        response = answer_error(error, context)
        request = context["request"]
        if response is None or not isinstance(getattr(request, "accepted_renderer", None), PageRenderer):
            return response
        headers = {name: value for name, value in response.items() if name != "Content-Type"}
        return Response(json.loads(response.content), status=response.status_code, headers=headers)


class LandingView(FeaturesView):
    """What there is, and where (7.2)."""

    template = "features/landing.html"

    def get(self, request):
        own = [
            *self.itself(),
            link("service-desc", OPENAPI, address(request, "api", f="json")),
            link("service-doc", HTML, address(request, "api", f="html")),
            link("conformance", JSON, address(request, "conformance")),
            link("data", JSON, address(request, "collections")),
        ]
        return self.answer({"title": str(openapi.TITLE), "description": str(openapi.DESCRIPTION), "links": own}, own)

    def here(self, told):
        return {"collections": [described(self.request, each) for each in COLLECTIONS.values()]}


class ConformanceView(FeaturesView):
    """Which classes of the standard are implemented (7.4)."""

    template = "features/conformance.html"

    def get(self, request):
        own = self.itself()
        return self.answer({"conformsTo": CONFORMANCE, "links": own}, own)


class ApiDescriptionView(FeaturesView):
    """The API as OpenAPI 3.0 describes it (7.3)."""

    renderer_classes = [OpenAPIRenderer, JSONRenderer, PageRenderer]
    template = "features/api.html"

    def get(self, request):
        items = {name: ItemsView.parameters_of(each) for name, each in COLLECTIONS.items()}
        root = reverse("features:landing", request=request).removesuffix("/")
        return self.answer(openapi.document(root, COMMON, items))

    def here(self, told):
        return {"operations": openapi.operations(told), "as_json": this(self.request, f="json")}


class CollectionsView(FeaturesView):
    """All collections (7.13)."""

    template = "features/collections.html"

    def get(self, request):
        own = self.itself()
        told = [described(request, each) for each in COLLECTIONS.values()]
        return self.answer({"links": own, "collections": told}, own)


class OfCollection(FeaturesView):
    """A resource of one collection."""

    @cached_property
    def collection(self) -> Collection:
        name = self.kwargs["collection"]
        if name not in COLLECTIONS:
            told = _("There is no collection “%(name)s”. There are: %(names)s.")
            raise Http404(told % {"name": name[:60], "names": ", ".join(COLLECTIONS)} + hint(name, COLLECTIONS))
        return COLLECTIONS[name]

    def here(self, told):
        return {
            "title": self.collection.title,
            "properties": {name: each.schema for name, each in self.collection.properties.items()},
        }


class CollectionView(OfCollection):
    """One collection (7.14)."""

    template = "features/collection.html"

    def get(self, request, collection):
        told = described(request, self.collection)
        own = [*self.itself(), *(each for each in told["links"] if each["rel"] != "self")]
        return self.answer({**told, "links": own}, own)


class SchemaView(OfCollection):
    """What a feature of a collection is, as JSON Schema: so a client knows the type of a column that is all null."""

    renderer_classes = [SchemaRenderer, JSONRenderer, PageRenderer]
    template = "features/schema.html"

    def get(self, request, collection):
        return self.answer(openapi.schema_of(self.collection, request.build_absolute_uri(request.path)))

    def here(self, told):
        return {**super().here(told), "links": described(self.request, self.collection)["links"]}


class FeaturePages(Pages):
    """Pages that a client chooses the size of up to a maximum, and asks for more at no harm."""

    def get_limit(self, request):
        return self.view.asked.get("limit", DEFAULT_LIMIT)


class ItemsView(OfCollection):
    """The features of a collection, page by page (7.15)."""

    renderer_classes = [GeoJSONRenderer, JSONRenderer, PageRenderer]
    template = "features/items.html"
    looks_back = True

    def dispatch(self, request, *args, **kwargs):
        """Fields of the page's form that were left empty ask for nothing: led to the address without them."""
        query = request.GET.copy()
        for name in FORM:
            if query.get(name) == "":
                del query[name]
        of_page = request.GET.get("f") == "html" or request.get_preferred_type([JSON, HTML]) == HTML
        if len(query) < len(request.GET) and of_page and request.method == "GET":
            return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
        return super().dispatch(request, *args, **kwargs)

    @classmethod
    def parameters_of(cls, collection: Collection) -> dict[str, Text]:
        crs = Crs()
        own = {"bbox": BBOX, "datetime": DATETIME, **PAGE, "crs": crs, "bbox-crs": crs}
        return {**COMMON, "known": KNOWN, **collection.filters(), **own}

    def known_parameters(self):
        return self.parameters_of(self.collection) if self.request.method in ("GET", "HEAD") else {}

    def hints(self):
        paged = _("Pages are asked for by limit, and each leads to the next.")
        return {**super().hints(), **dict.fromkeys(PAGES_ELSEWHERE, paged)}

    def get(self, request, collection):
        pages = FeaturePages()
        records = pages.paginate_queryset(self.collection.asked(self.asked), request, self)
        features = self.collection.features(records, reverse("park-list", request=request))
        around = {"next": pages.get_next_link(), "prev": pages.get_previous_link()}
        media_type = HTML if self.is_page else GEOJSON
        own = [
            *self.itself(),
            *(link(rel, media_type, href) for rel, href in around.items() if href),
            link("collection", JSON, address(request, "collection", collection)),
        ]
        self.stamp = f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        told = {
            "type": "FeatureCollection",
            "features": features,
            "links": own,
            "timeStamp": self.stamp,
            "numberMatched": pages.count,
            "numberReturned": len(features),
        }
        return self.answer(told, own)

    def etag(self, response):
        # Of all but the moment of the answer: weak, since not every byte is the same.
        return "W/" + etag_of(response.content.replace(self.stamp.encode(), b""))

    def here(self, told):
        asked = self.request.query_params
        return {
            **super().here(told),
            "columns": [self.collection.properties[name].title for name in self.collection.columns],
            "rows": [self._row(feature) for feature in told["features"]],
            "kept": [(name, value) for name, value in asked.items() if name not in (*FORM, "offset", "after")],
            "form": [
                ("bbox", _("West, south, east and north in degrees"), asked.get("bbox", ""), "119.9,31.8,120.6,32.2"),
                ("datetime", _("At some time of"), asked.get("datetime", ""), "2003-08-29"),
                ("limit", _("Features on a page"), self.asked.get("limit", DEFAULT_LIMIT), ""),
            ],
        }

    def _row(self, feature) -> dict:
        told, name = feature["properties"], self.collection.name
        return {
            "name": in_words(told, "name"),
            "address": address(self.request, "item", name, feature["id"], keep=(*CHOSEN, "known")),
            "values": [
                self.collection.properties[column].shown(in_words(told, column)) for column in self.collection.columns
            ],
        }


class ItemView(OfCollection):
    """One feature (7.16)."""

    renderer_classes = ItemsView.renderer_classes
    template = "features/item.html"
    looks_back = True

    def get(self, request, collection, feature):
        [found] = self.collection.features([self._find(feature)], reverse("park-list", request=request))
        own = [*self.itself(), link("collection", JSON, address(request, "collection", collection))]
        return self.answer({**found, "links": own}, own)

    def here(self, told):
        properties, values = self.collection.properties, told["properties"]
        return {
            **super().here(told),
            "name": in_words(values, "name"),
            "rows": [(properties[name].title, properties[name].shown(value)) for name, value in values.items()],
        }

    def _find(self, feature: str):
        model = self.collection.model
        # A number that the database could not hold is none.
        is_key = self.collection.key != "id" or re.fullmatch("[1-9][0-9]{0,17}", feature)
        record = self.collection.records().filter(**{self.collection.key: feature}).first() if is_key else None
        if record is None:
            raise Http404(
                _("There is no %(kind)s “%(key)s”.") % {"kind": model._meta.verbose_name, "key": feature[:60]}
            )
        return record


def in_words(properties: dict, name: str):
    """A property; where it is told by name, the one in the reader's language, or the one there is."""
    first, other = ("zh", "en") if get_language() == "zh-hans" else ("en", "zh")
    if f"{name}_{first}" not in properties:
        return properties[name]
    return properties[f"{name}_{first}"] or properties[f"{name}_{other}"]


def described(request, collection: Collection) -> dict:
    """A collection as it and the list of all tell it (7.13)."""
    schema = address(request, "schema", collection.name)
    return {
        "id": collection.name,
        "title": str(collection.title),
        "description": str(collection.description),
        "itemType": "feature",
        "crs": [CRS84],
        "extent": collection.extent(request),
        "links": [
            link("self", JSON, address(request, "collection", collection.name)),
            link("items", GEOJSON, address(request, "items", collection.name)),
            link("items", HTML, address(request, "items", collection.name, f="html")),
            link("describedby", JSON_SCHEMA, schema),
            # as GDAL before 3.7 writes it
            link("describedBy", JSON_SCHEMA, schema),
        ],
    }


@csrf_exempt
def nothing(request):
    """There is nothing at this address; where there is without its last slash, the way there."""
    bare = request.path_info.rstrip("/")
    if request.method in ("GET", "HEAD") and bare != request.path_info and resolve(bare).func is not nothing:
        address, query = request.path.rstrip("/"), request.META.get("QUERY_STRING")
        return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
    return problem_response(problem(404, _("There is nothing at this address. See what there is at /ogc/.")))
