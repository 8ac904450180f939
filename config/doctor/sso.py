"""The provider of the office's accounts, where there is one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.conf import settings

from config.doctor.findings import ERROR, WARNING, Finding


def single_sign_on() -> Iterator[Finding]:
    if settings.SSO is None:
        return
    import requests

    from config.sso.provider import ALGORITHM, LEEWAY, TIMEOUT, Refused, ask, description, discovery

    try:
        known = description()
        keys = ask(known["jwks_uri"]).get("keys")
        told = requests.get(discovery(), timeout=TIMEOUT, allow_redirects=False).headers.get("Date")
    except (Refused, requests.RequestException) as error:
        yield Finding(
            ERROR,
            f"Nobody can log in with an office account: {getattr(error, 'detail', type(error).__name__)}.",
            f"Look from this machine: curl -i {discovery()}. Its issuer has to be OIDC_ISSUER, to the last letter.",
        )
        return
    if ALGORITHM not in known.get("id_token_signing_alg_values_supported", [ALGORITHM]):
        yield Finding(
            ERROR,
            f"The provider says that it does not sign with {ALGORITHM}.",
            f"Have it sign the ID tokens of this client with {ALGORITHM}.",
        )
    elif not any(isinstance(key, dict) and key.get("kty") == "RSA" for key in (keys if isinstance(keys, list) else ())):
        yield Finding(
            ERROR, f"The provider shows no key for {ALGORITHM}.", f"Give its client or realm a key for {ALGORITHM}."
        )
    if "S256" not in known.get("code_challenge_methods_supported", ["S256"]):
        yield Finding(
            WARNING,
            "The provider says that it does not know PKCE with S256.",
            "Look for a newer one: who steals a code from a browser could use it.",
        )
    apart = abs((datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()) if told else 0
    if apart > LEEWAY:
        yield Finding(
            ERROR,
            f"The clocks of this machine and of the provider are {apart:.0f} s apart.",
            "Have both follow NTP (timedatectl): what the provider signs holds for minutes.",
        )
