"""The databases that are measured: the registry's, as `migrate` lays them out, and copies with the peers' indexes."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2

from bench import datasette, limit
from tests.serving import ROOT

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
    has_sqlite: bool = False

    @property
    def small(self) -> int:
        return min(SMALL, self.size)

    def url(self, name: str) -> str:
        return f"{self.server.rsplit('/', 1)[0]}/{name}"

    def file(self, name: str) -> Path:
        return self.folder / name / "bench.sqlite3"

    def fill(self) -> None:
        """Make them all, those of each engine one after the other and beside those of the other engine."""
        for name, value in SERVER.items():
            self.order("postgres", f"ALTER SYSTEM SET {name} = '{value}'")
        self.order("postgres", "SELECT pg_reload_conf()")
        self.make_bare()
        run("-m", "bench.load", "0", url=self.url("bare"))
        self.file("bare").parent.mkdir()
        run("-m", "bench.load", "0", url=f"sqlite:///{self.file('bare')}")
        with ThreadPoolExecutor() as beside:
            filling = beside.submit(self.fill_sqlite)
            self.fill_postgresql()
            try:
                filling.result()
                self.has_sqlite = True
            except (OSError, sqlite3.Error, subprocess.CalledProcessError) as why:
                self.lacking.append(f"what reads SQLite: {why}")

    def fill_postgresql(self) -> None:
        for name, size in (("large", self.size), ("small", self.small), ("tiny", TINY)):
            self.copy("bare", name)
            self.told[name] = json.loads(run("-m", "bench.load", size, url=self.url(name)))
        for name, peers in (("large", "peers"), ("small", "small_peers")):
            self.copy(name, peers)
            for each in limit.prepare(self.url(peers)):
                # told once
                self.lacking += [each] * (each not in self.lacking)
            self.order(peers, "VACUUM ANALYZE parks_park, parks_parkname")

    def fill_sqlite(self) -> None:
        self.copy_file("bare", "large")
        run("-m", "bench.load", self.size, url=f"sqlite:///{self.file('large')}")
        self.copy_file("large", "datasette")
        datasette.prepare(str(self.file("datasette")))

    def make_bare(self) -> None:
        """An empty database of bytewise order, in which Chinese characters are letters: else no trigram has any."""
        try:
            self.order("postgres", "CREATE DATABASE bare TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
        except psycopg2.errors.WrongObjectType:
            self.lacking.append("this machine has no locale C.UTF-8, so the peers search Chinese without an index")
            self.order("postgres", "CREATE DATABASE bare")

    def copy(self, name: str, to: str) -> None:
        # File by file, as all versions before 15 do it: the other way writes everything twice.
        newer = int(self.order("postgres", "SHOW server_version_num")[0][0]) >= 150000
        self.order("postgres", f"CREATE DATABASE {to} TEMPLATE {name}{' STRATEGY file_copy' if newer else ''}")

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
