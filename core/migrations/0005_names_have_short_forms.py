from django.db import migrations


class Migration(migrations.Migration):
    """Documents wait, so that names are kept anew: of divisions also without the word for the kind, and ü also as v."""

    dependencies = [
        ("core", "0004_names_are_kept_with_documents"),
    ]

    operations = [
        migrations.RunSQL("UPDATE core_document SET marked = marked + 1, body = ''", migrations.RunSQL.noop),
    ]
