"""Sessions in the database, as Django keeps them (SESSION_ENGINE): when they end, and that neither they nor failures to
log in wait for a replica.
"""

from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.backends import db
from django.db import connection, transaction
from django.utils import timezone


class SessionStore(db.SessionStore):
    def save(self, must_create=False):
        with waiting_for_no_copy():
            super().save(must_create)


@contextmanager
def waiting_for_no_copy():
    """What is written is on the disk of the database, and waits for no other (synchronous_standby_names).

    While nothing receives, each commit waits: strangers who fail at passwords, or begin a login with an office account,
    would hold every thread for as long. Within a transaction of others this changes nothing.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        # SQLite would hold all who write up for as long as it takes to look at a password.
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = local")
        yield


def end_in_time(session) -> None:
    """After a login: the session ends `SESSION_COOKIE_AGE` from now, whatever is written to it meanwhile."""
    session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
