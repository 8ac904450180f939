"""Grants the groups their permissions on statements about parks: readers view, editors and stewards do everything."""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

MODEL = "parkstatement"


def grant(apps, schema_editor):
    # Django makes permissions after all migrations; these groups need them now.
    create_permissions(live_apps.get_app_config("parks"), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    permissions = Permission.objects.filter(content_type__app_label="parks", content_type__model=MODEL)
    for name, allowed in (
        ("readers", permissions.filter(codename=f"view_{MODEL}")),
        ("editors", permissions),
        ("stewards", permissions),
    ):
        # A registry may have removed a group that it does not use.
        for group in Group.objects.filter(name=name):
            group.permissions.add(*allowed)


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0001_groups"),
        ("parks", "0005_statements_about_parks"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
