"""Figures and amounts: what is let in is told back to the last digit, and what is not is refused on every way in."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.forms import modelform_factory
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from core.history import change, from_version
from core.known import known_at
from core.models import Change, Version
from core.numbers import TOO_EXACT, TOO_LARGE, ExactDecimalField
from core.preflight import refuse_rows_outside
from core.restoring import restore
from parks.models import BenefitShare, Observation, Park, ParkSite
from tests.factories import make_observation, make_park, make_share, make_site
from tests.rest import get, patch, refused

pytestmark = pytest.mark.django_db

EXACT = [
    (model, field.name)
    for model in (Observation, BenefitShare, ParkSite)
    for field in model._meta.concrete_fields
    if isinstance(field, ExactDecimalField)
]
MAKERS = {Observation: make_observation, BenefitShare: make_share, ParkSite: make_site}
THEN = datetime(2024, 1, 1, tzinfo=UTC)
TOO_MUCH = [
    ("1e15", TOO_LARGE),
    ("-1000000000000000", TOO_LARGE),
    ("99999999999999999999", TOO_LARGE),
    ("1e300", TOO_LARGE),
    ("99999999999999.99", TOO_EXACT),
    ("-123456789012345.6", TOO_EXACT),
]
numbers = st.one_of(
    st.decimals(-(10**15), 10**15, places=4),
    st.decimals(-(10**11), 10**11, places=4),
    st.integers(-(10**16), 10**16).map(Decimal),
    st.integers(-(10**15), 10**15).map(lambda number: Decimal(number).scaleb(-4)),
)


def test_every_field_that_holds_figures_or_amounts_is_one_of_these():
    assert [
        (Observation, "value"),
        (Observation, "value_high"),
        (Observation, "growth_percent"),
        (BenefitShare, "amount"),
        (ParkSite, "area"),
    ] == EXACT


# --- Let in ---------------------------------------------------------------------------------------------------------


@given(numbers)
@example(Decimal("999999999999999"))
@example(Decimal("-99999999999.9999"))
@example(Decimal("0.0001"))
@example(Decimal("123456789012.345"))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_let_in_is_told_back_to_the_last_digit(reader, number):
    with transaction.atomic():
        figure = make_observation()
        figure.value = number
        try:
            figure.full_clean()
        except ValidationError:
            assume(False)
        figure.save()
        assert Observation.objects.get().value == number
        Change.objects.update(at=THEN)
        with known_at(THEN):
            assert Observation.objects.get().value == number
        for asked in ({}, {"value": f"{number:f}"}, {"known": "2024-01-01T00:00:00Z"}):
            (told,) = get(reader, "/api/v1/observations/", **asked)["results"]
            assert Decimal(told["value"]) == number
        transaction.set_rollback(True)


@given(numbers)
@settings(max_examples=100)
def test_what_has_fifteen_digits_below_the_limit_is_let_in_and_nothing_else(number):
    digits = f"{abs(number):f}".replace(".", "").strip("0")
    try:
        ExactDecimalField(decimal_places=4).clean(number, None)
    except ValidationError:
        assert abs(number) >= 10**15 or len(digits) > 15
    else:
        assert abs(number) < 10**15
        assert len(digits) <= 15


def test_a_number_of_json_is_the_one_that_is_written():
    field = ExactDecimalField(decimal_places=4)
    assert [field.clean(number, None) for number in (5.6, 0.1, 735e9, 123456789.1234)] == [
        Decimal("5.6"),
        Decimal("0.1"),
        Decimal(735_000_000_000),
        Decimal("123456789.1234"),
    ]


# --- Refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "sentence"), TOO_MUCH)
@pytest.mark.parametrize(("model", "name"), EXACT)
def test_a_form_tells_the_one_sentence(model, name, number, sentence):
    form = modelform_factory(model, fields=[name])({name: number})
    assert form.errors[name] == [sentence]


@pytest.mark.parametrize(("number", "sentence"), TOO_MUCH)
def test_the_api_tells_the_sentence_at_the_figure(editor, number, sentence):
    figure = make_observation()
    for address, body, pointer in (
        (f"/api/v1/observations/{figure.pk}/", {"value": number}, "#/value"),
        (f"/api/v1/parks/{figure.park.slug}/", {"sites": [site(area=number)]}, "#/sites/0/area"),
        (f"/api/v1/parks/{figure.park.slug}/", {"shares": [share(amount=number)]}, "#/shares/0/amount"),
    ):
        assert refused(patch(editor, address, body)) == {pointer: str(sentence)}


def site(**fields):
    return {"name_en": "Tract", "division": "321282", **fields}


def share(**fields):
    return {"subject": "RENT", "division": "321282", **fields}


@pytest.mark.parametrize(("number", "sentence"), TOO_MUCH)
def test_a_fixture_with_it_is_not_loaded(tmp_path, number, sentence):
    figure = make_observation()
    fields = {"park": [figure.park.slug], "indicator": [figure.indicator.code], "period": "2020", "value": number}
    path = tmp_path / "figures.json"
    path.write_text(json.dumps([{"model": "parks.observation", "fields": fields}]))
    with pytest.raises(CommandError) as error:
        call_command("loaddata", str(path), verbosity=0)
    assert str(sentence) in str(error.value)


@pytest.mark.parametrize("value", ["1000000000000000", "-1e15", "1e20", "'NaN'", "'Infinity'", "'a lot'"])
@pytest.mark.parametrize(("model", "name"), EXACT)
def test_the_database_itself_takes_no_number_that_cannot_be_read_back(model, name, value):
    row = MAKERS[model]()
    before = getattr(row, name)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET {name} = {value}")
    assert getattr(model.objects.get(), name) == (before and Decimal(before))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the column of PostgreSQL takes none either")
def test_a_number_that_is_there_all_the_same_can_be_read_and_mended(reader, editor):
    """As in a registry that was written to before the rule was there."""
    figure = make_observation()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = 1")
        cursor.execute("UPDATE parks_observation SET value = 1e30, growth_percent = 123456789")
        cursor.execute("PRAGMA ignore_check_constraints = 0")
    address = f"/api/v1/observations/{figure.pk}/"
    assert (get(reader, address)["value"], get(reader, address)["growth_percent"]) == (f"{10**30}", "123456789")
    for other in ("/api/v1/observations.csv", "/api/v1/observations/", f"/api/v1/parks/{figure.park.slug}/"):
        assert reader.get(other).status_code == 200
    assert from_version(Version.objects.filter(model="parks.observation").latest("id")).value == 10**30
    assert patch(editor, address, {"value": "1"}).status_code == 200


def test_a_number_from_before_the_rule_is_not_restored():
    with change():
        figure = make_observation()
    Change.objects.update(at=THEN)
    version = Version.objects.get(model="parks.observation")
    version.data["value"] = "1" + "0" * 15
    version.save()
    Observation.objects.update(value=2)
    with pytest.raises(ValidationError) as error, change():
        restore(Park, figure.park.pk, THEN)
    assert error.value.messages == [str(TOO_LARGE)]
    assert Observation.objects.get().value == 2


def test_a_migration_stops_and_names_the_rows_that_break_its_rule():
    make_park("kept")
    parks = [make_park().pk for _each in range(2)]
    operation = refuse_rows_outside(Q(slug="kept"), "parks", "Park", "Call it kept.")
    with pytest.raises(CommandError) as error:
        operation.code(apps, SimpleNamespace(connection=connection))
    assert str(error.value) == f"parks.Park {parks[0]}, {parks[1]}: Call it kept. Then migrate again."
    Park.objects.filter(pk__in=parks).delete()
    operation.code(apps, SimpleNamespace(connection=connection))
