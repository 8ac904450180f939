"""The co-management matrix on a day."""

import pytest

from core.dates import Certainty
from core.history import change
from core.known import known_at
from core.models import Change
from parks.comanagement import audited, finding, held_functions, matrix, to_tell
from parks.models import CoManagementRole, Park
from tests.factories import make_agreement, make_body, make_citation, make_park, make_role, make_source

pytestmark = pytest.mark.django_db


def held(park, day):
    result = matrix(park, park.roles.all(), day)
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


def test_other_functions_are_no_gap_and_never_overlap():
    park = make_park()
    make_role(park, "OTHER", division="320281", note="Seconds cadres.")
    make_role(park, "OTHER", division="321282", note="Keeps the archive.")
    told, result = held(park, "2020-01-01")
    assert told == {"OTHER": [("320281", Certainty.CERTAIN), ("321282", Certainty.CERTAIN)]}
    assert (result.overlaps, result.shared, result.together) == ([], [], [])
    assert result.gaps == held_functions()
    assert "OTHER" not in held_functions()


# --- Two at once ------------------------------------------------------------------------------------------------------

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE


def at_once(park, on="2020-01-01"):
    return [
        (each.function, [holder.role.party_code for holder in each.holders], each.certainty, each.shared)
        for each in matrix(park, park.roles.all(), on).together
    ]


def test_two_parties_at_once_overlap_unless_the_record_says_that_they_share():
    park, pact, other = make_park(), make_agreement(), make_agreement()
    make_role(park, "LAND", division="320281", note="Jointly, by the board.")
    make_role(park, "LAND", division="321282", note="Jointly, by the board. ")
    make_role(park, "FINANCE", division="320281", agreement=pact, note="Pays")
    make_role(park, "FINANCE", division="321282", agreement=pact, note="Plans")
    make_role(park, "SAFETY", division="320281", agreement=pact)
    make_role(park, "SAFETY", division="321282", agreement=other)
    make_role(park, "PLANNING", division="320281")
    make_role(park, "PLANNING", division="321282", note="Jointly, by the board.")
    both = ["320281", "321282"]
    assert at_once(park) == [
        ("PLANNING", both, CERTAIN, False),
        ("LAND", both, CERTAIN, True),
        ("FINANCE", both, CERTAIN, True),
        ("SAFETY", both, CERTAIN, False),
    ]
    found = matrix(park, park.roles.all(), "2020-01-01")
    assert (found.overlaps, found.shared) == (["PLANNING", "SAFETY"], ["LAND", "FINANCE"])


def test_a_third_party_overlaps_two_that_share():
    park = make_park()
    for division, note in (("320281", "Jointly."), ("321282", "Jointly."), ("320500", "")):
        make_role(park, "LAND", division=division, note=note)
    assert at_once(park) == [
        ("LAND", ["320281", "320500", "321282"], CERTAIN, False),
        ("LAND", ["320281", "321282"], CERTAIN, True),
    ]


def test_a_division_and_its_bodies_are_one_party():
    park = make_park()
    make_role(park, "LAND", division="320281", since="2003")
    make_role(park, "LAND", division="320281", body=make_body(), since="2003")
    make_role(park, "LAND", body=make_body(division="320281"))
    make_role(park, "LAND", body=make_body(division="320281"))
    assert at_once(park) == []
    # One that belongs to none is a party of its own.
    company = make_body()
    make_role(park, "LAND", body=company)
    [(function, parties, certain, shared)] = at_once(park)
    assert (function, len(parties), certain, shared) == ("LAND", 5, CERTAIN, False)
    assert f"body:{company.pk}" in parties


@pytest.mark.parametrize(
    ("until", "since", "on", "expected"),
    [
        # One follows the other, on a day known or not.
        ("2006-07-01", "2006-07-01", "2006", None),
        ("2006", "2006", "2006-07-01", None),
        ("2006", "2006-03", "2006-07-01", None),
        ("2006-07-02", "2006-07-01", "2006-07-01", CERTAIN),
        ("2006-07-02", "2006-07-01", "2006-07", POSSIBLE),
        ("2006-07-02", "2006-07-01", "2006-07-02", None),
        ("2007", "2006", "2006-07-01", POSSIBLE),
        ("", "2006", "2006-07-01", POSSIBLE),
        ("", "2006", "2007", CERTAIN),
        ("", "", "1990", CERTAIN),
    ],
)
def test_parties_overlap_only_while_both_hold_the_function(until, since, on, expected):
    park = make_park()
    make_role(park, "LAND", division="320281", until=until)
    make_role(park, "LAND", division="321282", since=since)
    assert at_once(park, on) == ([("LAND", ["320281", "321282"], expected, False)] if expected else [])


# --- Evidence ---------------------------------------------------------------------------------------------------------


def test_each_holder_tells_its_agreement_and_how_it_is_known(django_assert_num_queries):
    park, pact = make_park(), make_agreement()
    role = make_role(park, "LAND", agreement=pact)
    release = make_source()
    for source in (release, make_source(reprint_of=release), make_source()):
        make_citation(role, source=source)
    make_citation(role, field="since", stance="DISPUTES", stated_value="2001")
    make_role(park, "FINANCE")
    # The roles, their citations.
    with django_assert_num_queries(2):
        found = matrix(park, to_tell(park.roles.all()), "2020")
        told = {
            function: [(holder.role.agreement, holder.evidence()) for holder in holders]
            for function, holders in found.holders.items()
        }
    assert told == {
        "LAND": [(pact, {"cited": True, "sources": 2, "disputed": True})],
        "FINANCE": [(None, {"cited": False, "sources": 0, "disputed": False})],
    }


# --- All parks --------------------------------------------------------------------------------------------------------


def audit(on, parks=None):
    return [finding(park, on) for park in audited(on, parks)]


def slugs(on):
    return {each.park.slug: each.matrix.existed for each in audit(on)}


def test_the_audit_covers_the_parks_that_existed_that_day():
    make_park("undated")
    make_park("old", established="1994", closed="2001-05-01")
    make_park("new", established="2020")
    make_park("plan", status="PROPOSED")
    make_park("merged", established="1994", status="MERGED")
    assert slugs("2000") == {"undated": POSSIBLE, "old": CERTAIN, "merged": POSSIBLE}
    assert slugs("2001") == {"undated": POSSIBLE, "old": POSSIBLE, "merged": POSSIBLE}
    assert slugs("2020-06-01") == {"undated": POSSIBLE, "new": POSSIBLE, "merged": POSSIBLE}


@pytest.mark.parametrize("count", [1, 3])
def test_the_audit_takes_as_many_queries_for_many_parks_as_for_one(django_assert_num_queries, count):
    for number in range(count):
        park = make_park(f"park-{number}")
        make_citation(make_role(park, "LAND", agreement=make_agreement(), body=make_body()))
        make_role(park, "LAND", division="321282")
    # The parks, their roles, the citations of those with their sources: joined.
    with django_assert_num_queries(3):
        told = [
            (
                each.park.slug,
                each.matrix.overlaps,
                each.matrix.holders["LAND"][-1].evidence()["sources"],
                each.matrix.gaps,
            )
            for each in audit("2020")
        ]
    gaps = [function for function in held_functions() if function != "LAND"]
    assert told == [(f"park-{number}", ["LAND"], 1, gaps) for number in range(count)]


def test_the_audit_is_read_page_by_page():
    for slug in "abc":
        make_role(make_park(slug, host="320281" if slug == "b" else "321282"))
    page = audited("2020")[1:]
    assert [finding(park, "2020").park.slug for park in page] == ["b", "c"]
    assert [each.park.slug for each in audit("2020", Park.objects.within("320281"))] == ["b"]


def test_the_audit_leaves_programmes_out():
    programme = make_park("programme", is_programme=True)
    make_park("within", part_of=programme)
    assert [each.park.slug for each in audit("2020")] == ["within"]


def test_the_audit_as_the_registry_had_recorded_it():
    role = make_role(make_park(), "LAND")
    before = Change.objects.order_by("-at").first().at
    with change():
        CoManagementRole.objects.filter(pk=role.pk).delete()
    assert [list(each.matrix.holders) for each in audit("2020")] == [[]]
    with known_at(before):
        assert [list(each.matrix.holders) for each in audit("2020")] == [["LAND"]]


# --- The life of the park ---------------------------------------------------------------------------------------------


@pytest.fixture
def closed_park(db):
    """From 2003 to June 2010, with one role that has no dates."""
    park = make_park(established="2003", closed="2010-06", status="CLOSED")
    make_role(park, "LAND")
    return park


@pytest.mark.parametrize(
    ("on", "existed", "held"),
    [
        ("2002-12-31", None, None),
        ("2003-06-01", POSSIBLE, POSSIBLE),
        ("2004-01-01", CERTAIN, CERTAIN),
        ("2010-05-31", CERTAIN, CERTAIN),
        ("2010-06-15", POSSIBLE, POSSIBLE),
        ("2010", POSSIBLE, POSSIBLE),
        ("2010-06-30", None, None),
        ("2020", None, None),
    ],
)
def test_a_role_without_dates_lasts_as_long_as_the_park(closed_park, on, existed, held):
    found = matrix(closed_park, closed_park.roles.all(), on)
    assert found.existed == existed
    assert [each.certainty for each in found.holders.get("LAND", [])] == ([held] if held else [])
    # Where there is no park, there is nothing that somebody should hold.
    gaps = [function for function in held_functions() if function != "LAND"]
    assert found.gaps == (gaps if existed else [])


def test_a_role_with_dates_of_its_own_keeps_them(closed_park):
    make_role(closed_park, "PLANNING", since="2001", until="2012")
    for on, expected in (("2002", ["PLANNING"]), ("2011", ["PLANNING"]), ("2012-12-31", [])):
        assert list(matrix(closed_park, closed_park.roles.all(), on).holders) == expected


@pytest.mark.parametrize("status", ["MERGED", "CLOSED"])
def test_in_a_park_that_ended_some_day_a_role_without_an_end_is_possible(status):
    park = make_park(established="2003", status=status)
    make_role(park, "LAND", since="2003")
    make_role(park, "LAND", division="321282", since="2003")
    make_role(park, "PLANNING", since="2003", until="2008")
    assert held(park, "2005")[0] == {
        "PLANNING": [("320281", CERTAIN)],
        "LAND": [("320281", POSSIBLE), ("321282", POSSIBLE)],
    }
    assert at_once(park, "2005") == [("LAND", ["320281", "321282"], POSSIBLE, False)]


def test_roles_without_dates_are_together_as_long_as_the_park_lasts(closed_park):
    make_role(closed_park, "LAND", division="321282")
    both = ["320281", "321282"]
    for on, expected in (("2009", CERTAIN), ("2010", POSSIBLE), ("2003", POSSIBLE)):
        assert at_once(closed_park, on) == [("LAND", both, expected, False)]
    assert at_once(closed_park, "2011") == []


def test_what_lies_before_or_after_the_park_is_not_together_with_what_lasts_as_long_as_it():
    park = make_park(established="2003-03", closed="2010-06", status="CLOSED")
    make_role(park, "LAND")
    make_role(park, "LAND", division="321282", since="2010-07", until="2012")
    make_role(park, "LAND", division="320500", since="2001", until="2003-02")
    for on in ("2010", "2003"):
        assert at_once(park, on) == []


def test_who_begins_in_the_year_in_which_the_park_closes_takes_nobodys_place(closed_park):
    make_role(closed_park, "LAND", division="321282", since="2010")
    assert at_once(closed_park, "2010") == [("LAND", ["320281", "321282"], POSSIBLE, False)]


def test_a_park_that_is_only_proposed_has_no_gaps():
    park = make_park(status="PROPOSED")
    make_role(park, "PLANNING")
    told, found = held(park, "2020")
    assert (told, found.existed, found.gaps) == ({"PLANNING": [("320281", CERTAIN)]}, None, [])
