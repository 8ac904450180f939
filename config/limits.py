"""How many pages, and how many dear answers, one address may ask for in a minute. The API counts the rest by itself.

Whoever only shows a cookie or a token that nobody has looked at yet is counted like a stranger.
"""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_language_from_path, get_language_from_request
from django.utils.translation import gettext as _

from config.shedding import is_dear, shows_token
from core.rest.errors import problem, problem_response
from core.rest.throttling import asked_this_minute, client_address
from core.watch.metrics import count_throttled
from portal.views.refusals import refuse

# What programs that follow links read first, and seldom.
UNCOUNTED = ("/robots.txt", "/sitemap")


def limit(get_response):
    """Refuse public pages beyond `settings.PAGES_PER_MINUTE`, and what is dear beyond `settings.DEAR_PER_MINUTE`."""

    def answer(request):
        address = None
        for policy, most in _limits(request):
            address = address or client_address(request) or "unknown"
            asked, seconds = asked_this_minute(policy, address)
            if asked > most:
                count_throttled(policy)
                return _refused(request, policy, seconds)
        return get_response(request)

    return answer


def _limits(request):
    path = request.path_info
    is_page = not path.startswith(settings.NOT_PUBLIC)
    if is_page and not path.startswith(UNCOUNTED):
        yield "page", settings.PAGES_PER_MINUTE
    # A token counts by itself at the API, which refuses one that does not hold. Pages know none.
    if is_dear(request) and not shows_token(request):
        yield "dear", settings.DEAR_PER_MINUTE


def _refused(request, policy: str, seconds: int):
    language = get_language_from_path(request.path_info) or get_language_from_request(request)
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    detail, page = _told(language, policy)
    if request.path_info.startswith(settings.SERVICE_PATHS):
        response = problem_response(problem(429, detail), headers)
    else:
        response = HttpResponse(page, status=429, headers=headers | {"Content-Language": language})
    # A line for each would be more of too much; the proxy's log has them.
    response._has_been_logged = True
    return response


@cache
def _told(language: str, policy: str) -> tuple[str, bytes]:
    """The refusal as a sentence and as a page: made once, since to refuse has to cost next to nothing."""
    with translation.override(language):
        detail = _DETAILS[policy]()
        request = HttpRequest()
        request.path = request.path_info = f"/{language}/"
        return detail, refuse(request, 429, _("Too many requests"), detail).content


_DETAILS = {
    "page": lambda: _(
        "More pages were asked for from your address than it may have in a minute. Wait for a minute, then go on. "
        "Programs get the whole registry from the API or as a file."
    ),
    "dear": lambda: _(
        "More was asked for from your address that takes long to work out (exports, the registry as it once stood, the "
        "network of some places) than it may have in a minute. Wait for a minute, then go on, or use a token."
    ),
}
