"""Sessions in the database, as Django keeps them (SESSION_ENGINE)."""

from django.contrib.sessions.backends import db

from config.logins import waiting_for_no_copy


class SessionStore(db.SessionStore):
    def save(self, must_create=False):
        with waiting_for_no_copy():
            super().save(must_create)
