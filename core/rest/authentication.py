"""Who asks: the bearer of a token, stored hashed and expiring, or a person logged in."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox import auth
from rest_framework.exceptions import AuthenticationFailed, Throttled

from core.rest.throttling import PerMinute


class TokenAuthentication(auth.TokenAuthentication):
    def authenticate(self, request):
        try:
            return self._authenticate(request)
        except AuthenticationFailed:
            # It would else be refused before it is counted: whoever has no good token is a stranger.
            throttle = PerMinute()
            if not throttle.allow_stranger(request):
                raise Throttled(throttle.wait()) from None
            raise

    def _authenticate(self, request):
        scheme = auth.get_authorization_header(request).split(maxsplit=1)[:1]
        if scheme and scheme[0].lower() == b"bearer":
            # Passed over, it would leave a client that believes to be logged in without a word.
            raise AuthenticationFailed(_("Write “Authorization: Token ...”, not “Bearer”."))
        return super().authenticate(request)

    def authenticate_credentials(self, token):
        try:
            return super().authenticate_credentials(token)
        except ValueError:
            # not UTF-8, or with characters that no database takes
            raise AuthenticationFailed(_("Invalid token.")) from None


class TokenScheme(KnoxTokenScheme):
    target_class = TokenAuthentication
    name = "token"
