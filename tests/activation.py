"""gunicorn as systemd runs it: the command of the unit, on a socket that is held open by who starts it."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.serving import ROOT

UNIT = ROOT / "deploy/systemd/registry@.service"


def environment_of_unit() -> dict[str, str]:
    """What the unit itself sets, beside the environment file."""
    return dict(re.findall(r"^Environment=(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE))


class Activated:
    """A listening Unix socket that outlives the services started on it (sd_listen_fds(3), sd_notify(3))."""

    def __init__(self, home: Path, environment: dict[str, str]):
        self.home, self.environment, self.running, self.started = home, environment, [], 0
        self.path, self.log = home / "registry.sock", home / "gunicorn.log"

    def __enter__(self) -> "Activated":
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.path))
        # nginx runs as another account
        self.path.chmod(0o666)
        self.listening.listen(2048)
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.kill()
            process.wait()
        self.listening.close()

    def start(self, **environment: str) -> subprocess.Popen:
        """A service that has said that it is ready."""
        command = re.search(r"^ExecStart=/srv/registry/%i/\.venv/bin/(.*)$", UNIT.read_text(), re.MULTILINE)[1].split()
        self.started += 1
        told = self.home / f"ready-{self.started}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, self.log.open("ab") as log:
            notified.bind(str(told))
            process = subprocess.Popen(
                # only the process itself knows the number that it has to be told
                ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", Path(sys.executable).parent / command[0], *command[1:]],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "LISTEN_FDS": "1", "NOTIFY_SOCKET": str(told)}
                | environment_of_unit()
                | self.environment
                | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(3,),
                preexec_fn=lambda: os.dup2(self.listening.fileno(), 3),
                start_new_session=True,
            )
            self.running.append(process)
            ready, _, _ = select.select([notified], [], [], 120)
            if not ready or b"READY=1" not in notified.recv(1000):
                raise RuntimeError(f"gunicorn did not start:\n{self.log.read_text()}")
        return process

    def stop(self, process: subprocess.Popen) -> None:
        """As `systemctl stop` does with KillMode=mixed: the main process is told, and may take its time."""
        process.send_signal(signal.SIGTERM)
        process.wait(140)
        self.running.remove(process)
