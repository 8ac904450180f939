"""Makes the groups readers, editors and stewards with their permissions on the records of the registry.

Stewards also make, see and take back API tokens; the admin keeps each to their own. A model that comes later brings
its own grant: this runs once, on the models of its day.
"""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

REGISTRY_APPS = ("core", "sources", "cities", "agreements", "parks")
# What everything else refers to: only stewards change it.
REFERENCE_MODELS = {"division", "province", "city", "countylevelcity", "industry", "indicator"}
# Records that others link to: editors change them, stewards remove them.
LASTING_MODELS = {"park", "agreement", "source", "official", "body"}
# Written by the database alone.
HISTORY_MODELS = {"change", "version"}
OF_TOKENS = ("view_authtoken", "add_authtoken", "delete_authtoken")


def may(group, action, model):
    if action == "view":
        return True
    if group == "readers" or model in HISTORY_MODELS:
        return False
    if group == "stewards":
        return True
    return model not in REFERENCE_MODELS and not (action == "delete" and model in LASTING_MODELS)


def make_groups(apps, schema_editor):
    # Django makes permissions after all migrations; these groups need them now.
    for label in (*REGISTRY_APPS, "knox"):
        create_permissions(live_apps.get_app_config(label), verbosity=0, using=schema_editor.connection.alias)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    permissions = Permission.objects.filter(content_type__app_label__in=REGISTRY_APPS).exclude(
        content_type__model="openchange"
    )
    for name in ("readers", "editors", "stewards"):
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.set(
            [each for each in permissions if may(name, each.codename.split("_")[0], each.content_type.model)]
        )
    tokens = Permission.objects.filter(content_type__app_label="knox", codename__in=OF_TOKENS)
    Group.objects.get(name="stewards").permissions.add(*tokens)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_initial"),
        ("sources", "0001_initial"),
        ("cities", "0001_initial"),
        ("agreements", "0001_initial"),
        ("parks", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("knox", "0009_extend_authtoken_field"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
