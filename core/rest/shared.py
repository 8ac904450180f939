"""What a cache in front, shared by all readers, may tell again without asking (RFC 9111, 5.2.2.10; RFC 5861, 3).

Nothing it tells is older than `settings.SHARED_CACHE`. It may tell an answer as it is for a while, then once more while
it asks for a newer one; together that is less than the bound by what the answer took to be made, and by the second that
a cache which counts in whole seconds is late. Browsers still ask each time: `must-revalidate` is for those that would
take `stale-while-revalidate` as said to them.
"""

import math
import time

from django.conf import settings
from django.utils.cache import get_max_age

from core.rest.caching import PER_ANSWER, is_anonymous

SECOND = 1


def shared_cache(get_response):
    """Let answers be shared that a view says may be (`response.shared`): the same for everybody who is nobody."""

    def answer(request):
        begun = time.monotonic()
        response = get_response(request)
        if settings.SHARED_CACHE and _may_be_shared(request, response):
            seconds = settings.SHARED_CACHE - SECOND - math.ceil(time.monotonic() - begun)
            if seconds > 0:
                _share(response, seconds)
        return response

    return answer


def _may_be_shared(request, response) -> bool:
    return (
        getattr(response, "shared", False)
        and request.method in ("GET", "HEAD")
        and response.status_code in (200, 304)
        and not response.streaming
        and not response.cookies
        and is_anonymous(request)
    )


def _share(response, seconds: int):
    # Of one reader, and told to many.
    for name in PER_ANSWER:
        del response[name]
    fresh = math.ceil(seconds / 2)
    response["Cache-Control"] = (
        f"public, max-age={get_max_age(response) or 0}, must-revalidate, "
        f"s-maxage={fresh}, stale-while-revalidate={seconds - fresh}"
    )
