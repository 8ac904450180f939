"""A request that is slow to arrive, or from nobody, keeps no one from writing."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from core.history import ChangeMiddleware

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


class Slow:
    """A body that tells, when it is read, whether a transaction was open."""

    def __init__(self):
        self.open_while_read = None

    def close(self):
        pass

    def read(self, *_):
        self.open_while_read = connection.in_atomic_block
        return b""


@pytest.fixture
def send():
    def send(user, **headers):
        body, seen = Slow(), []
        request = RequestFactory().post("/api/v1/parks/", headers=headers)
        request.user, request._stream = user, body

        def view(request):
            seen.append((connection.in_atomic_block, body.open_while_read))
            return HttpResponse()

        ChangeMiddleware(view)(request)
        return seen[0]

    return send


def test_the_body_is_read_before_the_transaction_begins(send):
    assert send(User(username="li")) == (True, False)
    assert send(AnonymousUser(), authorization="Token abc") == (True, False)


def test_nobody_gets_a_transaction(send):
    assert send(AnonymousUser()) == (False, None)
