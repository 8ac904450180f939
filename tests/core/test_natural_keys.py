import pytest

from core.history import record_models
from tests.factories import (
    MAKERS,
    make_agreement_party,
    make_body,
    make_citation,
    make_division,
    make_park,
    make_post,
    make_role,
    make_share,
    make_source,
    make_statement,
)


def test_every_kind_of_record_has_a_maker():
    assert set(MAKERS) == set(record_models())


@pytest.mark.parametrize("model", record_models())
@pytest.mark.django_db
def test_a_record_is_found_by_its_natural_key_among_others(model):
    record = MAKERS[model]()
    MAKERS[model]("321281") if model._meta.label == "cities.Division" else MAKERS[model]()
    key = record.natural_key()
    assert len(key) == len(model.identity_lookups())
    assert model.objects.get_by_natural_key(*key) == record
    # As a fixture keeps it.
    assert all(part is None or isinstance(part, str | int) for part in key)


@pytest.mark.django_db
def test_a_reference_that_is_absent_is_part_of_the_natural_key():
    body, park = make_body(), make_park()
    records = {
        make_role(park): (park.slug, "OPERATIONS", "320281", None, "IN_FORCE", ""),
        make_role(park, body=body): (park.slug, "OPERATIONS", None, body.slug, "IN_FORCE", ""),
        make_role(park, body=body, division="320281", since="2003"): (
            park.slug,
            "OPERATIONS",
            "320281",
            body.slug,
            "IN_FORCE",
            "2003",
        ),
        (share := make_share(park, body=body)): (
            *(park.slug, "TAX_REVENUE", "TOTAL", "", ""),
            *(None, body.slug, "IN_FORCE", "", ""),
        ),
        (post := make_post()): (post.official.slug, "Mayor", None, None, ""),
        (said := make_statement(said_on="2023")): (said.official.slug, None, said.outlet.slug, "2023"),
        (party := make_agreement_party(body=body)): (party.agreement.slug, None, body.slug),
    }
    assert share.division is None
    for record, key in records.items():
        assert record.natural_key() == key
        assert type(record).objects.get_by_natural_key(*key) == record


@pytest.mark.django_db
def test_a_citation_is_known_by_source_target_field_stance_and_place():
    source, park = make_source("daily"), make_park()
    citation = make_citation(park, source=source, field="name_en", locator="¶2")
    citation.refresh_from_db()
    assert citation.natural_key() == ("daily", "parks", "park", str(park.pk), "name_en", "SUPPORTS", "¶2")


@pytest.mark.django_db
def test_identity_lookups_reach_through_references():
    assert type(make_role()).identity_lookups() == [
        "park__slug",
        "function",
        "division__code",
        "body__slug",
        "standing",
        "since",
    ]
    assert make_division().natural_key() == ("321282",)
