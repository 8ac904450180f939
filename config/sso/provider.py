"""What the provider says of itself and of whoever logs in, and how it is checked."""

import logging

import jwt
import requests
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare
from mozilla_django_oidc.utils import import_from_settings

LOG = logging.getLogger("registry.sso")
# In seconds, of each of the few questions that a login asks.
TIMEOUT = 5
# How long, in seconds, the provider's description of itself is kept.
KEPT = 600
# How far its clock may be from ours, in seconds.
LEEWAY = 60
# What every provider has to be able to sign with (OpenID Connect Core, 15.1). None of the other kinds is taken.
ALGORITHM = "RS256"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
MORE_ENDPOINTS = ("userinfo_endpoint", "end_session_endpoint")


class Refused(Exception):
    """Somebody does not come in. `why` is one of `config.sso.views.REFUSALS`; `detail` is for the log, no secret."""

    def __init__(self, why: str, detail: str = ""):
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why, self.detail = why, detail


def discovery() -> str:
    return f"{settings.SSO.issuer.rstrip('/')}/.well-known/openid-configuration"


def description() -> dict:
    """What the provider says of itself (OpenID Connect Discovery 1.0, 4). Raises Refused where it cannot be used."""
    if (known := cache.get("sso")) is None:
        issuer = settings.SSO.issuer
        known = ask(discovery())
        if known.get("issuer") != issuer:
            raise Refused("unreachable", "its description is of another issuer than OIDC_ISSUER")
        scheme = issuer.partition("://")[0]
        named = (*ENDPOINTS, *(name for name in MORE_ENDPOINTS if name in known))
        if not all(str(known.get(name)).startswith(f"{scheme}://") for name in named):
            raise Refused("unreachable", "its description lacks an endpoint, or has one without TLS")
        cache.set("sso", known, KEPT)
    return known


def ask(address: str, **options) -> dict:
    """The JSON object at `address`. Raises Refused where there is none."""
    try:
        answer = requests.get(address, timeout=TIMEOUT, allow_redirects=False, **options)
        told = answer.json() if answer.status_code == 200 else None
    except requests.RequestException as error:
        raise Refused("unreachable", type(error).__name__) from None
    if not isinstance(told, dict):
        raise Refused("unreachable", f"answered with {answer.status_code}, and not with what was asked for")
    return told


def setting(name: str, *default):
    """What mozilla-django-oidc looks for among the settings, where that is the provider's or the registry's to say."""
    match name:
        case "OIDC_RP_CLIENT_ID":
            return settings.SSO.client_id
        case "OIDC_RP_CLIENT_SECRET":
            return settings.SSO.client_secret
        case "OIDC_RP_SCOPES":
            return settings.SSO.scopes
        case "OIDC_RP_SIGN_ALGO":
            return ALGORITHM
        case "OIDC_USE_PKCE":
            return True
        case "OIDC_TIMEOUT":
            return TIMEOUT
        case "OIDC_AUTHENTICATION_CALLBACK_URL":
            return "sso-callback"
        case "OIDC_OP_AUTHORIZATION_ENDPOINT" | "OIDC_OP_TOKEN_ENDPOINT":
            return description()[name.removeprefix("OIDC_OP_").lower()]
        case "OIDC_OP_JWKS_ENDPOINT":
            return description()["jwks_uri"]
        case "OIDC_OP_USER_ENDPOINT":
            return description().get("userinfo_endpoint")
        case "OIDC_TOKEN_USE_BASIC_AUTH":
            # The default is RFC 8414's, 2.
            known = description().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            return "client_secret_post" not in known
    return import_from_settings(name, *default)


def checked(token: str, nonce: str) -> dict:
    """The claims of an ID token, if it is the provider's, for this registry, for this login and of now (OpenID Connect
    Core, 3.1.3.7). Raises Refused.
    """
    office = settings.SSO
    try:
        claims = jwt.decode(
            token,
            _key_of(token),
            algorithms=[ALGORITHM],
            audience=office.client_id,
            issuer=office.issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.PyJWTError as error:
        raise Refused("token", type(error).__name__) from None
    if not constant_time_compare(str(claims.get("nonce")), nonce):
        raise Refused("token", "for another login")
    # One that is for others too has to say that it was asked for by this registry.
    is_ours_alone = claims["aud"] in (office.client_id, [office.client_id])
    if claims.get("azp", office.client_id if is_ours_alone else None) != office.client_id:
        raise Refused("token", "for another client")
    subject = claims["sub"]
    if not (0 < len(subject) <= 255 and subject.isprintable()):
        raise Refused("token", "no such subject can be")
    return claims


def _key_of(token: str) -> jwt.PyJWK:
    """The key with which the provider says it has signed this; where it says of none, its only one."""
    name = jwt.get_unverified_header(token).get("kid")
    keys = jwt.PyJWKSet.from_dict(ask(description()["jwks_uri"])).keys
    found = [key for key in keys if key.key_type == "RSA" and key.public_key_use in (None, "sig")]
    found = [key for key in found if name is None or key.key_id == name]
    if len(found) != 1:
        raise jwt.InvalidKeyError
    return found[0]


def with_groups(claims: dict, access_token: str) -> dict:
    """Where the ID token has no claim of groups, what the provider tells of the same person otherwise (5.3)."""
    address = description().get("userinfo_endpoint")
    if settings.SSO.claim in claims or not address:
        return claims
    told = ask(address, headers={"Authorization": f"Bearer {access_token}"})
    if told.get("sub") != claims["sub"]:
        raise Refused("token", "what was told beside it is of somebody else")
    return {**told, **claims}
