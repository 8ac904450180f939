"""What every test stands on, whatever the database."""

import os

import hypothesis
import pytest
from django.conf import settings
from django.db import connection

hypothesis.settings.register_profile("here", deadline=None)
# CI tries the same examples in every run: a new failure there comes from the change, not from chance
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure() -> None:
    # a slow hash keeps passwords safe and tests waiting
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory) -> None:
    """SQLite in a file of this run's own, as in use: in memory, every thread would share one connection."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
