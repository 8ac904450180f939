"""The change feed: edit by edit, row by row, field by field."""

import pytest

from core.changes import entries, feed_of
from core.history import change, version_of
from tests.factories import make_division, make_park, make_role

pytestmark = pytest.mark.django_db


def told(entry):
    return [(row.label, row.operation, [(f.field, f.old, f.new) for f in row.fields]) for row in entry.rows]


def test_a_feed_tells_each_edit_of_a_park_and_its_facts_newest_first(django_user_model):
    person = django_user_model.objects.create_user("li")
    park = make_park("north", established="2003")
    with change(person=person, reason="Corrected", source="daily"):
        park.established = "2004"
        park.save()
        role = make_role(park, since="2004")
    with change(reason="Gone"):
        role.delete()
    removed, corrected, *_made = entries(feed_of(park), park)
    assert (corrected.person, corrected.change.reason, corrected.change.source) == (person, "Corrected", "daily")
    assert told(corrected)[0] == ("park", "CHANGED", [("established", "2003", "2004")])
    assert told(corrected)[1][:2] == ("co-management role", "CREATED")
    assert ("since", None, "2004") in told(corrected)[1][2]
    assert told(removed)[0][:2] == ("co-management role", "DELETED")
    assert ("since", "2004", None) in told(removed)[0][2]


def test_a_value_is_compared_with_the_version_right_before():
    park = make_park(name_en="One")
    for name in ("Two", "Three"):
        with change(reason=name):
            park.name_en = name
            park.save()
    assert [told(entry)[0][2] for entry in entries(feed_of(park), park)][:2] == [
        [("name_en", "Two", "Three")],
        [("name_en", "One", "Two")],
    ]


def test_a_row_changed_twice_in_one_edit_is_told_twice():
    park = make_park(name_en="One")
    with change():
        for name in ("Two", "Three"):
            park.name_en = name
            park.save()
    assert [row[2] for row in told(entries(feed_of(park), park)[0])] == [
        [("name_en", "One", "Two")],
        [("name_en", "Two", "Three")],
    ]


def test_an_edit_of_two_parks_shows_each_only_its_own_rows():
    make_division()
    with change():
        one, other = make_park("one"), make_park("other")
    assert [row.key for row in entries(feed_of(one), one)[0].rows] == [str(one.pk)]
    assert [row.key for row in entries(feed_of(one))[0].rows] == [str(one.pk), str(other.pk)]


def test_the_feed_asks_as_often_for_three_edits_as_for_one(django_assert_num_queries):
    park = make_park()
    for count in (1, 3):
        for number in range(count):
            with change():
                park.name_en = f"Name {count} {number}"
                park.save()
        # the changes with their people, their versions, the number of the version before each, those versions
        with django_assert_num_queries(4):
            entries(feed_of(park), park)


def test_the_version_of_a_park_grows_with_its_facts():
    park = make_park()
    before = version_of(park)
    role = make_role(park)
    assert version_of(park) > before
    assert version_of(role) == version_of(park)
