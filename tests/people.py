"""People for tests: one in each group, and one in none."""

from django.contrib.auth.models import Group, User
from django.test import Client
from knox.models import AuthToken
from rest_framework.test import APIClient


def make_person(group: str = "", *, username: str = "", **fields) -> User:
    """Somebody in `group` (readers, editors, stewards), who may log in to the admin; without one, an outsider."""
    person = User.objects.create(username=username or group or "outsider", **{"is_staff": bool(group), **fields})
    if group:
        person.groups.add(Group.objects.get(name=group))
    return person


def logged_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def client_of(person: User) -> APIClient:
    """The API as asked by a person who bears a token."""
    _kept, token = AuthToken.objects.create(person)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    client.default_format = "json"
    return client
