"""`manage.py backup_database [FOLDER]`: a copy of the SQLite database, made while people read and write."""

import fcntl
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

NAMES = "registry-*.sqlite3"


class Command(BaseCommand):
    help = (
        "Copy the SQLite database into a folder of backups while the registry is used, check the copy, and remove the"
        " oldest. Where it is stopped half-way, the earlier backups are as they were."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, nargs="?", help="on another disk than the database (BACKUPS)")
        parser.add_argument("--keep", type=int, default=48, help="how many backups to keep there (48)")

    def handle(self, *args, folder: Path | None, keep: int, **options):
        if connection.vendor != "sqlite":
            raise CommandError(
                "The registry is on PostgreSQL: deploy/backup/registry_backup.py keeps it, see docs/operations.md."
            )
        folder = folder or (Path(settings.BACKUPS) if settings.BACKUPS else None)
        if folder is None:
            raise CommandError("Name a folder, or set BACKUPS: /srv/backup/registry.")
        if keep < 1:
            raise CommandError(f"--keep {keep} would keep none. Choose 1 or more.")
        if not folder.is_dir():
            # made here, it would lie on the database's own disk whenever the other is not mounted
            raise CommandError(f"{folder} is not there. Mount its disk, or make the folder.")
        place = folder / f"registry-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.sqlite3"
        # what an earlier run that was killed has left is written anew
        part = folder / ".part.sqlite3"
        try:
            with _alone(folder):
                _remove(part)
                try:
                    _copy(part)
                    _to_disk(part)
                    part.rename(place)
                finally:
                    _remove(part)
                _to_disk(folder)
                for old in sorted(folder.glob(NAMES))[:-keep]:
                    old.unlink()
        except (OSError, sqlite3.Error) as error:
            raise CommandError(
                f"No backup: {error}. Those that were there are as they were. Make room in {folder}, or name another."
            ) from error
        self.stdout.write(f"{place} holds all that was committed, {place.stat().st_size:,} bytes, checked.")


def _copy(part: Path):
    """All that is committed now, as one file that needs no other beside it. Raises CommandError where it is damaged."""
    part.touch(mode=0o640)
    connection.ensure_connection()
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        # All pages in one step: one state, read like any other, so that nobody waits and nothing starts anew.
        connection.connection.backup(copy)
        # A copy says like its original that its newest writes may lie in a file beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        faults = [line for (line,) in copy.execute("PRAGMA integrity_check") if line != "ok"]
        faults += [f"{row[0]} refers to {row[2]}" for row in copy.execute("PRAGMA foreign_key_check")]
    if faults:
        raise CommandError(f"The database is damaged; the earlier backups stay. {'; '.join(faults[:3])}")


def _alone(folder: Path):
    """Keeps a second backup into the same folder from beginning. Raises CommandError where one is under way."""
    lock = (folder / ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CommandError(f"Another backup into {folder} is under way.") from None
    return lock


def _to_disk(path: Path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(part: Path):
    for name in (part, part.with_name(f"{part.name}-journal"), part.with_name(f"{part.name}-wal")):
        with suppress(FileNotFoundError):
            name.unlink()
