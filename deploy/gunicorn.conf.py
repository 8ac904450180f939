"""gunicorn as registry@.service runs it, on the socket that systemd hands over."""

import os

# Answers cost processor time, little else (docs/benchmarks.md): a worker for each processor, and two at the least, so
# that one answers while the other is replaced. WEB_CONCURRENCY is gunicorn's own name for it.
workers = int(os.environ.get("WEB_CONCURRENCY", max(2, len(os.sched_getaffinity(0)))))
# More threads make nothing faster; they let short answers pass by long ones. Each may hold a database connection.
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", 4))

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

# systemd starts and stops it; another way in would be one more to guard.
control_socket_disable = True
# nginx writes the access log
accesslog = None
