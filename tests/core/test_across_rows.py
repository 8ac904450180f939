"""Rules over all rows of a record, compared with trying every day, and with two people who write at once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cities.models import Body
from core.constraints import AcrossRows
from core.integrity import explain
from parks.models import (
    BenefitShare,
    CoManagementRole,
    Park,
)
from tests.days import LONG_AGO, NEVER, certain_days, days_of, partial_dates
from tests.factories import (
    make_division,
    make_park,
    make_role,
    make_share,
)
from tests.rules import CONSTRAINTS, like


def ends_before_it_starts(since, until):
    return max(days_of(until, NEVER)) < min(days_of(since, LONG_AGO))


# In order, or the database refuses the period by itself.
period = st.tuples(partial_dates, partial_dates).map(
    lambda dates: dates[::-1] if ends_before_it_starts(*dates) else dates
)
periods = st.lists(period, min_size=2, max_size=6)


def refusal(row) -> str | None:
    """The name of the constraint that keeps `row` out, the same for validation and for the database; None: it is in."""
    try:
        row.validate_constraints()
    except ValidationError as error:
        told = error.messages
    else:
        told = []
    try:
        with transaction.atomic():
            row.save(force_insert=row._state.adding)
    except IntegrityError as error:
        (sentence,) = explain(error).messages
        # Validation tells all that is broken, the database the first it meets.
        assert sentence in told
        return next(name for name, constraint in CONSTRAINTS.items() if constraint.violation_error_message == sentence)
    assert told == []
    return None


@pytest.mark.django_db
@given(periods)
@example([("2003-04", "2003-04-30"), ("2003-04-30", "2003-05")])
@example([("2003-02", ""), ("", "2003-02-28"), ("", "2003-03-01")])
# A period that may have lasted no day at all overlaps nothing for certain.
@example([("2003", "2005"), ("2004", "2004")])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_periods_overlap_where_trying_every_day_finds_a_day_of_both(rows):
    park, division = _park_and_division()
    CoManagementRole.objects.filter(park=park).delete()
    kept = []
    for since, until in rows:
        row = CoManagementRole(park=park, function="LAND", division=division, since=since, until=until)
        expected = set()
        if any(certain_days(since, until) & certain_days(*other) for other in kept):
            expected.add("role_is_recorded_once_at_a_time")
        if since in [start for start, _end in kept]:
            expected.add("role_is_recorded_once")
        refused = refusal(row)
        assert refused in (expected or {None})
        if refused is None:
            kept.append((since, until))


percents = st.sampled_from([None, "0", "0.0001", "33.3333", "33.3334", "40", "50", "60", "99.9999", "100"])


@pytest.mark.django_db
@given(st.lists(st.tuples(period, percents), min_size=2, max_size=5))
@example([(("", ""), "33.3333"), (("", ""), "33.3333"), (("", ""), "33.3334"), (("", ""), "0.0001")])
@example([(("2003", "2004"), "60"), (("2004", "2005"), "60"), (("2003-06", "2004-06"), "40")])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_percents_exceed_the_whole_where_trying_every_day_finds_a_day_on_which_they_do(rows):
    park, _division = _park_and_division()
    BenefitShare.objects.filter(park=park).delete()
    kept = []
    for number, ((since, until), percent) in enumerate(rows):
        body, _made = Body.objects.get_or_create(slug=f"body-of-share-{number}", name_en="Body", kind="COMPANY")
        row = BenefitShare(
            park=park,
            subject="EQUITY",
            body=body,
            since=since,
            until=until,
            percent=None if percent is None else Decimal(percent),
        )
        tried = [*kept, (certain_days(since, until), Decimal(percent or 0))]
        too_much = any(
            sum(part for days, part in tried if day in days) > 100 for day in set().union(*(d for d, _ in tried))
        )
        assert refusal(row) == ("shares_do_not_exceed_the_whole" if too_much else None)
        if not too_much:
            kept = tried


def _park_and_division():
    division = make_division()
    return Park.objects.get_or_create(slug="across-rows", host=division)[0], division


@pytest.mark.django_db
def test_a_row_changed_into_an_overlap_is_refused_and_one_moved_away_is_not():
    first, second = make_role(since="2003", until="2004"), make_role(since="2004", until="2005")
    CoManagementRole.objects.filter(pk=second.pk).update(park=first.park)
    for changed in ({"until": ""}, {"until": "2005"}, {"since": "2001", "until": "2007"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CoManagementRole.objects.filter(pk=first.pk).update(**changed)
    CoManagementRole.objects.filter(pk=first.pk).update(park=make_park(), until="")


@pytest.mark.django_db
def test_many_rows_written_at_once_are_held_to_the_rules_too():
    park = make_park()
    rows = [
        BenefitShare(park=park, subject="PROFIT", division=make_division(code), percent=percent)
        for code, percent in (("320281", 60), ("321282", 60))
    ]
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        BenefitShare.objects.bulk_create(rows)
    assert explain(refused.value).messages == [
        str(CONSTRAINTS["shares_do_not_exceed_the_whole"].violation_error_message)
    ]
    assert park.shares.count() == 0


@pytest.mark.parametrize("wrong", [{"since": "2003-13"}, {"until": "20030"}, {"since": "２００３"}])
@pytest.mark.django_db
def test_a_wrong_date_is_told_at_its_field_and_not_compared_with_other_rows(wrong):
    there = make_role(since="2003")
    with pytest.raises(ValidationError) as refused:
        like(there, **{"since": "2004", **wrong}).full_clean()
    assert list(refused.value.message_dict) == list(wrong)


@pytest.mark.parametrize("percent", ["101", "-1", "many", "NaN", "0.00001"])
@pytest.mark.django_db
def test_a_wrong_percent_is_told_at_its_field_and_not_added_up(percent):
    there = make_share(since="2003")
    with pytest.raises(ValidationError) as refused:
        like(there, percent=percent, since="2005", division=make_division("321282")).full_clean()
    assert list(refused.value.message_dict) == ["percent"]


@pytest.mark.django_db
def test_a_fact_of_a_park_that_is_not_saved_yet_is_compared_with_nothing():
    make_share(percent=100)
    BenefitShare(park=Park(), subject="EQUITY", division=make_division(), percent=100).validate_constraints()


def test_a_rule_across_rows_tells_a_migration_what_makes_it():
    for constraint in CONSTRAINTS.values():
        if isinstance(constraint, AcrossRows):
            path, args, options = constraint.deconstruct()
            assert path == f"core.constraints.{type(constraint).__name__}"
            assert type(constraint)(*args, **options) == constraint
            assert constraint.clone() == constraint
            assert constraint != type(constraint)(**{**options, "name": "another"})


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_who_write_at_once_what_cannot_stand_together_one_is_refused():
    park = make_park()
    divisions = [make_division(code) for code in ("320281", "321282")]
    role = partial(CoManagementRole, park=park, function="LAND", division=divisions[0])
    roles = [role(since=since) for since in ("2003", "2004")]
    shares = [BenefitShare(park=park, subject="EQUITY", division=division, percent=60) for division in divisions]
    for sentence, (first, second) in (
        ("role_is_recorded_once_at_a_time", roles),
        ("shares_do_not_exceed_the_whole", shares),
    ):
        told = written_at_once(first, second)
        assert told == str(CONSTRAINTS[sentence].violation_error_message)
        assert type(first).objects.count() == 1


def written_at_once(first, second) -> str | None:
    """Write `second` in a thread of its own while the transaction that wrote `first` is open; what it was told."""

    def write_second():
        try:
            with transaction.atomic():
                second.save()
        except IntegrityError as error:
            return " ".join(explain(error).messages)
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first.save()
            written = pool.submit(write_second)
            # It has to wait for us: on PostgreSQL in the trigger, on SQLite before it begins.
            with pytest.raises(TimeoutError):
                written.result(timeout=0.3)
        return written.result(timeout=15)
