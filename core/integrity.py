"""Turns a constraint that the database refused into the sentence that the model gives it."""

import re

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils.translation import gettext_lazy as _

from core.dates import PartialDateField
from core.history import record_models

SQLITE_NAMED = re.compile(r"(?:CHECK constraint failed: |index ')(\w+)")
SQLITE_COLUMNS = re.compile(r"(UNIQUE|NOT NULL) constraint failed: (.+)")
POSTGRESQL_KEY = re.compile(r"Key \(([^)]+)\)=")


def hold_references():
    """Hold what PostgreSQL puts off to the end of the transaction: that what is referred to is still there. Here the
    IntegrityError can be explained.
    """
    if connection.vendor == "postgresql":
        connection.check_constraints()


def explain(error: IntegrityError) -> ValidationError:
    """What the database refused, as a ValidationError: keyed by the field where one is meant, else for the record."""
    refused = getattr(error.__cause__, "diag", None)
    if refused is not None:
        name, table = refused.constraint_name or "", refused.table_name or ""
        columns = [refused.column_name] if refused.column_name else _columns_of_key(refused.message_detail or "")
    else:
        name, table, columns = _read_sqlite(str(error))
    for model in record_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return ValidationError(constraint.get_violation_error_message(), code=constraint.violation_error_code)
    return _explain_columns(table, columns, name or str(error))


def _read_sqlite(message):
    if columns := SQLITE_COLUMNS.match(message):
        paths = [path.strip().split(".") for path in columns[2].split(",")]
        if all(len(path) == 2 for path in paths):
            return "", paths[0][0], [column for _table, column in paths]
    named = SQLITE_NAMED.search(message)
    return named[1] if named else "", "", []


def _columns_of_key(detail):
    key = POSTGRESQL_KEY.search(detail)
    return [column.strip(' "') for column in key[1].split(",")] if key else []


def _explain_columns(table, columns, refused):
    model = next((model for model in record_models() if model._meta.db_table == table), None)
    fields = [field for field in model._meta.concrete_fields if field.column in columns] if model else []
    for constraint in model._meta.constraints if model else ():
        if fields and {f.name for f in fields} == set(getattr(constraint, "fields", ())):
            return ValidationError(constraint.get_violation_error_message(), code=constraint.violation_error_code)
    if len(fields) == 1:
        field = fields[0]
        if field.unique:
            return ValidationError(
                {field.name: ValidationError(_("This value is taken: choose another."), code="unique")}
            )
        return ValidationError({field.name: ValidationError(_("This field is required."), code="required")})
    if field := _date_refused(refused):
        return ValidationError({field.name: ValidationError(field.error_messages["broken"], code="invalid")})
    return ValidationError(
        _("What was written does not fit what is there; it may have changed meanwhile. Look again and retry."),
        code="conflict",
    )


def _date_refused(refused):
    """The date field whose own check the database names: by its column on SQLite, by table and column on PostgreSQL."""
    for model in record_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, PartialDateField) and refused in (
                field.column,
                f"{model._meta.db_table}_{field.column}_check",
            ):
                return field
    return None
