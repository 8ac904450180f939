"""Sends requests that only read to a replica of the database, and once more to the primary where that fails."""

from contextlib import suppress

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DEFAULT_DB_ALIAS

from core import replicas
from core.rest.caching import is_anonymous

SAFE = ("GET", "HEAD", "OPTIONS")


def read_from_replicas(get_response):
    """Let each request that only reads do so from one server; see `core.replicas`."""

    def answer(request):
        # Where an answer was never closed, its server is still in place.
        replicas.leave()
        if not settings.REPLICAS or not _only_reads(request):
            return get_response(request)
        alias = replicas.choose(is_anonymous=is_anonymous(request))
        if alias == DEFAULT_DB_ALIAS:
            return get_response(request)
        if request.method == "POST":
            # It comes once, and may be needed twice.
            with suppress(RequestDataTooBig):
                _ = request.body
        asked = dict(vars(request))
        replicas.read(alias)
        try:
            response = get_response(request)
            if response.status_code < 500:
                if response.streaming:
                    # What is still to be read is read from the same.
                    response._resource_closers.append(replicas.leave)
                    alias = None
                return response
        finally:
            if alias is not None:
                replicas.leave()
        # It went away in the midst, or cannot do what is asked: the primary tells what is wrong, if anything is.
        response.close()
        replicas.forget(alias)
        vars(request).clear()
        vars(request).update(asked)
        return get_response(request)

    return answer


def _only_reads(request) -> bool:
    """Whether it asks for what is public and changes nothing. Reconciliation asks by POST too."""
    path = request.path_info
    if path.startswith("/reconcile"):
        return True
    return request.method in SAFE and path.startswith((*settings.SERVICE_PATHS, *settings.PAGE_PATHS))
