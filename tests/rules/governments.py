"""Rules of sources, divisions and agreements, by example."""

from functools import partial

from agreements.models import Agreement, AgreementLink, Clause
from cities.models import Division
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_agreement_party,
    make_body,
    make_citation,
    make_clause,
    make_division,
    make_official,
    make_post,
    make_signatory,
    make_source,
    make_statement,
)
from tests.rules.book import like, rule

# --- Sources --------------------------------------------------------------------------------------------------------


@rule
def source_is_not_a_reprint_of_itself():
    own, reprint = make_source(), make_source(reprint_of=make_source())
    own.reprint_of = own
    return [reprint, make_source()], [own]


@rule
def citation_is_recorded_once():
    there = make_citation(field="name_en", locator="¶2")
    others = [("field", "name_zh"), ("locator", "¶3"), ("source", make_source())]
    disputing = like(there, stance="DISPUTES", stated_value="Other")
    return [disputing, *(like(there, **{name: value}) for name, value in others)], [like(there, note="again")]


@rule
def who_disputes_says_what_instead():
    there = make_citation(field="name_en")
    disputing = partial(like, there, stance="DISPUTES")
    return [disputing(stated_value="Other"), disputing(note="It was planned only."), like(there, locator="¶2")], [
        disputing()
    ]


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
