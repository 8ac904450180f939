from django.db import migrations, models
from django.db.models import Q

from core.preflight import refuse_rows_outside


class Migration(migrations.Migration):

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('sources', '0001_initial'),
    ]

    operations = [
        refuse_rows_outside(
            ~Q(stated_value="") | ~Q(note="") | ~Q(stance="DISPUTES"),
            "sources",
            "Citation",
            "Say what these sources state instead, or in the note what they dispute.",
        ),
        migrations.AddConstraint(
            model_name='citation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stated_value', ''), _negated=True), models.Q(('note', ''), _negated=True), models.Q(('stance', 'DISPUTES'), _negated=True), _connector='OR'), name='who_disputes_says_what_instead', violation_error_message='Say what the source states instead, or in the note what it disputes.'),
        ),
    ]
