"""What is so at this moment: the metrics that are looked up when somebody asks for them (docs/monitoring.md).

None needs the database to be there: those that are read from it are left out while it is not.
"""

import fcntl
import os
import platform
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import django
from django.conf import settings
from django.db import Error, connection
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from config.readiness import OK, SECONDS, look, places, within
from core import replicas
from core.documents import shape_of_code, waiting_documents
from core.revision import current_revision
from core.settling import as_instant
from core.watch.metrics import COUNTED
from exchange.models import Import

# Each with what it says and the names of its labels; those ending in _total only grow.
GAUGES = {
    "registry_info": ("What runs here; always 1.", ("api", "code", "python", "django", "engine")),
    "registry_ready": ("Whether a check of /readyz finds all well (1) or not (0).", ("check",)),
    "registry_disk_free_bytes": ("Room on the disk with the folder for this.", ("folder",)),
    "registry_process_resident_bytes": ("Memory of each worker, shared pages included.", ("pid",)),
    "registry_process_cpu_seconds_total": ("Processor time of each worker.", ("pid",)),
    "registry_newest_change_timestamp_seconds": ("When the registry was last changed.", ()),
    "registry_documents_waiting": ("Documents that wait to be rendered.", ()),
    "registry_imports": ("Imports there have been, by what became of them.", ("state",)),
    "registry_database_connections": ("Connections to the database, of all who use it (PostgreSQL).", ()),
    "registry_database_connections_most": ("How many there may be at most (PostgreSQL).", ()),
    "registry_replica_up": ("Whether this replica is read from.", ("replica",)),
    "registry_replica_lag_seconds": ("How old at most what it tells may be.", ("replica",)),
    "registry_slot_active": ("Whether a replica or backup receives what PostgreSQL keeps for it.", ("slot",)),
    "registry_slot_behind_bytes": ("How much PostgreSQL keeps that it does not have yet.", ("slot",)),
}
# The folder in which processes leave what each has counted.
TOGETHER = "PROMETHEUS_MULTIPROC_DIR"

Values = dict[str, dict[tuple[str, ...], float]]


def metrics() -> CollectorRegistry:
    """All that there is to tell: what was counted by any process of this server, and what is so now."""
    registry = CollectorRegistry()
    registry.register(_Counted())
    registry.register(_Now())
    return registry


class _Counted:
    def collect(self) -> list[Metric]:
        if TOGETHER not in os.environ:
            return list(COUNTED.collect())
        with _unmoved(Path(os.environ[TOGETHER])):
            return list(MultiProcessCollector(None).collect())


class _Now:
    def collect(self) -> Iterator[Metric]:
        values = (
            _of_code()
            | _of_processes()
            | _of_disks()
            | _of_readiness()
            | _of_replicas()
            | within(SECONDS, _of_database, {})
        )
        for name, told in values.items():
            text, labels = GAUGES[name]
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            family = kind(name, text, labels=labels)
            for each, value in told.items():
                family.add_metric(each, value)
            yield family


@contextmanager
def _unmoved(folder: Path) -> Iterator[None]:
    """While nobody adds up what dead workers have counted (deploy/gunicorn.conf.py)."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _of_code() -> Values:
    told = (settings.SPECTACULAR_SETTINGS["VERSION"], shape_of_code(), platform.python_version())
    return {"registry_info": {(*told, django.get_version(), connection.vendor): 1}}


def _of_readiness() -> Values:
    return {"registry_ready": {(check,): float(found == OK) for check, found in look().checks.items()}}


def _of_replicas() -> Values:
    told = replicas.lags()
    return {
        "registry_replica_up": {(each.alias,): each.is_well for each in told},
        "registry_replica_lag_seconds": {(each.alias,): each.seconds for each in told if each.seconds is not None},
    }


def _of_disks() -> Values:
    return {"registry_disk_free_bytes": {(name,): shutil.disk_usage(path).free for name, path in places().items()}}


def _of_processes() -> Values:
    resident, cpu = {}, {}
    for pid in _workers():
        # it may end at any moment
        with suppress(OSError):
            resident[(str(pid),)] = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            # after the name, which may have spaces: proc_pid_stat(5)
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            cpu[(str(pid),)] = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return {"registry_process_resident_bytes": resident, "registry_process_cpu_seconds_total": cpu}


def _workers() -> set[int]:
    if TOGETHER not in os.environ:
        return {os.getpid()}
    names = (path.stem.rpartition("_")[2] for path in Path(os.environ[TOGETHER]).glob("*.db"))
    return {int(name) for name in names if name.isdigit()}


def _of_database() -> Values:
    values = {}
    try:
        for read in (_registry, _postgresql):
            values |= read()
    except Error:
        # `registry_ready` says so
        pass
    return values


def _registry() -> Values:
    newest = current_revision().at
    states = Counter(Import.objects.values_list("state", flat=True))
    return {
        "registry_newest_change_timestamp_seconds": {(): as_instant(newest).timestamp()} if newest else {},
        "registry_documents_waiting": {(): waiting_documents().count()},
        "registry_imports": {(state,): states[state] for state in Import.State.values},
    }


def _postgresql() -> Values:
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
            " WHERE backend_type = 'client backend'"
        )
        connections, most = cursor.fetchone()
        cursor.execute(
            "SELECT slot_name, active::int, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)"
            " FROM pg_replication_slots WHERE NOT pg_is_in_recovery()"
        )
        slots = cursor.fetchall()
    return {
        "registry_database_connections": {(): connections},
        "registry_database_connections_most": {(): most},
        "registry_slot_active": {(name,): active for name, active, _behind in slots},
        "registry_slot_behind_bytes": {(name,): float(behind) for name, _active, behind in slots if behind is not None},
    }
