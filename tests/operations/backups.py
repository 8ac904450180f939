"""The backups of a cluster as an operator keeps them, and writers who note what was answered."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

from tests.clusters import USER, Cluster
from tests.operations.conftest import headers_of
from tests.serving import ROOT, Server

SCRIPT = ROOT / "deploy" / "backup" / "registry_backup.py"

# each fact that is written is cited
SOURCE = "wuxi-daily-2023-09"


class Backups:
    """`registry_backup.py` with the backups of `cluster` in `folder`, run by the account of the server."""

    def __init__(self, cluster: Cluster, folder: Path):
        self.cluster, self.folder = cluster, folder
        folder.mkdir()
        # where the account of the server may read it, wherever the checkout is
        self.script = folder.parent / SCRIPT.name
        shutil.copy(SCRIPT, self.script)
        if "user" in cluster.run_as:
            os.chown(folder, cluster.run_as["user"], cluster.run_as["group"])
        self.options = cluster.run_as | {"cwd": folder.parent}
        self.options["env"] = cluster.run_as["env"] | {
            "BACKUPS": str(folder),
            "PGHOST": str(cluster.home),
            "PGUSER": USER,
            "PG_BIN": str(cluster.binaries),
        }
        self.receiver = None

    def ask(self, *arguments: object, **environment: str) -> tuple[int, str]:
        """The exit code of one command, and all that it says."""
        options = self.options | {"env": self.options["env"] | environment}
        done = subprocess.run(
            [self.script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )
        return done.returncode, done.stdout

    def run(self, *arguments: object, **environment: str) -> str:
        code, told = self.ask(*arguments, **environment)
        assert code == 0, told
        return told

    def begin(self, *arguments: object) -> subprocess.Popen:
        return subprocess.Popen([self.script, *arguments], **self.options)

    def aim(self, cluster: Cluster):
        """From here on speak to `cluster`."""
        self.cluster = cluster
        self.options["env"] = self.options["env"] | {"PGHOST": str(cluster.home)}

    def receive(self):
        """Receive what the server writes, as its unit does; returns when the server waits for it with each commit."""
        self.receiver = self.begin("wal")
        deadline = time.monotonic() + 20
        while self.cluster.execute("SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
            assert self.receiver.poll() is None
            assert time.monotonic() < deadline, "nothing is received"
            time.sleep(0.05)

    def stop(self):
        if self.receiver:
            with suppress(ProcessLookupError):
                os.killpg(self.receiver.pid, signal.SIGKILL)
            self.receiver.wait()
            self.receiver = None

    def names(self) -> list[str]:
        """The whole base backups, the oldest first."""
        return sorted(path.name for path in (self.folder / "base").glob("*Z"))

    def restored(self, home: Path, *arguments: object) -> Cluster:
        """A cluster laid out by `restore`, not started."""
        copy = Cluster(home, self.cluster.settings | {"synchronous_standby_names": ""})
        self.run("restore", copy.data, *arguments)
        return copy


class Writers:
    """Threads that add bodies and change them through the API until they are stopped, and note each that was answered.

    `noted` has the name of each body as last answered. `pending` has what was sent and not answered.
    """

    def __init__(self, server: Server, token: str, threads: int = 4, name: str = "body"):
        self.headers = headers_of(token)
        self.name, self.port, self.ended = name, server.port, threading.Event()
        self.noted: dict[str, str] = {}
        self.pending: dict[str, str] = {}
        self.answers, self.refused = 0, ""
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(threads)]

    def __enter__(self) -> "Writers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def wait(self, answers: int) -> None:
        """Until `answers` more were answered."""
        goal, deadline = self.answers + answers, time.monotonic() + 60
        while self.answers < goal:
            assert self.refused == ""
            assert time.monotonic() < deadline, "nothing is answered"
            time.sleep(0.01)

    def _write(self, writer: int):
        version = ""
        for number in count():
            slug, name = f"{self.name}-{writer}-{number // 3}", f"Body {writer} {number}"
            if number % 3:
                method, path, body = "PATCH", f"/api/v1/bodies/{slug}/", {"name_en": name, "source": SOURCE}
            else:
                method, path = "POST", "/api/v1/bodies/"
                body = {"slug": slug, "name_en": name, "name_zh": "左岸", "kind": "OTHER", "source": SOURCE}
            if self.ended.is_set():
                return
            self.pending[slug] = name
            version = self._send(method, path, body, {"If-Match": version} if number % 3 else {})
            if version is None:
                return
            self.noted[slug] = name
            del self.pending[slug]
            self.answers += 1

    def _send(self, method, path, body, headers) -> str | None:
        """The version that was answered; None where it was not."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body).encode(), self.headers | headers)
            answer = connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.refused = repr(error)
            return None
        finally:
            connection.close()
        if answer.status in (200, 201):
            return answer.headers["ETag"]
        self.refused = f"{answer.status} {told[:300]!r}"
        return None

    def lost(self, told: dict[str, str]) -> dict[str, str]:
        """What was answered and is not in `told`, the names by slug as they came back."""
        return {
            slug: name
            for slug, name in self.noted.items()
            # what was sent last and not answered may have been committed
            if told.get(slug) not in {name, self.pending.get(slug, name)}
        }
