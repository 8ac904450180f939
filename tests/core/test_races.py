"""Two editors at the same moment, on PostgreSQL: no rule that reads other rows is slipped past."""

from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from parks.models import Park
from sources.models import Citation
from tests.factories import make_park, make_source

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif("sqlite" in str(connection.settings_dict["ENGINE"]), reason="one transaction writes at a time"),
]


def at_once(*edits):
    """Run each edit in a transaction of its own, all begun before any goes on; the errors by edit."""
    start, errors = Barrier(len(edits)), {}

    def run(number, edit):
        try:
            with transaction.atomic():
                connection.ensure_connection()
                start.wait(10)
                edit()
        except (ValidationError, DatabaseError) as error:
            errors[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=each) for each in enumerate(edits)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return errors


def test_two_parks_cannot_become_part_of_each_other():
    one, other = make_park("one"), make_park("other")

    def put(park, into):
        def edit():
            park.part_of = into
            park.full_clean()
            park.save()

        return edit

    assert len(at_once(put(one, other), put(other, one))) == 1
    assert Park.objects.exclude(part_of=None).count() == 1


def test_a_record_being_cited_is_not_deleted_under_the_citation():
    source = make_source()
    for _attempt in range(3):
        park = make_park()
        citation = Citation(source=source, target=park, field="name_en")

        def cite(citation=citation):
            citation.full_clean()
            citation.save()

        def delete(key=park.pk):
            Park.objects.select_for_update().get(pk=key).delete()

        at_once(cite, delete)
        assert not Park.objects.exists()
        assert not Citation.objects.exists()
