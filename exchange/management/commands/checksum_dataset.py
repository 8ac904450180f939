"""`manage.py checksum_dataset`: tells whether two registries, or a registry and its backup, hold the same."""

import sys
from datetime import UTC, datetime

from django.core.management.base import BaseCommand
from tqdm import tqdm

from exchange.dataset.checksum import checksum_dataset, sum_of
from exchange.management.instants import instant


class Command(BaseCommand):
    help = (
        "Print how many rows each table has and a SHA-256 of them, history and all: the same before and after a"
        " backup is restored."
    )

    def add_arguments(self, parser):
        parser.add_argument("--known", type=instant, help="as recorded by this instant: 2026-01-31T12:00:00Z (now)")

    def handle(self, *args, known: datetime | None, **options):
        with tqdm(unit=" rows", disable=None if sys.stderr.isatty() else True) as bar:
            told = checksum_dataset(known, bar.update)
        sums = told.records | told.history | {"records": sum_of(told.records), "history": sum_of(told.history)}
        for name, each in sums.items():
            self.stdout.write(f"{name:28} {each.rows:>10}  {each.sha256}")
        self.stdout.write(f"newest {told.newest.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if told.newest else "empty")
