"""Looking back: the registry as recorded by an instant, through the same queries."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import models
from django.utils import timezone

from cities.models import Division
from core.changes import entries, feed_of
from core.history import change, record_models, value_of_old, with_last_change
from core.known import known_at
from core.models import Change, Version
from core.restoring import restore, to_restore
from parks.comanagement import audited
from parks.models import CoManagementRole, Observation, Park
from tests.factories import MAKERS, make_citation, make_division, make_observation, make_park, make_role

pytestmark = pytest.mark.django_db


def now():
    """The instant of the newest change: by then it is recorded."""
    return Change.objects.order_by("-at").first().at


def rows(model):
    return list(model._base_manager.order_by("pk").values())


def test_as_of_now_every_table_reads_the_same_row_for_row():
    for make in MAKERS.values():
        make()
    live = {model: rows(model) for model in record_models()}
    with known_at(now()):
        assert {model: rows(model) for model in record_models()} == live
    assert all(live.values())


def test_each_earlier_state_is_read_back_exactly():
    instants, states = [], []

    def keep():
        instants.append(now())
        states.append(
            (list(Park.objects.values_list("slug", "name_en")), list(CoManagementRole.objects.values_list("since")))
        )

    park = make_park("north", name_en="One")
    keep()
    with change():
        park.name_en = "Two"
        park.save()
        role = make_role(park, since="2003")
    keep()
    with change():
        role.delete()
    keep()
    with change():
        park.delete()
    keep()
    for instant, state in zip(instants, states, strict=True):
        with known_at(instant):
            assert (
                list(Park.objects.values_list("slug", "name_en")),
                list(CoManagementRole.objects.values_list("since")),
            ) == state
    assert states[0] == ([("north", "One")], [])
    assert states[3] == ([], [])


def test_filters_and_relations_look_back_too():
    park = make_park("north", host="321282")
    make_observation(park, value=Decimal("2.9099"))
    before = now()
    with change():
        Division.objects.filter(code="321282").update(name_en="Renamed")
        Park.objects.filter(pk=park.pk).update(host=make_division("320281"))
    with known_at(before):
        [then] = Park.objects.within("321282").with_span().with_facts()
        assert (then.host.name_en, then.observations.all()[0].value) == ("Division 321282", Decimal("2.9099"))
        assert not Park.objects.within("320281").exists()
    assert Park.objects.within("320281").get() == park


def test_history_itself_looks_back():
    park = make_park()
    before, changes = now(), feed_of(park).count()
    with change():
        make_citation(park)
    with known_at(before):
        assert feed_of(park).count() == changes
        assert with_last_change(Park.objects).get().changed == before
    assert feed_of(park).count() == changes + 1


def test_a_version_from_before_a_column_was_added_tells_its_default():
    park = make_park("north")
    make_role(park)
    total = make_observation(park, cumulative=True, cumulative_since="2003")
    make_observation(park)
    live = {model: rows(model) for model in (Park, Observation)}
    added = {"parks.park": ["is_programme"], "parks.observation": ["precision"]}
    for version in Version.objects.filter(model__in=added):
        for column in added[version.model]:
            del version.data[column]
        version.save()
    before = now()
    with known_at(before):
        assert {model: rows(model) for model in (Park, Observation)} == live
        assert [park.slug for park in audited("2022")] == ["north"]
    # Nothing of it changed since, so the feed tells only what did, and restoring brings back only that.
    with change():
        Park.objects.update(name_en="Renamed", is_programme=True)
    [told] = entries(feed_of(park)[:1])[0].rows
    assert [(each.field, each.old, each.new) for each in told.fields] == [
        ("name_en", "Park north", "Renamed"),
        ("is_programme", False, True),
    ]
    assert [(row.label, len(row.fields)) for row in to_restore(Park, park.pk, before)] == [("park", 2)]
    with change():
        restore(Park, park.pk, before)
    assert {model: rows(model) for model in (Park, Observation)} == live
    key = total.pk
    with change():
        total.delete()
        restore(Observation, key, before)
    assert {model: rows(model) for model in (Park, Observation)} == live


def test_nothing_is_left_behind():
    make_park()
    with known_at(timezone.now() - timedelta(days=1)):
        assert not Park.objects.exists()
    assert Park.objects.count() == 1


def test_before_the_first_change_there_is_nothing():
    make_park()
    with known_at(Change.objects.order_by("at").first().at - timedelta(seconds=1)):
        assert not any(rows(model) for model in record_models())


def test_default_that_the_database_gives_is_told_like_any_other():
    field = models.CharField(max_length=20, db_default="to be found")
    assert value_of_old(field) == "to be found"
