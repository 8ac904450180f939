"""Rules that several models share, by example."""

from functools import partial

from agreements.models import AgreementParty, Post, Signatory
from cities.models import Division
from parks.models import (
    BenefitShare,
    CoManagementRole,
    Park,
    ParkIndustry,
    ParkName,
    ParkSite,
)
from tests.factories import (
    MAKERS,
    make_body,
    make_division,
)
from tests.rules.book import RULES, like


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
