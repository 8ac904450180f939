"""How much one client may ask per minute, and how it is told."""

import ipaddress
import time

from django.conf import settings
from django.core.cache import cache
from rest_framework.throttling import BaseThrottle

from core.watch.metrics import count_throttled

WINDOW = 60


class PerMinute(BaseThrottle):
    """Counts a client's requests by the minute: anonymous ones by address, others by token or person.

    Told in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10). Each process counts by itself.
    """

    def allow_request(self, request, view):
        allowed = self._count(*self._client(request))
        if not allowed:
            count_throttled(self.policy)
        return allowed

    def allow_stranger(self, request):
        """The same for a request that is known to be nobody's, before it has come to a view."""
        return self._count("anonymous", self._address(request))

    def _count(self, policy, client):
        self.policy = policy
        self.limit = settings.API_REQUESTS_PER_MINUTE[self.policy]
        asked, self.resets_in = asked_this_minute(policy, client)
        self.remaining = max(0, self.limit - asked)
        return asked <= self.limit

    def wait(self):
        return self.resets_in

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={WINDOW}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.resets_in}',
        }

    def _client(self, request):
        if request.auth is not None:
            return "token", request.auth.pk[:40]
        if request.user.is_authenticated:
            return "token", f"person-{request.user.pk}"
        return "anonymous", self._address(request)

    def _address(self, request):
        return client_address(request) or "unknown"


def asked_this_minute(policy: str, client: str) -> tuple[int, int]:
    """How often `client` has asked in this minute, this time included; and how many seconds are left of it."""
    now = time.time()
    key = f"throttle:{policy}:{client}:{int(now // WINDOW)}"
    cache.add(key, 0, 2 * WINDOW)
    try:
        asked = cache.incr(key)
    except ValueError:
        # evicted between the two lines: a cache under such pressure counts no more
        asked = 1
    return asked, WINDOW - int(now % WINDOW)


def client_address(request) -> str | None:
    """Where a request comes from, as the outermost of the operator's own proxies saw it (`PROXIES`); None where that is
    no address. What anybody further out wrote into `X-Forwarded-For` does not count.

    Of IPv6 the first 64 bits, since a single client has all the rest to itself.
    """
    try:
        address = ipaddress.ip_address(BaseThrottle().get_ident(request) or "")
    except ValueError:
        return None
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
