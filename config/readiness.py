"""Whether the registry can serve: its database, its tables, its disks. Looked at never for long."""

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import Error, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

logger = logging.getLogger("registry.ready")
# Who asks whether we serve has asked others by then.
SECONDS = 2
# With less room nothing can be kept any more. The alert on `registry_disk_free_bytes` comes long before.
LEAST_ROOM = 16 * 1024 * 1024
# How long, in seconds, what was found is told again: whoever asks without end keeps nobody else waiting.
KEPT = 1
OK = "ok"
MOST_TOLD = 5
NO_ANSWER = f"The database did not answer within {SECONDS} seconds."

Found = TypeVar("Found")


class State(NamedTuple):
    """What was found by each check: `ok`, or what is wrong and what to do. None of it is a secret."""

    checks: dict[str, str]

    @property
    def is_ready(self) -> bool:
        return all(found == OK for found in self.checks.values())

    def told(self) -> dict:
        return {"ready": self.is_ready, "checks": self.checks}


def look() -> State:
    """The state of this process, on this machine, now."""
    found = within(SECONDS, _database, {"database": NO_ANSWER})
    state = State(found | {"disk": _disk()})
    _tell_change(state)
    return state


_found: tuple[float, State] | None = None
_asked = threading.Lock()


def lately() -> State:
    """The state as it was found within `KEPT`. Of all that ask at once, one looks."""
    global _found
    with _asked:
        if _found is None or time.monotonic() - _found[0] >= KEPT:
            state = look()
            _found = time.monotonic(), state
        return _found[1]


def _database() -> dict[str, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return {"database": OK, "tables": _tables()}
    except Error as error:
        # Why, is for the log: it names hosts and accounts.
        logger.debug("The database cannot be asked.", exc_info=error)
        return {"database": "The database cannot be asked: see DATABASE_URL, and the log of the database."}


def _tables() -> str:
    applied = MigrationRecorder(connection).applied_migrations()
    missing = sorted(f"{app}.{name}" for app, name in _migrations_of_code() - applied.keys())
    if missing:
        return f"Run manage.py migrate: {_some(missing)}."
    absent = missing_tables()
    return f"Restore a backup, since tables are gone: {_some(absent)}." if absent else OK


def missing_tables() -> list[str]:
    """The tables of models that are not in the database."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    return sorted(tables - set(connection.introspection.table_names()))


@cache
def _migrations_of_code() -> set[tuple[str, str]]:
    return set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _some(names: list[str]) -> str:
    return ", ".join(names[:MOST_TOLD]) + (f" and {len(names) - MOST_TOLD} more" if names[MOST_TOLD:] else "")


def places() -> dict[str, Path]:
    """The folders that the registry writes to, by what they are for; the nearest that is there."""
    named = {"imports": Path(settings.IMPORT_FILES), "temporary": Path(gettempdir())}
    if settings.DATABASE["ENGINE"] == "django.db.backends.sqlite3":
        named["database"] = Path(connection.settings_dict["NAME"]).parent
    return {name: next(each for each in (path, *path.parents) if each.is_dir()) for name, path in named.items()}


def _disk() -> str:
    wrong = []
    for name, folder in places().items():
        if not os.access(folder, os.W_OK):
            wrong.append(f"The folder for {name} cannot be written to.")
        elif shutil.disk_usage(folder).free < LEAST_ROOM:
            wrong.append(f"The disk with the folder for {name} is full.")
    return " ".join(wrong) or OK


_last: State | None = None


def _tell_change(state: State) -> None:
    """One line where the state is another than when this process last looked: not one each time."""
    global _last
    last, _last = _last, state
    if state == last or (last is None and state.is_ready):
        return
    if state.is_ready:
        logger.info("Ready again.")
    else:
        logger.error("Not ready: %s", " ".join(found for found in state.checks.values() if found != OK))


_one_at_a_time = threading.Lock()


def within(seconds: float, look: Callable[[], Found], otherwise: Found) -> Found:
    """What `look` finds in the database, over a connection of its own; `otherwise` where that takes longer.

    Of all that look, one at a time: where a database neither answers nor refuses, one thread hangs, and not one for
    each time that somebody asks.
    """
    if not _one_at_a_time.acquire(timeout=seconds):
        return otherwise
    found = []

    def work():
        try:
            found.append(look())
        except Exception:
            logger.exception("The state of the registry cannot be told.")
        finally:
            connections.close_all()
            _one_at_a_time.release()

    thread = threading.Thread(target=work, daemon=True, name="look")
    thread.start()
    thread.join(seconds)
    return found[0] if found else otherwise
