"""Two editors at the same moment, on PostgreSQL: no rule that reads other rows is slipped past."""

from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from agreements.models import AgreementLink
from core.history import change
from core.models import Change
from parks.models import Park
from sources.models import Citation
from tests.factories import make_agreement, make_park, make_source
from tests.people import client_of, make_person

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


# --- Records that come to refer to each other -----------------------------------------------------------------------


def sent_at_once(*requests):
    """The status of each answer; none goes on to its rule before all have locked their own record."""
    locked, answers = Barrier(len(requests)), {}

    def run(number, request):
        waited = []

        def wait_for_the_others(execute, sql, params, many, context):
            if "pg_advisory_xact_lock" in sql and not waited:
                waited.append(sql)
                with suppress(BrokenBarrierError):
                    locked.wait(3)
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(wait_for_the_others):
                answers[number] = request().status_code
        finally:
            connection.close()

    threads = [Thread(target=run, args=each) for each in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(answers.values())


def patch_to(client, address, body):
    etag = client.get(address)["ETag"]
    return lambda: client.patch(address, body, headers={"If-Match": etag})


def test_of_two_agreements_linked_to_each_other_at_once_one_is_told_of_the_circle():
    editor = client_of(make_person("editors"))
    for slug in ("one", "other"):
        make_agreement(slug)
    answers = sent_at_once(
        *(
            patch_to(editor, f"/api/v1/agreements/{slug}/", {"links": [{"kind": "RENEWS", "earlier": earlier}]})
            for slug, earlier in (("one", "other"), ("other", "one"))
        )
    )
    assert answers == [200, 400]
    assert AgreementLink.objects.count() == 1


def test_of_a_link_and_a_date_that_contradict_each_other_one_is_refused():
    editor = client_of(make_person("editors"))
    make_agreement("later", signed_on="2005")
    make_agreement("earlier", signed_on="2004")
    answers = sent_at_once(
        patch_to(editor, "/api/v1/agreements/later/", {"links": [{"kind": "RENEWS", "earlier": "earlier"}]}),
        patch_to(editor, "/api/v1/agreements/earlier/", {"signed_on": "2011"}),
    )
    assert answers == [200, 400]


def test_of_two_sources_that_reprint_each_other_one_is_refused():
    editor = client_of(make_person("editors"))
    for slug in ("one", "other"):
        make_source(slug)
    answers = sent_at_once(
        patch_to(editor, "/api/v1/sources/one/", {"reprint_of": "other"}),
        patch_to(editor, "/api/v1/sources/other/", {"reprint_of": "one"}),
    )
    assert answers == [200, 400]


def test_of_two_parks_restored_into_each_other_one_is_refused():
    steward = client_of(make_person("stewards"))
    parks, restored = [make_park("one"), make_park("other")], []
    for park, into in (parks, parks[::-1]):
        with change():
            Park.objects.filter(pk=park.pk).update(part_of=into)
        restored.append((park, Change.objects.latest("id").at.isoformat()))
        with change():
            Park.objects.filter(pk=park.pk).update(part_of=None)
    answers = sent_at_once(
        *(
            partial(steward.post, f"/api/v1/parks/{park.slug}/restore/", {"known": instant})
            for park, instant in restored
        )
    )
    assert answers == [200, 409]
    assert Park.objects.exclude(part_of=None).count() == 1


# --- Citations ------------------------------------------------------------------------------------------------------


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
