"""What is refused when more is asked than can be answered, so that the rest is answered soon (RFC 9110, 15.6.4).

Requests wait in the queues of nginx and gunicorn, which nobody sees; the proxy writes down when it got each. Who has
waited for long has perhaps gone already, and to answer would have all that come later wait as long.
"""

import random
import re
import time
from collections.abc import Callable
from functools import cache
from threading import Semaphore
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_from_path, get_language_from_request
from django.utils.translation import gettext as _
from rest_framework.authentication import get_authorization_header
from rest_framework.renderers import JSONRenderer

from core.rest.caching import is_anonymous
from core.rest.errors import problem, problem_response
from core.rest.renderers import LinesRenderer, TableRenderer, WorkbookRenderer
from core.watch.metrics import count_shed
from parks.geojson import FeaturesRenderer

# As nginx writes it, in seconds since 1970: "t=1763890000.123".
STARTED = re.compile(r"t=(\d{10}(?:\.\d{1,6})?)", re.ASCII)
# So many times as long wait those who edit or are somebody, and all that is not just read.
PATIENCE = 5
# In seconds: not all shall come again at once.
COME_AGAIN = (2, 8)
# What asks the whole registry: lists that are told whole, the registry as it once stood, the net of some places. And
# what waits for another server: the login with an office account.
DEAR = re.compile(r"^[^?]*\.(csv|ndjson|xlsx|geojson)/?\?|[?&]known=|^/[^/]+/network/\?.|^/admin/sso/")
# As which a list is told whole. Asked for at its own address too (see core.rest.policies.Negotiation).
WHOLE = [each.media_type for each in (TableRenderer, LinesRenderer, WorkbookRenderer, FeaturesRenderer)]
MAY_BE_WHOLE = re.compile(r"csv|ndjson|sheet|geo|/\*", re.IGNORECASE)


def shed(get_response):
    """Refuse what has waited for longer than `settings.SHED_AFTER`, and more than `settings.DEAR_AT_ONCE` dear requests
    of strangers at once in this process. Probes do not come here (see `config.probes`).
    """
    room = Semaphore(settings.DEAR_AT_ONCE) if settings.DEAR_AT_ONCE else None

    def answer(request):
        if _has_waited_too_long(request):
            count_shed("waited")
            return _busy(request)
        if room is None or not is_dear(request) or _is_looked_at(request):
            return get_response(request)
        if not room.acquire(blocking=False):
            count_shed("dear")
            return _busy(request)
        streamed = False
        try:
            response = get_response(request)
            if streamed := response.streaming:
                response.streaming_content = _Streamed(response.streaming_content, room.release)
            return response
        finally:
            if not streamed:
                room.release()

    return answer


def _has_waited_too_long(request) -> bool:
    # Only a proxy of ours tells the truth.
    if not settings.SHED_AFTER or not settings.PROXIES:
        return False
    started = STARTED.fullmatch(request.META.get("HTTP_X_REQUEST_START", ""))
    if started is None:
        return False
    is_reader = request.method in ("GET", "HEAD") and is_anonymous(request)
    return time.time() - float(started[1]) > settings.SHED_AFTER * (1 if is_reader else PATIENCE)


def is_dear(request) -> bool:
    if request.method not in ("GET", "HEAD"):
        return False
    query = request.META.get("QUERY_STRING", "")
    # "%6bnown=" asks the same.
    if DEAR.search(f"{request.path_info}?{unquote(query) if '%' in query else query}"):
        return True
    accepted = request.META.get("HTTP_ACCEPT", "*/*")
    # What most send is not worth being taken apart: that takes a tenth of what a kept answer does.
    if not request.path_info.startswith("/api/v1/") or accepted == "*/*" or not MAY_BE_WHOLE.search(accepted):
        return False
    return request.get_preferred_type([JSONRenderer.media_type, *WHOLE]) in WHOLE


def shows_token(request) -> bool:
    """Whether a token comes with it where there are tokens. One that does not hold is refused before anything dear."""
    # as knox reads it: whatever else stands there is passed over
    scheme = get_authorization_header(request).split()[:1]
    return request.path_info.startswith(settings.SERVICE_PATHS) and [each.lower() for each in scheme] == [b"token"]


def _is_looked_at(request) -> bool:
    """Whether it says who asks, and that is looked at before anything dear: elsewhere anybody may make it up."""
    path = request.path_info
    if path.startswith("/admin/") and not path.startswith("/admin/sso/"):
        return settings.SESSION_COOKIE_NAME in request.COOKIES
    return shows_token(request)


class _Streamed:
    """Parts of an answer, and what is done when the server has ended it, also where it has sent none."""

    def __init__(self, parts, ended):
        self.parts, self.ended = parts, ended

    def __iter__(self):
        return iter(self.parts)

    def close(self):
        self.ended()


def _busy(request):
    return refused(request, 503, random.randint(*COME_AGAIN), _told)  # nosec B311 # no secret


def refused(request, status: int, seconds: int, told: Callable[[str], tuple[str, bytes]]):
    """The refusal of a request that may come again in so many seconds; `told` gives the sentence and the page that say
    so in a language.
    """
    language = get_language_from_path(request.path_info) or get_language_from_request(request)
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    detail, page = told(language)
    if request.path_info.startswith(settings.SERVICE_PATHS):
        response = problem_response(problem(status, detail), headers)
    else:
        response = HttpResponse(page, status=status, headers=headers | {"Content-Language": language})
    # A line for each would be more of too much; the proxy's log has them.
    response._has_been_logged = True
    return response


@cache
def _told(language: str) -> tuple[str, bytes]:
    """Made once, since to refuse has to cost next to nothing."""
    with translation.override(language):
        detail = _("More is asked at this moment than can be answered. Try again in a few seconds.")
        return detail, render_to_string("plain.html", {"title": _("Busy"), "detail": detail}).encode()
