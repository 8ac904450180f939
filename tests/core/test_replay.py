"""What the registry had recorded by an instant is told row for row as the tables had it."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.models import Agreement
from cities.models import City, Division
from core.dates import PartialDate, PartialDateField, PeriodField
from core.history import change, record_models
from core.known import known_at
from core.models import Change, Version
from parks.models import BenefitShare, Observation, Park
from tests.days import partial_dates
from tests.factories import MAKERS, make_division, make_observation, make_park, make_share

pytestmark = pytest.mark.django_db


def as_known(model, instant) -> list:
    with known_at(instant):
        return list(model._base_manager.order_by("pk"))


def told(records) -> list[dict]:
    """Every value of every row, to the last zero."""
    return [
        {field.attname: repr(getattr(record, field.attname)) for field in record._meta.concrete_fields}
        for record in records
    ]


def live() -> dict:
    return {model: told(sorted(model.objects.all(), key=lambda row: row.pk)) for model in record_models()}


def known(instant) -> dict:
    with known_at(instant):
        return live()


# --- A script of edits ----------------------------------------------------------------------------------------------


def values_for(field) -> st.SearchStrategy:
    """Values that the column can hold, whether or not a constraint lets them in."""
    if field.choices:
        return st.sampled_from([value for value, _label in field.choices])
    if isinstance(field, models.ForeignKey):
        keys = list(field.related_model.objects.values_list("pk", flat=True))
        return st.sampled_from(keys + [None] * field.null)
    if isinstance(field, PeriodField):
        return st.one_of(partial_dates, st.sampled_from(["2003-H1", "2003-Q4"]))
    if isinstance(field, PartialDateField):
        return partial_dates
    if isinstance(field, models.DecimalField):
        # SQLite holds fifteen digits.
        most = 10 ** min(field.max_digits - field.decimal_places, 15 - field.decimal_places) - 1
        numbers = st.decimals(-most, most, places=field.decimal_places)
        return st.one_of(numbers, st.decimals(0, 90, places=field.decimal_places), st.none())
    if isinstance(field, models.PositiveSmallIntegerField):
        return st.integers(0, 32767)
    if isinstance(field, models.BooleanField):
        return st.booleans()
    if isinstance(field, models.SlugField):
        return st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)
    return st.text(
        st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=min(field.max_length or 40, 40)
    )


def edit(data):
    """One write of a random kind; what a constraint refuses, a reference holds or a savepoint undoes is undone."""
    model = data.draw(st.sampled_from(record_models()))
    rows = model.objects.order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    way = data.draw(st.sampled_from(["update", "update", "update", "save", "create", "delete", "all", "undone"]))
    if way == "create" or not keys:
        if model is Division:
            make_division(data.draw(st.sampled_from(["330281", "110101", "SG", "320282"])))
        else:
            MAKERS[model]()
        return
    row = rows.get(pk=data.draw(st.sampled_from(keys)))
    field = data.draw(st.sampled_from([field for field in model._meta.concrete_fields if field is not model._meta.pk]))
    value = data.draw(values_for(field))
    if way == "delete":
        row.delete()
    elif way == "save":
        setattr(row, field.name if not field.related_model else field.attname, value)
        row.save()
    else:
        chosen = rows if way == "all" else rows.filter(pk=row.pk)
        chosen.update(**{field.name: value})
        transaction.set_rollback(way == "undone")


def try_to_edit(data):
    # What still refers to a row protects it by an IntegrityError too.
    with suppress(IntegrityError, DataError), transaction.atomic():
        edit(data)


@given(st.data())
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_replaying_all_versions_rebuilds_every_table_as_it_was_after_each_change(data):
    with transaction.atomic():
        for make in MAKERS.values():
            make()
        # By instant: of changes in one millisecond, which SQLite cannot tell apart, the last is what was known then.
        snapshots = {Change.objects.latest("id").at: live()}
        for _change in range(3):
            with change(origin="COMMAND"):
                for _edit in range(data.draw(st.integers(1, 6))):
                    try_to_edit(data)
            snapshots[Change.objects.latest("id").at] = live()
        for instant, tables in snapshots.items():
            assert known(instant) == tables
        transaction.set_rollback(True)


# --- By hand --------------------------------------------------------------------------------------------------------


def made_on(day: int) -> datetime:
    """The newest change as if made on that day of January 2024; the instant of it."""
    instant = datetime(2024, 1, day, tzinfo=UTC)
    Change.objects.filter(pk=Change.objects.latest("id").pk).update(at=instant)
    return instant


def test_a_row_is_known_from_its_first_change_to_the_one_that_deletes_it():
    with change():
        park = make_park(name_en="First")
    first = made_on(1)
    with change():
        Park.objects.update(name_en="Second")
    second = made_on(2)
    with change():
        park.delete()
    third = made_on(3)
    just_before = timedelta(milliseconds=1)
    instants = (first - just_before, first, second - just_before, second, third - just_before, third)
    names = [[row.name_en for row in as_known(Park, at)] for at in instants]
    assert names == [[], ["First"], ["First"], ["Second"], ["Second"], []]


def test_a_row_known_looks_as_if_just_read():
    share = make_share(percent="33.3333", amount="12.5", since="2003-08")
    figure = make_observation(value="11735000000.1234", period="2012-H1")
    for model, pk in ((BenefitShare, share.pk), (Observation, figure.pk)):
        (row,) = as_known(model, timezone.now() + timedelta(seconds=1))
        read = model.objects.get(pk=pk)
        assert row == read
        assert told([row]) == told([read])
        assert (row._state.adding, row._state.db, row.get_deferred_fields()) == (False, "default", set())
    (row,) = as_known(BenefitShare, timezone.now() + timedelta(seconds=1))
    assert (str(row.percent), str(row.amount), type(row.since)) == ("33.3333", "12.50", PartialDate)
    assert row.park == share.park


def test_a_row_known_before_a_column_was_added_has_its_default_and_not_what_is_there_now():
    with change():
        agreement = Agreement.objects.create(slug="a", title_en="A")
    first = made_on(1)
    version = Version.objects.get(model="agreements.agreement", key=str(agreement.pk))
    del version.data["place"]
    version.save()
    with change():
        Agreement.objects.update(place="Jiangyin")
    (row,) = as_known(Agreement, first)
    assert (row.place, row.get_deferred_fields()) == ("", set())


def test_a_proxy_is_known_as_the_division_it_is():
    make_division("320200")
    instant = timezone.now() + timedelta(seconds=1)
    assert [row.code for row in as_known(City, instant)] == [row.code for row in as_known(Division, instant)]


def test_a_division_given_another_code_is_known_by_the_one_it_had():
    with change():
        make_division("320281")
    before = made_on(1)
    with change(), connection.cursor() as cursor:
        cursor.execute("UPDATE cities_division SET code = '320285' WHERE code = '320281'")
    assert [row.code for row in as_known(Division, before)] == ["320000", "320200", "320281"]
    assert [row.code for row in as_known(Division, made_on(2))] == ["320000", "320200", "320285"]
