import core.dates
from django.db import migrations, models


def mark_running_totals(apps, schema_editor):
    """Mark figures that say since when they run as running totals: the rows, and all that the history keeps of them.

    They said so before, in other columns, and nobody has edited them: so it leaves no change in the history.
    """
    using = schema_editor.connection.alias
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    observations = apps.get_model("parks", "Observation")
    # Those that write history, if they are laid already; on SQLite they are lifted before any migration.
    if on_postgresql:
        schema_editor.execute(f"ALTER TABLE {observations._meta.db_table} DISABLE TRIGGER USER")
    observations.objects.using(using).exclude(cumulative_since="").update(cumulative=True)
    if on_postgresql:
        schema_editor.execute(f"ALTER TABLE {observations._meta.db_table} ENABLE TRIGGER USER")
    versions = apps.get_model("core", "Version").objects.using(using)
    for version in versions.filter(model="parks.observation").exclude(data__cumulative_since="").iterator():
        version.data["cumulative"] = True
        version.save(update_fields=["data"])


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_initial'),
        ('parks', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='observation',
            name='figure_is_recorded_once',
        ),
        migrations.AddField(
            model_name='observation',
            name='cumulative',
            field=models.BooleanField(default=False, help_text='A running total up to the end of the period.', verbose_name='cumulative'),
        ),
        migrations.RunPython(mark_running_totals, migrations.RunPython.noop),
        migrations.AddField(
            model_name='observation',
            name='precision',
            field=models.CharField(choices=[('EXACT', 'exact'), ('ABOUT', 'about'), ('AT_LEAST', 'at least'), ('AT_MOST', 'at most')], default='EXACT', help_text='Whether the source says about so much, or more than that.', max_length=8, verbose_name='precision'),
        ),
        migrations.AddField(
            model_name='park',
            name='is_programme',
            field=models.BooleanField(default=False, help_text='It covers several parks, or is a cooperation without bounds of its own.', verbose_name='programme'),
        ),
        migrations.AddField(
            model_name='parkindustry',
            name='as_of',
            field=core.dates.PartialDateField(help_text='When it was last named: sources list the industries of a time, not since when.', verbose_name='as of'),
        ),
        migrations.AddField(
            model_name='parkindustry',
            name='tier',
            field=models.CharField(choices=[('LEADING', 'leading'), ('EMERGING', 'emerging')], default='LEADING', max_length=8, verbose_name='tier'),
        ),
        migrations.AlterField(
            model_name='benefitshare',
            name='subject',
            field=models.CharField(choices=[('EQUITY', 'equity'), ('TAX_REVENUE', 'tax revenue'), ('LAND_REVENUE', 'land revenue'), ('RENT', 'rent'), ('REVENUE', 'all revenue'), ('PROFIT', 'profit'), ('INVESTMENT', 'investment'), ('GDP', 'statistical credit for GDP'), ('OUTPUT', 'statistical credit for output'), ('STATISTICS', 'statistical credit in general')], max_length=12, verbose_name='subject'),
        ),
        migrations.AlterField(
            model_name='comanagementrole',
            name='function',
            field=models.CharField(choices=[('GOVERNANCE', 'governance (decides on main matters)'), ('OPERATIONS', 'operations'), ('SOCIAL_MANAGEMENT', 'social management'), ('PLANNING', 'planning'), ('LAND', 'land'), ('INFRASTRUCTURE', 'infrastructure'), ('INVESTMENT_PROMOTION', 'investment promotion'), ('FINANCE', 'finance'), ('TAXATION', 'taxation'), ('STATISTICS', 'statistics'), ('PERSONNEL', 'personnel'), ('ENVIRONMENT', 'environment'), ('SAFETY', 'safety'), ('APPROVALS', 'approvals'), ('TRUSTEESHIP', 'trusteeship (the whole administration)'), ('PARTNER', 'partner (function not stated)'), ('OTHER', 'another function (see the note)')], max_length=20, verbose_name='function'),
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('PROPOSED', 'proposed'), ('AGREED', 'agreed'), ('APPROVED', 'approved'), ('PLANNED', 'plan adopted'), ('FOUNDED', 'founded'), ('UNVEILED', 'unveiled'), ('CONSTRUCTION', 'construction begun'), ('OPENED', 'opened'), ('RENAMED', 'renamed'), ('UPGRADED', 'upgraded'), ('DESIGNATED', 'designated'), ('REORGANISED', 'reorganised'), ('EXTENDED', 'extended'), ('MERGED', 'merged'), ('CLOSED', 'closed'), ('OTHER', 'other')], max_length=12, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='observation',
            name='cumulative_since',
            field=core.dates.PartialDateField(help_text='Of a running total: when it began; blank when unknown.', verbose_name='cumulative since'),
        ),
        migrations.AlterField(
            model_name='parkname',
            name='kind',
            field=models.CharField(choices=[('OFFICIAL', 'official'), ('SHORT', 'short'), ('FORMER', 'former'), ('ALTERNATIVE', 'alternative'), ('PLATE', 'further name plate'), ('TRANSLITERATION', 'transliteration'), ('MISTRANSLATION', 'mistranslation')], default='OFFICIAL', max_length=16, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='remark',
            name='kind',
            field=models.CharField(choices=[('DISTINCTION', 'distinction'), ('MECHANISM', 'mechanism'), ('CHALLENGE', 'challenge'), ('GOAL', 'goal'), ('OTHER', 'other')], max_length=11, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(('cumulative_since', ''), ('cumulative', True), _connector='OR'), name='only_a_running_total_has_a_beginning', violation_error_message='Mark the figure as cumulative, or leave out since when it is.'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.UniqueConstraint(fields=('park', 'indicator', 'period', 'kind', 'scope', 'cumulative', 'cumulative_since'), name='figure_is_recorded_once', violation_error_message='This figure is recorded already: where sources disagree, cite the other one as disputing it.'),
        ),
    ]
