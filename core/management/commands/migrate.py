"""Django's `migrate`, for a database whose triggers write history."""

from django.core.management.commands import migrate

from core.laying import install_after_migrate


class Command(migrate.Command):
    def handle(self, *args, **options):
        try:
            return super().handle(*args, **options)
        except BaseException:
            if options["check_unapplied"] or options["plan"]:
                # it has only looked
                raise
            # They were lifted, and what lays them anew comes only after migrating is done. Whoever is told to mend
            # rows first must leave a history too.
            install_after_migrate(options["database"])
            raise
