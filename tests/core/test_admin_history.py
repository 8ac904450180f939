"""The pages that tell the history of a record."""

import pytest

from core.models import Change
from tests.admin import page_of, save
from tests.factories import (
    make_park,
    make_role,
)
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


def test_the_history_of_a_park_tells_all_its_facts_edit_by_edit(editor):
    park = make_park("east", name_en="East")
    role = make_role(park, since="2003")
    save(editor, page_of(park), **{"roles-0-until": "2010", "crosses": "Tai Hu", "edit_reason": "It ended"})
    page = editor.get(page_of(park, "history"))
    entry = page.context["entries"][0]
    assert (entry.who, entry.change.reason) == ("editors", "It ended")
    assert [
        (row.title, row.operation, [(field.name, field.old, field.new) for field in row.fields]) for row in entry.rows
    ] == [
        ("Park: East, east", "CHANGED", [("Crosses", "—", "Tai Hu")]),
        (
            "Co-management role: operations, Division 320281 区划320281 (320281), in force, 2003",
            "CHANGED",
            [("Until", "—", "2010")],
        ),
    ]
    assert page_of(role) in page.content.decode()


def test_the_history_of_a_fact_is_its_own(editor):
    role = make_role()
    make_role(role.park, "LAND")
    page = editor.get(page_of(role, "history"))
    assert len(page.context["entries"]) == 1


def test_the_history_asks_as_often_for_three_edits_as_for_one(editor, django_assert_num_queries):
    park = make_park()
    for number in (1, 3):
        while Change.objects.filter(reason="Again").count() < number:
            save(editor, page_of(park), crosses=f"River {Change.objects.count()}", edit_reason="Again")
        editor.get(page_of(park, "history"))
        # session, person, permissions of the person and of groups, the park; how many changes, the changes, their
        # versions, the versions before (two), the divisions named
        with django_assert_num_queries(11):
            editor.get(page_of(park, "history"))


def test_a_deleted_row_stays_in_the_history(editor):
    role = make_role()
    save(editor, page_of(role.park), **{"roles-0-DELETE": "on"})
    page = editor.get(page_of(role.park, "history")).content.decode()
    assert "deleted" in page
