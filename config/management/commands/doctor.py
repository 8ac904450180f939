"""`manage.py doctor`: what is wrong with this deployment, and what to do."""

import json
from dataclasses import asdict
from functools import partial

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.doctor import examine, machine
from config.doctor.findings import ERROR


class Command(BaseCommand):
    help = "Tells what is wrong with this deployment and what to do. Ends with 1 where anything does not work."
    # it tells what they find, beside the rest
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the findings as JSON, for programs")
        parser.add_argument(
            "--address", help="look at it from outside too: certificate and answers of https://parks.example.org"
        )
        parser.add_argument("--certificate", help="a file of certificates to trust with --address, beside the system's")

    def handle(self, *, address, certificate, **options):
        more = []
        if address:
            if not address.startswith("https://"):
                raise CommandError(f"{address} is no address with TLS. Write it like https://parks.example.org")
            more = [partial(machine.world, address, certificate)]
        found = []
        for name, findings in examine(*more):
            found += [{"check": name} | asdict(each) for each in findings]
            if not options["json"]:
                self.tell(name, findings)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
        errors = sum(each["level"] == ERROR for each in found)
        if errors:
            raise CommandError(f"{errors} of these must be mended." if not options["json"] else f"{errors} errors")
        if not options["json"]:
            self.stdout.write("Nothing has to be mended." if not found else "It works; the warnings are worth a look.")

    def tell(self, name, findings):
        if not findings:
            self.stdout.write(f"ok       {name}")
        for each in findings:
            self.stdout.write(f"{each.level:8} {name}: {each.what}\n         -> {each.mend}")
