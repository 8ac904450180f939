"""Totals of a division that count each park once, and say what they leave out."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cities.models import Division
from cities.partition import partition
from core.dates import Certainty
from core.history import change
from core.known import known_at
from core.models import Change
from parks.models import Indicator, Observation, Park
from parks.totals import Why, totals
from tests.factories import (
    make_body,
    make_division,
    make_indicator,
    make_observation,
    make_park,
    make_role,
    make_share,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def gdp(db) -> Indicator:
    return make_indicator("gdp")


def ask(code, attribution="host", period="2022", indicator="gdp", **more):
    return totals(make_division(code), Indicator.objects.get(code=indicator), period, attribution, **more)


def counted(found):
    return [(each.park.slug, each.percent, each.value) for each in found.counted]


def left_out(found):
    return [(each.park.slug, each.why, each.value) for each in found.left_out]


def park_with(slug, value="1000", indicator="gdp", host="321282", **figure):
    park = make_park(slug, host=host)
    make_observation(park, Indicator.objects.get(code=indicator), value=value, **figure)
    return park


# --- By host ----------------------------------------------------------------------------------------------------------


def test_a_park_counts_whole_where_its_host_lies_and_in_all_above(gdp):
    park_with("a", "11735000000", host="321282")
    park_with("b", "0.0001", host="321200")
    park_with("c", "7", host="320281")
    for code, slugs, value in (
        ("321282", ["a"], Decimal("11735000000")),
        ("321200", ["a", "b"], Decimal("11735000000.0001")),
        ("320000", ["a", "b", "c"], Decimal("11735000007.0001")),
    ):
        found = ask(code)
        assert ([each.park.slug for each in found.counted], found.value) == (slugs, value)
        assert (found.left_out, found.unattributed, found.counts_parks_for_several) == ((), 0, False)
    assert counted(ask("321200", alone=True)) == [("b", 100, Decimal("0.0001"))]


def test_no_park_at_all_is_no_zero(gdp):
    assert (ask("320500").value, ask("320500").counted, ask("320500").left_out) == (None, (), ())


def test_what_is_left_out_is_told_with_the_reason(gdp):
    park_with("a", None, growth_percent="5.6")
    park_with("b", "10", value_high="20")
    park_with("c", "10", cumulative=True, cumulative_since="2003")
    park_with("d", "10", scope="start-up area")
    park_with("e", "10", kind="TARGET")
    park_with("f", "10", kind="FORECAST")
    park_with("g", "10", period="2021")
    park_with("h", "10", indicator=make_indicator("planned_area").code)
    park_with("k", "10", cumulative=True)
    # The figure nearest to counting gives the reason.
    i = park_with("i", "10", kind="TARGET")
    make_observation(i, gdp, value="1", scope="start-up area")
    j = park_with("j", "10", kind="TARGET")
    make_observation(j, gdp, value="3", value_high="3")
    found = ask("321282")
    assert left_out(found) == [
        ("a", Why.VALUE_UNKNOWN, None),
        ("b", Why.RANGE, None),
        ("c", Why.RUNNING_TOTAL, None),
        ("d", Why.PART_OF_PARK, None),
        ("e", Why.NOT_A_RESULT, None),
        ("f", Why.NOT_A_RESULT, None),
        ("g", Why.NO_FIGURE, None),
        ("h", Why.NO_FIGURE, None),
        ("i", Why.PART_OF_PARK, None),
        ("k", Why.RUNNING_TOTAL, None),
    ]
    assert [str(each.observation and each.observation.kind) for each in found.left_out[4:7]] == [
        "TARGET",
        "FORECAST",
        "None",
    ]
    assert (counted(found), found.value) == ([("j", 100, 3)], 3)


def test_nothing_is_missing_of_a_park_that_did_not_exist(gdp):
    make_park("later", established="2023")
    make_park("gone", established="1994", closed="2022-01-01")
    make_park("plan", status="PROPOSED")
    make_park("new", established="2022-06")
    assert left_out(ask("321282")) == [("new", Why.NO_FIGURE, None)]


def test_a_part_of_a_park_that_counts_is_left_out_wherever_it_lies(gdp):
    whole = park_with("whole", "100", host="320281")
    inner = park_with("inner", "30")
    innermost = park_with("innermost", "10")
    Park.objects.filter(pk=inner.pk).update(part_of=whole)
    Park.objects.filter(pk=innermost.pk).update(part_of=inner)
    found = ask("321282")
    assert [(each.park.slug, each.why, each.within.slug) for each in found.left_out] == [
        ("inner", Why.WITHIN_ANOTHER, "whole"),
        ("innermost", Why.WITHIN_ANOTHER, "whole"),
    ]
    assert ask("320000").value == 100
    # A range of one value is a value.
    Observation.objects.filter(park=whole).update(value_high=100)
    assert ask("320000").value == 100
    # Where the whole has no figure, the parts count.
    Observation.objects.filter(park=whole).delete()
    assert counted(ask("321282")) == [("inner", 100, 30)]
    Observation.objects.filter(park=inner).update(scope="start-up area")
    assert counted(ask("321282")) == [("innermost", 100, 10)]


@pytest.mark.parametrize("attribution", ["host", "partner", "shared"])
def test_a_programme_is_left_out_and_the_parks_in_it_count(gdp, attribution):
    programme = park_with("programme", "100")
    planned = park_with("planned", "200", kind="TARGET")
    empty = make_park("empty")
    Park.objects.update(is_programme=True)
    within = park_with("within", "30")
    Park.objects.filter(pk=within.pk).update(part_of=programme)
    for park in (programme, planned, empty, within):
        make_role(park, "OPERATIONS", division="320281")
        make_share(park, "GDP", division="320281", percent=100)
    found = ask("320281" if attribution == "partner" else "321282", attribution)
    assert left_out(found) == [("planned", Why.PROGRAMME, None), ("programme", Why.PROGRAMME, None)]
    assert ask("320000", attribution).value == 30


def test_a_figure_counts_for_just_its_own_period(gdp):
    park_with("a", "10", period="2022-H1")
    assert counted(ask("321282", period="2022-H1")) == [("a", 100, 10)]
    assert left_out(ask("321282", period="2022")) == [("a", Why.NO_FIGURE, None)]


# --- By partner -------------------------------------------------------------------------------------------------------


def test_a_park_counts_for_each_partner_across_the_border(gdp):
    park = park_with("a", "10")
    make_role(park, "OPERATIONS", division="320281")
    make_role(park, "PARTNER", body=make_body(division="310115"))
    # Neither the host, nor the government above it, nor a company without a division is a partner across the border.
    make_role(park, "LAND", division="321282")
    make_role(park, "PLANNING", division="321200")
    make_role(park, "FINANCE", body=make_body())
    for code in ("320281", "320200", "320000", "310115", "310000"):
        assert counted(ask(code, "partner")) == [("a", 100, 10)]
    for code in ("321282", "321200", "320500"):
        assert (ask(code, "partner").counted, ask(code, "partner").left_out) == ((), ())
    assert ask("320000", "partner").counts_parks_for_several


def test_partners_count_while_they_are(gdp):
    park = park_with("a", "10")
    make_role(park, "OPERATIONS", division="320281", since="2022-06")
    make_role(park, "OPERATIONS", division="320500", until="2022")
    make_role(park, "OPERATIONS", division="320600", standing="PROPOSED")
    make_role(park, "OPERATIONS", division="320700", since="2023")
    told = {
        code: [(each.park.slug, each.certainty) for each in ask(code, "partner").counted]
        for code in ("320281", "320500", "320600", "320700")
    }
    possibly = [("a", Certainty.POSSIBLE)]
    assert told == {"320281": possibly, "320500": possibly, "320600": [], "320700": []}
    make_role(park, "LAND", division="320281", since="2003")
    assert [each.certainty for each in ask("320281", "partner").counted] == [Certainty.CERTAIN]


def test_what_partners_miss_is_told_too(gdp):
    make_role(park_with("a", None, growth_percent="5.6"))
    assert left_out(ask("320281", "partner")) == [("a", Why.VALUE_UNKNOWN, None)]


def test_by_partner_a_part_counts_where_the_whole_counts_for_another(gdp):
    whole, inner = park_with("whole", "100", host="321282"), park_with("inner", "30", host="321282")
    Park.objects.filter(pk=inner.pk).update(part_of=whole)
    make_role(whole, division="320281")
    make_role(inner, division="320500")
    # Of both; but of the whole only later.
    for park, since in ((whole, "2023"), (inner, "2003")):
        make_role(park, division="320600", since=since)
    assert counted(ask("320281", "partner")) == [("whole", 100, 100)]
    assert counted(ask("320500", "partner")) == [("inner", 100, 30)]
    assert counted(ask("320600", "partner")) == [("inner", 100, 30)]
    both = ask("320000", "partner")
    assert (counted(both), left_out(both)) == ([("whole", 100, 100)], [("inner", Why.WITHIN_ANOTHER, None)])


# --- Shared -----------------------------------------------------------------------------------------------------------


def test_statistical_credit_divides_a_figure(gdp):
    park = park_with("a", "1000")
    make_share(park, "GDP", division="320281", percent="40")
    make_share(park, "GDP", division="321282", percent="60")
    make_share(park, "TAX_REVENUE", division="320281", percent="100")
    assert counted(ask("320281", "shared")) == [("a", 40, 400)]
    assert counted(ask("321282", "shared")) == [("a", 60, 600)]
    assert counted(ask("320000", "shared")) == [("a", 100, 1000)]
    assert [ask(code, "shared").left_out for code in ("320281", "321282", "320000")] == [(), (), ()]


def test_output_is_divided_by_its_own_credit_and_areas_by_none(gdp):
    for code in ("industrial_output", "planned_area"):
        make_indicator(code)
    park = park_with("a", "100", indicator="industrial_output")
    make_observation(park, Indicator.objects.get(code="planned_area"), value="60")
    make_share(park, "GDP", percent="40")
    make_share(park, "OUTPUT", percent="25")
    assert counted(ask("320281", "shared", indicator="industrial_output")) == [("a", 25, 25)]
    assert left_out(ask("321282", "shared", indicator="industrial_output")) == [("a", Why.REST_UNKNOWN, 75)]
    assert left_out(ask("321282", "shared", indicator="planned_area")) == [("a", Why.NO_CREDIT, 60)]
    assert ask("320281", "shared", indicator="planned_area").value is None


@pytest.mark.parametrize(
    ("share", "why", "rest", "partner_misses"),
    [
        (None, Why.NO_SHARE, 1000, False),
        ({"percent": "40"}, Why.REST_UNKNOWN, 600, False),
        ({"percent": None}, Why.SHARE_UNKNOWN, 1000, True),
        ({"basis": "INCREMENT"}, Why.SHARE_LIMITED, 1000, True),
        ({"condition": "Firms that Songjiang sent"}, Why.SHARE_LIMITED, 1000, True),
        ({"entity": "Company"}, Why.SHARE_LIMITED, 1000, True),
        ({"since": "2022"}, Why.SHARE_UNCERTAIN, 1000, True),
        ({"until": "2022-07-01"}, Why.SHARE_UNCERTAIN, 1000, True),
        ({"since": "2023"}, Why.NO_SHARE, 1000, False),
        ({"standing": "PROPOSED"}, Why.NO_SHARE, 1000, False),
    ],
)
def test_what_no_share_divides_is_unattributed_where_the_park_lies(gdp, share, why, rest, partner_misses):
    park = park_with("a", "1000")
    if share is not None:
        make_share(park, "GDP", **share)
    host, partner = ask("321282", "shared"), ask("320281", "shared")
    assert (left_out(host), host.unattributed, host.value) == ([("a", why, rest)], rest, None)
    assert left_out(partner) == ([("a", why, None)] if partner_misses else [])
    assert partner.value == (400 if rest == 600 else None)
    assert partner.unattributed == 0


def test_a_company_without_a_division_gets_what_no_division_does(gdp):
    park = park_with("a", "1000")
    make_share(park, "GDP", percent="30", body=make_body())
    make_share(park, "GDP", percent="20", body=make_body(division="320281"))
    make_share(park, "GDP", percent="50", division="321282")
    assert counted(ask("320281", "shared")) == [("a", 20, 200)]
    found = ask("321282", "shared")
    assert (counted(found), left_out(found)) == ([("a", 50, 500)], [("a", Why.SHARE_OF_NO_DIVISION, 300)])


def test_a_known_share_of_nothing_is_a_known_share(gdp):
    make_share(park_with("a", "1000"), "GDP", percent=0)
    assert left_out(ask("321282", "shared")) == [("a", Why.REST_UNKNOWN, 1000)]
    assert ask("320281", "shared").value == 0


def test_a_share_of_nothing_is_zero_and_not_unknown(gdp):
    park = park_with("a", "1000")
    make_share(park, "GDP", division="321282", percent=0)
    make_share(park, "GDP", division="320281", percent=100)
    assert ask("321282", "shared").value == 0
    assert ask("321282", "shared").left_out == ()


def test_shares_of_the_last_decimal_place_are_not_rounded(gdp):
    park = park_with("a", "99999999999.9999")
    make_share(park, "GDP", percent="33.3333")
    [part] = ask("320281", "shared").counted
    assert part.value == Decimal("33333299999.9999666667")
    assert part.value + ask("321282", "shared").unattributed == Decimal("99999999999.9999")


# --- Asking -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "attribution"), [("", "host"), ("2022-13", "host"), ("2022-H3", "host"), ("2022", "guest")]
)
def test_what_cannot_be_asked_is_refused(gdp, period, attribution):
    with pytest.raises(ValueError):  # noqa: PT011
        ask("321282", attribution, period)


@pytest.mark.parametrize(("attribution", "queries", "value"), [("host", 4, 10), ("partner", 6, 7), ("shared", 5, 5)])
@pytest.mark.parametrize("count", [1, 3])
def test_many_parks_take_as_many_queries_as_one(gdp, django_assert_num_queries, count, attribution, queries, value):
    for number in range(count):
        park = park_with(f"park-{number}", "10", host="321282")
        make_role(park, "LAND", body=make_body(division="320281"))
        make_share(park, "GDP", division=None, body=make_body(division="321282"))
        around = park_with(f"around-{number}", "7", kind="ACTUAL" if attribution == "partner" else "TARGET")
        make_role(around, "LAND", body=make_body(division="320281"))
        Park.objects.filter(pk=park.pk).update(part_of=around)
    division = Division.objects.get(code="320000")
    # Parks within others, those of them that count (by partner: with their roles), the parks, their figures, their
    # roles or shares.
    with django_assert_num_queries(queries):
        found = totals(division, gdp, "2022", attribution)
        assert found.value == count * value


def test_totals_as_the_registry_had_recorded_them(gdp):
    park = park_with("a", "10.5")
    make_share(park, "GDP", percent="40")
    before = Change.objects.order_by("-at").first().at
    with change():
        Observation.objects.filter(park=park).update(value=20)
    assert ask("320281", "shared").value == 8
    with known_at(before):
        assert ask("320281", "shared").value == Decimal("4.2")


# --- The law: all cities together are all parks -----------------------------------------------------------------------

HOSTS = ["321282", "321200", "320000", "320281", "310115", "310000", "419001", "410000", "SG"]
BODIES = ["320281", "SG", None]


@st.composite
def worlds(draw):
    """Parks told as their host, figures, shares, and the earlier park they are part of."""
    values = st.one_of(st.none(), st.decimals(0, 99999, places=4))
    figures = st.fixed_dictionaries(
        {
            "value": values,
            "value_high": st.sampled_from([None, None, None, 10**6]),
            "kind": st.sampled_from(["ACTUAL", "ACTUAL", "ACTUAL", "TARGET"]),
            "scope": st.sampled_from(["", "", "", "start-up area"]),
            "period": st.sampled_from(["2022", "2022", "2021"]),
        }
    )
    shares = st.fixed_dictionaries(
        {
            "percent": st.one_of(st.none(), st.decimals(0, 33, places=4)),
            "party": st.sampled_from([*HOSTS, *(("body", number) for number in range(len(BODIES)))]),
            "since": st.sampled_from(["", "2003", "2022", "2023"]),
            "condition": st.sampled_from(["", "", "Firms sent"]),
            "standing": st.sampled_from(["IN_FORCE", "IN_FORCE", "PROPOSED"]),
        }
    )
    park = st.fixed_dictionaries(
        {
            "host": st.sampled_from(HOSTS),
            "figures": st.lists(
                figures, max_size=2, unique_by=lambda each: (each["kind"], each["scope"], each["period"])
            ),
            "shares": st.lists(shares, max_size=3, unique_by=lambda each: each["party"]),
            "part_of": st.sampled_from([None, None, 0, 1]),
            "is_programme": st.sampled_from([False, False, False, True]),
        }
    )
    return draw(st.lists(park, max_size=5))


def lay(world, gdp):
    """Write the parks of a world; returns the sum of the figures that count, each park once."""
    bodies = [make_body(division=code) for code in BODIES]
    made, results, around = [], {}, {}
    for told in world:
        part_of = told["part_of"]
        part_of = made[part_of] if part_of is not None and part_of < len(made) else None
        park = make_park(host=told["host"], part_of=part_of, is_programme=told["is_programme"])
        for figure in told["figures"]:
            growth = {"growth_percent": 1, "value_high": None} if figure["value"] is None else {}
            row = make_observation(park, gdp, **{**figure, **growth})
            if (row.kind, row.scope, row.period, row.value_high) == (
                "ACTUAL",
                "",
                "2022",
                None,
            ) and not (row.value is None or park.is_programme):
                results[park] = row.value
        for share in told["shares"]:
            party, rest = share["party"], {name: value for name, value in share.items() if name != "party"}
            whose = {"division": party} if isinstance(party, str) else {"division": None, "body": bodies[party[1]]}
            make_share(park, "GDP", **whose, **rest)
        made.append(park)
        around[park] = part_of

    def is_within_a_counting_one(park):
        outer = around[park]
        return outer is not None and (outer in results or is_within_a_counting_one(outer))

    return sum((value for park, value in results.items() if not is_within_a_counting_one(park)), Decimal(0))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(worlds())
def test_all_cities_add_up_to_all_parks_by_host_and_shared(world):
    with transaction.atomic():
        gdp = make_indicator("gdp")
        for code in HOSTS:
            make_division(code)
        expected = lay(world, gdp)
        found = {
            attribution: [totals(cell.division, gdp, "2022", attribution, alone=cell.alone) for cell in partition()]
            for attribution in ("host", "shared")
        }
        transaction.set_rollback(True)
    sums = {
        attribution: sum((each.value or 0) + each.unattributed for each in cells)
        for attribution, cells in found.items()
    }
    assert sums == {"host": expected, "shared": expected}
