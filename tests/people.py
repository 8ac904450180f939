"""People for tests: one in each group, and one in none."""

from django.contrib.auth.models import Group, User
from django.test import Client


def make_person(group: str = "", *, username: str = "", **fields) -> User:
    """Somebody who may log in to the admin, in `group` (readers, editors, stewards) or in none."""
    person = User.objects.create(username=username or group or "outsider", **{"is_staff": bool(group), **fields})
    if group:
        person.groups.add(Group.objects.get(name=group))
    return person


def logged_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client
