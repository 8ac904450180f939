"""Logging in with the office's own accounts, at an OpenID provider (OpenID Connect Core 1.0). Off without OIDC_ISSUER.

Who somebody is, the provider says by issuer and subject; what they may do, by a claim that tells groups (ADR 31). No
superuser comes in this way.
"""

import os
from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env

BACKEND = "config.sso.accounts.OfficeAccountBackend"
OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
# The more one may, the earlier: whoever is told to be of several is of the first.
GROUPS = ("stewards", "editors", "readers")


@dataclass(frozen=True)
class SingleSignOn:
    """The provider, what the registry is to it, and which values of a claim make somebody one of a group."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str
    claim: str
    values: dict[str, list[str]]

    def group_of(self, claims: dict) -> str | None:
        told = claims.get(self.claim)
        told = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        return next((group for group in GROUPS if any(value in told for value in self.values[group])), None)


def from_environment(production: bool) -> SingleSignOn | None:
    """None without OIDC_ISSUER. Raises ImproperlyConfigured where what there is does not suffice to let anybody in."""
    if "OIDC_ISSUER" not in os.environ:
        if alone := sorted(name for name in os.environ if name.startswith("OIDC_")):
            raise ImproperlyConfigured(
                f"{alone[0]} is set, but not OIDC_ISSUER: set the address of the provider too, or unset {alone[0]}."
            )
        return None
    issuer = env.text("OIDC_ISSUER", example="https://id.example.org/realms/office")
    place = urlsplit(issuer)
    if place.scheme != "https" and (production or place.scheme != "http" or place.hostname not in OF_THIS_MACHINE):
        raise ImproperlyConfigured("OIDC_ISSUER: the provider has to be asked over https://, to know that it is it.")
    if find_spec("mozilla_django_oidc") is None:
        raise ImproperlyConfigured(
            "OIDC_ISSUER is set, but what it needs is not installed. Run `registry restart`, which installs it, or: "
            "pip install --require-hashes -r requirements-sso.lock"
        )
    signs_on = SingleSignOn(
        issuer=issuer,
        client_id=env.text("OIDC_CLIENT_ID", example="park-registry"),
        client_secret=env.secret("OIDC_CLIENT_SECRET", at_least=16, example="the secret that the provider shows"),
        scopes=env.text("OIDC_SCOPES", "openid profile email", example="openid profile email groups"),
        claim=env.text("OIDC_GROUPS_CLAIM", "groups", example="roles"),
        values={
            "stewards": env.words("OIDC_STEWARDS", [], example="registry-stewards"),
            "editors": env.words("OIDC_EDITORS", [], example="registry-editors,planning-office"),
            "readers": env.words("OIDC_READERS", [], example="staff"),
        },
    )
    if "openid" not in signs_on.scopes.split():
        raise ImproperlyConfigured("OIDC_SCOPES: without openid the provider does not say who logs in.")
    if not any(signs_on.values.values()):
        raise ImproperlyConfigured(
            "OIDC_ISSUER is set, but nobody could come in. Name in OIDC_EDITORS, OIDC_STEWARDS or OIDC_READERS "
            "which values of the claim may."
        )
    return signs_on
