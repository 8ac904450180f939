from decimal import Decimal

from django.db import migrations, models

import core.numbers
from core.dates import not_before
from core.numbers import below_limit
from core.preflight import refuse_rows_outside

TOO_LARGE = "Numbers from 10^15 on are no longer kept: write one that is smaller, in SQL if no form opens it."


class Migration(migrations.Migration):

    dependencies = [
        ('agreements', '0001_initial'),
        ('cities', '0001_initial'),
        ('parks', '0003_shares_of_one_base_year'),
    ]

    operations = [
        refuse_rows_outside(below_limit("value", "value_high", "growth_percent"), "parks", "Observation", TOO_LARGE),
        refuse_rows_outside(below_limit("amount"), "parks", "BenefitShare", TOO_LARGE),
        refuse_rows_outside(below_limit("area"), "parks", "ParkSite", TOO_LARGE),
        refuse_rows_outside(
            not_before("period", "cumulative_since"),
            "parks",
            "Observation",
            "A running total cannot begin after its period: give an earlier beginning, or none.",
        ),
        migrations.AlterField(
            model_name='benefitshare',
            name='amount',
            field=core.numbers.ExactDecimalField(blank=True, decimal_places=2, help_text='Per year, in yuan.', null=True, verbose_name='amount in CNY'),
        ),
        migrations.AlterField(
            model_name='observation',
            name='growth_percent',
            field=core.numbers.ExactDecimalField(blank=True, decimal_places=4, null=True, verbose_name='growth in percent'),
        ),
        migrations.AlterField(
            model_name='observation',
            name='value',
            field=core.numbers.ExactDecimalField(blank=True, decimal_places=4, help_text='Blank when a source gives only the growth.', null=True, verbose_name='value'),
        ),
        migrations.AlterField(
            model_name='observation',
            name='value_high',
            field=core.numbers.ExactDecimalField(blank=True, decimal_places=4, help_text='Of a range.', null=True, verbose_name='upper value'),
        ),
        migrations.AlterField(
            model_name='parksite',
            name='area',
            field=core.numbers.ExactDecimalField(blank=True, decimal_places=4, null=True, verbose_name='area in km²'),
        ),
        migrations.AddConstraint(
            model_name='benefitshare',
            constraint=models.CheckConstraint(condition=models.Q(('amount', None), models.Q(('amount__gt', Decimal('-1000000000000000')), ('amount__lt', Decimal('1000000000000000'))), _connector='OR'), name='amount_of_a_share_lies_below_a_quadrillion', violation_error_message='Numbers from 1,000,000,000,000,000 on are not kept: check the unit and the zeros.'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(('period', ''), ('cumulative_since', ''), ('period__latest__gte', models.F('cumulative_since__earliest')), _connector='OR'), name='running_total_does_not_begin_after_its_period', violation_error_message='A running total cannot begin after the period that it is of.'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('value', None), models.Q(('value__gt', Decimal('-1000000000000000')), ('value__lt', Decimal('1000000000000000'))), _connector='OR'), models.Q(('value_high', None), models.Q(('value_high__gt', Decimal('-1000000000000000')), ('value_high__lt', Decimal('1000000000000000'))), _connector='OR'), models.Q(('growth_percent', None), models.Q(('growth_percent__gt', Decimal('-1000000000000000')), ('growth_percent__lt', Decimal('1000000000000000'))), _connector='OR')), name='figure_lies_below_a_quadrillion', violation_error_message='Numbers from 1,000,000,000,000,000 on are not kept: check the unit and the zeros.'),
        ),
        migrations.AddConstraint(
            model_name='parksite',
            constraint=models.CheckConstraint(condition=models.Q(('area', None), models.Q(('area__gt', Decimal('-1000000000000000')), ('area__lt', Decimal('1000000000000000'))), _connector='OR'), name='site_area_lies_below_a_quadrillion', violation_error_message='Numbers from 1,000,000,000,000,000 on are not kept: check the unit and the zeros.'),
        ),
    ]
