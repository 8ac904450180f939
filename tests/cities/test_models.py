import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from cities.models import KINDS, Body, City, CountyLevelCity, Division, Province
from cities.querysets import code_prefix
from tests.factories import make_body, make_division, make_park, make_role


def codes(divisions) -> list[str]:
    return list(divisions.values_list("code", flat=True))


@pytest.fixture
def divisions(db):
    """Jiangsu with a city of each kind, Beijing with a district, a county-level city under a province, a state."""
    for code in ("320281", "320211", "321282", "110101", "429004", "SG"):
        make_division(code)
    make_division("152200", kind="LEAGUE")


def test_each_proxy_holds_the_divisions_of_its_kind(divisions):
    # A municipality is a city as well as a province.
    assert codes(Province.objects) == ["110000", "150000", "320000", "420000"]
    assert codes(City.objects) == ["110000", "320200", "321200"]
    assert codes(CountyLevelCity.objects) == ["320281", "321282", "429004"]


def test_a_proxy_finds_none_but_its_own_by_natural_key(divisions):
    assert City.objects.get_by_natural_key("320200").name_en == "Division 320200"
    with pytest.raises(City.DoesNotExist):
        City.objects.get_by_natural_key("320281")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("320000", ["320000", "320200", "320211", "320281", "321200", "321282"]),
        ("320200", ["320200", "320211", "320281"]),
        ("320281", ["320281"]),
        ("110000", ["110000", "110101"]),
        ("SG", ["SG"]),
    ],
)
def test_within_finds_the_division_itself_and_all_below(divisions, code, expected):
    assert codes(Division.objects.within(Division.objects.get(code=code))) == expected


def test_within_chains_with_the_proxies(divisions):
    jiangsu = Division.objects.get(code="320000")
    assert codes(CountyLevelCity.objects.within(jiangsu)) == ["320281", "321282"]


def test_within_asks_without_a_join_and_without_recursion(divisions, django_assert_num_queries):
    jiangsu = Division.objects.get(code="320000")
    with django_assert_num_queries(1):
        assert len(Division.objects.within(jiangsu)) == 6
    assert "JOIN" not in str(Division.objects.within(jiangsu).query)


@pytest.mark.parametrize(
    ("code", "prefix"), [("320000", "32"), ("320200", "3202"), ("320281", "320281"), ("SG", "SG"), ("429004", "429004")]
)
def test_the_prefix_of_a_division_is_what_the_codes_within_share(code, prefix):
    assert code_prefix(code) == prefix


@pytest.mark.django_db
def test_existing_divisions_are_those_not_known_to_be_abolished():
    make_division("320602", abolished="2020-07", successor=make_division("320613"))
    assert codes(Division.objects.existing()) == ["320000", "320600", "320613"]


@pytest.mark.parametrize(
    "code", ["32028", "3202811", "020281", "sg", "S1", "SGP", "３２０２８１", "32028a", "SG\n", ""]
)
@pytest.mark.django_db
def test_a_code_is_six_digits_or_two_capital_letters(code):
    with pytest.raises(ValidationError) as refused:
        Division(code=code, level="NATION", kind="STATE", name_en="A", name_zh="甲").full_clean()
    assert "code" in refused.value.message_dict


def test_every_kind_stands_on_exactly_one_level():
    listed = [kind for kinds in KINDS.values() for kind in kinds]
    assert sorted(listed) == sorted(Division.Kind.values)
    assert list(KINDS) == Division.Level.values


@pytest.mark.django_db
def test_a_division_that_anything_refers_to_stays():
    jiangyin, jingjiang = make_division("320281"), make_division("321282")
    make_role(make_park(host=jingjiang), division=jiangyin)
    for division in (jiangyin, jingjiang, jiangyin.parent):
        with pytest.raises(ProtectedError):
            division.delete()


@pytest.mark.django_db
def test_a_parent_that_is_not_there_is_refused_by_the_database():
    Division.objects.create(code="320282", level="COUNTY", kind="COUNTY", name_en="A", name_zh="甲", parent_id="320200")
    # As it does at the end of the transaction.
    with pytest.raises(IntegrityError), transaction.atomic():
        connection.check_constraints()
    Division.objects.all().delete()


@pytest.mark.django_db
def test_divisions_and_bodies_are_told_by_both_names():
    jiangyin = Division(code="320281", name_en="Jiangyin", name_zh="江阴市")
    assert str(jiangyin) == "Jiangyin 江阴市 (320281)"
    assert str(Body(name_en="Zone", name_zh="开发区")) == "Zone 开发区"
    assert str(Body(name_en="Zone")) == "Zone"


@pytest.mark.django_db
def test_a_party_is_told_by_its_division_its_body_or_both():
    park, body = make_park(), make_body(name_en="Zone")
    jiangyin = make_division("320281")
    of_division = make_role(park, division=jiangyin)
    of_body = make_role(park, body=body)
    of_both = make_role(park, division=jiangyin, body=body)
    assert [role.party_code for role in (of_division, of_body, of_both)] == ["320281", f"body:{body.pk}", "320281"]
    assert [role.party_name() for role in (of_division, of_body, of_both)] == [
        str(jiangyin),
        "Zone",
        f"Zone · {jiangyin}",
    ]
