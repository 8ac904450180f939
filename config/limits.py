"""How many pages, and how many dear answers, one address may ask for in a minute. The API counts the rest by itself.

Whoever only shows a cookie or a token that nobody has looked at yet is counted like a stranger.
"""

from functools import cache, partial

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from config.shedding import is_dear, refused, shows_token
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
                return refused(request, 429, seconds, partial(_told, policy))
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


@cache
def _told(policy: str, language: str) -> tuple[str, bytes]:
    """Made once, since to refuse has to cost next to nothing."""
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
