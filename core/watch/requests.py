"""Each request has a number, one line in the log, and is counted."""

import logging
import os
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from ipaddress import ip_network
from time import perf_counter, time
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django_guid.context import guid
from rest_framework.throttling import BaseThrottle

from core.watch.lines import json_line
from core.watch.metrics import QUERIES, QUERY_SECONDS, REQUESTS
from core.watch.queries import TALLY, route_of

logger = logging.getLogger("registry.request")
HEADER = "X-Request-ID"
STDERR = 2
# What a proxy may send: a UUID, with its dashes or without, as nginx writes its $request_id.
WELL_FORMED = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}", re.ASCII)
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


class WatchMiddleware:
    """Stands around all others but the probes: what it tells holds for whatever answers, kept answers too."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        started = perf_counter()
        number = _given(request) or uuid4().hex
        guid.set(number)
        TALLY.begin(request)
        try:
            response = self.get_response(request)
        except BaseException:
            # Not even the page that says so could be made: what runs us logs it, still under this number.
            _tell(request, 500, 0, started)
            raise
        response[HEADER] = number
        if response.streaming and "Content-Length" not in response:
            response.streaming_content = Sent(response.streaming_content, request, response, started)
        else:
            size = response.get("Content-Length") if response.streaming else len(response.content)
            _tell(request, response.status_code, int(size), started)
            guid.set(None)
        return response


class Sent:
    """The parts of an answer while they are sent; told when the last has gone, or the reader."""

    def __init__(self, parts: Iterator[bytes], request, response, started: float):
        self.parts, self.size, self.is_told = iter(parts), 0, False
        self.request, self.status, self.started = request, response.status_code, started

    def __iter__(self):
        return self

    def __next__(self) -> bytes:
        part = next(self.parts)
        self.size += len(part)
        return part

    def close(self) -> None:
        if not self.is_told:
            self.is_told = True
            _tell(self.request, self.status, self.size, self.started)


def request_number() -> str | None:
    """The number of the request under way, or of the command; none between them."""
    return guid.get()


def _given(request) -> str | None:
    """The number that a proxy of the operator's own gave; of nobody else, who could make two requests look like one."""
    number = request.META.get("HTTP_X_REQUEST_ID") if settings.PROXIES else None
    return number if number and WELL_FORMED.fullmatch(number) else None


def _tell(request: HttpRequest, status: int, size: int, started: float) -> None:
    seconds, tally = perf_counter() - started, TALLY
    method = request.method if request.method in METHODS else "OTHER"
    route, kept = route_of(request), getattr(request, "kept_answer", None)
    observe, count_queries, count_seconds = _counters(method, route, status, kept)
    observe(seconds)
    if tally.queries:
        count_queries(tally.queries)
        count_seconds(tally.seconds)
    if logger.isEnabledFor(logging.INFO):
        meta = request.META
        told = {
            "message": "request",
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "bytes": size,
            "queries": tally.queries,
            "query_ms": round(tally.seconds * 1000, 2),
            "kept": kept,
            "person": _person(request),
            "network": _network(meta.get("REMOTE_ADDR"), meta.get("HTTP_X_FORWARDED_FOR")),
        }
        if settings.LOG_FORMAT == "json":
            # The same line as by the logger, which takes as long for it as all else here together.
            os.write(STDERR, f"{json_line('INFO', logger.name, time(), told)}\n".encode())
        else:
            logger.info(told)
    # Between requests, nobody asks.
    tally.begin(None)


@cache
def _counters(method: str, route: str, status: int, kept: str | None) -> tuple[Callable[[float], None], ...]:
    """What counts such requests, their queries and the time of these. Of each there are few."""
    requests = REQUESTS.labels(method, route, status, kept or "")
    return requests.observe, QUERIES.labels(route).inc, QUERY_SECONDS.labels(route).inc


def _person(request) -> int | None:
    """Who asked, by number; of nobody who was not looked up anyway: a log is not worth a query."""
    person = request.__dict__.get("user")
    if isinstance(person, SimpleLazyObject):
        person = getattr(request, "_cached_user", None)
    return getattr(person, "pk", None)


@lru_cache(1024)
def _network(address: str | None, forwarded: str | None) -> str | None:
    """The network that a client is in, of its address and what proxies say: enough to see where a flood comes from,
    and nobody's address.
    """
    asked = HttpRequest()
    asked.META = {"REMOTE_ADDR": address} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})
    client = BaseThrottle().get_ident(asked) or ""
    try:
        return str(ip_network((client, 48 if ":" in client else 24), strict=False))
    except ValueError:
        return None
