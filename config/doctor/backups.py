"""The backups: whether they are new, and whether what PostgreSQL writes is received."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.doctor.findings import ERROR, WARNING, Finding

# each night, and each hour, with as much again for a run that was missed
OLD = {"postgresql": timedelta(days=2), "sqlite": timedelta(hours=2)}
UNIT = {"postgresql": "registry-backup", "sqlite": "registry-sqlite-backup"}
PLACE = {"postgresql": "base/*Z", "sqlite": "registry-*Z.sqlite3"}
# as deploy/backup/registry_backup.py and `backup_database` name what they made
INSTANT = re.compile(r"\d{8}T\d{6}\.\d{6}Z")
RECEIVER = "registry_wal"
# what is not received stays on the database's own disk
PILED_UP = 2 * 1024**3
SET_UP = "Set backups up as docs/operations.md says under Backup, with BACKUPS on another disk than the database."


def backups() -> Iterator[Finding]:
    """The newest is not old. A developer's registry without BACKUPS needs none."""
    if not settings.BACKUPS:
        if settings.PRODUCTION:
            yield Finding(WARNING, "Nothing tells of backups: with its disk the registry may be lost.", SET_UP)
        return
    folder, unit = Path(settings.BACKUPS), UNIT[connection.vendor]
    try:
        # not by glob alone, which is silent about a folder that it may not read
        if not any(folder.iterdir()):
            yield Finding(ERROR, f"There is no backup in {folder}.", f"Is its disk mounted? {SET_UP}")
            return
        found = sorted(INSTANT.search(path.name)[0] for path in folder.glob(PLACE[connection.vendor]))
    except OSError as error:
        yield Finding(ERROR, f"{folder} cannot be read: {error.strerror}.", f"Is its disk mounted? {SET_UP}")
        return
    if not found:
        yield Finding(ERROR, f"There is no backup in {folder}.", f"Run: systemctl start {unit}. {SET_UP}")
        return
    age = datetime.now(UTC) - datetime.strptime(found[-1], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    if age > OLD[connection.vendor]:
        yield Finding(
            ERROR,
            f"The newest backup is {age.total_seconds() / 3600:,.0f} hours old.",
            f"Look: journalctl -u {unit}; systemctl list-timers {unit}.timer. Then: systemctl start {unit}",
        )


def received() -> Iterator[Finding]:
    """All that PostgreSQL writes is on another disk too, or nobody has asked for that."""
    if connection.vendor != "postgresql" or not settings.BACKUPS:
        return
    receive = "Run: systemctl enable --now registry-wal. Its log: journalctl -u registry-wal"
    with connection.cursor() as cursor:
        # a standby of a standby writes no log of its own
        cursor.execute(
            "SELECT active, CASE WHEN pg_is_in_recovery() THEN 0"
            " ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) END"
            " FROM pg_replication_slots WHERE slot_name = %s",
            [RECEIVER],
        )
        slot = cursor.fetchone()
        cursor.execute("SELECT current_setting('synchronous_standby_names'), current_setting('archive_mode')")
        waited_for, archived = cursor.fetchone()
        cursor.execute(
            "SELECT last_failed_wal, last_failed_time FROM pg_stat_archiver"
            " WHERE last_failed_time > coalesce(last_archived_time, '-infinity')"
        )
        failed = cursor.fetchone()
    if slot is None or not slot[0]:
        yield Finding(
            ERROR, "Nobody receives what PostgreSQL writes: with its disk, all since the base is lost.", receive
        )
    if slot and slot[1] is None:
        yield Finding(
            ERROR,
            "What was not received has been thrown away, so the receiver cannot go on.",
            f"As superuser: SELECT pg_drop_replication_slot('{RECEIVER}'). Start registry-wal and registry-backup.",
        )
    elif slot and slot[1] > PILED_UP:
        yield Finding(
            ERROR,
            f"{slot[1] / 1024**3:.1f} GB were not received yet and fill the database's disk.",
            f"{receive}. Has the disk of the backups room?",
        )
    if RECEIVER not in waited_for:
        yield Finding(
            WARNING,
            "Commits do not wait for the receiver: with the disk of the database its last moments are lost.",
            f"As superuser: ALTER SYSTEM SET synchronous_standby_names = '{RECEIVER}'; SELECT pg_reload_conf();",
        )
    if archived != "off" and failed:
        yield Finding(
            ERROR,
            f"PostgreSQL could not archive {failed[0]}, since {failed[1]:%Y-%m-%d %H:%M}, and keeps all on its disk.",
            "Look at its log, and mend archive_command; registry-wal needs none.",
        )
