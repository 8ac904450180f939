"""What is loaded for many records at once is what the database has for each."""

import pytest

from agreements.models import Agreement
from core.loading import is_loaded, rows_of
from parks.models import CoManagementRole, Park
from sources.evidence import tally, with_citations, with_facts
from tests.factories import make_agreement, make_body, make_citation, make_division, make_park, make_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def parks():
    north, south = make_park("north"), make_park("south")
    make_role(north, division="320281", agreement=make_agreement("treaty"))
    cited = make_role(north, "LAND", body=make_body())
    make_citation(cited)
    make_citation(south)
    return north, south


def test_each_record_has_its_own_rows_and_those_that_refer_to_one_record_share_it(parks):
    north, south = Park.objects.with_facts().with_citations().order_by("slug")
    assert north.roles.all() == list(CoManagementRole.objects.filter(park=north)) != []
    assert south.roles.all() == []
    assert {id(role.park) for role in north.roles.all()} == {id(north)}
    assert north.host is south.host
    assert [tally(park) for park in (north, south)] == [tally(park) for park in parks]


def test_loaded_rows_are_read_without_a_query(parks, django_assert_num_queries):
    found = list(Park.objects.with_facts().with_citations())
    with django_assert_num_queries(0):
        for park in found:
            tally(park)
            for role in rows_of(park, "roles"):
                _told = str(role), role.division, role.body, role.agreement


def test_a_stream_loads_its_records_part_by_part(parks, django_assert_num_queries):
    # the parks; for each of two parts the roles, ten other kinds of facts, and the records that they refer to
    with django_assert_num_queries(1 + 2 * 11 + (3 + 1)):
        found = list(Park.objects.order_by("slug").with_facts().iterator(chunk_size=1))
    assert [len(park.roles.all()) for park in found] == [2, 0]


def test_a_record_read_twice_has_its_rows_twice(parks):
    twice = list(Park.objects.filter(slug="north").with_facts()) * 2
    assert [len(park.roles.all()) for park in twice] == [2, 2]
    joined = Park.objects.filter(roles__isnull=False).with_facts()
    assert [len(park.roles.all()) for park in joined] == [2, 2]


def test_citations_alone_load_the_facts_that_they_are_of(parks):
    park = with_citations(Park.objects.filter(slug="north")).get()
    assert [is_loaded(park, name) for name in Park.facts] == [True] * len(Park.facts)
    assert [len(role.citations.all()) for role in park.roles.all()] == [0, 1]


def test_rows_that_are_no_facts_are_loaded_where_they_are_named(parks):
    treaty = with_facts(Agreement.objects.all(), "parks").get()
    assert (is_loaded(treaty, "parks"), is_loaded(treaty, "links_from_later")) == (True, False)


def test_what_was_joined_is_not_read_again(parks, django_assert_num_queries):
    make_division("320000")
    north = Park.objects.select_related("host__parent__parent").with_facts().get(slug="north")
    with django_assert_num_queries(0):
        assert north.host.parent is not None
