"""Where the examples are kept."""

from core.history import record_models
from core.models import Record

RULES = {}


def rule(function):
    RULES[function.__name__] = function
    return function


def like(record: Record, **changed) -> Record:
    """A new row, not written yet, with the values of `record` but for what is `changed`."""
    own = [field for field in record._meta.concrete_fields if field is not record._meta.pk]
    return type(record)(**{field.name: getattr(record, field.name) for field in own} | changed)


CONSTRAINTS = {constraint.name: constraint for model in record_models() for constraint in model._meta.constraints}
