"""The databases that are measured: the registry's, as `migrate` lays them out, and copies with the peers' indexes."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2

from bench import datasette, limit
from bench.servers import ROOT

# What a large import wants of a server: no checkpoint every few seconds.
SERVER = {"max_wal_size": "8GB", "checkpoint_timeout": "30min", "maintenance_work_mem": "512MB"}
SMALL, TINY = 3000, 3


def run(*arguments: str, url: str, **options) -> str:
    """What a Python command of the project prints, run on the database at `url`. Raises CalledProcessError."""
    made = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        **options,
    )
    return made.stdout


@dataclass
class Databases:
    """`server` is the URL of a running PostgreSQL with nothing in it, `folder` an empty place for files."""

    server: str
    folder: Path
    size: int
    # What loading each told: rows, seconds, and a token to write with.
    told: dict[str, dict] = field(default_factory=dict)
    # What could not be had here.
    lacking: list[str] = field(default_factory=list)

    @property
    def small(self) -> int:
        return min(SMALL, self.size)

    def url(self, name: str) -> str:
        return f"{self.server.rsplit('/', 1)[0]}/{name}"

    def file(self, name: str) -> Path:
        return self.folder / name / "bench.sqlite3"

    def fill(self) -> None:
        """Make them all. The large ones at the same time: one keeps Python busy, the other PostgreSQL."""
        for name, value in SERVER.items():
            self.order("postgres", f"ALTER SYSTEM SET {name} = '{value}'")
        self.order("postgres", "SELECT pg_reload_conf()")
        self.make_bare()
        run("-m", "bench.load", "0", url=self.url("bare"))
        self.file("bare").parent.mkdir()
        run("-m", "bench.load", "0", url=f"sqlite:///{self.file('bare')}")
        self.copy_file("bare", "large")
        self.copy("bare", "large")
        loading = [
            self.start_load("large on SQLite", f"sqlite:///{self.file('large')}", self.size),
            self.start_load("large", self.url("large"), self.size),
        ]
        for name, process in loading:
            output, _nothing = process.communicate()
            if process.returncode:
                raise RuntimeError(f"loading {name} failed")
            self.told[name] = json.loads(output)
        for name, size in (("small", self.small), ("tiny", TINY)):
            self.copy("bare", name)
            self.told[name] = json.loads(run("-m", "bench.load", size, url=self.url(name)))
        self.copy("large", "peers")
        self.lacking += limit.prepare(self.url("peers"))
        self.copy("small", "small_peers")
        limit.prepare(self.url("small_peers"))
        for name in ("peers", "small_peers"):
            self.order(name, "VACUUM ANALYZE")
        self.copy_file("large", "datasette")
        datasette.prepare(str(self.file("datasette")))

    def make_bare(self) -> None:
        """An empty database of bytewise order, in which Chinese characters are letters: else no trigram has any."""
        try:
            self.order("postgres", "CREATE DATABASE bare TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
        except psycopg2.errors.WrongObjectType:
            self.lacking.append("this machine has no locale C.UTF-8, so the peers search Chinese without an index")
            self.order("postgres", "CREATE DATABASE bare")

    def start_load(self, name, url, size):
        return name, subprocess.Popen(
            [sys.executable, "-m", "bench.load", str(size)],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": url},
            stdout=subprocess.PIPE,
            text=True,
        )

    def copy(self, name: str, to: str) -> None:
        self.order("postgres", f"CREATE DATABASE {to} TEMPLATE {name}")

    def copy_file(self, name: str, to: str) -> None:
        self.file(to).parent.mkdir()
        shutil.copy(self.file(name), self.file(to))

    def order(self, database: str, statement: str) -> list[tuple]:
        """Run one statement as the server's owner; its rows, if it has any."""
        connection = psycopg2.connect(self.url(database))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def log(self) -> Path:
        """Where the server of `tests.postgres` writes what it is told to log."""
        return Path(unquote(urlsplit(self.server).hostname or "")) / "log"
