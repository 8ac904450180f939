"""Django's `loaddata`, for the registry: in bulk, as one change, and without touching what is already so."""

from pathlib import Path

from django.core.management.commands import loaddata

from core.bulk import collecting_seldom
from core.fixtures import FixtureLoader, has_records, read
from core.history import change
from core.models import Change


class Command(loaddata.Command):
    help = "Loads fixtures of registry records, such as: loaddata divisions jiangyin_jingjiang."
    # Nothing here depends on pages and addresses, and looking at them all takes as long as a small fixture.
    requires_system_checks = ()

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--keep-edits",
            action="store_true",
            help="Leave alone what anyone has changed or deleted since a fixture wrote it.",
        )

    def handle(self, *fixture_labels, **options):
        self.loader = FixtureLoader(keep_edits=options["keep_edits"])
        with collecting_seldom(), change(origin=Change.Origin.FIXTURE, reason=f"loaddata {' '.join(fixture_labels)}"):
            super().handle(*fixture_labels, **options)
        if options["verbosity"] >= 1 and self.loader.counts:
            told = ", ".join(f"{count} {what}" for what, count in sorted(self.loader.counts.items()))
            self.stdout.write(f"Of the registry's records: {told}.")

    def load_label(self, fixture_label):
        """Records in JSON go through the registry's loader, everything else (users, other formats) through Django's."""
        paths = [Path(path) for path, _folder, _name in self.find_fixtures(fixture_label)]
        if not all(path.suffix == ".json" for path in paths):
            return super().load_label(fixture_label)
        fixtures = {path: read(path) for path in paths}
        if not any(has_records(objects) for objects in fixtures.values()):
            return super().load_label(fixture_label)
        for path, objects in fixtures.items():
            before = self.loader.counts.total()
            self.loader.load(path.name, objects)
            self.fixture_count += 1
            loaded = self.loader.counts.total() - before
            self.loaded_object_count += loaded
            self.fixture_object_count += loaded
        return None
