"""What each format says of a column: its type, whether it can be unknown, what it refers to."""

from django.db import models

from exchange.tables import Column, Table, table_of


def type_of(column: Column) -> str:
    """`boolean`, `integer`, `number` or `string`, as Table Schema calls them."""
    if isinstance(column.leaf, models.BooleanField):
        return "boolean"
    if isinstance(column.leaf, models.IntegerField):
        return "integer"
    return "number" if isinstance(column.leaf, models.DecimalField) else "string"


def fields_on(column: Column) -> list[models.Field]:
    """The fields that lead from a row to the value of a column, the last being the one whose value it is."""
    found, model = [], column.field.model
    for name in [] if column.is_target else column.path.split("__"):
        found.append(model._meta.get_field(name))
        model = found[-1].related_model
    return found


def may_be_unknown(column: Column) -> bool:
    """Whether a cell can tell nothing at all. A text that is blank is known to be so."""
    return any(field.null for field in fields_on(column))


def is_required(column: Column) -> bool:
    """Whether no cell is ever empty."""
    leaf = column.leaf
    return not may_be_unknown(column) and (column.is_target or type_of(column) != "string" or not leaf.blank)


def references_of(table: Table) -> list[tuple[list[Column], Table]]:
    """Each reference of a table as the columns that tell it, with the table that it leads to."""
    found: dict[models.Field, list[Column]] = {}
    for column in table.columns:
        if column.is_reference:
            found.setdefault(column.field, []).append(column)
    return [(columns, table_of(field.related_model)) for field, columns in found.items()]
