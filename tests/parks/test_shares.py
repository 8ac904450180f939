"""Who gets what from a park on a day or in a year."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.dates import Certainty
from parks.models import BenefitShare
from parks.shares import shares_on
from tests.days import known, partial_dates
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
        for split in shares_on(park.shares.all(), on)
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
    [split] = shares_on(park.shares.all(), on)
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
        for split in shares_on(park.shares.all(), "2021")
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
        shares_on([BenefitShare(subject="GDP", division_id="320281", id=1)], on)


@pytest.mark.django_db
def test_evaluating_shares_runs_no_query(nobody_then_half_each, django_assert_num_queries):
    shares = list(nobody_then_half_each.shares.all())
    with django_assert_num_queries(0):
        shares_on(shares, "2013")


def test_very_many_parties_are_one_phase():
    shares = [
        BenefitShare(subject="PROFIT", body_id=number, id=number, percent=Decimal("0.5")) for number in range(162)
    ]
    [split] = shares_on(shares, "2020")
    assert [(len(phase.parts), phase.known, phase.unknown) for phase in split.phases] == [(162, 81, 19)]


# --- Laws -------------------------------------------------------------------------------------------------------------

rows = st.lists(
    st.builds(
        BenefitShare,
        subject=st.just("GDP"),
        division_id=st.sampled_from(["320281", "321282", "320500"]),
        percent=st.one_of(st.none(), st.sampled_from([Decimal(0), Decimal(35), Decimal(50)])),
        since=partial_dates,
        until=partial_dates,
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(rows, known)
def test_every_share_that_held_is_in_a_phase_and_no_phase_is_part_of_another(shares, on):
    for number, share in enumerate(shares):
        share.id = number
    phases = [phase for split in shares_on(shares, on) for phase in split.phases]
    members = [{part.share.id for part in phase.parts} for phase in phases]
    assert set().union(*members) == {share.id for share in shares if share.certainty_on(on)}
    assert not any(one < other for one in members for other in members)
    for phase in phases:
        assert len({part.share.division_id for part in phase.parts}) == len(phase.parts)
        if phase.unknown is not None:
            assert phase.known + phase.unknown == 100
        assert phase.complete == (phase.unknown == 0)
        assert phase.certainty == min((part.certainty for part in phase.parts), key=[POSSIBLE, CERTAIN].index)
