"""`manage.py export_dataset DIR`: the whole registry as files, for whoever wants all of it."""

import sys
from datetime import datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from exchange.dataset.export import WRITERS, export_dataset
from exchange.management.instants import instant
from exchange.tables import tables


class Command(BaseCommand):
    help = "Write the whole registry to a folder: a Frictionless Data Package (CSV), one SQLite file, Parquet files."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="new, empty, or with an earlier dataset, which it replaces")
        parser.add_argument(
            "--only", choices=WRITERS, action="append", help="this format alone; give it twice for two (all three)"
        )
        parser.add_argument("--known", type=instant, help="as recorded by this instant: 2026-01-31T12:00:00Z (now)")
        parser.add_argument("--release", default="", help="what to call this version (the instant of its newest edit)")

    def handle(self, *args, folder: Path, only: list[str] | None, known: datetime | None, release: str, **options):
        total = None
        if sys.stderr.isatty():
            # Counted for the bar alone: an edit more or less does not show in it.
            total = sum(table.model._base_manager.count() for table in tables().values())
        with tqdm(total=total, unit=" rows", disable=None) as bar:
            try:
                counts, version = export_dataset(
                    folder, formats=only or WRITERS, known=known, release=release, progress=bar.update
                )
            except KeyboardInterrupt:
                raise CommandError(f"Stopped: {folder} is as it was.", returncode=130) from None
        self.stdout.write(f"{sum(counts.values()):,} rows of {len(counts)} tables are in {folder}, version {version}.")
