"""Counts of lists, remembered until the registry changes: taken once, never stale."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.history import change
from core.rest import counting
from core.rest.counting import COUNTS
from parks.models import Park
from tests.core.test_settling import POSTGRESQL
from tests.edits import open_edit
from tests.factories import make_division, make_park
from tests.rest import get

PARKS = "/api/v1/parks/"

# A transaction that writes counts anew each time, so each of these commits.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def counted(client, **query):
    """How many the list says there are, and whether it had to count them."""
    with CaptureQueriesContext(connection) as asked:
        told = get(client, PARKS, **query)
    return told["count"], any("COUNT(" in each["sql"] for each in asked)


@pytest.mark.parametrize("room", [0, 10**6])
def test_a_list_is_counted_once_for_all_its_pages_orders_and_formats(reader, settings, room):
    settings.API_CACHE_BYTES = room
    for number in range(3):
        make_park(f"park-{number}")
    assert counted(reader, limit=2) == (3, True)
    assert counted(reader, limit=1, offset=1) == (3, False)
    assert counted(reader, ordering="-name_en", fields="slug", limit=2) == (3, False)
    assert counted(reader, slug__ne="park-0", limit=2) == (2, True)
    assert counted(reader, slug__ne="park-1", limit=2) == (2, True)
    assert counted(reader, slug__ne="park-0", limit=1) == (2, False)


def test_a_page_that_is_not_full_tells_the_count_by_itself(reader):
    for number in range(3):
        make_park(f"park-{number}")
    assert counted(reader) == (3, False)
    assert counted(reader, limit=2, offset=2) == (3, False)
    assert counted(reader, slug="park-0") == (1, False)
    # Beyond the end there is nothing to go by.
    assert counted(reader, limit=2, offset=4) == (3, True)


def test_a_count_is_taken_again_when_anything_has_been_written(reader):
    make_park("one")
    assert counted(reader, limit=1) == (1, True)
    make_park("two")
    assert counted(reader, limit=2) == (2, True)
    Park.objects.filter(slug="one").delete()
    assert counted(reader, limit=1) == (1, True)


def test_what_a_transaction_has_written_is_counted_in_it(reader):
    make_park("one")
    assert counted(reader, limit=1) == (1, True)
    with transaction.atomic():
        make_park("two")
        assert counted(reader, limit=1) == (2, True)
        transaction.set_rollback(True)
    assert counted(reader, limit=1, fields="slug") == (1, False)


def test_who_looks_back_is_told_how_many_there_were(reader):
    make_park("one")
    by_then = get(reader, "/api/v1/changes/")["results"][0]["at"]
    make_park("two")
    assert counted(reader, limit=1) == (2, True)
    assert counted(reader, limit=1, known=by_then) == (1, True)
    assert counted(reader, limit=2) == (2, False)


@pytest.mark.skipif(not POSTGRESQL, reason="one edit begins when the last has ended")
def test_no_count_is_remembered_while_an_earlier_edit_can_still_appear(reader):
    make_park("one")
    with open_edit(lambda: make_park("two")):
        with change():
            make_division("320281")
        assert counted(reader, limit=1) == (1, True)
        assert counted(reader, limit=1, fields="slug") == (1, True)
    assert counted(reader, limit=1) == (2, True)
    assert counted(reader, limit=2) == (2, False)


def test_no_more_counts_are_remembered_than_so_many(reader, monkeypatch):
    monkeypatch.setattr(counting, "REMEMBERED", 2)
    make_park("one")
    for number in range(5):
        assert counted(reader, slug__ne=f"park-{number}", limit=1) == (1, True)
    assert len(COUNTS._kept) == 2
    assert counted(reader, slug__ne="park-4", limit=1, fields="slug") == (1, False)
    assert counted(reader, slug__ne="park-0", limit=1, fields="slug") == (1, True)
