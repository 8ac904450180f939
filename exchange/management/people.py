"""Who does what a command does."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.management.base import CommandError


def find_person(username: str) -> AbstractUser | None:
    """The active person of this username; nobody where none is told. Raises CommandError."""
    if not username:
        return None
    person = get_user_model().objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(f"There is nobody active called {username!r}.")
    return person
