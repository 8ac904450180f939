"""The pages that tell the history of a record."""

import pytest

from core.models import Change
from parks.models import CoManagementRole
from tests.admin import page_of, save
from tests.factories import make_park, make_role
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


def test_why_a_record_was_deleted_is_asked_and_kept_with_the_change(editor):
    role = make_role()
    where = page_of(role, "delete")
    assert 'name="reason"' in editor.get(where).content.decode()
    assert editor.post(where, {"post": "yes", "reason": "Never held"}).status_code == 302
    assert not CoManagementRole.objects.exists()
    edit = Change.objects.latest("id")
    assert (edit.reason, edit.person.username, edit.origin) == ("Never held", "editors", "ADMIN")


def test_a_record_is_deleted_without_a_reason_too(editor):
    assert editor.post(page_of(make_role(), "delete"), {"post": "yes"}).status_code == 302
    assert (CoManagementRole.objects.count(), Change.objects.latest("id").reason) == (0, "")


def test_a_reason_that_cannot_be_kept_deletes_nothing_and_is_told(editor):
    where = page_of(make_role(), "delete")
    for reason in ("x" * 501, "one\u202etwo"):
        page = editor.post(where, {"post": "yes", "reason": reason})
        assert page.status_code == 200
        [[error]] = page.context["reason_form"].errors.values()
        assert str(error) in page.content.decode()
        assert f'value="{reason}"' in page.content.decode()
    assert (CoManagementRole.objects.count(), Change.objects.latest("id").reason) == (1, "")
