"""Who gets what from a park on a day or in a year."""

from decimal import Decimal
from functools import cache
from itertools import combinations, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.dates import Certainty
from parks.models import BenefitShare, Park
from parks.shares import shares_on
from tests.days import LONG_AGO, NEVER, days_of, held_by_days, known, partial_dates
from tests.factories import make_body, make_park, make_share

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE


def told(park, on):
    """Each split as what it is of and its phases: who gets what how certainly, known sum, unknown rest, complete."""
    return [
        (
            [getattr(split, name) for name in ("subject", "basis", "standing") if getattr(split, name) != "IN_FORCE"],
            [
                (
                    {part.share.party_code: (part.share.percent, part.certainty) for part in phase.parts},
                    phase.certainty,
                    phase.known,
                    phase.unknown,
                    phase.complete,
                )
                for phase in split.phases
            ],
        )
        for split in shares_on(park, park.shares.all(), on)
    ]


def phase(certainty=CERTAIN, known=100, unknown=0, complete=True, **percents):
    parts = {
        code.removeprefix("of_"): (percent, certainty) if not isinstance(percent, tuple) else percent
        for code, percent in percents.items()
    }
    return parts, certainty, known, unknown, complete


@pytest.fixture
def nobody_then_half_each(db):
    """Neither side takes revenue for ten years, then half each."""
    park = make_park()
    for division in ("320281", "321282"):
        make_share(park, division=division, percent=0, since="2003", until="2013")
        make_share(park, division=division, percent=50, since="2013")
    return park


def test_neither_side_takes_revenue_for_ten_years_then_half_each(nobody_then_half_each):
    neither = {"of_320281": 0, "of_321282": 0, "known": 0, "unknown": 100, "complete": False}
    half_each = {"of_320281": 50, "of_321282": 50}
    kind = ["TAX_REVENUE", "TOTAL"]
    assert told(nobody_then_half_each, "2002") == []
    assert told(nobody_then_half_each, "2005-03-01") == [(kind, [phase(**neither)])]
    # Nobody knows the day of the change, so that in its year either may have held.
    for on in ("2013", "2013-06-01", "2013-H1"):
        assert told(nobody_then_half_each, on) == [(kind, [phase(POSSIBLE, **neither), phase(POSSIBLE, **half_each)])]
    assert told(nobody_then_half_each, "2014") == [(kind, [phase(**half_each)])]


@pytest.fixture
def suzhou(db):
    """Equity that changed hands: 35-65 until the swap of 2001, then 65-35, and 52-28-20 since September 2005."""
    park, theirs = make_park(), [make_body(slug) for slug in ("china", "singapore", "new")]
    for percents, since, until in (
        ((35, 65), "1994", "2001"),
        ((65, 35), "2001", "2005-09"),
        ((52, 28, 20), "2005-09", ""),
    ):
        for body, percent in zip(theirs, percents, strict=False):
            make_share(park, "EQUITY", body=body, division=None, percent=percent, since=since, until=until)
    return park


def percents(park, on):
    [split] = shares_on(park, park.shares.all(), on)
    return [
        ({part.share.body.slug: int(part.share.percent) for part in phase.parts}, phase.certainty, phase.complete)
        for phase in split.phases
    ]


def test_equity_that_changes_hands_is_told_phase_by_phase(suzhou):
    first, second = {"china": 35, "singapore": 65}, {"china": 65, "singapore": 35}
    third = {"china": 52, "singapore": 28, "new": 20}
    assert percents(suzhou, "2000") == [(first, CERTAIN, True)]
    assert percents(suzhou, "2001-06-30") == [(first, POSSIBLE, True), (second, POSSIBLE, True)]
    assert percents(suzhou, "2004-05-20") == [(second, CERTAIN, True)]
    assert percents(suzhou, "2005") == [(second, POSSIBLE, True), (third, POSSIBLE, True)]
    assert percents(suzhou, "2005-Q4") == [(third, CERTAIN, True)]
    assert percents(suzhou, "2006") == [(third, CERTAIN, True)]


@pytest.mark.django_db
def test_a_share_that_stays_belongs_to_each_phase():
    park = make_park()
    make_share(park, division="320281", percent=50)
    make_share(park, division="321282", percent=50, until="2010-06-01")
    make_share(park, division="321282", percent=30, since="2010-06-01")
    make_share(park, division="320500", percent=20, since="2010-06-01")
    stays = (50, CERTAIN)
    assert told(park, "2010") == [
        (
            ["TAX_REVENUE", "TOTAL"],
            [
                phase(POSSIBLE, of_320281=stays, of_321282=50),
                phase(POSSIBLE, of_320281=stays, of_321282=30, of_320500=20),
            ],
        )
    ]
    assert told(park, "2010-06-01") == [(["TAX_REVENUE", "TOTAL"], [phase(of_320281=50, of_321282=30, of_320500=20)])]


@pytest.mark.django_db
def test_what_is_not_known_is_unknown_and_not_zero():
    park = make_park()
    make_share(park, "EQUITY", division="310000", percent=60)
    assert told(park, "2020") == [(["EQUITY", "TOTAL"], [phase(of_310000=60, known=60, unknown=40, complete=False)])]
    make_share(park, "EQUITY", division="320600", percent=None)
    assert told(park, "2020")[0][1] == [phase(of_310000=60, of_320600=None, known=60, unknown=None, complete=False)]
    park = make_park()
    make_share(park, "EQUITY", percent=None)
    assert told(park, "2020")[0][1] == [phase(of_320281=None, known=None, unknown=None, complete=False)]
    # Shares that exceed the whole cannot both have held: the second perhaps held on no day at all.
    park = make_park()
    make_share(park, percent=80)
    make_share(park, division="321282", percent=80, since="2009", until="2009-12")
    assert told(park, "2009-06-01")[0][1] == [
        phase(POSSIBLE, of_320281=(80, CERTAIN), of_321282=80, known=160, unknown=None, complete=False)
    ]


@pytest.mark.django_db
def test_increments_floors_entities_conditions_and_plans_stand_by_themselves():
    park = make_park()
    make_share(park, percent=50, standing="PROPOSED")
    make_share(park, basis="FLOOR", percent=None, amount=5_000_000, division="510822")
    make_share(park, basis="INCREMENT", base_year="2019", percent=50)
    make_share(park, basis="INCREMENT", base_year="2020", percent=30, division="321282")
    make_share(park, percent=40, condition="Firms that Songjiang sent")
    make_share(park, percent=60)
    make_share(park, "EQUITY", percent=51, entity="Development company")
    make_share(park, "GDP", percent=50)
    found = [
        (
            (split.subject, split.basis, split.base_year, split.entity, split.condition, split.standing),
            [(phase.known, phase.unknown) for phase in split.phases],
        )
        for split in shares_on(park, park.shares.all(), "2021")
    ]
    assert found == [
        (("EQUITY", "TOTAL", "", "Development company", "", "IN_FORCE"), [(51, 49)]),
        (("TAX_REVENUE", "TOTAL", "", "", "", "IN_FORCE"), [(60, 40)]),
        (("TAX_REVENUE", "TOTAL", "", "", "Firms that Songjiang sent", "IN_FORCE"), [(40, 60)]),
        (("TAX_REVENUE", "INCREMENT", "2019", "", "", "IN_FORCE"), [(50, 50)]),
        (("TAX_REVENUE", "INCREMENT", "2020", "", "", "IN_FORCE"), [(30, 70)]),
        (("TAX_REVENUE", "FLOOR", "", "", "", "IN_FORCE"), [(None, None)]),
        (("GDP", "TOTAL", "", "", "", "IN_FORCE"), [(50, 50)]),
        (("TAX_REVENUE", "TOTAL", "", "", "", "PROPOSED"), [(50, 50)]),
    ]


@pytest.mark.parametrize("on", ["", None, "2010-H3", "soon"])
def test_a_time_that_is_none_is_refused(on):
    with pytest.raises(ValueError):  # noqa: PT011
        shares_on(Park(), [BenefitShare(subject="GDP", division_id="320281", id=1)], on)


@pytest.mark.django_db
def test_evaluating_shares_runs_no_query(nobody_then_half_each, django_assert_num_queries):
    shares = list(nobody_then_half_each.shares.all())
    with django_assert_num_queries(0):
        shares_on(nobody_then_half_each, shares, "2013")


def test_very_many_parties_are_one_phase():
    shares = [
        BenefitShare(subject="PROFIT", body_id=number, id=number, percent=Decimal("0.5")) for number in range(162)
    ]
    [split] = shares_on(Park(), shares, "2020")
    assert [(len(phase.parts), phase.known, phase.unknown) for phase in split.phases] == [(162, 81, 19)]


# --- Laws -------------------------------------------------------------------------------------------------------------

# Often dates that lie within each other, or begin or end on one day: there shares meet.
near = st.sampled_from(["2004", "2004-06", "2004-07", "2004-06-01", "2004-06-10", "2004-06-30", "2005"])
dates = st.one_of(partial_dates, near)

rows = st.lists(
    st.builds(
        BenefitShare,
        subject=st.just("GDP"),
        division_id=st.sampled_from(["320281", "321282", "320500"]),
        percent=st.one_of(st.none(), st.sampled_from([Decimal(0), Decimal(35), Decimal(50)])),
        since=dates,
        until=dates,
    ),
    max_size=5,
)
parks = st.builds(Park, established=dates, closed=dates)


def by_days(park, shares, on):
    """The phases found by trying each day of `on`, and of each day every set of shares."""
    found = set()
    for day in days_of(on, LONG_AGO):
        held = [
            held_by_days(share.since or park.established, share.until or park.closed, day.isoformat())
            for share in shares
        ]
        found |= largest_sets(tuple(held), tuple((share.division_id, share.since, share.until) for share in shares))
    return found


@cache
def largest_sets(held, shares):
    def follow(one, other):
        until, since = shares[one][2], shares[other][1]
        return until and since and (until.startswith(since) or since.startswith(until))

    def may_be(places):
        return not any(
            shares[one][0] == shares[other][0] or follow(one, other) for one, other in permutations(places, 2)
        )

    there = [place for place, certain in enumerate(held) if certain]
    sets = [{*places} for count in range(1, 6) for places in combinations(there, count) if may_be(places)]
    largest = [each for each in sets if not any(each < other for other in sets)]
    sure = {place for place in there if held[place] == CERTAIN}
    return {frozenset(each) for each in [each for each in largest if sure <= each] or largest}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parks, rows, st.one_of(known, near))
def test_phases_are_those_that_trying_every_day_finds(park, shares, on):
    for number, share in enumerate(shares):
        share.id = number
    phases = [phase for split in shares_on(park, shares, on) for phase in split.phases]
    members = [frozenset(part.share.id for part in phase.parts) for phase in phases]
    assert len(members) == len(set(members))
    # Who ended on the very day he began held on none.
    lasting = [share for share in shares if lasts(park, share)]
    places = [share.id for share in lasting]
    assert set(members) == {frozenset(places[each] for each in found) for found in by_days(park, lasting, on)}
    for phase in phases:
        if phase.unknown is not None:
            assert phase.known + phase.unknown == 100
        assert phase.complete == (phase.unknown == 0)
        certain = len(phases) == 1 and all(part.certainty == CERTAIN for part in phase.parts)
        assert phase.certainty == (CERTAIN if certain else POSSIBLE)


def lasts(park, share):
    since, until = share.since or park.established, share.until or park.closed
    return not (since and until) or max(days_of(until, NEVER)) > min(days_of(since, LONG_AGO))


@given(parks, rows, st.sampled_from(["2003", "2004-H1", "2004-Q2", "2005-02"]))
def test_the_phases_of_a_time_are_those_of_its_parts(park, shares, on):
    for number, share in enumerate(shares):
        share.id = number
    months = {"2003": "123456789abc", "2004-H1": "123456", "2004-Q2": "456", "2005-02": "2"}[on]
    parts = [f"{on[:4]}-{int(month, 16):02}" for month in months]

    def phases(on):
        splits = shares_on(park, shares, on)
        return {frozenset(part.share.id for part in phase.parts) for split in splits for phase in split.phases}

    assert phases(on) == set().union(*(phases(part) for part in parts))


# --- What ends, and what none follows ---------------------------------------------------------------------------------


def sets(park, on):
    """Each phase of the one split as percents by party, whether it is certain, and what is unknown of it."""
    [split] = shares_on(park, park.shares.all(), on)
    return [
        ({part.share.party_code: int(part.share.percent) for part in phase.parts}, phase.certainty, phase.unknown)
        for phase in split.phases
    ]


@pytest.mark.django_db
def test_what_ends_within_the_year_leaves_a_phase_without_it():
    park = make_park()
    make_share(park, division="320281", percent=60, until="2010-07-01")
    make_share(park, division="321282", percent=40)
    both, one = {"320281": 60, "321282": 40}, {"321282": 40}
    assert sets(park, "2010") == [(both, POSSIBLE, 0), (one, POSSIBLE, 60)]
    assert sets(park, "2010-H1") == [(both, CERTAIN, 0)]
    assert sets(park, "2010-H2") == [(one, CERTAIN, 60)]


@pytest.mark.django_db
def test_a_gap_within_the_year_is_a_phase_of_its_own_in_its_place():
    park = make_park()
    make_share(park, division="320281", percent=60, until="2010-03")
    make_share(park, division="320281", percent=50, since="2010-06-01")
    make_share(park, division="321282", percent=40)
    assert sets(park, "2010") == [
        ({"320281": 60, "321282": 40}, POSSIBLE, 0),
        ({"321282": 40}, POSSIBLE, 60),
        ({"320281": 50, "321282": 40}, POSSIBLE, 10),
    ]
    assert sets(park, "2010-04") == [({"321282": 40}, CERTAIN, 60)]


@pytest.mark.django_db
def test_who_may_begin_before_another_has_a_phase_before_him():
    park = make_park()
    make_share(park, division="320281", percent=60, since="2010-06")
    make_share(park, division="321282", percent=40, since="2010-06-10")
    assert sets(park, "2010") == [
        ({"320281": 60}, POSSIBLE, 40),
        ({"320281": 60, "321282": 40}, POSSIBLE, 0),
    ]


@pytest.mark.django_db
def test_who_took_the_place_of_another_for_certain_leaves_none_to_it():
    park = make_park()
    make_share(park, division="320281", percent=60, until="2006")
    make_share(park, division="320281", percent=50, since="2006-03")
    assert sets(park, "2006-05-01") == [({"320281": 50}, CERTAIN, 50)]
    assert sets(park, "2006") == [({"320281": 60}, POSSIBLE, 40), ({"320281": 50}, POSSIBLE, 50)]


@pytest.mark.django_db
def test_a_share_without_dates_lasts_as_long_as_the_park():
    park = make_park(established="2003", closed="2010-06", status="CLOSED")
    make_share(park, percent=60)
    make_share(park, division="321282", percent=40, since="2001", until="2012")
    both, one = {"320281": 60, "321282": 40}, {"321282": 40}
    assert sets(park, "2002") == [(one, CERTAIN, 60)]
    assert sets(park, "2005") == [(both, CERTAIN, 0)]
    assert sets(park, "2010") == [(both, POSSIBLE, 0), (one, POSSIBLE, 60)]
    assert sets(park, "2011") == [(one, CERTAIN, 60)]
    # Of a park that ended on a day that nobody knows, what has no end is no more than possible.
    park = make_park(established="2003", status="MERGED")
    make_share(park, percent=100)
    assert sets(park, "2005") == [({"320281": 100}, POSSIBLE, 0)]
