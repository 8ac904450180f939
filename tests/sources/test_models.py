import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from agreements.models import Agreement
from cities.models import City, Division
from core.history import record_models
from parks.models import CoManagementRole, Indicator, Park
from sources.models import Citation, CitedRecord, Source
from tests.factories import make_citation, make_division, make_park, make_role, make_source


def citation_of(model, key, field="", source=None):
    content_type = ContentType.objects.get_for_model(model, for_concrete_model=False)
    return Citation(source=source or make_source(), content_type=content_type, object_id=key, field=field)


@pytest.mark.django_db
def test_a_citation_of_a_record_or_of_its_field_is_valid():
    park, division = make_park(), make_division("320281")
    for model, key in ((Park, str(park.pk)), (Division, "320281")):
        for field in ("", "name_en"):
            citation_of(model, key, field).full_clean()
    assert citation_of(Division, "320281").target == division


@pytest.mark.parametrize("key", ["0", "999999", "abc", "", "1.5", "9" * 40, "２"])
@pytest.mark.django_db
def test_a_citation_of_a_record_that_is_not_there_is_refused_at_its_key(key):
    with pytest.raises(ValidationError) as refused:
        citation_of(Park, key).full_clean()
    assert "object_id" in refused.value.message_dict


@pytest.mark.parametrize("written", ["0{}", " {}", "+{}", "{} "])
@pytest.mark.django_db
def test_a_key_written_otherwise_than_the_record_has_it_is_refused(written):
    # Citations are found by comparing text: 07 would be found under no park.
    with pytest.raises(ValidationError) as refused:
        citation_of(Park, written.format(make_park().pk)).full_clean()
    assert list(refused.value.message_dict) == ["object_id"]


@pytest.mark.django_db
def test_a_citation_speaks_of_a_field_of_the_record_only():
    park = make_park()
    for field in ("nonsense", "id", "slug", "roles"):
        with pytest.raises(ValidationError) as refused:
            citation_of(Park, str(park.pk), field).full_clean()
        assert list(refused.value.message_dict) == ["field"]
        assert "name_en, name_zh, status" in refused.value.messages[0]


@pytest.mark.django_db
def test_what_is_not_cited_is_refused_as_a_kind_of_record():
    make_division("320200")
    for model, key in ((Source, str(make_source().pk)), (Indicator, "1"), (ContentType, "1"), (City, "320200")):
        with pytest.raises(ValidationError) as refused:
            citation_of(model, key).full_clean()
        assert list(refused.value.message_dict) == ["content_type"]


@pytest.mark.django_db
def test_a_citation_without_a_kind_of_record_is_told_so():
    with pytest.raises(ValidationError) as refused:
        Citation(source=make_source()).full_clean()
    assert set(refused.value.message_dict) == {"content_type", "object_id"}


@pytest.mark.django_db
def test_citations_are_found_by_record_and_by_stance():
    park, source = make_park(), make_source()
    role = make_role(park)
    supporting = make_citation(park, source=source)
    disputing = make_citation(park, source=source, stance="DISPUTES", field="established", stated_value="2004")
    of_role = make_citation(role, source=source)
    # A key alone is not enough: another kind of record may have the same.
    make_citation(make_division("320281"), source=source)
    assert list(Citation.objects.of(park)) == [supporting, disputing] == list(park.citations.all())
    assert list(Citation.objects.of(park).disputing()) == [disputing]
    assert list(Citation.objects.of(park).supporting()) == [supporting]
    assert list(role.citations.all()) == [of_role]


@pytest.mark.django_db
def test_citations_of_a_city_are_those_of_the_division():
    citation = make_citation(make_division("320200"))
    assert list(City.objects.get(code="320200").citations.all()) == [citation]
    assert list(Citation.objects.of(City.objects.get(code="320200"))) == [citation]


@pytest.mark.django_db
def test_a_record_takes_its_citations_with_it_and_a_source_keeps_them():
    park = make_park()
    role = make_role(park)
    citations = [make_citation(park), make_citation(role)]
    with pytest.raises(ProtectedError):
        citations[0].source.delete()
    park.delete()
    assert Citation.objects.count() == 0


def test_citable_fields_are_all_but_the_keys_and_the_record_it_belongs_to():
    assert CoManagementRole.citable_fields() == [
        "since",
        "until",
        "division",
        "body",
        "function",
        "standing",
        "agreement",
        "note",
    ]
    assert "slug" not in Agreement.citable_fields()
    assert "code" not in Division.citable_fields()


def test_all_records_but_the_evidence_and_the_vocabularies_are_cited():
    uncited = {model.__name__ for model in record_models() if not issubclass(model, CitedRecord)}
    assert uncited == {"Source", "Citation", "Industry", "Indicator"}


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.org/a", "data:text/html,a", "example.org"])
@pytest.mark.django_db
def test_a_source_is_on_the_web_or_nowhere(address):
    for field in ("url", "archived_url"):
        with pytest.raises(ValidationError) as refused:
            Source(slug="a", title="A", publisher="B", **{field: address}).full_clean()
        assert list(refused.value.message_dict) == [field]


@pytest.mark.django_db
def test_a_source_is_told_by_title_and_publisher():
    assert str(make_source(title="Two cities, one park", publisher="Daily")) == "Two cities, one park (Daily)"


@pytest.mark.django_db
def test_every_reprint_names_the_original_itself():
    original, reprint = make_source(), make_source()
    reprint.reprint_of = original
    reprint.full_clean()
    reprint.save()
    with pytest.raises(ValidationError) as refused:
        make_source(reprint_of=reprint).full_clean()
    assert refused.value.message_dict == {
        "reprint_of": ["That source is a reprint itself: choose the original."],
    }
    original.reprint_of = make_source()
    with pytest.raises(ValidationError) as refused:
        original.full_clean()
    assert list(refused.value.message_dict) == ["reprint_of"]
