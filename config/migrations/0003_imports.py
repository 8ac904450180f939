"""Grants the groups their permissions on imports: readers see them, editors and stewards send files too.

What a file may do goes by the permissions on the records that it writes.
"""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations


def grant(apps, schema_editor):
    # Django makes permissions after all migrations; these groups need them now.
    create_permissions(live_apps.get_app_config("exchange"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    permissions = Permission.objects.filter(content_type__app_label="exchange", content_type__model="import")
    for name, allowed in (
        ("readers", permissions.filter(codename="view_import")),
        ("editors", permissions),
        ("stewards", permissions),
    ):
        # A registry may have removed a group that it does not use.
        for group in Group.objects.filter(name=name):
            group.permissions.add(*allowed)


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0002_statements_about_parks"),
        ("exchange", "0001_initial"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
