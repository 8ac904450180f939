"""What of a request counts: middleware that takes from it what the rest would take wrongly."""

import re

from django.conf import settings

# A coding that the client refuses, in Accept-Encoding (RFC 9110, 12.4.2 and 12.5.3).
REFUSED = re.compile(r"[^,]*;\s*q=0(?:\.0{0,3})?\s*(?=,|$)", re.IGNORECASE)
# Where a login counts.
OF_SOMEBODY = (*settings.NOT_PUBLIC, "/i18n/")


def accepted_encodings(get_response):
    """Leave out the codings that are refused: what shortens answers looks only whether a coding is named."""

    def answer(request):
        if ";" in (encodings := request.META.get("HTTP_ACCEPT_ENCODING", "")):
            request.META["HTTP_ACCEPT_ENCODING"] = REFUSED.sub("", encodings).strip(", ")
        return get_response(request)

    return answer


def public_to_nobody(get_response):
    """Public pages know nobody, and set no cookie, also where they are sent one that is wrong. Stands inside of what
    keeps answers, since who has a login asks past that.
    """

    def answer(request):
        if request.path_info.startswith(OF_SOMEBODY):
            return get_response(request)
        sent = request.COOKIES
        logins = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
        request.COOKIES = {name: value for name, value in sent.items() if name not in logins}
        try:
            return get_response(request)
        finally:
            request.COOKIES = sent

    return answer
