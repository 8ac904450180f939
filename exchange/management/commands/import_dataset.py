"""`manage.py import_dataset DIR`: a dataset of this registry or another, back into the tables."""

from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from exchange.dataset.load import import_dataset


class Command(BaseCommand):
    help = "Take in a dataset that export_dataset has written: all of its rows, as one change, or none."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="the folder that holds datapackage.json")
        parser.add_argument("--dry-run", action="store_true", help="only say what would become of each row")
        parser.add_argument("--person", default="", help="the username of who takes it in")
        parser.add_argument("--reason", default="", help="why, for the history")

    def handle(self, *args, folder: Path, dry_run: bool, person: str, reason: str, **options):
        who = get_user_model().objects.filter(username=person).first() if person else None
        if person and who is None:
            raise CommandError(f"There is no user “{person}”.")
        with tqdm(unit=" rows", disable=None) as bar:
            try:
                outcome = import_dataset(folder, dry=dry_run, person=who, reason=reason, progress=bar.update)
            except KeyboardInterrupt:
                raise CommandError("Stopped: nothing was written.", returncode=130) from None
        for table, counts in outcome.counts.items():
            told = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
            self.stdout.write(f"{table}: {told or 'no rows'}")
        if not outcome.is_good:
            raise CommandError("\n".join([*outcome.problems, "Nothing was written."]))
        self.stdout.write("Nothing was written: without --dry-run it is." if dry_run else "All of it is recorded.")
