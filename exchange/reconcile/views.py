"""The Reconciliation Service API 0.2 of the W3C Entity Reconciliation Community Group, over HTTP.

Reading needs no login, and a POST here is a read: it asks what is too long for an address. No JSONP, which 0.2 leaves
to services (4.3): it would let other sites run our answers as code. Parameters that are not known are left alone, since
clients send their own.
"""

import base64
import hashlib

from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import MethodNotAllowed, ParseError, Throttled, ValidationError

from core.rest.errors import answer_error
from core.rest.throttling import PerMinute
from exchange.reconcile import asking, extending, matching, suggesting
from exchange.reconcile.kinds import KINDS, entities_by_id
from exchange.reconcile.preview import facts_of

PREVIEW_SIZE = (430, 300)


@method_decorator(csrf_exempt, name="dispatch")
class Service(View):
    """A view of the service: limited like the API, its errors told as problem documents."""

    # It writes nothing, whatever the method: no transaction is begun for it (see `core.history`).
    only_reads = True

    def dispatch(self, request, *args, **kwargs):
        throttle = PerMinute()
        try:
            if not throttle.allow_stranger(request):
                raise Throttled(throttle.wait())
            response = super().dispatch(request, *args, **kwargs)
        except Exception as error:
            if (response := answer_error(error, {})) is None:
                raise
        for name, value in throttle.headers().items():
            response.headers[name] = value
        return response

    def http_method_not_allowed(self, request, *args, **kwargs):
        raise MethodNotAllowed(request.method)

    def parameter(self, name: str, default: str = "") -> str:
        """A parameter of the query string. Raises ValidationError where no record can hold what it says."""
        value = self.request.GET.get(name, default)
        if "\0" in value or len(value) > asking.LONGEST:
            raise ValidationError({name: [_("Write a text of at most %d characters.") % asking.LONGEST]})
        return value.strip()

    def kinds(self):
        """The kinds of the parameter `type`, or all."""
        asked = [each for each in self.parameter("type").split(",") if each]
        for each in asked:
            if each not in KINDS:
                raise ValidationError({"type": [asking.no_such_type(each)]})
        return [KINDS[each] for each in asked] or list(KINDS.values())

    def number(self, name: str, least: int, default: int) -> int:
        return asking.as_number(self.parameter(name, str(default)), name, least)


class ReconcileView(Service):
    """The manifest; with `queries`, candidates; with `extend`, values."""

    def get(self, request):
        return self.answer(request.GET)

    def post(self, request):
        return self.answer(request.POST)

    def answer(self, asked):
        if "queries" in asked:
            return told(matching.reconcile(asking.read_queries(asked["queries"])))
        if "extend" in asked:
            return told(extending.extend(*asking.read_extension(asked["extend"])))
        if self.request.method == "POST":
            raise ParseError(_("Send a form with queries, or with extend: each is JSON in a field of that name."))
        return told(manifest(self.request))


class SuggestEntityView(Service):
    def get(self, request):
        prefix, cursor = self.parameter("prefix"), self.number("cursor", 0, 0)
        return told({"result": suggesting.suggest_entities(prefix, self.kinds(), cursor) if prefix else []})


class SuggestTypeView(Service):
    def get(self, request):
        return told({"result": suggesting.suggest_types(self.parameter("prefix"), self.number("cursor", 0, 0))})


class SuggestPropertyView(Service):
    def get(self, request):
        prefix, cursor = self.parameter("prefix"), self.number("cursor", 0, 0)
        return told({"result": suggesting.suggest_properties(prefix, self.kinds(), cursor)})


class ProposeView(Service):
    """The properties that can be had of a type."""

    def get(self, request):
        properties = suggesting.properties_of(self.kinds())
        limit = self.number("limit", 1, len(properties))
        answer = {"properties": properties[:limit], "limit": limit}
        return told(answer | {"type": asked} if (asked := self.parameter("type")) else answer)


class ViewView(Service):
    """The way to the record itself."""

    def get(self, request, id):
        entity = entity_of(id)
        return HttpResponseRedirect(reverse(f"{entity.kind.route}-detail", args=[entity.key]))


class FlyoutView(Service):
    def get(self, request, id):
        return told({"id": id, "html": render_to_string("reconcile/entity.html", described(request, id))})


class PreviewView(Service):
    """A small page on a record, made to stand in a frame of another site."""

    @method_decorator(xframe_options_exempt)
    def get(self, request, id):
        page = render(request, "reconcile/preview.html", {"style": STYLE, **described(request, id)})
        page.headers["Content-Security-Policy"] = PREVIEW_POLICY
        return page


STYLE = """
body { margin: 0; padding: 0.75rem; font: 14px/1.4 system-ui, sans-serif; color: #17323b; background: #fff; }
h1 { margin: 0; font-size: 1.05rem; }
p { margin: 0.15rem 0 0.5rem; color: #55666c; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 0.75rem; margin: 0 0 0.5rem; }
dt { color: #55666c; }
dd { margin: 0; overflow-wrap: anywhere; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PREVIEW_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"


def told(value) -> JsonResponse:
    return JsonResponse(value, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


def entity_of(id):
    """The record of this id. Raises Http404."""
    if entity := entities_by_id([id]).get(id):
        return entity
    raise Http404(_("There is no record %s.") % id[:80])


def described(request, id) -> dict:
    """What the templates tell of a record."""
    entity = entity_of(id)
    address = request.build_absolute_uri(reverse(f"{entity.kind.route}-detail", args=[entity.key]))
    return {"entity": entity, "facts": facts_of(entity), "address": address}


def manifest(request) -> dict:
    """The manifest (4.1), with addresses under the host that was asked."""
    own = request.build_absolute_uri(reverse("reconcile:service"))
    width, height = PREVIEW_SIZE

    def suggest(name, **more):
        return {"service_url": own.rstrip("/"), "service_path": f"/suggest/{name}/", **more}

    return {
        "versions": ["0.2"],
        "name": str(_("Park registry")),
        "identifierSpace": f"{own}view/",
        "schemaSpace": request.build_absolute_uri(reverse("schema")),
        "documentation": request.build_absolute_uri(reverse("docs")),
        "defaultTypes": [kind.told() for kind in KINDS.values()],
        "view": {"url": f"{own}view/{{{{id}}}}/"},
        "preview": {"url": f"{own}preview/{{{{id}}}}/", "width": width, "height": height},
        "suggest": {
            "entity": suggest("entity", flyout_service_url=own.rstrip("/"), flyout_service_path="/flyout/${id}/"),
            "type": suggest("type"),
            "property": suggest("property"),
        },
        "extend": {
            "propose_properties": {"service_url": own.rstrip("/"), "service_path": "/properties/"},
            "property_settings": [
                {
                    "name": "limit",
                    "label": str(_("Limit")),
                    "type": "number",
                    "default": 0,
                    "help_text": str(_("How many values a cell can have; 0 for all.")),
                },
                {
                    "name": "lang",
                    "label": str(_("Language")),
                    "type": "select",
                    "default": "",
                    "help_text": str(_("Of the names of divisions, parks and agreements.")),
                    "choices": [
                        {"value": "", "name": str(_("the reader's"))},
                        {"value": "en", "name": "English"},
                        {"value": "zh", "name": "中文"},
                    ],
                },
            ],
        },
        "batchSize": asking.BATCH,
    }
