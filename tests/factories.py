"""Records for tests: `make_<thing>(...)` writes one, filling in what the test does not care about.

A reference left out is made too. Divisions are told by their code and made once, with the ones above them.
"""

from itertools import count

from agreements.models import (
    Agreement,
    AgreementLink,
    AgreementParty,
    Clause,
    Official,
    Post,
    Signatory,
    Statement,
)
from cities.models import Body, Division
from parks.models import (
    BenefitShare,
    CoManagementRole,
    Event,
    Indicator,
    Industry,
    Observation,
    Park,
    ParkAgreement,
    ParkIdentifier,
    ParkIndustry,
    ParkName,
    ParkSite,
    ParkStatement,
    Remark,
)
from sources.models import Citation, Source

_numbers = count(1)
MUNICIPALITIES = ("11", "12", "31", "50")


def _new(name: str) -> str:
    """A slug or title that no other record of the run has: "park-17"."""
    return f"{name}-{next(_numbers)}"


# --- Sources --------------------------------------------------------------------------------------------------------


def make_source(slug=None, **fields) -> Source:
    slug = slug or _new("source")
    return Source.objects.create(slug=slug, **{"title": f"Title of {slug}", "publisher": "Daily", **fields})


def make_citation(target=None, *, source=None, **fields) -> Citation:
    """A citation that disputes states something else where the test does not say what."""
    if fields.get("stance") == "DISPUTES" and "note" not in fields:
        fields = {"stated_value": "Other", **fields}
    return Citation.objects.create(target=target or make_park(), source=source or make_source(), **fields)


# --- Divisions and bodies -------------------------------------------------------------------------------------------


def make_division(code="321282", **fields) -> Division:
    """The division of `code`, made with the ones above it where it is not there yet.

    Level, kind and parent follow from the code. Counties straight under a province are those of a municipality, and
    those whose code has 90 in the middle.
    """
    if there := Division.objects.filter(code=code).first():
        return there
    province, prefecture = f"{code[:2]}0000", f"{code[:4]}00"
    if len(code) == 2:
        level, kind, parent = "NATION", "STATE", None
    elif code == province:
        level, kind, parent = "PROVINCE", "MUNICIPALITY" if code[:2] in MUNICIPALITIES else "PROVINCE", None
    elif code == prefecture:
        level, kind, parent = "PREFECTURE", "PREFECTURE_LEVEL_CITY", province
    else:
        straight_under_province = code[2:4] == "90"
        level, kind = "COUNTY", "COUNTY_LEVEL_CITY" if code[4] in "89" or straight_under_province else "DISTRICT"
        parent = province if code[:2] in MUNICIPALITIES or straight_under_province else prefecture
    if parent and "parent" not in fields:
        fields["parent"] = make_division(parent)
    named = {"name_en": f"Division {code}", "name_zh": f"区划{code}"}
    return Division.objects.create(code=code, **{"level": level, "kind": kind, **named, **fields})


def _division(given) -> Division:
    return given if isinstance(given, Division) else make_division(given)


def make_body(slug=None, **fields) -> Body:
    slug = slug or _new("body")
    return Body.objects.create(slug=slug, **{"name_en": f"Body {slug}", "kind": "COMPANY", **_party(fields)})


def _party(fields: dict, default: str | None = None) -> dict:
    """`fields` with the division, which may be told by its code, and `default` where no party is given at all."""
    if fields.get("division") is not None:
        return {**fields, "division": _division(fields["division"])}
    return {**fields, "division": make_division(default)} if default and fields.get("body") is None else fields


# --- Agreements -----------------------------------------------------------------------------------------------------


def make_agreement(slug=None, **fields) -> Agreement:
    slug = slug or _new("agreement")
    return Agreement.objects.create(slug=slug, **{"title_en": f"Title of {slug}", **fields})


def make_agreement_party(agreement=None, **fields) -> AgreementParty:
    return AgreementParty.objects.create(agreement=agreement or make_agreement(), **_party(fields, "320281"))


def make_agreement_link(later=None, earlier=None, *, kind="RENEWS") -> AgreementLink:
    return AgreementLink.objects.create(later=later or make_agreement(), earlier=earlier or make_agreement(), kind=kind)


def make_clause(agreement=None, **fields) -> Clause:
    defaults = {"number": 1, "kind": "GOAL", "text_en": "Both cities build one park."}
    return Clause.objects.create(agreement=agreement or make_agreement(), **{**defaults, **fields})


def make_official(slug=None, **fields) -> Official:
    slug = slug or _new("official")
    return Official.objects.create(slug=slug, **{"name_en": f"Official {slug}", **fields})


def make_post(official=None, **fields) -> Post:
    return Post.objects.create(official=official or make_official(), **{"title_en": "Mayor", **_party(fields)})


def make_signatory(agreement=None, official=None, **fields) -> Signatory:
    return Signatory.objects.create(
        agreement=agreement or make_agreement(), official=official or make_official(), **_party(fields, "320281")
    )


def make_statement(official=None, *, outlet=None, **fields) -> Statement:
    return Statement.objects.create(
        official=official or make_official(),
        outlet=outlet or make_source(),
        **{"summary_en": "Both sides gain.", **fields},
    )


# --- Parks and their facts ------------------------------------------------------------------------------------------


def make_park(slug=None, *, host="321282", **fields) -> Park:
    slug = slug or _new("park")
    return Park.objects.create(slug=slug, host=_division(host), **{"name_en": f"Park {slug}", **fields})


def make_park_name(park=None, name="江阴园区", **fields) -> ParkName:
    return ParkName.objects.create(park=park or make_park(), name=name, **{"language": "zh", **fields})


def make_identifier(park=None, value=None, *, scheme="NBS") -> ParkIdentifier:
    return ParkIdentifier.objects.create(park=park or make_park(), scheme=scheme, value=value or _new("code"))


def make_site(park=None, *, division="321282", **fields) -> ParkSite:
    return ParkSite.objects.create(
        park=park or make_park(), division=_division(division), **{"name_en": "North tract", **fields}
    )


def make_role(park=None, function="OPERATIONS", **fields) -> CoManagementRole:
    """A role of 320281 (Jiangyin) where no party is given."""
    return CoManagementRole.objects.create(park=park or make_park(), function=function, **_party(fields, "320281"))


def make_share(park=None, subject="TAX_REVENUE", **fields) -> BenefitShare:
    """Half for 320281 (Jiangyin) where neither percent nor party is given."""
    return BenefitShare.objects.create(
        park=park or make_park(), subject=subject, **{"percent": 50, **_party(fields, "320281")}
    )


def make_industry(code=None, **fields) -> Industry:
    code = code or _new("industry")
    return Industry.objects.create(code=code, **{"name_en": f"Industry {code}", **fields})


def make_park_industry(park=None, industry=None, **fields) -> ParkIndustry:
    return ParkIndustry.objects.create(park=park or make_park(), industry=industry or make_industry(), **fields)


def make_indicator(code=None, **fields) -> Indicator:
    code = code or _new("indicator")
    return Indicator.objects.create(code=code, **{"name_en": f"Indicator {code}", "unit": "CNY", **fields})


def make_observation(park=None, indicator=None, **fields) -> Observation:
    return Observation.objects.create(
        park=park or make_park(),
        indicator=indicator or make_indicator(),
        **{"period": "2022", "value": "1000", **fields},
    )


def make_event(park=None, kind="UNVEILED", **fields) -> Event:
    return Event.objects.create(park=park or make_park(), kind=kind, **{"date": "2003-08-29", **fields})


def make_remark(park=None, kind="MECHANISM", **fields) -> Remark:
    return Remark.objects.create(park=park or make_park(), kind=kind, **{"text_en": "One board.", **fields})


def make_park_agreement(park=None, agreement=None) -> ParkAgreement:
    return ParkAgreement.objects.create(park=park or make_park(), agreement=agreement or make_agreement())


def make_park_statement(park=None, statement=None) -> ParkStatement:
    return ParkStatement.objects.create(park=park or make_park(), statement=statement or make_statement())


# Every kind of record and what makes one.
MAKERS = {
    Source: make_source,
    Citation: make_citation,
    Division: make_division,
    Body: make_body,
    Agreement: make_agreement,
    AgreementParty: make_agreement_party,
    AgreementLink: make_agreement_link,
    Clause: make_clause,
    Official: make_official,
    Post: make_post,
    Signatory: make_signatory,
    Statement: make_statement,
    Park: make_park,
    ParkName: make_park_name,
    ParkIdentifier: make_identifier,
    ParkSite: make_site,
    CoManagementRole: make_role,
    BenefitShare: make_share,
    Industry: make_industry,
    ParkIndustry: make_park_industry,
    Indicator: make_indicator,
    Observation: make_observation,
    Event: make_event,
    Remark: make_remark,
    ParkAgreement: make_park_agreement,
    ParkStatement: make_park_statement,
}


# --- Whole records --------------------------------------------------------------------------------------------------


def make_whole_park(slug=None) -> Park:
    """A park in 321282 (Jingjiang) run by 320281 (Jiangyin), with one fact of every kind."""
    park = make_park(slug, established="2003", crosses="Yangtze River", latitude="32.01", longitude="120.25")
    agreement = make_whole_agreement()
    make_park_name(park, since="2003-08-29")
    make_identifier(park)
    make_site(park, since="2005")
    make_role(park, agreement=agreement, since="2003")
    make_share(park, agreement=agreement, since="2003", until="2013")
    make_park_industry(park, make_industry(), rank=1)
    make_observation(park, make_indicator(), growth_percent="5.6")
    make_event(park)
    make_remark(park)
    make_park_agreement(park, agreement)
    make_park_statement(park, agreement.statements.get())
    make_citation(park)
    return park


def make_whole_agreement(slug=None) -> Agreement:
    """An agreement between two cities, signed by a mayor, that renews another; with one row of every kind."""
    agreement = make_agreement(slug, kind="CONSTRUCTION", signed_on="2003-02-15")
    official = make_official()
    make_agreement_party(agreement)
    make_agreement_party(agreement, division="321282")
    make_signatory(agreement, official, post=make_post(official, division="320281", since="2001"))
    make_clause(agreement)
    make_agreement_link(agreement, make_agreement(signed_on="2001"))
    make_agreement_link(make_agreement(), agreement)
    make_statement(official, agreement=agreement)
    return agreement
