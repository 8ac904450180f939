from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from core.dates import Certainty
from parks.models import CoManagementRole, Park, ParkName
from tests.factories import (
    MAKERS,
    make_agreement,
    make_body,
    make_division,
    make_event,
    make_identifier,
    make_indicator,
    make_industry,
    make_observation,
    make_park,
    make_park_agreement,
    make_park_industry,
    make_park_name,
    make_park_statement,
    make_remark,
    make_role,
    make_share,
    make_site,
    make_statement,
)

OF_A_PARK = [model for model in MAKERS if model.belongs_to == "park"]


@pytest.mark.parametrize("reference", ["successor", "part_of"])
@pytest.mark.django_db
def test_following_parks_never_comes_back_to_the_first(reference):
    first, second, third = (make_park() for _ in range(3))
    setattr(second, reference, first)
    second.save()
    setattr(third, reference, second)
    third.full_clean()
    third.save()
    for last in (second, third):
        setattr(first, reference, last)
        with pytest.raises(ValidationError) as refused:
            first.full_clean()
        assert list(refused.value.message_dict) == [reference]
    # A new park closes no circle.
    new = Park(slug="new", name_en="New", host=first.host, **{reference: third})
    new.full_clean()


@pytest.mark.parametrize("reference", ["successor", "part_of"])
@pytest.mark.django_db
def test_a_circle_of_others_that_is_there_already_ends_the_search(reference):
    first, second, third = (make_park() for _ in range(3))
    Park.objects.filter(pk=first.pk).update(**{reference: second})
    Park.objects.filter(pk=second.pk).update(**{reference: first})
    setattr(third, reference, first)
    third.full_clean()


@pytest.mark.django_db
def test_a_park_takes_its_facts_with_it():
    park = make_park()
    facts = [MAKERS[model](park) for model in OF_A_PARK]
    assert len(facts) == 11
    park.delete()
    assert [type(fact).objects.count() for fact in facts] == [0] * 11


@pytest.mark.django_db
def test_what_a_fact_refers_to_stays():
    body, agreement, industry, indicator = make_body(), make_agreement(), make_industry(), make_indicator()
    park = make_park(host="321282", part_of=make_park())
    make_role(park, body=body, agreement=agreement)
    make_site(park, division="320281")
    make_park_industry(park, industry)
    make_observation(park, indicator)
    for kept in (body, agreement, industry, indicator, park.host, make_division("320281"), park.part_of):
        with pytest.raises(ProtectedError):
            kept.delete()


@pytest.mark.django_db
def test_dated_facts_are_asked_by_day():
    park = make_park()
    since_2003 = make_role(park, "OPERATIONS", since="2003")
    long = make_role(park, "LAND")
    ended = make_role(park, "FINANCE", since="2003-08-29", until="2006-07-06")
    roles = CoManagementRole.objects
    assert list(roles.held_on(date(2003, 8, 29))) == [since_2003, long, ended]
    assert list(roles.held_on("2006-07-06")) == [since_2003, long]
    assert list(park.roles.held_on("2002")) == [long]
    assert [role.certainty_on("2003-08") for role in (since_2003, long, ended)] == [
        Certainty.POSSIBLE,
        Certainty.CERTAIN,
        Certainty.POSSIBLE,
    ]
    for model in (ParkName, *(type(fact) for fact in (make_share(), make_site(), make_park_industry()))):
        assert model.objects.held_on("2003").count() == model.objects.count()


@pytest.mark.django_db
def test_neither_side_takes_revenue_for_ten_years_then_half_each_is_four_shares():
    park = make_park()
    for code in ("320281", "321282"):
        make_share(park, division=code, since="2003-08-29", until="2013-08-29", percent=0)
        make_share(park, division=code, since="2013-08-29", percent=50)
    for day, percents in (("2013-08-28", [0, 0]), ("2013-08-29", [50, 50])):
        assert [share.percent for share in park.shares.held_on(day)] == percents
    for share in park.shares.all():
        share.full_clean()


@pytest.mark.django_db
def test_equity_changes_hands_from_phase_to_phase():
    park = make_park()
    phases = [("", "2010", (65, 35)), ("2010", "2015-06", (35, 65)), ("2015-06", "", (48, 52))]
    for since, until, percents in phases:
        for code, percent in zip(("320281", "321282"), percents, strict=True):
            make_share(park, "EQUITY", division=code, since=since, until=until, percent=percent)
    assert [share.percent for share in park.shares.held_on("2012-01-01")] == [35, 65]


@pytest.mark.django_db
def test_figures_keep_every_digit_that_their_columns_have():
    figure = make_observation(value=Decimal("11735000000.1234"), growth_percent=Decimal("-5.6"))
    figure.refresh_from_db()
    assert (str(figure.value), str(figure.growth_percent)) == ("11735000000.1234", "-5.6000")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.org", "example"])
@pytest.mark.django_db
def test_a_website_is_on_the_web(address):
    with pytest.raises(ValidationError) as refused:
        make_park(website=address).full_clean()
    assert list(refused.value.message_dict) == ["website"]


@pytest.mark.django_db
def test_two_parks_have_no_slug_in_common():
    with pytest.raises(ValidationError) as refused:
        Park(slug=make_park().slug, name_en="A", host=make_division()).full_clean()
    assert list(refused.value.message_dict) == ["slug"]


@pytest.mark.parametrize("slug", ["a b", "a/b", "江阴", "a\x00b", ""])
@pytest.mark.django_db
def test_a_slug_is_what_an_address_can_hold(slug):
    with pytest.raises(ValidationError) as refused:
        Park(slug=slug, name_en="A", host=make_division()).full_clean()
    assert list(refused.value.message_dict) == ["slug"]


@pytest.mark.django_db
def test_facts_are_told_in_words():
    park = make_park(name_en="Jiangyin-Jingjiang Industrial Park")
    told = {
        park: "Jiangyin-Jingjiang Industrial Park",
        make_park_name(park, "江阴园区"): "江阴园区",
        make_identifier(park, "S329100", scheme="CATALOGUE_2018"): "CATALOGUE_2018:S329100",
        make_site(park, name_en="North tract"): "North tract",
        make_role(park, "LAND"): "land",
        make_share(park, "EQUITY"): "equity",
        make_industry(name_en="Shipbuilding", name_zh="船舶制造"): "Shipbuilding 船舶制造",
        make_park_industry(park, make_industry(name_en="Logistics")): "Logistics",
        make_indicator(name_en="GDP", unit="CNY"): "GDP (CNY)",
        make_event(park, date="2003-08-29"): "2003-08-29 unveiled",
        make_event(park, date="", text_en="A"): "unveiled",
        make_remark(park, text_en="", text_zh="共管"): "共管",
        make_park_agreement(park, make_agreement(title_en="Framework", signed_on="2003")): "Framework (2003)",
        make_park_statement(park, make_statement(summary_en="Both gain.")): "Both gain.",
    }
    assert {record: str(record) for record in told} == told
