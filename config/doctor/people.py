"""Who may log in, and sessions."""

from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.doctor.findings import ERROR, WARNING, Finding
from config.management.commands.demo import NAME, PASSWORD

GROUPS = {"readers", "editors", "stewards"}
# some tenths of a second for who logs in
MANY_SESSIONS = 100_000


def groups() -> Iterator[Finding]:
    there = Group.objects.filter(name__in=GROUPS, permissions__isnull=False).values_list("name", flat=True)
    if missing := sorted(GROUPS - set(there)):
        yield Finding(
            ERROR,
            f"Groups are missing or may do nothing: {', '.join(missing)}.",
            "Run: manage.py migrate config zero, then manage.py migrate; it makes the groups anew.",
        )


def superuser() -> Iterator[Finding]:
    if not get_user_model().objects.filter(is_superuser=True, is_active=True).exists():
        yield Finding(
            WARNING,
            "There is no active superuser, who gives all others their login.",
            "Run: manage.py createsuperuser",
        )


def demo() -> Iterator[Finding]:
    person = get_user_model().objects.filter(username=NAME, is_active=True).first()
    if person and person.check_password(PASSWORD):
        yield Finding(
            ERROR,
            f"Everybody knows the password of {NAME}.",
            f"Run: manage.py changepassword {NAME}; or make that person inactive.",
        )


def sessions() -> Iterator[Finding]:
    if (ended := Session.objects.filter(expire_date__lt=timezone.now()).count()) > MANY_SESSIONS:
        yield Finding(
            WARNING,
            f"{ended:,} sessions have ended and are still kept.",
            "Run: manage.py clearsessions. systemctl enable --now registry-housekeeping.timer does it each night.",
        )
