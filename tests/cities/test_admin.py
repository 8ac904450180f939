"""The pages of divisions, and of provinces, cities and county-level cities, which are divisions too."""

import pytest

from cities.models import City, CountyLevelCity, Division, Province
from core.models import Change
from sources.models import Citation
from tests.admin import errors_of, list_of, page_of, save
from tests.factories import make_division, make_source
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward():
    return logged_in(make_person("stewards"))


def test_each_list_holds_its_own(steward):
    make_division("320281")
    for model, codes in {
        Province: ["320000"],
        City: ["320200"],
        CountyLevelCity: ["320281"],
        Division: ["320000", "320200", "320281"],
    }.items():
        page = steward.get(list_of(model))
        assert [division.code for division in page.context["cl"].result_list] == codes


@pytest.mark.parametrize("text", ["320281", "江阴", "jiangyin", "Jiangyin"])
def test_divisions_are_found_by_code_and_by_any_name(steward, text):
    make_division("320281", name_en="Chiang-yin", name_zh="江阴市", pinyin="Jiangyin")
    found = steward.get(f"{list_of(Division)}?q={text}").context["cl"].result_list
    assert [division.code for division in found] == ["320281"]


def test_the_list_asks_as_often_for_three_divisions_as_for_one(steward, django_assert_num_queries):
    for number in (1, 3):
        make_division(f"32028{number}")
        steward.get(list_of(CountyLevelCity))
        # session, person, permissions of the person and of groups; the provinces to filter by, how many, the cities
        with django_assert_num_queries(7):
            steward.get(list_of(CountyLevelCity))


def test_a_city_is_changed_cited_and_told_in_the_history_as_the_division_it_is(steward):
    source = make_source()
    make_division("320281")
    city = CountyLevelCity.objects.get()
    assert save(steward, page_of(city), name_en="Jiangyin", edit_source=source.pk).status_code == 302
    assert Citation.objects.get().target == Division.objects.get(code="320281")
    entries = steward.get(page_of(city, "history")).context["entries"]
    assert [field.new for row in entries[0].rows[:1] for field in row.fields] == ["Jiangyin"]
    assert Change.objects.latest("id").source == source.slug


def test_the_code_of_a_division_is_not_changed(steward):
    division = make_division("320281")
    assert save(steward, page_of(division), code="320282").status_code == 302
    assert list(Division.objects.filter(level="COUNTY").values_list("code", flat=True)) == ["320281"]


@pytest.mark.parametrize(
    ("typed_in", "error"),
    [
        ({"code": "32028"}, "Write six digits, or two capital letters."),
        ({"code": "320200"}, "Division with this Code already exists."),
        ({"code": "320282", "kind": "PROVINCE"}, "A division of this level cannot be of this kind."),
        ({"code": "330282"}, "A county's parent is a prefecture or a province"),
        ({"code": "320282", "latitude": "91", "longitude": "1"}, "Give both latitude"),
        ({"code": "320282", "abolished": "20"}, "“20” is not a date."),
    ],
)
def test_a_bad_division_is_a_form_error(steward, typed_in, error):
    make_division("320200")
    division = {"level": "COUNTY", "kind": "COUNTY_LEVEL_CITY", "parent": "320200", "name_en": "A", "name_zh": "甲"}
    told = errors_of(save(steward, list_of(Division, "add"), **{**division, **typed_in}))
    assert any(each.startswith(error) for each in told), told
    assert Division.objects.count() == 2


def test_a_page_of_one_kind_offers_that_kind(steward):
    form = steward.get(list_of(CountyLevelCity, "add")).context["adminform"].form
    assert [value for value, _label in form.fields["kind"].choices if value] == ["COUNTY_LEVEL_CITY"]
    assert [value for value, _label in form.fields["level"].choices if value] == ["COUNTY"]
