"""The replicas: whether each answers, follows this very database and keeps up."""

import time
from collections.abc import Iterator

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections

from config.doctor.database import without_passwords
from config.doctor.findings import ERROR, WARNING, Finding
from core.replicas import POSITION, REPLAYED, ask

# The number that a cluster of PostgreSQL and all copies of it have.
IDENTIFIER = "SELECT system_identifier FROM pg_control_system()"
SET_UP = "Make it a copy of the primary: docs/scaling.md, “Replicas”."


def replicas() -> Iterator[Finding]:
    if not settings.REPLICAS:
        return
    if ask(DEFAULT_DB_ALIAS, "SHOW synchronous_commit")[0] == "off":
        yield Finding(
            WARNING,
            "synchronous_commit is off: who has just written may be told what was there before.",
            "In PostgreSQL: ALTER SYSTEM SET synchronous_commit = 'on'; SELECT pg_reload_conf();",
        )
    for alias, described in settings.REPLICAS.items():
        name = f"The replica at {described['HOST']}"
        try:
            yield from _replica(alias, name)
        except Error as error:
            yield Finding(
                ERROR,
                f"{name} does not answer: {without_passwords(error)}",
                "Does it run? Is DATABASE_REPLICA_URLS right? Until then all is read from the others.",
            )
        finally:
            connections[alias].close()


def _replica(alias, name) -> Iterator[Finding]:
    if ask(alias, IDENTIFIER) != ask(DEFAULT_DB_ALIAS, IDENTIFIER):
        yield Finding(ERROR, f"{name} is no copy of this database.", SET_UP)
        return
    (position, started), (_replayed, promoted) = ask(DEFAULT_DB_ALIAS, POSITION), ask(alias, REPLAYED)
    if promoted:
        if promoted != started:
            yield Finding(
                ERROR,
                f"{name} takes writes itself, and so does the primary: they are two registries now.",
                "Stop the one that shall go, and make it a copy of the other: docs/scaling.md, “The primary died”.",
            )
        return
    deadline = time.monotonic() + settings.REPLICA_LAG
    while ask(alias, REPLAYED)[0] < position:
        if time.monotonic() > deadline:
            yield Finding(
                WARNING,
                f"{name} is more than {settings.REPLICA_LAG:g} seconds behind, and is not read from.",
                "Look whether it follows: SELECT * FROM pg_stat_replication at the primary, and its log.",
            )
            return
        time.sleep(0.1)
