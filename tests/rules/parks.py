"""Rules of parks and their facts, by example."""

from decimal import Decimal
from functools import partial

from parks.models import (
    BenefitShare,
    Event,
    Park,
    ParkSite,
    Remark,
)
from tests.factories import (
    make_agreement,
    make_body,
    make_division,
    make_event,
    make_identifier,
    make_observation,
    make_park,
    make_park_agreement,
    make_park_industry,
    make_park_name,
    make_park_statement,
    make_remark,
    make_role,
    make_share,
    make_site,
    make_statement,
)
from tests.rules.book import like, rule


@rule
def park_is_not_closed_before_it_is_established():
    park = partial(Park, slug="p", name_en="P", host=make_division())
    return [park(established="2003-08", closed="2003"), park(closed="2003"), park(established="2003")], [
        park(established="2003-08", closed="2003-07-31"),
        park(established="2003", closed="2002"),
    ]


@rule
def park_is_not_its_own_successor():
    park, own = make_park(successor=make_park()), make_park()
    own.successor = own
    return [park, make_park()], [own]


@rule
def park_is_not_part_of_itself():
    park, own = make_park(part_of=make_park()), make_park()
    own.part_of = own
    return [park, make_park()], [own]


@rule
def park_name_is_recorded_once():
    # Both end on the day they begin, so that they overlap nothing.
    there = make_park_name(since="2003", until="2003")
    return [like(there, since="2004", until=""), like(there, language="en"), like(there, park=make_park())], [
        like(there)
    ]


@rule
def park_name_is_recorded_once_at_a_time():
    there = make_park_name(since="2003", until="2005")
    return [like(there, since="2005", until=""), like(there, since="2001", until="2003"), like(there, kind="SHORT")], [
        like(there, since="2004"),
        like(there, since=""),
        like(there, since="2002", until=""),
    ]


@rule
def identifier_names_one_park():
    there = make_identifier(scheme="NBS", value="1")
    return [like(there, value="2"), like(there, scheme="OTHER")], [like(there), like(there, park=make_park())]


@rule
def site_area_is_positive():
    site = partial(ParkSite, park=make_park(), division=make_division(), name_en="S")
    return [site(), site(area="0.0001")], [site(area="0"), site(area="-1")]


@rule
def site_area_lies_below_a_quadrillion():
    site = partial(ParkSite, park=make_park(), division=make_division(), name_en="S")
    return [site(), site(area="0.1")], [site(area="1e15")]


@rule
def site_is_recorded_once():
    there = make_site(since="2003")
    return [like(there, since="2004"), like(there, division=make_division("320281"))], [like(there, area="2")]


@rule
def agreement_is_named_once_for_a_park():
    there = make_park_agreement()
    return [like(there, park=make_park()), like(there, agreement=make_agreement())], [like(there)]


@rule
def statement_is_named_once_for_a_park():
    there = make_park_statement()
    return [like(there, park=make_park()), like(there, statement=make_statement())], [like(there)]


@rule
def role_is_recorded_once():
    there = make_role(since="2003", until="2003")
    by_body = make_role(there.park, body=make_body(), since="2003", until="2003")
    return [like(there, since="2004", until=""), like(there, function="LAND"), like(there, standing="PROPOSED")], [
        like(there),
        like(by_body),
    ]


@rule
def role_is_recorded_once_at_a_time():
    there = make_role(since="2003", until="2005")
    by_body = make_role(there.park, body=make_body())
    return [
        like(there, since="2005", until=""),
        like(there, since="2002", until="2003"),
        like(there, since="2004", division=make_division("321282")),
        like(there, since="2004", agreement=make_agreement(), standing="PROPOSED"),
    ], [like(there, since="2004"), like(there, since="2002", until=""), like(by_body, since="2004")]


@rule
def share_is_a_percentage():
    share = partial(BenefitShare, park=make_park(), subject="EQUITY", division=make_division())
    return [share(percent=0), share(percent=100), share(percent=Decimal("33.3333")), share()], [
        share(percent=Decimal("-0.0001"))
    ]


@rule
def only_an_increment_has_a_base_year():
    share = partial(BenefitShare, park=make_park(), subject="TAX_REVENUE", division=make_division())
    return [share(basis="INCREMENT", base_year="2019"), share(basis="INCREMENT"), share()], [
        share(base_year="2019"),
        share(basis="FLOOR", base_year="2019"),
    ]


@rule
def amount_of_a_share_lies_below_a_quadrillion():
    share = partial(BenefitShare, park=make_park(), subject="RENT", division=make_division())
    return [share(amount="1000"), share()], [share(amount="1e15"), share(amount="-1e15")]


@rule
def share_is_recorded_once():
    there = make_share(since="2003", until="2003", basis="INCREMENT", base_year="2019")
    return [
        like(there, since="2004", until=""),
        like(there, condition="from the third year"),
        like(there, base_year="2020"),
    ], [like(there)]


@rule
def share_is_recorded_once_at_a_time():
    there = make_share(since="2003", until="2005", percent=10, basis="INCREMENT", base_year="2019")
    return [
        like(there, since="2005", until=""),
        like(there, entity="the fund", since="2004"),
        like(there, base_year="2020", since="2004"),
    ], [like(there, since="2004"), like(there, since="2004", percent=None)]


@rule
def shares_do_not_exceed_the_whole():
    there = make_share(since="2003", until="2005", percent=60)
    other = partial(like, there, division=make_division("321282"))
    increment = make_share(there.park, basis="INCREMENT", base_year="2019", percent=60)
    return [
        other(percent=40),
        other(percent=100, since="2005", until=""),
        other(percent=100, since="2001", until="2003"),
        other(percent=100, subject="EQUITY"),
        other(percent=100, basis="INCREMENT"),
        like(increment, percent=100, base_year="2020"),
        other(percent=None),
        like(there, percent=100, since="2005", until=""),
    ], [
        other(percent=Decimal("40.0001")),
        other(percent=50, since="2004", until=""),
        like(increment, percent=50, division=make_division("321282")),
    ]


@rule
def event_is_dated_or_described():
    event = partial(Event, park=make_park(), kind="UNVEILED")
    return [event(date="2003"), event(text_en="A"), event(text_zh="甲")], [event()]


@rule
def event_is_recorded_once():
    there = make_event(text_en="Unveiled.")
    return [like(there, date="2003"), like(there, text_en=""), like(there, kind="AGREED")], [like(there)]


@rule
def remark_says_something():
    remark = partial(Remark, park=make_park(), kind="CHALLENGE")
    return [remark(text_en="A"), remark(text_zh="甲")], [remark()]


@rule
def remark_is_recorded_once():
    there = make_remark()
    return [like(there, text_zh="甲"), like(there, kind="CHALLENGE"), like(there, park=make_park())], [like(there)]


@rule
def industry_is_named_once_for_a_park():
    there = make_park_industry(since="2003")
    return [like(there, since="2004"), like(there, park=make_park())], [like(there, rank=2)]


@rule
def figure_says_something():
    figure = partial(like, make_observation(), period="2021", value=None)
    return [figure(value="0"), figure(growth_percent=Decimal("-1.5"))], [figure(), figure(as_stated="much")]


@rule
def figure_range_is_in_order():
    figure = partial(like, make_observation(), period="2021")
    return [figure(value="1", value_high="1"), figure(value="1", value_high="2"), figure(value="1")], [
        figure(value="2", value_high="1"),
        figure(value=None, value_high="1", growth_percent=1),
    ]


@rule
def only_a_running_total_has_a_beginning():
    figure = partial(like, make_observation(), period="2021")
    return [figure(cumulative=True, cumulative_since="2012"), figure(cumulative=True), figure()], [
        figure(cumulative_since="2012")
    ]


@rule
def running_total_does_not_begin_after_its_period():
    total = partial(like, make_observation(), cumulative=True)
    return [
        total(period=period, cumulative_since=since)
        for period, since in [
            ("2012", "2012-12-31"),
            ("2012-H1", "2012-06-30"),
            ("2012-Q3", "2012-09"),
            ("2012-Q4", "2012"),
            ("2012-02", "2012-02-29"),
            ("2012-08-29", "2012-08-29"),
            ("2012", ""),
        ]
    ], [
        total(period=period, cumulative_since=since)
        for period, since in [
            ("2012", "2013"),
            ("2012-H1", "2012-07"),
            ("2012-H2", "2013-01-01"),
            ("2012-Q1", "2012-04-01"),
            ("2012-Q2", "2012-07"),
            ("2012-Q3", "2012-10"),
            ("2012-Q4", "2013"),
            ("2012-08", "2012-09"),
        ]
    ]


@rule
def figure_lies_below_a_quadrillion():
    figure = partial(like, make_observation(), period="2021")
    most = "999999999999999"
    return [figure(value=most), figure(value="1", value_high=most), figure(value=f"-{most}")], [
        figure(value="1e15"),
        figure(value="-1e15"),
        figure(value="1", value_high="1e19"),
        figure(growth_percent="1e15"),
    ]


@rule
def figure_is_recorded_once():
    there = make_observation(period="2022", scope="start-up area")
    others = [("period", "2022-H1"), ("kind", "TARGET"), ("scope", ""), ("cumulative", True)]
    total = make_observation(there.park, there.indicator, period="2022", cumulative=True)
    return [*(like(there, **{name: value}) for name, value in others[:3]), like(total, cumulative_since="2012")], [
        like(there, value="2"),
        like(total, value="2"),
    ]
