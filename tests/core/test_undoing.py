"""Undoing a change as a whole: rows made, changed and deleted by it, in any order."""

import pytest
from django.core.exceptions import ValidationError

from core.history import change
from core.models import Change, Version
from core.undoing import undo
from parks.models import CoManagementRole, Park
from tests.factories import make_citation, make_division, make_park, make_role

pytestmark = pytest.mark.django_db


def last_change():
    return Change.objects.order_by("-id")[0]


def test_undo_puts_back_what_was_deleted_changed_and_made():
    park = make_park("north", name_en="North")
    role = make_role(park, "LAND", since="2003")
    citation = make_citation(role, field="since")
    key = role.pk
    with change():
        role.delete()
        Park.objects.filter(pk=park.pk).update(name_en="Northern")
        Park.objects.filter(pk=park.pk).update(name_en="Northernmost")
        south = make_park("south", part_of=park)
        make_role(south, "LAND")
    done = last_change()
    with change():
        # the park, its role, what was cited for that, the new park and its role
        assert undo(done) == 5
    park.refresh_from_db()
    assert park.name_en == "North"
    assert [each.pk for each in CoManagementRole.objects.all()] == [key]
    assert [each.pk for each in CoManagementRole.objects.get().citations.all()] == [citation.pk]
    assert not Park.objects.filter(slug="south").exists()


def test_undo_can_be_undone():
    with change():
        make_park("north")
    with change():
        undo(last_change())
    assert not Park.objects.exists()
    with change():
        undo(last_change())
    assert [park.slug for park in Park.objects.all()] == ["north"]


def test_undo_of_many_rows_goes_by_batches(monkeypatch):
    monkeypatch.setattr("core.undoing.BATCH", 2)
    with change():
        for number in range(5):
            make_park(f"park-{number}", name_en="Old")
    with change():
        Park.objects.update(name_en="New")
    done = last_change()
    with change():
        assert undo(done) == 5
    assert set(Park.objects.values_list("name_en", flat=True)) == {"Old"}


def test_undo_is_refused_whole_where_anything_stands_in_the_way():
    make_division("321282")
    with change():
        make_park("north")
        south = make_park("south", name_en="Park south")
    done = last_change()
    make_park("east", part_of=south)
    before = Version.objects.count()
    with pytest.raises(ValidationError, match="The park “Park south” would go, but park “east” refers to it"), change():
        undo(done)
    assert Version.objects.count() == before
