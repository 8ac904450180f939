"""The co-management matrix on a day."""

import pytest

from core.dates import Certainty
from parks.comanagement import held_functions, matrix
from tests.factories import make_park, make_role

pytestmark = pytest.mark.django_db


def held(park, day):
    result = matrix(park.roles.all(), day)
    told = {
        function: [(each.role.party_code, each.certainty) for each in holders]
        for function, holders in result.holders.items()
    }
    return told, result


def test_each_function_names_its_holders_with_their_certainty():
    park = make_park()
    make_role(park, "SOCIAL_MANAGEMENT", division="321282")
    make_role(park, "OPERATIONS", division="320281", since="2003")
    assert held(park, "2003-08-01")[0] == {
        "OPERATIONS": [("320281", Certainty.POSSIBLE)],
        "SOCIAL_MANAGEMENT": [("321282", Certainty.CERTAIN)],
    }
    assert held(park, "2002-12-31")[0] == {"SOCIAL_MANAGEMENT": [("321282", Certainty.CERTAIN)]}


def test_gaps_and_overlaps_are_named():
    park = make_park()
    make_role(park, "LAND", division="321282")
    make_role(park, "LAND", division="320281")
    result = held(park, "2020-01-01")[1]
    assert result.overlaps == ["LAND"]
    assert result.gaps == [function for function in held_functions() if function != "LAND"]


def test_trusteeship_leaves_no_gaps():
    park = make_park()
    make_role(park, "TRUSTEESHIP")
    assert held(park, "2020-01-01")[1].gaps == []


def test_proposals_and_partners_without_a_function_hold_nothing():
    park = make_park()
    make_role(park, "LAND", standing="PROPOSED")
    make_role(park, "PARTNER", division="320500")
    told, result = held(park, "2020-01-01")
    assert told == {}
    assert [each.role.party_code for each in result.partners] == ["320500"]
