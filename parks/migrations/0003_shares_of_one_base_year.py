import core.constraints
import django.db.models.functions.comparison
from django.db import migrations, models
from django.db.models import Q

from core.preflight import refuse_rows_outside


class Migration(migrations.Migration):

    dependencies = [
        ('agreements', '0001_initial'),
        ('cities', '0001_initial'),
        ('parks', '0002_what_real_sources_demanded'),
    ]

    operations = [
        refuse_rows_outside(
            Q(base_year="") | Q(basis="INCREMENT"),
            "parks",
            "BenefitShare",
            "Say that these are shares of the increment, or leave out their base year.",
        ),
        migrations.RemoveConstraint(
            model_name='benefitshare',
            name='share_is_recorded_once',
        ),
        migrations.RemoveConstraint(
            model_name='benefitshare',
            name='share_is_recorded_once_at_a_time',
        ),
        migrations.RemoveConstraint(
            model_name='benefitshare',
            name='shares_do_not_exceed_the_whole',
        ),
        migrations.AddConstraint(
            model_name='benefitshare',
            constraint=models.CheckConstraint(condition=models.Q(('base_year', ''), ('basis', 'INCREMENT'), _connector='OR'), name='only_an_increment_has_a_base_year', violation_error_message='Say that it is a share of the increment, or leave out the base year.'),
        ),
        migrations.AddConstraint(
            model_name='benefitshare',
            constraint=models.UniqueConstraint(models.F('park'), models.F('subject'), models.F('basis'), models.F('base_year'), models.F('entity'), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.Cast('division', models.CharField(max_length=40)), models.Value('')), django.db.models.functions.comparison.Coalesce(django.db.models.functions.comparison.Cast('body', models.CharField(max_length=40)), models.Value('')), models.F('standing'), models.F('since'), models.F('condition'), name='share_is_recorded_once', violation_error_message="This party's share is recorded already from the same date."),
        ),
        migrations.AddConstraint(
            model_name='benefitshare',
            constraint=core.constraints.PeriodsDoNotOverlap(fields=('park', 'subject', 'basis', 'base_year', 'entity', 'division', 'body', 'standing', 'condition'), name='share_is_recorded_once_at_a_time', violation_error_code='across_rows', violation_error_message="This party's share is recorded already for a period that overlaps this one: change that row, or end it first."),
        ),
        migrations.AddConstraint(
            model_name='benefitshare',
            constraint=core.constraints.PercentsWithinTheWhole(fields=('park', 'subject', 'basis', 'base_year', 'entity', 'standing', 'condition'), name='shares_do_not_exceed_the_whole', violation_error_code='across_rows', violation_error_message='With this row, the shares would add up to more than 100 percent on some day.'),
        ),
    ]
