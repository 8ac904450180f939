"""What a migration asks before it lays a rule over rows that are there already."""

from django.core.management.base import CommandError
from django.db import migrations
from django.db.models import Q

ROWS_TOLD = 20


def refuse_rows_outside(rule: Q, app: str, model: str, todo: str) -> migrations.RunPython:
    """The operation that stops migrating, with nothing changed, where rows break `rule`; it says which and what `todo`.

    Without it a database only says that something somewhere does not fit.
    """

    def look(apps, schema_editor):
        rows = apps.get_model(app, model).objects.using(schema_editor.connection.alias)
        keys = list(rows.exclude(rule).order_by("pk").values_list("pk", flat=True)[: ROWS_TOLD + 1])
        if keys:
            told = ", ".join(map(str, keys[:ROWS_TOLD])) + (" and more" if len(keys) > ROWS_TOLD else "")
            raise CommandError(f"{app}.{model} {told}: {todo} Then migrate again.")

    return migrations.RunPython(look, migrations.RunPython.noop)
