"""Django's `flush`, for a database whose triggers write history."""

from django.core.management.commands import flush
from django.db import transaction

from core.laying import install_after_migrate, lift_before_migrate


class Command(flush.Command):
    def handle(self, **options):
        using = options["database"]
        with transaction.atomic(using=using):
            # SQLite empties table by table: what is deleted late would leave versions of a change already gone.
            lift_before_migrate(using, plan=True)
            super().handle(**options)
            install_after_migrate(using)
