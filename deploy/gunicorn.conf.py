"""gunicorn as registry@.service runs it, on the socket that systemd hands over."""

import fcntl
import glob
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from config import env
from config.logs import logging_of

# Answers cost processor time, little else (docs/benchmarks.md): a worker for each processor, and two at the least, so
# that one answers while the other is replaced. WEB_CONCURRENCY is gunicorn's own name for it.
workers = env.number("WEB_CONCURRENCY", max(2, len(os.sched_getaffinity(0))), at_least=1, example="4")
# More threads make nothing faster; they let short answers pass by long ones. Each may hold a database connection.
worker_class = "gthread"
threads = env.number("WEB_THREADS", 4, at_least=1, example="4")

# Loaded once before workers are forked: they start at once and share its memory, and systemd learns that the service is
# ready only when its code and settings are right. Nothing may open a connection or start a thread while it loads.
preload_app = True

# A worker whose main loop is silent for so long is stuck. A long answer does not make it silent: threads give those.
timeout = 60
# What is begun is ended: the longest answer that a restart waits for. TimeoutStopSec in the unit is longer.
graceful_timeout = 120
# nginx makes a connection for each request; over a socket of this machine that costs next to nothing
keepalive = 2

# Memory that Python does not give back goes with the worker, of which no two end at once.
max_requests = 20_000
max_requests_jitter = 4_000

# What a proxy says of a request is Django's to take in, where PROXIES says that there is one: no header says by itself
# that it came over HTTPS, or under which path the registry lies.
secure_scheme_headers = {}
forwarder_headers = ""

# systemd starts and stops it; another way in would be one more to guard.
control_socket_disable = True
# the registry has a line for each request itself (docs/monitoring.md)
accesslog = None

# Its own lines in the form of the registry's.
PRODUCTION = os.environ.get("REGISTRY_ENV") == "production"
logconfig_dict = logging_of(
    os.environ.get("LOG_LEVEL", "INFO"), os.environ.get("LOG_FORMAT", "json" if PRODUCTION else "line")
)

# Each worker counts in files of its own, and whichever is asked for the metrics adds them up. prometheus_client looks
# for the folder when it is loaded.
TOGETHER, PREFIX = "PROMETHEUS_MULTIPROC_DIR", "metrics-"
if "METRICS_TOKEN" in os.environ and TOGETHER not in os.environ:
    os.environ[TOGETHER] = tempfile.mkdtemp(prefix=PREFIX, dir=os.environ.get("RUNTIME_DIRECTORY"))


def child_exit(server, worker):
    """Add what a dead worker has counted to what those before it had, and remove its files.

    Left alone they would be kept, a few more with each worker, and read each time that somebody asks.
    """
    if TOGETHER not in os.environ:
        return
    from prometheus_client.mmap_dict import MmapedDict

    folder = os.environ[TOGETHER]
    with open(os.path.join(folder, "lock"), "w") as lock:
        # nobody may read both the file and the sum that it is in
        fcntl.flock(lock, fcntl.LOCK_EX)
        for kind in ("counter", "histogram"):
            path = os.path.join(folder, f"{kind}_{worker.pid}.db")
            if os.path.exists(path):
                total = MmapedDict(os.path.join(folder, f"{kind}_gone.db"))
                for key, value, _timestamp, _position in MmapedDict.read_all_values_from_file(path):
                    total.write_value(key, total.read_value(key)[0] + value, 0)
                total.close()
        for path in glob.glob(os.path.join(glob.escape(folder), f"*_{worker.pid}.db")):
            os.remove(path)


def on_exit(server):
    """Remove the folder, unless another that was started in this one's place (SIGUSR2) goes on with it."""
    folder = os.environ.get(TOGETHER, "")
    if os.path.basename(folder).startswith(PREFIX) and not server.reexec_pid:
        shutil.rmtree(folder, ignore_errors=True)
