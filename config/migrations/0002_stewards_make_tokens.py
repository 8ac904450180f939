"""Lets stewards make, see and take back API tokens; the admin keeps each to their own."""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_stewards_make_tokens(apps, schema_editor):
    # Django makes permissions after all migrations; this group needs them now.
    create_permissions(live_apps.get_app_config("knox"), verbosity=0, using=schema_editor.connection.alias)
    permissions = apps.get_model("auth", "Permission").objects.filter(
        codename__in=["view_authtoken", "add_authtoken", "delete_authtoken"]
    )
    apps.get_model("auth", "Group").objects.get(name="stewards").permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [("config", "0001_groups"), ("knox", "0009_extend_authtoken_field")]

    operations = [migrations.RunPython(let_stewards_make_tokens, migrations.RunPython.noop)]
