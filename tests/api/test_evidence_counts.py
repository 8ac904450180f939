"""The counts of evidence, and the filters by them: the same question, over made records, for whatever has both."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agreements.models import Agreement, Official, Statement
from cities.models import Body, Division
from core.history import change, record_models
from core.models import Change
from parks.models import BenefitShare, CoManagementRole, Event, Observation, Park, Remark
from sources.models import Citation, CitedRecord
from tests.factories import MAKERS, make_citation, make_division, make_park, make_role, make_source

V1 = "/api/v1/"
# Each address that tells evidence, and the records that it tells.
RESOURCES = {
    "divisions": Division,
    "provinces": Division,
    "cities": Division,
    "county-level-cities": Division,
    "bodies": Body,
    "parks": Park,
    "co-management-roles": CoManagementRole,
    "benefit-shares": BenefitShare,
    "observations": Observation,
    "events": Event,
    "remarks": Remark,
    "agreements": Agreement,
    "officials": Official,
    "statements": Statement,
}
# The facts of each kind of record that has some, by the names that they have in the API's words or the model's.
FACTS = {
    "parks": "names identifiers sites roles shares industries observations events remarks agreements statements",
    "agreements": "parties signatories clauses links_to_earlier statements",
    "officials": "posts",
}
KEYS = ("slug", "code", "id")


def told(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


def key_of(each):
    return next(each[name] for name in KEYS if name in each)


def evidence_told(client, name, **query):
    """The evidence of each record of a list, by its key."""
    rows = told(client, f"{V1}{name}/", limit=500, **query)["results"]
    return {key_of(each): each["evidence"] for each in rows}


def found(client, name, **query):
    return {key_of(each) for each in told(client, f"{V1}{name}/", limit=500, **query)["results"]}


@pytest.fixture
def registry(request, db):
    """Records of every kind, with citations by chance: of a record or a field, for it or against it, of copies too."""
    chance = random.Random(getattr(request, "param", 0))
    originals = [make_source() for _more in range(3)]
    sources = [*originals, *(make_source(reprint_of=each) for each in originals)]
    for code in ("320000", "320200", "320281", "321282", "610100"):
        make_division(code, **chance.choice([{}, {"latitude": 0, "longitude": 0}]))
    for model, make in MAKERS.items():
        if not issubclass(model, CitedRecord) or model is Division:
            continue
        for _more in range(2):
            make()
        if model.belongs_to and model is not Statement:
            owner = getattr(model.objects.first(), model.belongs_to)
            make(owner, **({"number": 2} if model.__name__ == "Clause" else distinct(model)))
    Statement.objects.filter(pk__in=Statement.objects.values("pk")[:1]).update(agreement=Agreement.objects.first())
    BenefitShare.objects.filter(pk__in=BenefitShare.objects.values("pk")[:1]).update(percent=0)
    Park.objects.filter(pk__in=Park.objects.values("pk")[:3]).update(latitude=0, longitude=0, established="2003")
    Agreement.objects.filter(pk__in=Agreement.objects.values("pk")[:2]).update(title_is_descriptive=True)
    for model in MAKERS:
        if issubclass(model, CitedRecord):
            # a kind at a time, so that some are all cited and some hardly
            often = chance.choice([0, 0.5, 0.9, 1])
            for record in model.objects.all():
                cite_by_chance(chance, record, sources, often)


def distinct(model):
    """What tells a second row of the same record from the first."""
    return {
        "ParkName": {"name": "Second"},
        "ParkSite": {"name_en": "Second"},
        "CoManagementRole": {"function": "LAND"},
        "BenefitShare": {"subject": "GDP"},
        "Event": {"kind": "OTHER"},
        "Remark": {"text_en": "Second."},
        "Post": {"title_en": "Second"},
        "AgreementParty": {"division": "321282"},
    }.get(model.__name__, {})


def cite_by_chance(chance, record, sources, often):
    if chance.random() > often:
        return
    fields = ["", *record.citable_fields()]
    chosen = [""] if chance.random() < 0.5 else chance.sample(fields, chance.randint(1, len(fields)))
    for field in chosen:
        for source in chance.sample(sources, chance.randint(1, 2)):
            stance = "DISPUTES" if chance.random() < 0.1 else "SUPPORTS"
            make_citation(record, source=source, field=field, stance=stance)


# --- What is meant, as slowly and plainly as can be -----------------------------------------------------------------


def citations(record):
    return list(Citation.objects.of(record).select_related("source"))


def voices(cited):
    return {each.source.reprint_of or each.source for each in cited if each.stance == "SUPPORTS"}


def speaks_of(name):
    return {"", name, "longitude"} if name == "latitude" else {"", name}


def counted(record, facts):
    """The evidence of `record`, and how many voices speak for it and its `facts`."""
    own, rows = citations(record), [citations(fact) for fact in facts]
    names = [name for name in record.citable_fields() if name != "longitude"]
    is_filled = {name: getattr(record, name) not in (None, "") and getattr(record, name) is not False for name in names}
    fields = {name: [each for each in own if each.field in speaks_of(name)] for name in names}
    if record.belongs_to:
        # one fact, as in the record that it is of
        is_filled, fields, names = {"": True}, {"": own}, [""]
    told_facts = [fields[name] for name in names if is_filled[name]] + rows
    against_empty = [
        name for name in names if not is_filled[name] and any(c.stance == "DISPUTES" and c.field for c in fields[name])
    ]
    return {
        "facts": len(told_facts),
        "cited": len([each for each in told_facts if voices(each)]),
        "single_source": len([each for each in told_facts if len(voices(each)) == 1]),
        "disputed": len([each for each in told_facts if any(c.stance == "DISPUTES" for c in each)])
        + len(against_empty),
        "uncited": len([each for each in told_facts if not voices(each)]),
    }, len(voices([*own, *(each for row in rows for each in row)]))


def all_counted(client, name):
    model = RESOURCES[name]
    keys = found(client, name)
    by = next(each for each in KEYS if each == "id" or each in {field.name for field in model._meta.fields})
    return {
        getattr(record, by): counted(
            record, [row for fact in FACTS.get(name, "").split() for row in getattr(record, fact).all()]
        )
        for record in model.objects.filter(**{f"{by}__in": keys})
    }


# --- The tests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", range(3), indirect=True)
def test_evidence_and_filters_are_what_is_counted_by_hand(reader, registry):
    for name in RESOURCES:
        by_hand = all_counted(reader, name)
        assert by_hand
        assert evidence_told(reader, name) == {key: evidence for key, (evidence, _voices) in by_hand.items()}, name
        for count in ("disputed", "uncited"):
            for asked in (True, False):
                expected = {key for key, (evidence, _voices) in by_hand.items() if bool(evidence[count]) == asked}
                assert found(reader, name, **{count: str(asked).lower()}) == expected, (name, count, asked)
        for sources in (1, 2, 3, 4):
            expected = {key for key, (_evidence, heard) in by_hand.items() if heard >= sources}
            assert found(reader, name, min_sources=sources) == expected, (name, sources)


def test_every_record_of_its_own_that_is_cited_tells_its_evidence(reader, db):
    paths = reader.get("/api/schema/", headers={"accept": "application/json"}).json()
    telling = {name for name, shape in paths["components"]["schemas"].items() if "evidence" in shape["properties"]}
    expected = {model.__name__ for model in RESOURCES.values()}
    assert {name for name in telling if not name.startswith(("Patched", "Paginated")) and "Request" not in name} >= (
        expected
    )


def test_every_row_of_a_record_is_a_fact_of_one():
    owned = {
        (getattr(model, "belongs_to", "") and model._meta.get_field(model.belongs_to).related_model, model)
        for model in record_models()
        if issubclass(model, CitedRecord) and model.belongs_to
    }
    declared = {
        (model, fact.related_model)
        for model in record_models()
        if issubclass(model, CitedRecord)
        for fact in model.fact_relations()
    }
    # a statement goes with who made it, and is evidence of what it is about
    assert owned - declared == {(Official, Statement)}
    assert declared - owned == {(Agreement, Statement)}


def test_evidence_is_told_as_it_was_known(reader, registry):
    before = {name: evidence_told(reader, name) for name in RESOURCES}
    instant = Change.objects.latest("id").at.isoformat()
    with change():
        Citation.objects.all().delete()
    for name in RESOURCES:
        now = evidence_told(reader, name)
        assert {each["cited"] for each in now.values()} == {0}
        assert evidence_told(reader, name, known=instant) == before[name]
        for count in ("disputed", "uncited"):
            expected = {key for key, evidence in before[name].items() if evidence[count]}
            assert found(reader, name, known=instant, **{count: "true"}) == expected
        assert found(reader, name, min_sources=1) == set()
    assert found(reader, "parks", known=instant, min_sources=1)


def test_citations_are_read_only_where_evidence_is_told(reader, registry):
    def asks(name, **query):
        with CaptureQueriesContext(connection) as queries:
            told(reader, f"{V1}{name}/", **query)
        return sum(f'FROM "{Citation._meta.db_table}"' in each["sql"] for each in queries)

    for name, model in RESOURCES.items():
        # Where there are documents they are in these.
        read = 0 if model in (Park, Agreement, Division) else 1
        asks(name)
        assert asks(name) == asks(name, fields="url,evidence") == read, name
        assert asks(name, omit="evidence") == asks(name, fields="url") == 0, name
        assert asks(name, omit="evidence", expand="citations") >= 1, name


def test_what_is_written_is_answered_with_its_evidence(editor, db):
    make_division("320281")
    source, park = make_source("daily"), make_park("north")
    body = {"park": "north", "function": "LAND", "division": "320281", "source": source.slug}
    answer = editor.post(f"{V1}co-management-roles/", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["evidence"] == {
        "facts": 1,
        "cited": 1,
        "single_source": 1,
        "disputed": 0,
        "uncited": 0,
    }
    assert told(editor, f"{V1}parks/{park.slug}/")["evidence"]["cited"] == 1


def test_a_source_that_names_what_the_record_leaves_out_disputes_it(reader, db):
    park = make_park("north")
    make_citation(park)
    make_citation(park, field="established", stance="DISPUTES", stated_value="1992")
    assert evidence_told(reader, "parks")["north"] == {
        "facts": 3,
        "cited": 3,
        "single_source": 3,
        "disputed": 1,
        "uncited": 0,
    }
    assert found(reader, "parks", disputed="true") == {"north"}


def test_voices_are_counted_over_a_record_and_its_facts_once_each(reader, db):
    release = make_source("release")
    copied, heard = make_park("copied"), make_park("heard")
    make_citation(copied, source=release)
    make_citation(make_role(copied), source=make_source("copy", reprint_of=release))
    make_citation(make_role(heard), source=release)
    make_citation(make_role(heard, "LAND"), source=make_source("yearbook"), field="function")
    make_citation(make_role(heard, "PLANNING"), source=make_source("blog"), stance="DISPUTES")
    assert found(reader, "parks", min_sources=1) == {"copied", "heard"}
    assert found(reader, "parks", min_sources=2) == {"heard"}
    assert found(reader, "parks", min_sources=3) == set()


def test_a_citation_of_no_record_is_no_voice(reader, db):
    park = make_park("north")
    cited = make_citation(park)
    for key in ("no number", str(park.pk + 1), "9" * 40):
        stray = make_citation(park, field="status")
        Citation.objects.filter(pk=stray.pk).update(object_id=key)
    Citation.objects.exclude(pk=cited.pk).update(field="")
    assert found(reader, "parks", min_sources=1) == {"north"}
    assert found(reader, "parks", min_sources=2) == set()


def test_the_voices_of_all_parks_are_counted_in_one_query(reader, db, django_assert_num_queries):
    make_citation(make_park("north"))
    make_role(make_park("south"))
    found(reader, "parks", min_sources=1)
    # the keys and the documents; on PostgreSQL, where this transaction ends never, what it has written to
    with django_assert_num_queries(3 if connection.vendor == "postgresql" else 2):
        assert told(reader, f"{V1}parks/", min_sources=1, fields="slug")["count"] == 1
