"""Who comes in with an office account, and what they may do: decided anew with each login."""

import itertools
import re
import unicodedata

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group
from django.db import transaction
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from requests import RequestException

from config.sso.models import OfficeAccount
from config.sso.provider import LOG, Refused, checked, setting, with_groups
from core.locks import take_turns

# What a login writes of a person who is here already.
WRITTEN = ["is_staff", "first_name", "last_name", "email", "password"]


class OfficeAccountBackend(OIDCAuthenticationBackend):
    get_settings = staticmethod(setting)

    def __init__(self):
        """Made with each request of who is logged in, which has nothing to ask the provider."""

    def authenticate(self, request, *, nonce, code_verifier):
        # Named, so that Django does not offer this the names and passwords of other logins.
        super().__init__()
        return super().authenticate(request, nonce=nonce, code_verifier=code_verifier)

    def get_token(self, payload):
        try:
            told = super().get_token(payload)
        except RequestException as error:
            status = getattr(error.response, "status_code", None)
            # What came with it is not told: it may have the code in it.
            raise Refused("lost" if status in (400, 403) else "unreachable", f"no token: {status}") from None
        if not isinstance(told, dict) or not isinstance(told.get("id_token"), str):
            raise Refused("token", "none came")
        return told

    def verify_token(self, token, *, nonce):
        return checked(token, nonce)

    def get_or_create_user(self, access_token, id_token, payload):
        return admit(with_groups(payload, access_token))

    # not that of the parent, which lets people go on who have been made inactive
    get_user = ModelBackend.get_user


def admit(claims: dict):
    """The person of these claims, made at their first login, with the group that the claims tell and no other.

    Raises Refused for whoever is of no group, and takes what groups they had; for whoever is inactive; for superusers.
    """
    group = settings.SSO.group_of(claims)
    person = _person_of(claims, group)
    if group is None:
        raise Refused("group", f"{person} is of none any more" if person else "")
    LOG.info("%s logged in with an office account, as one of the %s", person, group)
    return person


@transaction.atomic
def _person_of(claims, group):
    # Of two first logins the second finds the account and the username that the first has made.
    take_turns("first login with an office account")
    account = OfficeAccount.objects.filter(issuer=settings.SSO.issuer, subject=claims["sub"])
    account = account.select_related("person").first()
    if account is None and group is None:
        return None
    person = account.person if account else get_user_model()(username=_free_username(claims))
    if person.is_superuser:
        raise Refused("superuser", str(person))
    if not person.is_active:
        raise Refused("inactive", str(person))
    person.is_staff = group is not None
    person.first_name, person.last_name = (_line(claims.get(name))[:150] for name in ("given_name", "family_name"))
    # An address that nobody has looked at may be anybody's.
    person.email = _line(claims.get("email"))[:254] if claims.get("email_verified") is True else ""
    if account is None or person.has_usable_password():
        person.set_unusable_password()
    # Whoever is made inactive at this moment stays so.
    person.save(update_fields=WRITTEN if account else None)
    person.groups.set(Group.objects.filter(name=group))
    if account is None:
        OfficeAccount.objects.create(person=person, issuer=settings.SSO.issuer, subject=claims["sub"])
    return person


def _free_username(claims) -> str:
    """What the provider calls the person, in what a username may have; with a number where somebody is called so."""
    told = _line(claims.get("preferred_username")) or _line(claims.get("name")) or claims["sub"]
    name = re.sub(r"[^\w.@+-]+", "-", unicodedata.normalize("NFKC", told)).strip("-")[:140] or "somebody"
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    people = get_user_model().objects
    return next(each for each in names if not people.filter(username__iexact=each).exists())


def _line(told) -> str:
    """Text that any database keeps; nothing where it is no text."""
    return "".join(filter(str.isprintable, told)).strip() if isinstance(told, str) else ""
