"""Counting evidence: facts, voices, disputes."""

import pytest

from parks.models import CoManagementRole, Park
from sources.evidence import disputed, tally, unsupported
from tests.factories import make_citation, make_park, make_role, make_source

pytestmark = pytest.mark.django_db


def counted(park):
    return tally(Park.objects.with_facts().with_citations().get(pk=park.pk))


@pytest.fixture
def park():
    """Two facts of its own: name_en, status, host are filled; established makes the fourth."""
    return make_park(established="2003")


def test_each_filled_field_and_each_row_is_a_fact(park):
    make_role(park)
    assert counted(park) == {"facts": 5, "cited": 0, "single_source": 0, "disputed": 0, "uncited": 5}


def test_a_citation_of_the_whole_record_speaks_for_each_of_its_fields(park):
    make_role(park)
    make_citation(park)
    assert counted(park) == {"facts": 5, "cited": 4, "single_source": 4, "disputed": 0, "uncited": 1}


def test_reprints_of_one_release_are_one_voice(park):
    release = make_source()
    make_citation(park, source=release, field="established")
    make_citation(park, source=make_source(reprint_of=release), field="established")
    assert counted(park) == {"facts": 4, "cited": 1, "single_source": 1, "disputed": 0, "uncited": 3}
    make_citation(park, field="established")
    assert counted(park)["single_source"] == 0


def test_a_dispute_is_counted_and_supports_nothing(park):
    make_citation(park, field="established", stance="DISPUTES", stated_value="1992")
    assert counted(park) == {"facts": 4, "cited": 0, "single_source": 0, "disputed": 1, "uncited": 4}


def test_disputed_and_unsupported_rows_are_found(park):
    supported, contested = make_role(park), make_role(park, function="LAND")
    make_citation(supported)
    make_citation(contested, stance="DISPUTES")
    assert list(disputed(CoManagementRole)) == [contested]
    assert list(unsupported(CoManagementRole)) == [contested]
    assert list(Park.objects.disputed()) == [park]
    assert list(Park.objects.uncited()) == [park]


def test_a_park_is_uncited_while_any_of_its_rows_is(park):
    make_citation(park)
    assert list(Park.objects.uncited()) == []
    make_role(park)
    assert list(Park.objects.uncited()) == [park]


def test_a_park_is_uncited_while_any_of_its_own_fields_is(park):
    for field in ("name_en", "status", "host"):
        make_citation(park, field=field)
        assert list(Park.objects.uncited()) == [park]
    make_citation(park, field="established", stance="DISPUTES")
    assert (list(Park.objects.uncited()), counted(park)["uncited"]) == ([park], 1)
    make_citation(park, field="established")
    assert (list(Park.objects.uncited()), counted(park)["uncited"]) == ([], 0)
