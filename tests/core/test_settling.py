"""What is recorded for good, while others write: told once, in order, and never changed behind a reader's back."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from agreements.models import Agreement
from core.history import change
from core.models import Change
from core.settling import is_settled, settled
from parks.models import Park
from tests.edits import open_edit
from tests.factories import make_agreement, make_division, make_park

V1 = "/api/v1/"
PARK = f"{V1}parks/suxitong/"
POSTGRESQL = connection.vendor == "postgresql"
at_once = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def newest() -> Change:
    return Change.objects.order_by("-at").first()


# --- Instants -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_change_is_later_than_all_before_it_though_the_clock_be_set_back():
    make_park("suxitong")
    ahead = timezone.now().replace(microsecond=999_999) + timedelta(hours=1)
    Change.objects.filter(pk=newest().pk).update(at=ahead)
    for number in range(3):
        with change():
            Park.objects.update(name_en=f"Name {number}")
    told = list(Change.objects.filter(at__gte=ahead).order_by("id").values_list("at", flat=True))
    assert told == [ahead + timedelta(microseconds=number) for number in range(4)]


@pytest.mark.django_db
def test_changes_of_one_moment_have_instants_of_their_own():
    make_park("suxitong")
    for number in range(50):
        with change():
            Park.objects.update(name_en=f"Name {number}")
    instants = list(Change.objects.order_by("id").values_list("at", flat=True))
    assert instants == sorted(set(instants))
    assert abs(timezone.now() - instants[-1]) < timedelta(seconds=1)


@pytest.mark.django_db
def test_what_is_recorded_can_be_asked_for_though_the_clock_be_behind_it(reader):
    make_park("suxitong")
    ahead = timezone.now() + timedelta(hours=1)
    Change.objects.filter(pk=newest().pk).update(at=ahead)
    link = reader.get(f"{PARK}citation/").json()["permalink"]
    assert reader.get(link).json()["slug"] == "suxitong"
    later = (ahead + timedelta(microseconds=1)).isoformat()
    assert reader.get(PARK, {"known": later}).status_code == 400


# --- While others write ---------------------------------------------------------------------------------------------


@at_once
def test_an_instant_is_settled_once_no_edit_that_began_by_then_is_open(reader):
    make_park("suxitong")
    before = newest().at
    with open_edit(lambda: make_division("320281")):
        if POSTGRESQL:
            with change():
                make_agreement("treaty")
            assert newest().at > before
            assert not is_settled(newest().at)
        assert is_settled(before)
        assert not is_settled(timezone.now())
        assert reader.get(PARK, {"known": before.isoformat()}).status_code == 200
        refused = reader.get(PARK, {"known": timezone.now().isoformat()})
        assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert is_settled(newest().at)
    assert is_settled(timezone.now())
    assert reader.get(PARK, {"known": timezone.now().isoformat()}).status_code == 200


@at_once
def test_an_instant_is_settled_when_the_edit_is_undone():
    make_park("suxitong")

    def fail():
        transaction.set_rollback(True)

    with open_edit(lambda: make_division("320281"), fail):
        assert not is_settled(timezone.now())
    assert is_settled(timezone.now())


@at_once
@pytest.mark.skipif(not POSTGRESQL, reason="one edit begins when the last has ended")
def test_no_permalink_is_given_before_it_holds(reader):
    make_park("suxitong")
    with open_edit(lambda: make_division("320281"), lambda: Park.objects.update(name_en="Slow")):
        assert "Link" in reader.get(PARK)
        with change():
            make_agreement("treaty")
        assert "Link" not in reader.get(PARK)
        assert reader.get(f"{PARK}citation/").status_code == 503
    live = reader.get(PARK)
    assert live.json()["name_en"] == "Slow"
    assert reader.get(f"{PARK}citation/").json()["permalink"] in live["Link"]


@at_once
@pytest.mark.skipif(not POSTGRESQL, reason="one edit begins when the last has ended")
def test_a_reader_who_reads_until_the_newest_entry_it_has_misses_none(reader):
    make_park("suxitong")
    make_agreement("treaty")

    def read():
        return [each["id"] for each in reader.get(f"{V1}changes/").json()["results"]]

    def of_park():
        return [each["reason"] for each in reader.get(f"{PARK}changes/").json()["results"]]

    copied = read()
    with open_edit(
        lambda: Agreement.objects.update(title_en="Slow"), lambda: Park.objects.update(crosses="The Yangtze River")
    ):
        with change(reason="fast"):
            Park.objects.update(name_en="Fast")
        assert Change.objects.filter(reason="fast").exists()
        assert read() == copied
        assert "fast" not in of_park()
    everything = read()
    assert [each for each in everything if each > copied[0]] + copied == everything
    assert of_park()[:2] == ["fast", "slow"]


@at_once
@pytest.mark.skipif(not POSTGRESQL, reason="SQLite has no roles")
def test_what_others_write_is_seen_without_rights_to_watch_them():
    make_park("suxitong")
    with open_edit(lambda: make_division("320281")), connection.cursor() as cursor:
        # It may read, and see nobody's transactions but its own.
        cursor.execute("SET ROLE pg_read_all_data")
        try:
            assert not is_settled(timezone.now())
            assert settled(Change.objects.all()).count() == Change.objects.count()
        finally:
            cursor.execute("RESET ROLE")
