"""What looks after the registry asks: whether the process lives, whether it can serve, and what it has counted."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.crypto import constant_time_compare
from prometheus_client.exposition import choose_encoder

from config.gauges import metrics
from config.readiness import OK, lately
from core.replicas import lags


class ProbesMiddleware:
    """Answers at these addresses before anything else: under any host, over HTTP too, to anybody who may ask, as often
    as they like, and without a line in the log. A load balancer asks by address, and knows no names.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        probe = PROBES.get(request.path_info)
        if probe is None or (probe is told and not settings.METRICS_TOKEN):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = probe(request)
        response["Cache-Control"] = "no-store"
        # Django writes a line for each answer from 400 on: what is wrong here is told once (`config.readiness`)
        response._has_been_logged = True
        return response


def alive(request) -> HttpResponse:
    """That the process answers, and nothing else: no database is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request) -> HttpResponse:
    """Whether requests can be answered here; 503 says why not."""
    found = lately()
    told = found.told()
    # Without one of them, the others and the primary are read from.
    if replicas := {each.alias: OK if each.is_well else "It is not read from." for each in lags()}:
        told["replicas"] = replicas
    return JsonResponse(told, status=200 if found.is_ready else 503, json_dumps_params={"ensure_ascii": False})


def told(request) -> HttpResponse:
    """The metrics of all processes of this machine, for who has METRICS_TOKEN."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        return HttpResponse("Send METRICS_TOKEN as a bearer token.\n", "text/plain", 401, headers=CHALLENGE)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(metrics()), content_type=content_type)


CHALLENGE = {"WWW-Authenticate": "Bearer"}
PROBES = {"/healthz": alive, "/readyz": ready, "/metrics": told}
