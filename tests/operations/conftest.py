"""Whole servers: PostgreSQL clusters that may be killed, and the registry under gunicorn on them."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.management.commands.demo import FIXTURES
from tests.activation import environment_of_unit
from tests.clusters import USER, Cluster
from tests.serving import REGISTRY, ROOT, Server, manage

EDITOR, STEWARD, PASSWORD = "editor", "steward", "correct horse battery staple"
METRICS_TOKEN = "k3nQ-7vXw_0rTb9LmZ2sYc5dPh8gJf1aRe4uVi6oWq-xNtUyEpBl"
FIGURES = ROOT / "var" / "soak" / "figures.json"


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that the account of a PostgreSQL server may enter, removed at the end."""
    # pytest's own, under a root's, are shut to it
    folder = Path(tempfile.mkdtemp(prefix="registry-operations-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def loaded() -> Iterator[Cluster]:
    """A stopped cluster that holds the shipped parks, EDITOR and STEWARD, to copy from: never started by a test."""
    folder = Path(tempfile.mkdtemp(prefix="registry-loaded-", dir="/tmp"))
    folder.chmod(0o755)
    made = Cluster(folder / "cluster")
    try:
        made.make().start()
        made.execute(f"CREATE DATABASE {USER}")
        load(made.url())
        made.stop()
        yield made
    finally:
        made.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def load(url: str):
    """Lay out the registry at `url`, with the shipped parks, EDITOR and STEWARD."""
    environment = REGISTRY | {"DATABASE_URL": url}
    manage("migrate", environment=environment)
    manage("loaddata", *FIXTURES, environment=environment)
    manage("render_documents", environment=environment)
    manage("shell", "-c", MAKE_PEOPLE, environment=environment)


@pytest.fixture(scope="session")
def loaded_once(tmp_path_factory) -> Path:
    """An SQLite file that holds the same, to copy."""
    file = tmp_path_factory.mktemp("loaded") / "registry.sqlite3"
    load(f"sqlite:///{file}")
    return file


@pytest.fixture
def loaded_file(loaded_once: Path, tmp_path: Path) -> str:
    """The DATABASE_URL of an SQLite file of a test's own that holds the shipped parks."""
    return f"sqlite:///{shutil.copy(loaded_once, tmp_path)}"


MAKE_PEOPLE = f"""
from django.contrib.auth.models import Group, User
for username, group in (({EDITOR!r}, "editors"), ({STEWARD!r}, "stewards")):
    person = User.objects.create_user(username, password={PASSWORD!r}, is_staff=True)
    person.groups.add(Group.objects.get(name=group))
"""


@pytest.fixture
def clusters(room: Path, loaded: Cluster) -> Iterator[Callable[..., Cluster]]:
    """Running clusters of a test's own that hold the shipped parks: `clusters("primary", {"max_connections": 20})`.

    They keep what they commit, and are removed at the end.
    """
    with ExitStack() as running:

        def start(
            name: str = "primary",
            settings: dict[str, object] | None = None,
            environment: dict[str, str] | None = None,
        ) -> Cluster:
            copy = loaded.copy(room / name, settings)
            copy.run_as["env"] |= environment or {}
            running.callback(copy.stop)
            return copy.start()

        yield start


@pytest.fixture
def serve(room: Path) -> Iterator[Callable[..., Server]]:
    """The registry under gunicorn as in production, answering: `serve(cluster.url(), API_CACHE_MEGABYTES="0")`.

    Its log is `server.log`.
    """
    with ExitStack() as running:

        def start(url: str, *, workers: int = 2, threads: int = 4, **environment: str) -> Server:
            options = ("--threads", str(threads), "--timeout", "60")
            log = Path(tempfile.mkstemp(prefix="log-", dir=room)[1])
            server = Server(
                "config.wsgi",
                REGISTRY | environment_of_unit() | {"DATABASE_URL": url} | environment,
                worker="gthread",
                workers=workers,
                log=log,
                options=options,
            )
            running.enter_context(server)
            server.wait("/api/v1/parks/?limit=1")
            return server

        yield start


@pytest.fixture
def watched(room: Path) -> Iterator[Callable[[str], Server]]:
    """The registry as deploy/gunicorn.conf.py runs it, with metrics in `room` and lines of JSON in `server.log`."""
    with ExitStack() as running:

        def start(url: str) -> Server:
            told = {"DATABASE_URL": url, "METRICS_TOKEN": METRICS_TOKEN, "LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
            told |= {"RUNTIME_DIRECTORY": str(room), "PROXIES": "1"}
            options = ("--config", "deploy/gunicorn.conf.py", "--threads", "4")
            server = Server("config.wsgi", REGISTRY | told, worker="gthread", log=room / "log", options=options)
            running.enter_context(server).wait("/readyz")
            return server

        yield start


def token_of(url: str, username: str = EDITOR) -> str:
    """A new token of `username` in the registry at `url`."""
    return manage("create_api_token", username, environment=REGISTRY | {"DATABASE_URL": url}).stdout.split()[-1]


def headers_of(token: str) -> dict[str, str]:
    """The headers of an edit by whoever has this token."""
    return {"Authorization": f"Token {token}", "Content-Type": "application/json"}


@pytest.fixture
def figures() -> Callable[..., None]:
    """Note figures of this run, by the name of what was measured, in var/soak/figures.json, and print them."""

    def note(name: str, **told: object) -> None:
        known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
        FIGURES.parent.mkdir(parents=True, exist_ok=True)
        FIGURES.write_text(json.dumps(known | {name: told}, indent=2, ensure_ascii=False) + os.linesep)
        print(f"{name}: {told}")

    return note
