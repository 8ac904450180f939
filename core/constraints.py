"""Constraints that look at other rows of the same record, which neither CHECK nor UNIQUE can say on both engines.

Each is declared in a model's Meta beside the others and says its sentence; the database holds it by a trigger that
`core.triggers` lays from `violation_sql`. Two writers cannot slip past each other: on PostgreSQL the trigger locks the
record the rows belong to first, on SQLite only one transaction writes at a time.
"""

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BaseConstraint

from core.dates import NO_END, NO_START, PartialDate


def earliest_sql(column: str, unknown: str) -> str:
    return _bound_sql(column, "-01-01", unknown)


def latest_sql(column: str, unknown: str) -> str:
    return _bound_sql(column, "-12-31", unknown)


def _bound_sql(column, suffix, unknown):
    # Every month ends on its 31st here: as text, that sorts after each of its days and before the next month, which is
    # all that comparing with first days takes.
    return f"CASE {column} WHEN '' THEN '{unknown}' ELSE {column} || substr('{suffix}', length({column}) - 3) END"


class AcrossRows(BaseConstraint):
    """A rule over all rows of one record that agree in `fields`; the first of them refers to that record."""

    violation_error_code = "across_rows"
    # The fields whose values the rule compares.
    compared: tuple[str, ...] = ()

    def __init__(self, *, fields, name, violation_error_code=None, violation_error_message=None):
        self.fields = tuple(fields)
        super().__init__(
            name=name, violation_error_code=violation_error_code, violation_error_message=violation_error_message
        )

    def violation_sql(self, model, row: str) -> str:
        """A condition, the same on both engines, that is true when the row aliased `row` breaks the rule."""
        raise NotImplementedError

    def same_sql(self, model, one: str, other: str) -> str:
        return " AND ".join(self._equal_sql(model._meta.get_field(name), one, other) for name in self.fields)

    @staticmethod
    def _equal_sql(field, one, other):
        equal = f"{one}.{field.column} = {other}.{field.column}"
        # A plain comparison where it will do: only that can use the index on the record.
        return (
            f"({equal} OR ({one}.{field.column} IS NULL AND {other}.{field.column} IS NULL))" if field.null else equal
        )

    # Laid as triggers after migrating, so there is nothing for the schema editor to do.
    def constraint_sql(self, model, schema_editor):
        return None

    create_sql = remove_sql = constraint_sql

    def siblings(self, model, instance):
        """The other rows that the rule compares `instance` with."""
        same = {}
        for name in self.fields:
            field = model._meta.get_field(name)
            value = getattr(instance, field.attname)
            same[f"{field.attname}__isnull" if value is None else field.attname] = True if value is None else value
        return model._default_manager.filter(**same).exclude(pk=instance.pk)

    def is_broken_by(self, instance, siblings) -> bool:
        """Whether `instance` breaks the rule beside `siblings`, the other rows that agree in `fields`."""
        raise NotImplementedError

    def validate(self, model, instance, exclude=None, using=connection.alias):
        if exclude and {*self.fields, *self.compared} & set(exclude):
            # One of the values is not valid itself, and the person is told that first.
            return
        if getattr(instance, model._meta.get_field(self.fields[0]).attname) is None:
            # The record itself is not saved yet, so it has no other rows.
            return
        if self.is_broken_by(instance, self.siblings(model, instance).using(using)):
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self):
        path, args, options = super().deconstruct()
        return path, args, {**options, "fields": self.fields}

    def __eq__(self, other):
        return type(other) is type(self) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__


class PeriodsDoNotOverlap(AcrossRows):
    """Rows that agree in `fields` have periods `[since, until)` that share no day for certain.

    2003 to 2006 and 2006 to 2010 may stand side by side, though nobody knows the day of the handover.
    """

    compared = ("since", "until")

    def violation_sql(self, model, row):
        def bounds(alias):
            return latest_sql(f"{alias}.since", NO_START), earliest_sql(f"{alias}.until", NO_END)

        (own_since, own_until), (since, until) = bounds(row), bounds("r")
        return (
            f"EXISTS (SELECT 1 FROM {model._meta.db_table} r"
            f" WHERE r.id <> {row}.id AND {self.same_sql(model, 'r', row)}"
            f" AND {own_since} < {own_until} AND {since} < {until} AND {own_since} < {until} AND {since} < {own_until})"
        )

    def is_broken_by(self, instance, siblings):
        own = _certain_days(instance.since, instance.until)
        return any(
            max(own[0], since) < min(own[1], until)
            for since, until in (_certain_days(row.since, row.until) for row in siblings)
        )


class PercentsWithinTheWhole(AcrossRows):
    """On no day do the percents of the rows that agree in `fields` certainly add up to more than 100."""

    compared = ("since", "until", "percent")

    def violation_sql(self, model, row):
        start = latest_sql("r.since", NO_START)
        return (
            # The sum of rows that begin and end is greatest on a day on which one of them begins.
            f"EXISTS (SELECT 1 FROM {model._meta.db_table} r WHERE {self.same_sql(model, 'r', row)} AND (SELECT"
            f" round(sum(s.percent), 4) FROM {model._meta.db_table} s WHERE {self.same_sql(model, 's', 'r')}"
            f" AND {latest_sql('s.since', NO_START)} <= {start} AND {start} < {earliest_sql('s.until', NO_END)}) > 100)"
        )

    def is_broken_by(self, instance, siblings):
        if instance.percent is None:
            return False
        rows = [instance, *(row for row in siblings if row.percent is not None)]
        spans = [(*_certain_days(row.since, row.until), row.percent) for row in rows]
        return any(sum(part for since, until, part in spans if since <= day < until) > 100 for day, _, _ in spans)


def _certain_days(since, until) -> tuple[str, str]:
    """The half-open period that certainly lies within `[since, until)`; empty when it ends before it starts."""
    since, until = PartialDate(since), PartialDate(until)
    return since.latest.isoformat() if since else NO_START, until.earliest.isoformat() if until else NO_END
