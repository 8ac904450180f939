import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0005_names_have_short_forms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='The name of the table, such as parks.', max_length=60, verbose_name='kind of record')),
                ('name', models.CharField(max_length=255, verbose_name='file name')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256')),
                ('bytes', models.BigIntegerField(default=0, verbose_name='bytes')),
                ('format', models.CharField(blank=True, max_length=10, verbose_name='format')),
                ('options', models.JSONField(blank=True, default=dict, help_text='How it is read: format, sheet, encoding, separator.', verbose_name='options')),
                ('source', models.CharField(blank=True, max_length=120, verbose_name='source')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='at')),
                ('state', models.CharField(choices=[('BEGUN', 'begun'), ('CHECKED', 'checked'), ('APPLIED', 'applied'), ('PARTLY_APPLIED', 'partly applied'), ('UNDONE', 'undone'), ('FAILED', 'failed')], default='BEGUN', max_length=14, verbose_name='state')),
                ('new', models.PositiveIntegerField(default=0, verbose_name='new')),
                ('changed', models.PositiveIntegerField(default=0, verbose_name='changed')),
                ('unchanged', models.PositiveIntegerField(default=0, verbose_name='unchanged')),
                ('errors', models.PositiveIntegerField(default=0, verbose_name='errors')),
                ('notes', models.JSONField(blank=True, default=list, verbose_name='notes')),
                ('digest', models.CharField(blank=True, max_length=64, verbose_name='digest of the report')),
                ('change', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='core.change', verbose_name='change')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='imports', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='imports_undone', to='core.change', verbose_name='undone by')),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
                'ordering': ['-id'],
                'default_permissions': ('add', 'view'),
            },
        ),
    ]
