"""Starts a WSGI or ASGI application under gunicorn on a free loopback port, and looks at its processes."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
# No limit on how often one client may ask; nothing else differs from a machine that serves people.
REGISTRY = {
    "API_ANONYMOUS_PER_MINUTE": "1000000000",
    "API_TOKEN_PER_MINUTE": "1000000000",
    "PAGES_PER_MINUTE": "1000000000",
    "DEAR_PER_MINUTE": "1000000000",
    "API_BROWSABLE": "0",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Server:
    """`application` as gunicorn names it, with `environment` beside what a process needs anyway."""

    application: str
    environment: dict[str, str]
    worker: str = "sync"
    workers: int = WORKERS
    log: Path = field(default_factory=lambda: Path(os.devnull))
    # more for gunicorn
    options: tuple[str, ...] = ()

    def __enter__(self) -> "Server":
        self.port = free_port()
        command = [Path(sys.executable).parent / "gunicorn", self.application, "--bind", f"127.0.0.1:{self.port}"]
        command += ["--workers", str(self.workers), "--worker-class", self.worker, "--timeout", "600"]
        # gunicorn's control socket has one place for all servers of a person
        command += ["--no-control-socket", *self.options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=kept_environment() | self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """End every process of it at once."""
        for pid in (self.process.pid, *self.worker_pids()):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def wait(self, path: str, seconds: float = 60) -> None:
        """Until `path` is answered. Raises RuntimeError with the log when it is not."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                status, _headers, body = self.ask("GET", path)
            except OSError:
                status, body = 0, b""
            if status == 200:
                return
            if self.process.poll() is not None or status or time.monotonic() > deadline:
                told = self.log.read_text(errors="replace")[-2000:] if self.log.is_file() else ""
                raise RuntimeError(f"{self.application} did not answer {path}: {status} {body[:500]!r}\n{told}")
            time.sleep(0.01)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        """`(status, headers, body)` of one request on a connection of its own."""
        return ask(self.port, method, path, body, headers)

    def worker_pids(self) -> list[int]:
        parent = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    def megabytes(self) -> float:
        """The resident memory of the largest worker, shared pages included."""
        return max(map(resident, self.worker_pids()))


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(holds: Callable[[], object], seconds: float = 20, told: Callable[[], object] = str) -> None:
    """Ask again and again until something holds. AssertionError with what is `told` when so many seconds are over."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


def ask(port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
    """`(status, headers, body)` of one request to a server of this machine, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def manage(
    *arguments: str, environment: dict[str, str], may_fail: bool = False, **options
) -> subprocess.CompletedProcess:
    """Run `manage.py` with `environment` beside what a process needs anyway.

    Where it fails, raises RuntimeError with what it said, unless it may.
    """
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=kept_environment() | environment,
        capture_output=True,
        text=True,
        **options,
    )
    if done.returncode and not may_fail:
        raise RuntimeError(f"manage.py {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def kept_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def resident(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
