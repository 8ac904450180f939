"""Every constraint of every model: the database and validation both let the same rows pass and refuse the same."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction

from core.history import record_models
from core.integrity import explain
from tests.rules import CONSTRAINTS, RULES


def test_every_constraint_has_rows_that_pass_and_rows_that_fail():
    assert set(RULES) == set(CONSTRAINTS)


def test_every_constraint_has_a_sentence_of_its_own_and_a_name_that_no_other_has():
    every = [constraint for model in record_models() for constraint in model._meta.constraints]
    assert len({constraint.name for constraint in every}) == len(every)
    assert [
        c.name for c in every if c.violation_error_message == models.BaseConstraint.default_violation_error_message
    ] == []


@pytest.mark.parametrize("name", RULES)
@pytest.mark.django_db
def test_a_constraint_lets_pass_what_it_should(name):
    passing, _failing = RULES[name]()
    for row in passing:
        with transaction.atomic():
            row.full_clean()
            row.save()
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.django_db
def test_validation_says_the_sentence_of_a_broken_constraint(name):
    _passing, failing = RULES[name]()
    for row in failing:
        with pytest.raises(ValidationError) as refused:
            row.validate_constraints()
        assert refused.value.messages == [str(CONSTRAINTS[name].violation_error_message)]
        with pytest.raises(ValidationError):
            row.full_clean()


@pytest.mark.parametrize("name", RULES)
@pytest.mark.django_db
def test_the_database_refuses_a_broken_constraint_by_name(name):
    _passing, failing = RULES[name]()
    for row in failing:
        before = type(row).objects.count()
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            row.save()
        assert explain(refused.value).messages == [str(CONSTRAINTS[name].violation_error_message)]
        if connection.vendor == "postgresql":
            assert refused.value.__cause__.diag.constraint_name == name
        assert type(row).objects.count() == before


def test_the_natural_key_of_every_record_is_held_unique_by_the_database():
    for model in record_models():
        if len(model.identity) == 1:
            assert model._meta.get_field(model.identity[0]).unique
            continue
        unique = [
            set(constraint.fields) or {_field_of(expression) for expression in constraint.expressions}
            for constraint in model._meta.constraints
            if isinstance(constraint, models.UniqueConstraint)
        ]
        assert set(model.identity) in unique, model


def _field_of(expression):
    while not isinstance(expression, models.F):
        expression = expression.get_source_expressions()[0]
    return expression.name
