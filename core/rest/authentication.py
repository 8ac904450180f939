"""Who asks: the bearer of a token, stored hashed and expiring, or a person logged in."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox import auth
from rest_framework.exceptions import AuthenticationFailed


class TokenAuthentication(auth.TokenAuthentication):
    def authenticate_credentials(self, token):
        try:
            return super().authenticate_credentials(token)
        except ValueError:
            # not UTF-8, or with characters that no database takes
            raise AuthenticationFailed(_("Invalid token.")) from None


class TokenScheme(KnoxTokenScheme):
    target_class = TokenAuthentication
    name = "token"
