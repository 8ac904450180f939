"""`manage.py demo`: the registry on a loopback port, with a login to look around with."""

import socket

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.servers.basehttp import get_internal_wsgi_application, run

ADDRESS = "127.0.0.1"
FIXTURES = ["divisions", "jiangyin_jingjiang", "parks"]
NAME = PASSWORD = "demo"  # nosec B105 # never made in production


class Command(BaseCommand):
    help = f"Lay out the database, load the shipped parks, make the login {NAME}/{PASSWORD} and serve on {ADDRESS}."
    # there may be no tables yet for the checks to look at
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the port to serve on (8000)")

    def handle(self, *args, port: int, **options) -> None:
        # a login that everybody knows must never reach a server that others reach
        if settings.PRODUCTION:
            raise CommandError("The demo and its login are not for production: unset REGISTRY_ENV.")
        if not 1 <= port <= 65535:
            raise CommandError(f"{port} is no port. Choose one from 1 to 65535, for example: make demo PORT=8080")
        refuse_taken_port(port)

        self.stdout.write("Laying out the database ...")
        call_command("migrate", verbosity=0)
        # new facts that came with an update are taken in; what was edited here stays
        call_command("loaddata", *FIXTURES, keep_edits=True)
        # else each search would read the names of all that wait
        call_command("render_documents", verbosity=0)
        make_login()
        try:
            run(ADDRESS, port, get_internal_wsgi_application(), threading=True, on_bind=self.announce)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. What you changed is kept; `make demo` goes on from here.")

    def announce(self, port: int) -> None:
        here = f"http://{ADDRESS}:{port}"
        self.stdout.write(f"\n  Site      {here}/\n  Admin     {here}/admin/")
        self.stdout.write(f"  API       {here}/api/v1/\n  API docs  {here}/api/docs/\n")
        if get_user_model().objects.filter(username=NAME).exists():
            self.stdout.write(f"  Log in as {NAME} with the password {PASSWORD}.")
        else:
            self.stdout.write(
                "  Log in with an account of your own: this database had users, so no demo login was made."
            )
        self.stdout.write("  Ctrl-C stops.\n")
        self.stdout.flush()


def refuse_taken_port(port: int) -> None:
    """Say so before anything is done, not after the fixtures are loaded."""
    with socket.socket() as probe:
        # as the server does: a port is free though closed connections to it still linger
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            other = f"Choose another, for example: make demo PORT={port + 1 if 1024 < port < 65535 else 8080}"
            raise CommandError(f"Port {port} cannot be used: {error.strerror}. {other}") from error


def make_login() -> None:
    """A superuser demo/demo, in a database without users: one that has its own must not get a login everybody knows."""
    User = get_user_model()
    if not User.objects.exists():
        User.objects.create_superuser(NAME, password=PASSWORD)
