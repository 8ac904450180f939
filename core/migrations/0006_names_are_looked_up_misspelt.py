import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Names have keys by which they are found misspelt. Documents wait, so that the keys are kept when they are."""

    dependencies = [
        ('core', '0005_names_have_short_forms'),
    ]

    operations = [
        migrations.CreateModel(
            name='NameKey',
            fields=[
                ('pk', models.CompositePrimaryKey('key', 'names', blank=True, editable=False, primary_key=True, serialize=False)),
                ('key', models.IntegerField(verbose_name='key')),
                ('names', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='core.recordnames', verbose_name='names of a record')),
            ],
            options={
                'verbose_name': 'key of names',
                'verbose_name_plural': 'keys of names',
                'default_permissions': (),
            },
        ),
        migrations.RunSQL("UPDATE core_document SET marked = marked + 1, body = ''", migrations.RunSQL.noop),
    ]
