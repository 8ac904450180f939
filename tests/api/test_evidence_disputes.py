"""Both sides of a dispute, over every field of every kind of record, whatever else the query asks to be told."""

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from agreements.models import Agreement, AgreementParty, Official, Post, Signatory, Statement
from cities.models import Division
from core.history import record_models
from parks.models import BenefitShare, CoManagementRole, Event, Observation, Park, ParkSite, Remark
from sources.models import Citation, CitedRecord
from tests.api.test_evidence_counts import RESOURCES, V1, key_of, told
from tests.factories import MAKERS, make_body, make_citation, make_park, make_role, make_source, make_whole_park

# Filled where the makers leave it empty, so that each field of each kind says something in some record.
FILLED = {
    Park: {"status": "ACTIVE", "closed": "2012-05", "website": "https://example.org/", "name_zh": "园区"},
    CoManagementRole: {"note": "Acting", "until": "2012"},
    BenefitShare: {
        "percent": "12.5",
        "amount": "1200000.5",
        "basis": "INCREMENT",
        "base_year": "2003",
        "entity": "One",
    },
    Observation: {"value": "11735000000.5", "value_high": "11736000000", "growth_percent": "5.6", "cumulative": True},
    Event: {"text_en": "The committee is unveiled."},
    Remark: {"text_zh": "一"},
    Agreement: {"effective_from": "2004", "expires_on": "2014", "term_years": 10, "summary_en": "Both build."},
    Official: {"name_zh": "王"},
    Statement: {"said_on": "2023-09"},
}
# What is told by another name than the model's, and what is left out by a row since it stands in just that record.
TOLD_AS = {("ParkIndustry", "industry"): "code", ("ParkAgreement", "agreement"): "slug"}
LEFT_OUT = {("AgreementLink", "earlier"): "later", ("Statement", "agreement"): "statements"}


@pytest.fixture
def registry(db):
    """Records of every kind, whole, every one of them disputed as a whole and in each of its fields."""
    park = make_whole_park("suxitong")
    for model, make in MAKERS.items():
        if issubclass(model, CitedRecord) and not model.objects.exists():
            make()
    park.part_of, park.successor = make_park("outer"), make_park("next")
    park.save()
    body = make_body(division="320281")
    make_role(park, "LAND", body=body, agreement=Agreement.objects.first())
    for model in (AgreementParty, Signatory, Post, BenefitShare):
        MAKERS[model](body=body)
    place = {"latitude": "31.98", "longitude": "120.27"}
    Division.objects.filter(code="320281").update(
        **place, abolished="2020", successor=Division.objects.get(code="321282")
    )
    ParkSite.objects.update(area="60.5", **place)
    Statement.objects.update(post=Official.objects.get(slug=Statement.objects.get().official.slug).posts.first())
    for model, values in FILLED.items():
        model.objects.filter(pk=model.objects.order_by("pk").first().pk).update(**values)
    source = make_source("yearbook")
    for model in record_models():
        for record in model.objects.all() if issubclass(model, CitedRecord) else ():
            for field in ["", *model.citable_fields()]:
                make_citation(record, source=source, field=field, stance="DISPUTES", stated_value="Other")
    return park


def disputing(told_record, place=""):
    """The record and each row in it that tells what is disputed, with the name of the list that it stands in."""
    if "disputes" in told_record:
        yield place, told_record
    for name, value in told_record.items():
        if isinstance(value, list) and name not in ("disputes", "citations"):
            for each in value:
                yield from disputing(each, name) if isinstance(each, dict) else ()


def of(client, name, **query):
    return told(client, f"{V1}{name}/", limit=500, expand="citations", **query)["results"]


def test_what_is_accepted_is_told_as_the_record_tells_it(reader, registry):
    seen = set()
    for name in RESOURCES:
        for place, row in (each for record in of(reader, name) for each in disputing(record)):
            kind = type(Citation.objects.get(pk=row["disputes"][0]["citation"]).target).__name__
            for dispute in row["disputes"]:
                field, accepted = dispute["field"], dispute["accepted"]
                seen.add((kind, field, accepted not in (None, "", False)))
                if field == "":
                    assert accepted is None
                elif LEFT_OUT.get((kind, field)) == place != "":
                    assert {"slug", "title_en", "title_zh", "signed_on", "url"} == accepted.keys()
                else:
                    assert accepted == row[TOLD_AS.get((kind, field), field)], (name, kind, field)
    cited = [model for model in record_models() if issubclass(model, CitedRecord)]
    asked = {(model.__name__, field) for model in cited for field in ["", *model.citable_fields()]}
    assert {(kind, field) for kind, field, _said in seen} == asked
    exact = {
        (model.__name__, field.name)
        for model in cited
        for field in model._meta.concrete_fields
        if field.name in model.citable_fields() and (field.is_relation or isinstance(field, models.DecimalField))
    }
    assert exact <= {(kind, field) for kind, field, said in seen if said}


def test_what_is_accepted_is_told_whatever_fields_are(reader, registry):
    for name, model in RESOURCES.items():
        whole = {key_of(each): each["disputes"] for each in of(reader, name)}
        key = next(each for each in ("slug", "code", "id") if each == "id" or hasattr(model, each))
        assert {each[key]: each["disputes"] for each in of(reader, name, fields=key)} == whole
        for field in sorted(serializer_fields(reader, name) - {key}):
            rows = of(reader, name, omit=field)
            assert all(field not in each for each in rows)
            assert {each[key]: each["disputes"] for each in rows} == whole, (name, field)


def serializer_fields(client, name):
    """The fields that a record is told with when nothing is asked for."""
    return told(client, f"{V1}{name}/", limit=1)["results"][0].keys()


def test_a_disputed_decimal_is_told_as_text_where_the_field_is_left_out(reader, registry):
    [row] = [each for each in of(reader, "observations", fields="id") if each["disputes"][3]["accepted"] is not None][
        :1
    ]
    by_field = {each["field"]: each["accepted"] for each in row["disputes"]}
    assert (by_field["value"], by_field["growth_percent"]) == ("11735000000.5", "5.6")


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_disputes_are_told_in_every_format(reader, registry, suffix):
    for name in RESOURCES:
        response = reader.get(f"{V1}{name}.{suffix}", {"expand": "citations", "fields": "url"})
        assert response.status_code == 200
        assert b"Other" in b"".join(response.streaming_content)


def test_telling_what_is_disputed_takes_no_more_queries(reader, registry):
    def queries(name):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            of(reader, name)
        return len(asked)

    disputed = {name: queries(name) for name in RESOURCES}
    Citation.objects.update(stance="SUPPORTS")
    assert {name: queries(name) for name in RESOURCES} == disputed
