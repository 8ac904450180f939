import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agreements', '0002_statements_keep_their_agreement'),
        ('parks', '0004_figures_kept_to_the_last_digit'),
    ]

    operations = [
        migrations.CreateModel(
            name='ParkStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('park', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='statements', to='parks.park', verbose_name='park')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parks', to='agreements.statement', verbose_name='statement')),
            ],
            options={
                'verbose_name': 'statement about the park',
                'verbose_name_plural': 'statements about the park',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('park', 'statement'), name='statement_is_named_once_for_a_park', violation_error_message='This statement is named for the park already.')],
            },
        ),
    ]
