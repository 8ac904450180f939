"""Each query timed: counted for the request that asks, and told in the log where it is slow."""

import logging
import re
import sys
import threading
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest

from core.watch.metrics import SLOW_QUERIES

logger = logging.getLogger("registry.query")
LONGEST_TOLD = 2000
# '...' as SQL writes text; our own queries have values as parameters, those of a shell perhaps not.
LITERAL = re.compile(r"'(?:[^']|'')*'")


class Tally(threading.local):
    """The request that this thread is at, and what it has asked the database so far."""

    request: HttpRequest | None = None
    queries = 0
    seconds = 0.0

    def begin(self, request: HttpRequest | None) -> None:
        self.request, self.queries, self.seconds = request, 0, 0.0


TALLY = Tally()


def time_queries(connection, **_) -> None:
    """Have every query of a connection timed; takes what Django's signal `connection_created` says."""
    # Said again each time that it connects anew. The first place: who adds one for a while takes the last away.
    # A project that has but the tables of the registry, as the bench's peer, has no such setting.
    if hasattr(settings, "SLOW_QUERY") and _timed not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _timed)


def _timed(execute, sql, params, many, context):
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = perf_counter() - started
        tally = TALLY
        tally.queries += 1
        tally.seconds += seconds
        if seconds >= settings.SLOW_QUERY.total_seconds() > 0:
            _tell_slow(sql, seconds, context["connection"].alias)


def _tell_slow(sql, seconds: float, database: str) -> None:
    SLOW_QUERIES.inc()
    told = {"route": asker(), "database": database, "ms": round(seconds * 1000, 1), "sql": _without_values(sql)}
    logger.warning({"message": "slow query"} | told)


def _without_values(sql) -> str:
    """The statement in one line and of bounded length, without what it was asked with: that may be personal."""
    return LITERAL.sub("'...'", " ".join(str(sql).split()))[:LONGEST_TOLD]


def asker() -> str:
    """What this thread is at: the name of a route, or the command of manage.py."""
    if TALLY.request is not None:
        return route_of(TALLY.request)
    return " ".join(["manage.py", *sys.argv[1:2]]) if sys.argv[0].endswith("manage.py") else sys.argv[0][-40:]


def route_of(request: HttpRequest) -> str:
    """The name of the route that answers, such as `park-detail`; of the many addresses of nothing, one word."""
    match = request.resolver_match
    if match is not None:
        return match.view_name
    if request.path_info.startswith(settings.STATIC_URL):
        return "static"
    # of what was kept, the answer says by which route it was made
    return getattr(request, "kept_route", "none")
