"""Every constraint of every model by example.

Each function in RULES bears the name of its constraint, writes what must be there before, and returns rows that pass
and rows that break this rule and no other.
"""

from decimal import Decimal
from functools import partial

from agreements.models import Agreement, AgreementLink, AgreementParty, Clause, Post, Signatory
from cities.models import Division
from core.history import record_models
from core.models import Record
from parks.models import (
    BenefitShare,
    CoManagementRole,
    Event,
    Park,
    ParkIndustry,
    ParkName,
    ParkSite,
    Remark,
)
from tests.factories import (
    MAKERS,
    make_agreement,
    make_agreement_link,
    make_agreement_party,
    make_body,
    make_citation,
    make_clause,
    make_division,
    make_event,
    make_identifier,
    make_observation,
    make_official,
    make_park,
    make_park_agreement,
    make_park_industry,
    make_park_name,
    make_post,
    make_remark,
    make_role,
    make_share,
    make_signatory,
    make_site,
    make_source,
    make_statement,
)

RULES = {}


def rule(function):
    RULES[function.__name__] = function
    return function


def like(record: Record, **changed) -> Record:
    """A new row, not written yet, with the values of `record` but for what is `changed`."""
    own = [field for field in record._meta.concrete_fields if field is not record._meta.pk]
    return type(record)(**{field.name: getattr(record, field.name) for field in own} | changed)


# --- Sources --------------------------------------------------------------------------------------------------------


@rule
def source_is_not_a_reprint_of_itself():
    own, reprint = make_source(), make_source(reprint_of=make_source())
    own.reprint_of = own
    return [reprint, make_source()], [own]


@rule
def citation_is_recorded_once():
    there = make_citation(field="name_en", locator="¶2")
    others = [("field", "name_zh"), ("stance", "DISPUTES"), ("locator", "¶3"), ("source", make_source())]
    return [like(there, **{name: value}) for name, value in others], [like(there, note="again")]


# --- Cities ---------------------------------------------------------------------------------------------------------


def a_division(code, level, kind, parent=None, **fields):
    return Division(code=code, level=level, kind=kind, parent=parent, name_en="D", name_zh="区", **fields)


@rule
def division_kind_belongs_to_its_level():
    return [a_division("310000", "PROVINCE", "MUNICIPALITY"), a_division("SG", "NATION", "STATE")], [
        a_division("310000", "PROVINCE", "PREFECTURE_LEVEL_CITY"),
        a_division("SG", "NATION", "PROVINCE"),
        a_division("310000", "PROVINCE", "STATE"),
    ]


@rule
def division_code_tells_its_level():
    jiangsu = make_division("320000")
    wuxi = make_division("320200")
    return [
        a_division("SG", "NATION", "STATE"),
        a_division("330000", "PROVINCE", "PROVINCE"),
        a_division("320500", "PREFECTURE", "PREFECTURE_LEVEL_CITY", jiangsu),
        a_division("320281", "COUNTY", "COUNTY_LEVEL_CITY", wuxi),
        # Some counties hang straight off a province.
        a_division("329001", "COUNTY", "COUNTY_LEVEL_CITY", jiangsu),
    ], [
        a_division("330000", "NATION", "STATE"),
        a_division("SG", "PROVINCE", "PROVINCE"),
        a_division("330100", "PROVINCE", "PROVINCE"),
        a_division("320501", "PREFECTURE", "PREFECTURE_LEVEL_CITY", jiangsu),
        a_division("320001", "PREFECTURE", "PREFECTURE_LEVEL_CITY", jiangsu),
        a_division("320500", "COUNTY", "COUNTY", jiangsu),
        a_division("32028", "COUNTY", "COUNTY", wuxi),
    ]


@rule
def division_lies_within_its_parent():
    zhejiang, wuxi, jiangyin = make_division("330000"), make_division("320200"), make_division("320281")
    county = partial(a_division, "320282", "COUNTY", "COUNTY_LEVEL_CITY")
    prefecture = partial(a_division, "320400", "PREFECTURE", "PREFECTURE_LEVEL_CITY")
    return [county(wuxi), county(wuxi.parent), prefecture(wuxi.parent)], [
        county(None),
        county(zhejiang),
        county(jiangyin),
        county(make_division("320500")),
        prefecture(None),
        prefecture(zhejiang),
        prefecture(wuxi),
        a_division("340000", "PROVINCE", "PROVINCE", zhejiang),
        a_division("SG", "NATION", "STATE", zhejiang),
    ]


@rule
def division_is_not_its_own_successor():
    ended, own = make_division("320602"), make_division("320611")
    ended.abolished, ended.successor = "2020-07", make_division("320613")
    own.abolished, own.successor = "2020-07", own
    return [ended, make_division("320281")], [own]


@rule
def only_an_abolished_division_has_a_successor():
    ended, lasting = make_division("320602", abolished="2020-07"), make_division("320611")
    ended.successor = lasting.successor = make_division("320613")
    return [ended], [lasting]


# --- Agreements -----------------------------------------------------------------------------------------------------


@rule
def agreement_does_not_expire_before_it_takes_effect():
    def an_agreement(signed_on, effective_from, expires_on):
        return Agreement(
            slug="a", title_en="A", signed_on=signed_on, effective_from=effective_from, expires_on=expires_on
        )

    return [
        an_agreement("2003", "2003-08", "2003"),
        an_agreement("", "", "2003"),
        an_agreement("2003", "2004", ""),
        # It may take effect before the day it is signed.
        an_agreement("2004", "2003", "2005"),
    ], [an_agreement("2003-08", "", "2003-07"), an_agreement("", "2003-08-29", "2003-08-28")]


@rule
def party_signs_an_agreement_once():
    agreement, body = make_agreement(), make_body()
    of_division = make_agreement_party(agreement, division="320281")
    of_body = make_agreement_party(agreement, body=body)
    of_both = make_agreement_party(agreement, division="320200", body=body)
    return [
        like(of_division, division=make_division("321282")),
        like(of_division, body=body),
        like(of_body, agreement=make_agreement()),
    ], [like(of_division), like(of_body), like(of_both)]


@rule
def agreements_are_linked_once_in_one_way():
    there = make_agreement_link()
    return [like(there, kind="AMENDS"), like(there, earlier=make_agreement())], [like(there)]


@rule
def agreement_is_not_linked_to_itself():
    one = make_agreement()
    link = partial(AgreementLink, later=one, kind="RENEWS")
    return [link(earlier=make_agreement())], [link(earlier=one)]


@rule
def clause_number_is_used_once():
    there = make_clause(number=1)
    return [like(there, number=2), like(there, agreement=make_agreement())], [like(there, text_en="Another.")]


@rule
def clause_says_something():
    clause = partial(Clause, agreement=make_agreement(), number=1, kind="GOAL")
    return [clause(text_en="A"), clause(text_zh="甲")], [clause()]


@rule
def post_is_recorded_once():
    there = make_post(division="320281", since="2003")
    without = make_post(there.official)
    return [like(there, since="2004"), like(there, division=None), like(without, body=make_body())], [
        like(there, until="2005"),
        like(without),
    ]


@rule
def official_signs_an_agreement_once():
    there = make_signatory()
    return [like(there, capacity="WITNESSED"), like(there, official=make_official())], [
        like(there, division=make_division("321282"))
    ]


@rule
def statement_is_recorded_once_per_outlet_and_day():
    there = make_statement(agreement=make_agreement(), said_on="2023-09-12")
    of_none = make_statement()
    return [like(there, said_on="2023-09"), like(there, agreement=None), like(of_none, outlet=make_source())], [
        like(there, summary_en="Another."),
        like(of_none),
    ]


# --- Parks ----------------------------------------------------------------------------------------------------------


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
def site_is_recorded_once():
    there = make_site(since="2003")
    return [like(there, since="2004"), like(there, division=make_division("320281"))], [like(there, area="2")]


@rule
def agreement_is_named_once_for_a_park():
    there = make_park_agreement()
    return [like(there, park=make_park()), like(there, agreement=make_agreement())], [like(there)]


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
def share_is_recorded_once():
    there = make_share(since="2003", until="2003")
    return [like(there, since="2004", until=""), like(there, condition="from the third year")], [like(there)]


@rule
def share_is_recorded_once_at_a_time():
    there = make_share(since="2003", until="2005", percent=10)
    return [like(there, since="2005", until=""), like(there, entity="the fund", since="2004")], [
        like(there, since="2004"),
        like(there, since="2004", percent=None),
    ]


@rule
def shares_do_not_exceed_the_whole():
    there = make_share(since="2003", until="2005", percent=60)
    other = partial(like, there, division=make_division("321282"))
    return [
        other(percent=40),
        other(percent=100, since="2005", until=""),
        other(percent=100, since="2001", until="2003"),
        other(percent=100, subject="EQUITY"),
        other(percent=100, basis="INCREMENT"),
        other(percent=None),
        like(there, percent=100, since="2005", until=""),
    ], [other(percent=Decimal("40.0001")), other(percent=50, since="2004", until="")]


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
def figure_is_recorded_once():
    there = make_observation(period="2022", scope="start-up area")
    others = [("period", "2022-H1"), ("kind", "TARGET"), ("scope", ""), ("cumulative_since", "2012")]
    return [like(there, **{name: value}) for name, value in others], [like(there, value="2")]


# --- Rules that several models share --------------------------------------------------------------------------------


def does_not_end_before_it_starts(model):
    there = MAKERS[model]()
    there.delete()
    row = partial(like, there, since="2003-08-29")
    return [row(until=""), row(until="2003"), row(until="2003-08-29"), row(since="", until="2003")], [
        row(until="2003-08-28"),
        row(until="2003-07"),
        row(until="2002"),
    ]


def coordinates_come_in_pairs_and_lie_in_range(model):
    record = MAKERS[model]()

    def at(latitude, longitude):
        changed = {"latitude": latitude, "longitude": longitude}
        changed |= {"slug": "another"} if model is Park else {"code": "321283"} if model is Division else {}
        return like(record, **changed, **({"since": "2001"} if model is ParkSite else {}))

    return [at(None, None), at("0", "0"), at("-90", "180"), at("31.9", "120.3")], [
        at("31.9", None),
        at(None, "120.3"),
        at("90.000001", "0"),
        at("0", "-180.000001"),
    ]


def party_is_a_division_or_a_body(model):
    record = MAKERS[model]()
    changed = {Signatory: {"capacity": "WITNESSED"}, AgreementParty: {}}.get(model, {"since": "2009"})
    body, other = make_body(), make_division("321282")
    return [
        like(record, division=None, body=body, **changed),
        like(record, division=other, **changed),
        like(record, division=other, body=body, **changed),
    ], [like(record, division=None, body=None, **changed)]


for _model in (Post, ParkName, ParkSite, CoManagementRole, BenefitShare, ParkIndustry):
    RULES[f"{_model._meta.model_name}_does_not_end_before_it_starts"] = partial(does_not_end_before_it_starts, _model)
for _model in (Division, Park, ParkSite):
    RULES[f"{_model._meta.model_name}_coordinates_come_in_pairs_and_lie_in_range"] = partial(
        coordinates_come_in_pairs_and_lie_in_range, _model
    )
for _model in (AgreementParty, Signatory, CoManagementRole, BenefitShare):
    RULES[f"{_model._meta.model_name}_party_is_a_division_or_a_body"] = partial(party_is_a_division_or_a_body, _model)


CONSTRAINTS = {constraint.name: constraint for model in record_models() for constraint in model._meta.constraints}
