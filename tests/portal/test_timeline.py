"""The timeline of a park: what is dated inexactly is as wide as it may be, and what is not known is open."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from agreements.force import Force, in_force, with_superseding
from agreements.models import Agreement
from core.dates import Certainty, certainty
from core.known import day_of_reading
from parks.lifetime import held_in
from parks.models import CoManagementRole, Park
from portal.lanes import _held, _in_force, timeline_of_park
from portal.timescale import Stretch, TimeScale, days_of, percent, stretches
from portal.views.park import ParkPage
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_agreement_party,
    make_body,
    make_citation,
    make_division,
    make_event,
    make_park,
    make_park_agreement,
    make_park_name,
    make_role,
    make_share,
    make_whole_park,
)

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE
DAYS = st.dates(date(2000, 1, 1), date(2005, 12, 31))
DATES = st.builds(lambda day, length: day.isoformat()[:length], DAYS, st.sampled_from([4, 7, 10])) | st.just("")


def loaded(park) -> Park:
    return ParkPage().records().get(pk=park.pk)


def timeline(park):
    return timeline_of_park(loaded(park))


def lanes(park, kind):
    return [lane for group in timeline(park).groups if group.kind == kind for lane in group.lanes]


def held_on(parts, day):
    return next((each.certainty for each in parts if each.first <= day < each.end), None)


# --- The axis ---------------------------------------------------------------------------------------------------------


@given(since=DATES, until=DATES, day=DAYS)
def test_stretches_cover_exactly_the_days_that_the_dates_allow(since, until, day):
    assert held_on(stretches(since, until), day) == certainty(since, until, day)


@given(since=DATES, until=DATES)
def test_stretches_stand_in_order_without_a_gap(since, until):
    parts = stretches(since, until)
    assert all(one.end == other.first for one, other in pairwise(parts))
    assert all(each.first < each.end for each in parts)


def test_year_is_possible_until_it_is_over_and_certain_then():
    assert stretches("2003", "2006-07-06") == [
        Stretch(date(2003, 1, 1), date(2003, 12, 31), POSSIBLE),
        Stretch(date(2003, 12, 31), date(2006, 7, 6), CERTAIN),
    ]


def test_what_is_doubted_from_a_day_on_is_possible_from_then():
    assert stretches("2003-08-29", "", doubted=date(2010, 1, 1)) == [
        Stretch(date(2003, 8, 29), date(2010, 1, 1), CERTAIN),
        Stretch(date(2010, 1, 1), date.max, POSSIBLE),
    ]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2012-H1", date(2012, 1, 1), date(2012, 6, 30)),
        ("2012-Q4", date(2012, 10, 1), date(2012, 12, 31)),
        ("2012", date(2012, 1, 1), date(2012, 12, 31)),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29)),
        ("2012-02-05", date(2012, 2, 5), date(2012, 2, 5)),
    ],
)
def test_period_has_its_first_and_last_day(period, first, last):
    assert days_of(period) == (first, last)


@given(days=st.lists(st.dates(date(1000, 1, 1)), min_size=1, max_size=4))
@example(days=[date(9999, 12, 31)])
def test_axis_has_all_days_and_few_ticks(days):
    scale = TimeScale.over(days)
    assert [scale.first <= day and 0 <= scale.place(day) <= 1 for day in days] == [True] * len(days)
    assert scale.first < scale.end
    ticks = scale.ticks()
    assert len(ticks) <= 11
    assert sum(not tick.minor for tick in ticks) <= 5


def test_ticks_are_years_or_months_as_there_is_room():
    assert [tick.label for tick in TimeScale.over([date(1992, 5, 1), date(2026, 5, 1)]).ticks()] == [
        "1995",
        "2000",
        "2005",
        "2010",
        "2015",
        "2020",
        "2025",
    ]
    assert [tick.label for tick in TimeScale.over([date(2024, 5, 1)], years=2).ticks()] == [
        "2023",
        "Apr",
        "Jul",
        "Oct",
        "2024",
        "Apr",
        "Jul",
        "Oct",
    ]


# --- What is drawn ----------------------------------------------------------------------------------------------------


def test_role_since_a_year_is_hatched_over_it_and_goes_on_until_today(db):
    make_role(make_park(slug := "the-park"), since="2003")
    (lane,) = lanes(Park.objects.get(slug=slug), "roles")
    (span,) = lane.spans
    assert [bar.is_certain for bar in span.bars] == [False, True]
    assert (span.bars[0].x, span.opens) == ("0.000%", "")
    today = timeline(Park.objects.get(slug=slug)).today
    assert float(span.goes_on[:-1]) == pytest.approx(float(today[:-1]), abs=0.03)
    assert span.words == "since 2003, still so as far as known"


def test_role_without_dates_is_open_from_the_founding_of_its_park(db):
    park = make_park(established="2010-05-01")
    role = make_role(park)
    (lane,) = lanes(park, "roles")
    (span,) = lane.spans
    assert span.opens == span.bars[0].x
    assert float(span.opens[:-1]) > 1
    assert (span.address, span.words) == (
        f"#comanagementrole-{role.pk}",
        "start not known, still so as far as known",
    )


def test_role_held_again_is_two_spans_of_one_lane(db):
    park = make_park()
    make_role(park, since="2003", until="2005")
    make_role(park, since="2010-01-01")
    (lane,) = lanes(park, "roles")
    assert [span.words for span in lane.spans] == ["2003 – 2005", "since 1 January 2010, still so as far as known"]
    assert (lane.label.text, lane.caption) == ("Division 320281", "operations")


def test_role_of_a_park_that_ended_on_an_unknown_day_is_nowhere_certain(db):
    make_role(park := make_park(status="CLOSED"), since="2003-01-01")
    (lane,) = lanes(park, "roles")
    (span,) = lane.spans
    assert [bar.is_certain for bar in span.bars] == [False]
    assert (span.goes_on, span.words) == ("", "since 1 January 2003, end not known")


@given(established=DATES, since=DATES, until=DATES, day=DAYS, status=st.sampled_from(["ACTIVE", "CLOSED"]))
def test_bars_of_a_role_say_what_the_registry_answers_for_each_day(established, since, until, day, status):
    park = Park(established=established, status=status)
    role = CoManagementRole(park=park, function="LAND", since=since, until=until)
    assert held_on(_held(park, role).stretches(day_of_reading()), day) == held_in(park, role, day)


def test_event_of_a_day_is_a_point_and_of_a_month_a_span(db):
    park = make_park()
    make_event(park, date="2003-08-29", text_en="Unveiled.", text_zh="揭牌。")
    make_event(park, kind="APPROVED", date="2003-06")
    month, day = lanes(park, "events")
    assert (month.when, month.label.text, [bar.is_certain for bar in month.spans[0].bars]) == (
        "June 2003",
        "approved",
        [False],
    )
    assert (day.when, day.label.text, day.detail, day.spans[0].bars) == (
        "29 August 2003",
        "Unveiled.",
        "unveiled",
        (),
    )
    assert day.spans[0].point != ""


def test_last_year_that_can_be_recorded_is_drawn(db):
    park = make_park(established="1000", closed="9999")
    make_event(park, date="9999-12-31", text_en="The end.")
    make_event(park, date="9999", text_en="About then.")
    year, day = lanes(park, "events")
    assert ([bar.is_certain for bar in year.spans[0].bars], day.spans[0].bars) == ([False], ())


def test_facts_without_a_date_stand_apart(db):
    park = make_park(established="2003")
    make_event(park, date="", text_en="Some day.")
    make_park_name(park, "江阴园区")
    make_park_agreement(park, make_agreement(title_en="A pact"))
    drawn = timeline(park)
    assert [(group.kind, lane.label.text) for group, lane in drawn.undated] == [
        ("names", "江阴园区"),
        ("agreements", "A pact"),
        ("events", "Some day."),
    ]
    assert [group.kind for group in drawn.groups] == ["life"]


def test_park_without_any_date_has_no_timeline(db):
    make_role(park := make_park())
    assert timeline(park) is None


def test_former_name_without_an_end_is_over_some_day(db):
    make_park_name(park := make_park(), kind="FORMER", since="2003")
    (lane,) = lanes(park, "names")
    assert [bar.is_certain for bar in lane.spans[0].bars] == [False]
    assert lane.spans[0].words == "since 2003, end not known"


def test_share_has_its_percent_on_its_bar_and_is_hollow_where_proposed(db):
    park = make_park()
    make_share(park, percent="35", since="1994", until="2001")
    make_share(park, percent="65", since="2001", standing="PROPOSED")
    first, second = lanes(park, "shares")
    assert [(lane.caption, lane.detail) for lane in (first, second)] == [
        ("tax revenue (of the total)", ""),
        ("tax revenue (of the total)", "proposed"),
    ]
    assert [(lane.spans[0].text, lane.spans[0].proposed) for lane in (first, second)] == [
        ("35%", False),
        ("65%", True),
    ]
    assert first.spans[0].title == "tax revenue (of the total) · Division 320281: 35%, 1994 – 2001"


def test_disputed_date_has_its_mark_where_the_source_puts_it(db):
    park = make_park(established="2003-08-29")
    make_citation(park, field="established", stance="DISPUTES", stated_value="2003-02-15")
    make_citation(park, field="established", stance="DISPUTES", stated_value="some years before")
    (lane,) = lanes(park, "life")
    (claim,) = lane.spans[0].claims
    assert claim.words == "disputed: a source states 15 February 2003"
    assert float(claim.x[:-1]) < float(lane.spans[0].bars[0].x[:-1])


def test_text_of_an_event_stands_beside_all_its_marks_where_there_is_most_room(db):
    park = make_park(established="2000", closed="2010")
    early = make_event(park, date="2002-03-01", text_en="Early.")
    make_citation(early, field="date", stance="DISPUTES", stated_value="2003-03-01")
    make_event(park, date="2025-03-01", text_en="Late.")
    (first,), (second,) = (lane.spans for lane in lanes(park, "events"))
    assert (first.is_before, first.beside.x, first.beside.end) == (False, first.claims[0].x, 1)
    assert (second.is_before, second.beside.start, percent(second.beside.end)) == (True, 0, second.point)


# --- Agreements -------------------------------------------------------------------------------------------------------


def test_agreement_is_in_force_from_its_signing_until_it_is_superseded(db):
    park = make_park()
    old = make_agreement(signed_on="2003-02-15")
    make_park_agreement(park, old)
    make_agreement_link(make_agreement(signed_on="2013-04-01"), old, kind="SUPERSEDES")
    (lane,) = lanes(park, "agreements")
    force, signing = lane.spans
    assert (force.words, force.goes_on) == ("in force 15 February 2003 – 1 April 2013", "")
    assert (signing.words, signing.point) == ("signed 15 February 2003", force.bars[0].x)


def test_agreement_whose_term_is_over_is_not_told_as_lasting(db):
    make_park_agreement(park := make_park(), make_agreement(signed_on="2003-02-15", term_years=10))
    make_park_agreement(park, make_agreement(effective_from="2013-02-15"))
    (over, _signing), (unsigned,) = (lane.spans for lane in lanes(park, "agreements"))
    assert ([bar.is_certain for bar in over.bars], over.goes_on) == ([True, False], "")
    assert over.words == "in force since 15 February 2003, end not known"
    assert unsigned.words == "in force since 15 February 2013, end not known, not known to be signed"


@pytest.mark.parametrize(
    "fields",
    [
        {"signed_on": "2003"},
        {"signed_on": "2003-02-15", "term_years": 3},
        {"signed_on": "2003-02-15", "effective_from": "2004", "expires_on": "2005-06"},
        {"effective_from": "2003-05"},
        {"signed_on": "2003", "expires_on": "2003"},
    ],
)
def test_bars_of_an_agreement_say_what_the_registry_answers_for_each_day(db, fields):
    old = make_agreement(**fields)
    make_agreement_link(make_agreement(effective_from="2007-03"), old, kind="SUPERSEDES")
    row = make_park_agreement(agreement=old)
    (agreement,) = with_superseding(Agreement.objects.filter(pk=old.pk))
    drawn = _in_force(row, agreement).stretches(day_of_reading())
    answers = {Certainty.CERTAIN: Force.YES, Certainty.POSSIBLE: Force.POSSIBLE, None: Force.NO}
    for days in range(0, 3000, 29):
        day = date(2002, 1, 1) + timedelta(days)
        assert answers[held_on(drawn, day)] == in_force(agreement, day).answer, day


# --- The page ---------------------------------------------------------------------------------------------------------


def test_page_draws_each_fact_with_a_link_to_it_and_tells_it_in_a_table(client, db):
    park = make_whole_park("the-park")
    role, name = park.roles.get(), park.names.get()
    html = client.get("/en/parks/the-park/").content.decode()
    drawn = dict(re.findall(r'<a href="(#[\w-]+)"\s+aria-label="([^"]+)"', html))
    assert drawn[f"#comanagementrole-{role.pk}"] == (
        "operations · Division 320281: since 2003, still so as far as known"
    )
    assert f"#parkname-{name.pk}" in drawn
    assert len(re.findall(r"<td>\s*since 2003, still so as far as known", html)) == 2
    assert " style=" not in html


def test_timeline_runs_no_query_however_many_facts(db, django_assert_num_queries):
    park = make_whole_park()
    for year in range(2000, 2020):
        make_role(park, function="LAND", since=str(year), until=str(year + 1))
        make_park_agreement(park, make_agreement(signed_on=str(year)))
    there = loaded(park)
    with django_assert_num_queries(0):
        assert len(timeline_of_park(there).entries) > 40


def test_page_in_chinese_tells_periods_in_chinese(client, db):
    make_role(make_park("the-park"), since="2003")
    html = client.get(reverse("portal:park", args=["the-park"]).replace("/en/", "/zh-hans/")).content.decode()
    assert "2003年起" in html


# --- Of parties and agreements ----------------------------------------------------------------------------------------


def test_page_of_a_division_draws_what_it_runs_gets_and_agreed_to_by_park(client, db):
    park = make_park("the-park", name_en="Bridge Park", host="321282")
    committee = make_body(name_en="Committee", division=make_division("320281"))
    role = make_role(park, body=committee, since="2003", until="2013")
    share = make_share(park, since="2003-02-15", standing="PROPOSED")
    agreement = make_agreement("a-pact", title_en="A pact", signed_on="2003-02-15")
    make_agreement_party(agreement, division="320281")
    html = client.get("/en/divisions/320281/").content.decode()
    assert dict(re.findall(r'<a href="([^"]+)"\s+aria-label="([^"]+)"', html)) == {
        f"/en/parks/the-park/#comanagementrole-{role.pk}": "operations · Bridge Park · Committee: 2003 – 2013",
        f"/en/parks/the-park/#benefitshare-{share.pk}": (
            "tax revenue (of the total) · Bridge Park · proposed: 50%, since 15 February 2003, still so as far as known"
        ),
        "/en/agreements/a-pact/": "A pact · other: signed 15 February 2003",
    }


def test_page_of_an_agreement_draws_its_lineage_and_what_it_gave(client, db):
    new, old = make_agreement("new", title_en="New", signed_on="2013"), make_agreement("old", signed_on="2003")
    make_agreement_link(new, old, kind="SUPERSEDES")
    role = make_role(make_park("the-park"), agreement=new, since="2013")
    html = client.get("/en/agreements/new/").content.decode()
    drawn = re.findall(r'<a href="([^"]+)"\s+aria-label="([^"]+)"\s*>\s*<title>', html)
    assert drawn == [
        ("/en/agreements/old/", f"{old.title_en} · other: in force 2003 – 2013"),
        ("/en/agreements/old/", f"{old.title_en} · other: signed 2003"),
        ("#main", "New · other: in force since 2013, still so as far as known"),
        ("#main", "New · other: signed 2013"),
        (
            f"/en/parks/the-park/#comanagementrole-{role.pk}",
            "operations · Division 320281: since 2013, still so as far as known",
        ),
    ]


def test_agreement_alone_is_not_drawn(client, db):
    make_agreement("alone", signed_on="2013")
    assert "time-lane" not in client.get("/en/agreements/alone/").content.decode()
