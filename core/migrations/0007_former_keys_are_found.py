import django.db.models.lookups
from django.db import migrations, models

import core.models


class AddIndexBesideWriters(migrations.AddIndex):
    """On PostgreSQL the index is made while others write, since history may have millions of rows.

    What an attempt that was broken off has left there, an index that is not valid, goes first.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        connection = schema_editor.connection
        if connection.vendor != "postgresql" or connection.in_atomic_block:
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        # It would wait for as long as anybody's edit is open, and may.
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.index.name}"')
        schema_editor.add_index(model, self.index, concurrently=True)


def index_of(column, name):
    value = core.models.ValueOf("data", column=column)
    condition = models.Q(django.db.models.lookups.IsNull(value, False))
    columns = (models.F("model"), value, models.F("key"), models.F("id"))
    return AddIndexBesideWriters("version", models.Index(*columns, condition=condition, name=name))


class Migration(migrations.Migration):
    """Who once had a key is found by it: a page that is not there costs no reading of all versions any more."""

    # no index is made beside writers within a transaction
    atomic = False

    dependencies = [
        ("core", "0006_names_are_looked_up_misspelt"),
    ]

    operations = [index_of("slug", "version_of_slug"), index_of("code", "version_of_code")]
