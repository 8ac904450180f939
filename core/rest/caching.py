"""Answers and pages kept in memory: asked the same of the same registry, a process gives the very same bytes again.

An answer is kept under the revision of the registry that it tells of (see `core.revision`), so a newer one never finds
it, whatever has written. All else that an answer depends on is in the key too, or it is not kept at all.
"""

from collections.abc import Hashable
from typing import NamedTuple

from django.conf import settings
from django.db import Error, connection
from django.http import HttpResponse
from django.middleware.gzip import re_accepts_gzip
from django.utils import timezone
from django.utils.translation import get_language_from_request

from core.recent import Recent
from core.rest.conditional import is_known, not_modified
from core.rest.throttling import PerMinute
from core.revision import current_revision, settling_of
from core.watch.metrics import KEPT_BYTES
from core.watch.queries import route_of

# Of all the room, what one answer may take at most.
LARGEST = 1 / 16
# What a question may be long: no stranger shall fill the room with keys.
LONGEST_ASKED = 4000
# What Python takes for an answer beside its text, in bytes, at most.
OVERHEAD = 4096
# Told anew with each answer.
PER_ANSWER = {"ratelimit", "ratelimit-policy"}


class Answer(NamedTuple):
    body: bytes
    headers: dict[str, str]
    # by name, for the log and the metrics: to look for it again takes as long as the answer
    route: str = "none"


class Answers(Recent):
    """The answers that were last asked for, in at most `settings.API_CACHE_BYTES`, by the state of the registry that
    they tell of and the texts of what was asked.
    """

    def __init__(self):
        super().__init__()
        # What each server was last seen to tell: a replica may be a moment behind.
        self._states: dict[str, Hashable] = {}

    def see(self, server: str, state: Hashable):
        """`server` tells this state: what tells of one that none has any more goes, since nobody would find it."""
        if self._states.get(server) == state:
            return
        with self._lock:
            self._states[server] = state
            for key in [key for key in self._kept if key[0] not in self._states.values()]:
                self._drop(key)
            KEPT_BYTES.set(self.taken)

    def put(self, key: tuple, answer: Answer):
        state, *asked = key
        texts = [*asked, *answer.headers, *answer.headers.values()]
        size, room = len(answer.body) + sum(map(len, texts)) + OVERHEAD, settings.API_CACHE_BYTES
        with self._lock:
            # Else there was an edit while it was worked out.
            if state in self._states.values() and size <= room * LARGEST:
                self.remember(key, answer, size, room)
                KEPT_BYTES.set(self.taken)

    def clear(self):
        with self._lock:
            super().clear()
            self._states.clear()


ANSWERS = Answers()


def is_anonymous(request) -> bool:
    """Whether nobody in particular asks: without a token, and without a session."""
    return "HTTP_AUTHORIZATION" not in request.META and settings.SESSION_COOKIE_NAME not in request.COOKIES


class CacheMiddleware:
    """Gives strangers the answers of the API and the pages that are kept, and keeps those that a view says may be
    (`response.kept`).

    Stands before all that looks at who asks, in which language and for which view: a kept answer needs none of it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self._answer(request)
        if response.status_code == 304:
            # CommonMiddleware counts what is left out as no bytes (RFC 9110, 8.6).
            del response["Content-Length"]
        return response

    def _answer(self, request):
        if not _can_be_kept(request):
            return self.get_response(request)
        # The query below shows it as well, where the connection is gone; to ask before would cost as much again.
        connection.health_check_done = True
        try:
            revision = current_revision()
            state = revision, timezone.localdate()
            ANSWERS.see(connection.alias, state)
            key = (state, *_asked(request))
            answer, throttle = ANSWERS.get(key), None if _is_page(request) else PerMinute()
            request.kept_answer = "hit" if answer else "miss"
            if answer and (throttle is None or throttle.allow_stranger(request)):
                request.kept_route = answer.route
                response = HttpResponse(answer.body, headers=answer.headers | (throttle.headers() if throttle else {}))
                response.shared = True
                return _left_out_if_known(request, response)
            # Else the revision would not tell when such an edit is committed; and the answer may tell that it is open.
            is_settled, newest = settling_of(revision)
            is_kept = answer is None and is_settled
            request.revision, request.settled_until = (revision, newest) if is_settled else (None, None)
        except Error:
            # The view connects anew, or says what is wrong in the reader's language.
            connection.health_check_done = False
            return self.get_response(request)
        # So that there is something to keep also where this one reader knows the answer.
        request.is_told_whole = True
        response = self.get_response(request)
        if response.status_code != 200 or response.streaming:
            return response
        if is_kept and getattr(response, "kept", False) and not response.cookies:
            headers = {name: value for name, value in response.items() if name.lower() not in PER_ANSWER}
            ANSWERS.put(key, Answer(response.content, headers, route_of(request)))
        return _left_out_if_known(request, response)


def _is_page(request) -> bool:
    """Whether it asks for one of the public pages, which say their language in their address and are not counted."""
    return request.path_info.startswith(settings.PAGE_PATHS)


def _can_be_kept(request) -> bool:
    if not settings.API_CACHE_BYTES or request.method != "GET":
        return False
    # Templates that are worked on change while the registry does not.
    if not (request.path_info.startswith("/api/v1/") or (_is_page(request) and not settings.DEBUG)):
        return False
    if not is_anonymous(request) or sum(map(len, _asked(request))) > LONGEST_ASKED:
        return False
    # What a transaction under way has written has no revision yet.
    return not connection.in_atomic_block


def _asked(request) -> tuple[str, ...]:
    """All of a stranger's request that an answer may depend on.

    The host as it came: under one that is not ours, nothing is kept. So with what is accepted, and the query; that but
    for its order, which no answer of the API tells. The language is chosen as `LocaleMiddleware` will.
    """
    meta = request.META
    host, query = meta.get("HTTP_HOST") or f"{meta['SERVER_NAME']}:{meta['SERVER_PORT']}", meta.get("QUERY_STRING", "")
    if _is_page(request):
        # Of one form, that is shortened for who takes it so.
        gzip = "gzip" if re_accepts_gzip.search(meta.get("HTTP_ACCEPT_ENCODING", "")) else ""
        return request.scheme, host, request.path, query, gzip
    return (
        request.scheme,
        host,
        request.path,
        "&".join(sorted(query.split("&"))),
        meta.get("HTTP_ACCEPT", ""),
        get_language_from_request(request),
    )


def _left_out_if_known(request, response):
    known = "HTTP_IF_NONE_MATCH" in request.META and "ETag" in response and is_known(request, response["ETag"])
    return not_modified(response) if known else response
