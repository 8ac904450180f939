"""Restoring: back to exactly what was recorded, as a change of its own."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from core.history import change, record_models
from core.models import Change
from core.rest.references import record_ever
from core.restoring import restore
from parks.models import CoManagementRole, Park
from sources.models import Citation
from tests.factories import (
    make_agreement,
    make_citation,
    make_event,
    make_park,
    make_park_agreement,
    make_role,
    make_share,
)

pytestmark = pytest.mark.django_db


def now():
    return Change.objects.order_by("-at").first().at


def everything():
    return {model: list(model._base_manager.order_by("pk").values()) for model in record_models()}


@pytest.fixture
def park():
    """A park with facts of several kinds, some cited."""
    park = make_park("north", established="2003")
    role = make_role(park, since="2003")
    make_citation(role, field="since")
    make_citation(park, field="established", stance="DISPUTES", stated_value="1992")
    make_share(park, percent="60")
    make_park_agreement(park, make_agreement("treaty"))
    return park


def test_a_deleted_park_comes_back_with_all_its_facts_and_citations(park):
    before, instant, key = everything(), now(), park.pk
    with change():
        park.delete()
    assert not Park.objects.exists()
    with change(reason="Deleted by mistake"):
        restore(Park, key, instant)
    assert everything() == before
    assert Change.objects.first().reason == "Deleted by mistake"


def test_edits_additions_and_removals_are_all_undone(park):
    before, instant = everything(), now()
    with change():
        Park.objects.update(established="1992", name_en="Other")
        park.roles.all().delete()
        make_event(park)
        make_citation(park, field="host", source=Citation.objects.first().source)
    with change():
        written = restore(Park, park.pk, instant)
    # the park, the role with its citation, the event, the new citation
    assert written == 5
    assert everything() == before


def test_restoring_can_itself_be_undone(park):
    instant = now()
    with change():
        Park.objects.update(name_en="Other")
    edited, edited_at = everything(), now()
    with change():
        restore(Park, park.pk, instant)
    with change():
        restore(Park, park.pk, edited_at)
    assert everything() == edited


def test_one_fact_is_restored_with_its_citations_and_nothing_else(park):
    role, instant = park.roles.get(), now()
    key = role.pk
    with change():
        Park.objects.update(name_en="Other")
        role.delete()
    with change():
        assert restore(CoManagementRole, key, instant) == 2
    assert (CoManagementRole.objects.get().since, Park.objects.get().name_en) == ("2003", "Other")
    assert Citation.objects.filter(field="since").get().target == CoManagementRole.objects.get()


def test_restoring_what_is_as_it_was_writes_nothing(park):
    changes = Change.objects.count()
    with change():
        assert restore(Park, park.pk, now()) == 0
    assert Change.objects.count() == changes


def test_a_moment_before_the_record_is_refused(park):
    first = Change.objects.order_by("at").first().at - timedelta(seconds=1)
    with pytest.raises(ValidationError, match="not recorded at that moment"):
        restore(Park, park.pk, first)


def test_a_reference_lost_since_is_named_and_nothing_is_written(park):
    instant, key = now(), park.pk
    with change():
        park.delete()
        make_agreement("other")
        type(make_agreement("treaty-2")).objects.filter(slug="treaty").delete()
    before = everything()
    with pytest.raises(ValidationError, match=r"refers to agreement \d+, which has been deleted since"), change():
        restore(Park, key, instant)
    assert everything() == before


def test_a_slug_taken_since_is_refused(park):
    instant, key = now(), park.pk
    with change():
        park.delete()
    make_park("north")
    before = everything()
    with pytest.raises(ValidationError, match="taken"), change():
        restore(Park, key, instant)
    assert everything() == before


def test_a_deleted_park_is_found_by_its_slug(park):
    key = str(park.pk)
    with change():
        park.delete()
    assert str(record_ever(Park, "north").pk) == key
    assert record_ever(Park, "south") is None


def test_a_circle_with_what_was_changed_since_is_refused():
    other = make_park("other")
    park = make_park("north", part_of=other)
    instant = now()
    with change():
        Park.objects.filter(pk=park.pk).update(part_of=None)
    with change():
        Park.objects.filter(pk=other.pk).update(part_of=park)
    before = everything()
    with pytest.raises(ValidationError, match="is itself part of this one"), change():
        restore(Park, park.pk, instant)
    assert everything() == before
