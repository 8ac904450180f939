"""What every test stands on, whatever the database."""

import logging
import os
from datetime import timedelta

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from rest_framework.test import APIClient

from core.rest.caching import ANSWERS
from core.rest.counting import COUNTS
from tests.people import client_of, make_person

hypothesis.settings.register_profile("here", deadline=None)
# CI tries the same examples in every run: a new failure there comes from the change, not from chance
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure() -> None:
    # a slow hash keeps passwords safe and tests waiting
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # a test may ask for more in a minute than a reader
    settings.PAGES_PER_MINUTE = settings.DEAR_PER_MINUTE = 10**9
    # and leave a stream unread, which keeps its place until it is thrown away
    settings.DEAR_AT_ONCE = 0
    # on a busy machine any query may be slow: the line that says so would stand among those that a test looks for
    settings.SLOW_QUERY, os.environ["SLOW_QUERY"] = timedelta(0), "0s"
    # and anything long to count, which is then told as it was: tests of that say so
    settings.SLOW_COUNT_SECONDS = 60
    # the line of each request, which would stand among those that a test looks for
    logging.getLogger("registry.request").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory) -> None:
    """SQLite in a file of this run's own, as in use: in memory, every thread would share one connection."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


# --- The API, and who asks it ---------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> None:
    # what one test asks must not use up what the next may, nor be the language of the next
    translation.deactivate()
    cache.clear()
    ANSWERS.clear()
    COUNTS.clear()


@pytest.fixture
def reader(db) -> APIClient:
    """Anybody, without a token."""
    client = APIClient()
    client.default_format = "json"
    return client


@pytest.fixture
def editor(db) -> APIClient:
    return client_of(make_person("editors", username="editor"))


@pytest.fixture
def steward(db) -> APIClient:
    return client_of(make_person("stewards", username="steward"))


@pytest.fixture
def outsider(db) -> APIClient:
    """Somebody with a token and no permission."""
    return client_of(make_person())
