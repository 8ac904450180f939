"""`manage.py audit_data`: what is wrong with what is recorded, check by check."""

from django.core.management.base import BaseCommand, CommandError

from parks.quality import audit


class Command(BaseCommand):
    help = "Check the quality of what is recorded, print what each check finds, and fail where anything is wrong."

    def add_arguments(self, parser):
        parser.add_argument("--most", type=int, default=20, help="how much to tell of each check (20; 0: all)")

    def handle(self, *args, most: int, **options):
        wrong = 0
        for name, faults in audit():
            errors = [each for each in faults if each.is_error]
            wrong += len(errors)
            warnings = len(faults) - len(errors)
            self.stdout.write(f"{len(errors):6} errors {warnings:6} warnings  {name}")
            told = sorted(faults, key=lambda each: (not each.is_error, each.record, each.told))
            for fault in told[: most or None]:
                self.stdout.write(f"       {'error  ' if fault.is_error else 'warning'} {fault.record}: {fault.told}")
            if most and len(told) > most:
                self.stdout.write(f"       and {len(told) - most} more: --most 0 tells all")
        if wrong:
            raise CommandError(f"{wrong} errors: mend them in the admin or in the fixture they come from.")
        self.stdout.write("Nothing is wrong.")
