"""`manage.py import_dataset DIR`: a dataset of this registry or another, back into the tables."""

from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from exchange.dataset.load import import_dataset, undo_dataset
from exchange.management.people import find_person
from exchange.management.refusals import nothing_written


class Command(BaseCommand):
    help = "Take in a dataset that export_dataset has written: all of its rows, as one change, or none."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, nargs="?", help="the folder that holds datapackage.json")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done; write nothing")
        parser.add_argument("--person", default="", help="the username of who imports, whose permissions then count")
        parser.add_argument("--reason", default="", help="why, told in the change")
        parser.add_argument("--undo", type=int, metavar="CHANGE", help="undo the import that made this change")

    def handle(self, *args, folder: Path | None, dry_run: bool, person: str, reason: str, undo: int | None, **options):
        if (folder is None) == (undo is None):
            raise CommandError("Say the folder of the dataset, or --undo and the number of a change.")
        told = {"person": find_person(person), "reason": reason}
        with nothing_written():
            if undo is None:
                self._import(folder, dry_run, told)
            else:
                count = undo_dataset(undo, **told)
                self.stdout.write(f"Undone: {count:,} rows are as they were before.")
        if not dry_run:
            # Else the readers of the API would render them one by one.
            call_command("render_documents", verbosity=0)

    def _import(self, folder, dry_run, told):
        with tqdm(unit=" rows", disable=None) as bar:
            outcome = import_dataset(folder, dry=dry_run, progress=bar.update, **told)
        for table, counts in outcome.counts.items():
            rows = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
            self.stdout.write(f"{table}: {rows or 'no rows'}")
        if not outcome.is_good:
            raise CommandError("\n".join([*outcome.problems, "Nothing was written."]))
        if dry_run:
            self.stdout.write("Nothing was written: this was a dry run.")
        elif outcome.change is None:
            self.stdout.write("There was nothing to write.")
        else:
            self.stdout.write(
                f"Written as change {outcome.change}; undo it with: import_dataset --undo {outcome.change}"
            )
