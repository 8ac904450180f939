"""A request that is slow to arrive, or from nobody, keeps no one from writing."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from core.history import ChangeMiddleware
from tests.people import make_person

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
        request = RequestFactory().post("/api/v1/parks/", content_type="application/json", headers=headers)
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


def test_a_form_with_files_is_read_before_the_transaction_begins_too():
    seen = []
    file = SimpleUploadedFile("roles.csv", b"park\n" * 3_000_000)
    request = RequestFactory().post("/admin/", {"file": file})
    request.user = make_person("editors")

    def view(request):
        seen.append((connection.in_atomic_block, request.FILES["file"].size, request._read_started))
        return HttpResponse()

    ChangeMiddleware(view)(request)
    request.close()
    assert seen == [(True, 15_000_000, True)]
