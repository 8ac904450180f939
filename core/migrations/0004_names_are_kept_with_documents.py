from django.db import migrations


class Migration(migrations.Migration):
    """Documents that were rendered before their names were kept wait, so that the names are kept when they are."""

    dependencies = [
        ("core", "0003_documents"),
    ]

    operations = [
        migrations.RunSQL("UPDATE core_document SET marked = marked + 1, body = ''", migrations.RunSQL.noop),
    ]
