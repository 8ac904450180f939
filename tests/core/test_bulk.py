"""Rows written in bulk come out as they went in, with keys of their own and with their history."""

import pytest
from django.db import IntegrityError, transaction

from core.bulk import new_keys, write_rows
from core.history import change
from core.models import Version
from parks.models import Event
from tests.factories import make_event, make_park

pytestmark = pytest.mark.django_db

TEXTS = ["", "\\N", "\\", "a\\tb", "a\tb\\", "one\ntwo\r\nthree\r", "\\.", "共管“委员会”", "'; --", "NULL"]
FIELDS = [Event._meta.get_field(name) for name in ("id", "park", "kind", "date", "text_en", "text_zh")]


@pytest.fixture
def park():
    return make_park("north")


def rows_of(park, keys, texts):
    return [(key, park.pk, "OTHER", "2003", text, "") for key, text in zip(keys, texts, strict=True)]


def test_texts_come_out_as_they_went_in(park):
    with change():
        keys = new_keys(Event, len(TEXTS))
        written = write_rows(FIELDS, iter(rows_of(park, keys, TEXTS)))
    assert written == len(TEXTS)
    assert dict(Event.objects.values_list("id", "text_en")) == dict(zip(keys, TEXTS, strict=True))
    assert list(Version.objects.filter(model="parks.event").order_by("id").values_list("key", "operation")) == [
        (str(key), "CREATED") for key in keys
    ]


def test_many_rows_are_handed_over_in_parts(park):
    with change():
        keys = new_keys(Event, 4001)
        assert write_rows(FIELDS, iter(rows_of(park, keys, map(str, keys)))) == 4001
    assert Event.objects.count() == 4001


def test_keys_are_new(park):
    last = make_event(park, date="2001").pk
    with change():
        write_rows(FIELDS, rows_of(park, (first := new_keys(Event, 2)), ["a", "b"]))
        then = new_keys(Event, 2)
    assert len({last, *first, *then}) == 5
    assert min(first) > last


def test_what_the_database_refuses_is_an_integrity_error(park):
    with pytest.raises(IntegrityError), transaction.atomic(), change():
        write_rows(FIELDS, rows_of(park, [7, 7], ["a", "b"]))
