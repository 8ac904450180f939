"""What happens, counted: the metrics that grow while the registry runs. docs/monitoring.md explains each.

Each process counts by itself. Where several share the folder PROMETHEUS_MULTIPROC_DIR, any of them tells the sum
(see `config.gauges`). Labels have few values: a route by its name, never an address.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()
COUNTED = CollectorRegistry()
# In seconds. The load test promises 0.25 for the slowest hundredth; a kept answer takes less than the first.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
IMPORT_BUCKETS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900)

REQUESTS = Histogram(
    "registry_request_seconds",
    "Requests by how long the answer took, to its last byte; kept says whether it was there (hit), or might have been.",
    ("method", "route", "status", "kept"),
    buckets=BUCKETS,
    registry=COUNTED,
)
QUERIES = Counter("registry_queries", "Queries that requests asked the database.", ("route",), registry=COUNTED)
QUERY_SECONDS = Counter(
    "registry_query_seconds", "Seconds that requests waited for the database.", ("route",), registry=COUNTED
)
SLOW_QUERIES = Counter(
    "registry_slow_queries", "Queries over SLOW_QUERY; each has a line in the log.", registry=COUNTED
)
KEPT_BYTES = Gauge(
    "registry_kept_bytes",
    "Memory of all processes that kept answers take.",
    multiprocess_mode="livesum",
    registry=COUNTED,
)
IMPORTS = Histogram(
    "registry_import_seconds",
    "Imports over HTTP, checked or applied, by how long they took and what became of them.",
    ("state",),
    buckets=IMPORT_BUCKETS,
    registry=COUNTED,
)
IMPORT_ROWS = Counter(
    "registry_import_rows", "Rows of these imports by what became of them.", ("outcome",), registry=COUNTED
)
THROTTLED = Counter(
    "registry_throttled", "Requests refused because their client asked too often.", ("policy",), registry=COUNTED
)
SHED = Counter(
    "registry_shed", "Requests refused because the registry had too much to do.", ("reason",), registry=COUNTED
)
FAILED_LOGINS = Counter("registry_failed_logins", "Logins with a name or password that was wrong.", registry=COUNTED)


def count_import(state: str, seconds: float, rows: dict[str, int]) -> None:
    """One import was checked or applied; `rows` says how many rows had each outcome."""
    IMPORTS.labels(state).observe(seconds)
    for outcome, count in rows.items():
        IMPORT_ROWS.labels(outcome).inc(count)


def count_throttled(policy: str) -> None:
    """One request was refused with 429 under `policy`, one of few words."""
    THROTTLED.labels(policy).inc()


def count_shed(reason: str) -> None:
    """One request was refused with 503, before it was worked on, for `reason`, one of few words."""
    SHED.labels(reason).inc()


def count_failed_login(**_) -> None:
    """One login failed; takes what Django's signal `user_login_failed` says, and keeps none of it."""
    FAILED_LOGINS.inc()
