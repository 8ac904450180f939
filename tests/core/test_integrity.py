"""What the database refuses is told in the model's own sentence, on both engines."""

import pytest
from django.db import IntegrityError, connection, transaction

from core.integrity import explain
from parks.models import Park, ParkName
from tests.factories import make_park, make_role, make_share

pytestmark = pytest.mark.django_db


def refused(write) -> dict | list:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write()
    told = explain(error.value)
    return told.message_dict if hasattr(told, "error_dict") else told.messages


def test_a_check_is_told_by_its_sentence():
    park = make_park()
    assert refused(lambda: make_share(park, percent="101")) == ["A share lies between 0 and 100 percent."]


def test_a_rule_across_rows_is_told_by_its_sentence():
    role = make_role(since="2003")
    [told] = refused(lambda: make_role(role.park, since="2005"))
    assert told.startswith("This party's role is recorded already for a period that overlaps this one")


def test_a_unique_constraint_of_fields_and_of_expressions_is_told_by_its_sentence():
    name = ParkName.objects.create(park=make_park(), name="A", language="en", since="2003", until="2004")
    values = {"park": name.park, "name": "A", "language": "en", "since": "2003", "until": "2003"}
    assert refused(lambda: ParkName.objects.create(**values)) == ["This name is recorded already from the same date."]
    role = make_role(since="2003", until="2003")
    assert refused(lambda: make_role(role.park, since="2003", until="2003")) == [
        "This party's role is recorded already from the same date."
    ]


def test_a_taken_slug_is_told_at_its_field():
    make_park("north")
    assert refused(lambda: make_park("north")) == {"slug": ["This value is taken: choose another."]}


def test_a_missing_value_is_told_at_its_field():
    park = make_park()
    assert refused(lambda: Park.objects.filter(pk=park.pk).update(name_en=None)) == {
        "name_en": ["This field is required."]
    }


def test_a_broken_date_is_told_as_such():
    make_park()

    def write():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE parks_park SET established = '2003-13'")

    sentence = "This is not a date. Write a year, a month or a day: 2003, 2003-08 or 2003-08-29."
    assert refused(write) == {"established": [sentence]}
