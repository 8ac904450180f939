"""One edit, delimited by `change()` or by a request, is one Change: all or nothing, and told who and why."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from agreements.models import Agreement
from core.history import ChangeMiddleware, change, current_change, current_change_id
from core.models import Change, OpenChange, Version
from parks.models import Event, Park
from tests.factories import (
    make_agreement,
    make_event,
    make_park,
)

pytestmark = pytest.mark.django_db
# A write outside of any change is a Change of its own on SQLite, which knows no transaction id.
ONE_PER_ROW = connection.vendor == "sqlite"


def newest() -> Version | None:
    return Version.objects.order_by("id").last()


@pytest.fixture
def park(db) -> Park:
    return make_park()


def write_and_fail(park):
    make_event(park)
    raise ZeroDivisionError


# --- change() -------------------------------------------------------------------------------------------------------


def test_a_rolled_back_change_leaves_nothing_and_the_next_is_attributed_right(park):
    before, changes = newest(), Change.objects.count()
    with pytest.raises(ZeroDivisionError), change(reason="first"):
        write_and_fail(park)
    assert (newest(), Change.objects.count(), OpenChange.objects.count()) == (before, changes, 0)
    with change(reason="second"):
        make_event(park)
    assert [(v.change.reason, v.operation) for v in Version.objects.filter(id__gt=before.id)] == [("second", "CREATED")]


def test_a_rolled_back_savepoint_leaves_nothing_and_what_is_written_after_it_is_of_the_change(park):
    before, changes = newest(), Change.objects.count()
    with change(reason="all"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            # The first row written, so it is here that the database opens the Change.
            write_and_fail(park)
        assert current_change_id() is None
        make_event(park, date="2002")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            write_and_fail(park)
        make_event(park, date="2004")
    dates = [(v.data["date"], v.change.reason) for v in Version.objects.filter(id__gt=before.id).order_by("id")]
    assert dates == [("2002", "all"), ("2004", "all")]
    assert Change.objects.count() == changes + 1


def test_one_change_after_another_are_two(park):
    for reason in ("first", "second"):
        with change(reason=reason):
            make_event(park, text_en=reason)
    assert list(Change.objects.values_list("reason", flat=True)[:2]) == ["second", "first"]


def test_a_change_inside_another_joins_it_and_fills_in_what_the_other_left_empty(park):
    person = User.objects.create_user("editor")
    before = Change.objects.count()
    with change(origin="API", reason="outer"):
        make_event(park, date="2001")
        with change(origin="COMMAND", reason="inner", person=person, source="daily") as joined:
            make_event(park, date="2002")
            assert joined is current_change()
        make_event(park, date="2003")
    assert Change.objects.count() == before + 1
    made = Change.objects.latest("id")
    assert (made.origin, made.reason, made.person, made.source) == ("API", "outer", person, "daily")
    assert made.versions.count() == 3


def test_what_is_learnt_during_a_change_is_told_at_its_end(park):
    with change() as this:
        make_event(park)
        current_change().reason = "learnt"
        this.origin = Change.Origin.COMMAND
    made = Change.objects.latest("id")
    assert (made.reason, made.origin) == ("learnt", "COMMAND")
    # Outside of any change, saying why leads nowhere and harms nobody.
    current_change().reason = "nowhere"
    assert current_change().reason == ""


def test_a_reason_of_any_length_is_kept_as_far_as_there_is_room(park):
    with change(reason="理" * 600):
        make_event(park)
    assert Change.objects.latest("id").reason == "理" * 500


def test_rows_written_outside_of_any_change_have_one_of_unknown_origin(park):
    before, changes = newest(), Change.objects.count()
    Event.objects.bulk_create(Event(park=park, kind="OTHER", date=date) for date in ("2001", "2002", "2003"))
    with change(reason="between"):
        make_event(park)
    make_event(park, date="2004")
    told = [v.change.reason or v.change.origin for v in Version.objects.filter(id__gt=before.id).order_by("id")]
    assert told == ["UNKNOWN", "UNKNOWN", "UNKNOWN", "between", "UNKNOWN"]
    # The factory's rows before were written in this same transaction, the test's.
    assert Change.objects.count() - changes == (5 if ONE_PER_ROW else 2)


def test_the_change_is_known_from_its_first_row_on(park):
    assert ONE_PER_ROW or current_change_id() is not None
    with change():
        assert current_change_id() is None
        make_event(park)
        key = current_change_id()
        make_event(park, date="2001")
        assert current_change_id() == key == Change.objects.latest("id").id


def test_instants_of_changes_are_in_utc_and_in_order(park):
    start = timezone.now()
    with change():
        make_event(park)
    at = Change.objects.latest("id").at
    # SQLite tells milliseconds.
    assert start.replace(microsecond=start.microsecond // 1000 * 1000) <= at <= timezone.now()
    assert Change.objects.filter(at=at).exists()


def test_a_person_who_has_edited_is_kept(park):
    person = User.objects.create_user("editor")
    with change(person=person):
        make_event(park)
    with pytest.raises(Exception, match="protected"):
        person.delete()


# --- Requests -------------------------------------------------------------------------------------------------------


def answer(method, write, status=200, user=None):
    def view(request):
        write()
        return HttpResponse(status=status)

    request = RequestFactory().generic(method, "/")
    request.user = User.objects.get_or_create(username="somebody")[0] if user is None else user
    return ChangeMiddleware(view)(request).status_code


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_each_unsafe_request_is_one_change_signed_by_its_person(park, method):
    person = User.objects.create_user("editor")
    before = Change.objects.count()

    def write():
        make_event(park, date="2001")
        make_event(park, date="2002")

    assert answer(method, write, user=person) == 200
    assert Change.objects.count() == before + 1
    made = Change.objects.latest("id")
    assert (made.person, made.origin, made.versions.count()) == (person, "ADMIN", 2)
    assert len(made.request_id) == 32


def test_each_request_has_a_number_of_its_own(park):
    for date in ("2001", "2002"):
        answer("POST", lambda date=date: make_event(park, date=date))
    first, second = Change.objects.values_list("request_id", flat=True)[:2]
    assert first != second


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 500])
def test_a_request_answered_with_an_error_has_written_nothing(park, status):
    before, changes = newest(), Change.objects.count()
    assert answer("POST", lambda: make_event(park), status) == status
    assert (newest(), Change.objects.count(), park.events.count()) == (before, changes, 0)
    answer("POST", lambda: make_event(park))
    assert park.events.count() == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_request_opens_no_change_and_no_transaction(park, method, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert answer(method, lambda: None, user=AnonymousUser()) == 200


def test_a_request_without_a_person_is_nobody_s(park):
    answer("POST", lambda: make_event(park), user=AnonymousUser())
    assert Change.objects.latest("id").person is None


# --- Two at once ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_who_edit_at_once_leave_two_changes():
    parks = [make_park(), make_park()]
    make_agreement("shared")
    start = Barrier(2)

    def edit(number):
        try:
            start.wait(10)
            with change(reason=f"edit {number}"):
                for date in ("2001", "2002", "2003"):
                    make_event(parks[number], date=date)
                # Both change this row, so one waits for the other.
                Agreement.objects.filter(slug="shared").update(place=f"place {number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(edit, (0, 1)))
    made = Change.objects.filter(reason__startswith="edit").order_by("reason")
    assert [each.versions.count() for each in made] == [4, 4]
    for number, each in enumerate(made):
        roots = set(each.versions.filter(model="parks.event").values_list("root_key", flat=True))
        assert roots == {str(parks[number].pk)}
        assert each.versions.get(model="agreements.agreement").data["place"] == f"place {number}"
    assert OpenChange.objects.count() == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_rows_written_outside_of_any_change_have_one_for_each_transaction_or_row():
    park = make_park()
    before = Change.objects.count()
    with transaction.atomic():
        make_event(park, date="2001")
        make_event(park, date="2002")
    assert Change.objects.count() - before == (2 if ONE_PER_ROW else 1)
    make_event(park, date="2003")
    assert Change.objects.count() - before == (3 if ONE_PER_ROW else 2)
    assert ContentType.objects.exists()
