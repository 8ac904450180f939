"""Dates as exact as the source: `2003`, `2003-08` or `2003-08-29` (ISO 8601-1:2019, 5.2.2, reduced precision).

They are kept as that text. A period is half-open, `[since, until)`; an empty `since` is an unknown start, an empty
`until` means "still so, as far as known". Asked about a day, a partial date may answer only "possibly".
"""

import calendar
import re
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Transform, Value
from django.db.models.functions import NullIf
from django.utils.translation import gettext_lazy as _

YEAR = r"[1-9][0-9]{3}"
DATE_PATTERN = rf"{YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
PERIOD_PATTERN = rf"{YEAR}-(H[12]|Q[1-4])"
# The database's own bounds for "no known start" and "no known end": they sort before and after every date.
NO_START, NO_END = "", "9999-99-99"


class Certainty(models.TextChoices):
    """Whether a dated fact held on a day: for certain, or possibly, since its dates are not exact enough to tell."""

    CERTAIN = "certain", _("certain")
    POSSIBLE = "possible", _("possible")


class PartialDate(str):
    """A date known to the year, the month or the day; the empty one is unknown. It is its own text.

    Raises ValueError for any other text, and for days that no calendar has.
    """

    __slots__ = ()

    def __new__(cls, text=""):
        self = super().__new__(cls, text)
        if self:
            if not re.fullmatch(DATE_PATTERN, self, re.ASCII):
                raise ValueError(f"{text!r} is not a year, a month or a day")
            if len(self) == 10:
                date.fromisoformat(self)
        return self

    @property
    def earliest(self) -> date | None:
        """The first day it can mean; None when unknown."""
        return date.fromisoformat(self + "-01-01"[len(self) - 4 :]) if self else None

    @property
    def latest(self) -> date | None:
        """The last day it can mean; None when unknown."""
        if not self:
            return None
        if len(self) == 7:
            year, month = int(self[:4]), int(self[5:])
            return date(year, month, calendar.monthrange(year, month)[1])
        return date.fromisoformat(self + "-12-31"[len(self) - 4 :])


def as_partial_date(value) -> PartialDate:
    """`value` (a date, a datetime or text) as a PartialDate. Raises ValueError."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        value = value.isoformat()
    return PartialDate(value or "")


def _asked(on) -> PartialDate:
    on = as_partial_date(on)
    if not on:
        raise ValueError("Say which day, month or year is asked about.")
    return on


def certainty(since: str, until: str, on) -> Certainty | None:
    """Whether a fact of the period `[since, until)` held on `on`: CERTAIN, POSSIBLE, or None when it did not.

    `on` is a date or a partial date. A reduced `on` (a year, a month) asks about all of its days: certain when the
    fact held on each of them, possible when it may have held on any. An unknown `since` counts as held ever since
    before, an unknown `until` as still held, as far as known. Raises ValueError when `on` is no date or unknown.
    """
    since, until, on = PartialDate(since), PartialDate(until), _asked(on)
    if (since and since.earliest > on.latest) or (until and until.latest <= on.earliest):
        return None
    if since and until and until.latest <= since.earliest:
        # It ended on the day it began.
        return None
    if (not since or since.latest <= on.earliest) and (not until or until.earliest > on.latest):
        return Certainty.CERTAIN
    return Certainty.POSSIBLE


class Earliest(Transform):
    """The first day of a partial date as text, NULL when unknown; the same on SQLite and PostgreSQL."""

    lookup_name = "earliest"
    output_field = models.CharField()
    bound = "({0} || substr('-01-01', length({0}) - 3))"

    def __init__(self, expression, **extra):
        super().__init__(NullIf(expression, Value("")), **extra)

    def as_sql(self, compiler, connection, **extra):
        sql, params = compiler.compile(self.source_expressions[0])
        return self.bound.format(sql), params * self.bound.count("{0}")


class Latest(Earliest):
    """The last day of a partial date as text, NULL when unknown.

    Told from the text alone: a cast to a date would raise where the text is none, before the CHECK can name it.
    """

    lookup_name = "latest"
    # 2000 is a leap year and 1900 is none: where a century begins, its number decides.
    bound = f"""CASE
      WHEN length({{0}}) <> 7 THEN {{0}} || substr('-12-31', length({{0}}) - 3)
      WHEN substr({{0}}, 6) IN ('04', '06', '09', '11') THEN {{0}} || '-30'
      WHEN substr({{0}}, 6) <> '02' THEN {{0}} || '-31'
      WHEN CASE substr({{0}}, 3, 2) WHEN '00' THEN substr({{0}}, 1, 2) ELSE substr({{0}}, 3, 2) END
        IN ({", ".join(f"'{number:02}'" for number in range(4, 100, 4))}) THEN {{0}} || '-29'
      ELSE {{0}} || '-28' END"""


def held(on, since="since", until="until") -> Q:
    """Rows whose period `[since, until)` holds on `on`, certainly or possibly (see `certainty`)."""
    on = _asked(on)
    return held_between(on.earliest, on.latest, since, until)


def held_between(first: date | None, last: date | None, since="since", until="until") -> Q:
    """Rows whose period `[since, until)` holds on some day from `first` to `last`, certainly or possibly.

    Without `first`, on any day up to `last`; without `last`, on any day from `first` on.
    """
    started = Q(**{since: ""}) | Q(**{f"{since}__lte": last.isoformat()}) if last else Q()
    not_ended = Q(**{until: ""}) | Q(**{f"{until}__latest__gt": first.isoformat()}) if first else Q()
    return started & not_ended & _lasts(since, until)


def _lasts(since, until) -> Q:
    """Rows that do not end on the day they begin."""
    return Q(**{since: ""}) | Q(**{until: ""}) | Q(**{f"{until}__latest__gt": F(f"{since}__earliest")})


def not_before(end: str, start: str) -> Q:
    """`end` is not before `start`, for all that is known: 2003 is not before 2003-08. Blank dates pass."""
    return Q(**{end: ""}) | Q(**{start: ""}) | Q(**{f"{end}__latest__gte": F(f"{start}__earliest")})


class PartialDateField(models.CharField):
    """A PartialDate, stored as its text under a plain byte order, blank when unknown.

    Transforms `earliest` and `latest` give its bounds in queries: `filter(since__latest__lte="2003-08-01")`.
    The database itself refuses any other text, and days that no calendar has.
    """

    description = _("A year, a month or a day")
    default_error_messages = {
        "invalid": _("“%(value)s” is not a date. Write a year, a month or a day: 2003, 2003-08 or 2003-08-29."),
        "broken": _("This is not a date. Write a year, a month or a day: 2003, 2003-08 or 2003-08-29."),
    }
    pattern = DATE_PATTERN

    def __init__(self, *args, **options):
        options.setdefault("max_length", 10)
        options.setdefault("blank", True)
        options.setdefault("default", "")
        super().__init__(*args, **options)

    def deconstruct(self):
        name, path, args, options = super().deconstruct()
        for option in ("max_length", "blank", "default"):
            options.pop(option, None)
        if not self.blank:
            options["blank"] = False
        if self.default != "":
            options["default"] = self.default
        return name, path, args, options

    def parse(self, value):
        return as_partial_date(value)

    def from_db_value(self, value, expression, connection):
        return value if value is None else PartialDate(value)

    def to_python(self, value):
        value = value.strip() if isinstance(value, str) else value
        if value is None:
            return PartialDate()
        if not isinstance(value, str | date):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        try:
            return self.parse(value)
        except ValueError:
            shown = str(value)[:40]
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": shown}) from None

    def db_parameters(self, connection):
        collation = "C" if connection.vendor == "postgresql" else "BINARY"
        return {**super().db_parameters(connection), "collation": collation}

    def db_check(self, connection):
        column = connection.ops.quote_name(self.column)
        return f"{column} = '' OR {self.format_check(column, connection.vendor)}"

    def format_check(self, column, vendor):
        if vendor == "postgresql":
            leap_year = "(([0-9]{2}(0[48]|[2468][048]|[13579][26]))|(([02468][048]|[13579][26])00))"
            return (
                f"({column} ~ '^{DATE_PATTERN}$' AND {column} !~ '-(02-3[01]|(04|06|09|11)-31)$'"
                f" AND ({column} !~ '-02-29$' OR {column} ~ '^{leap_year}-02-29$'))"
            )
        year, two = "[1-9][0-9][0-9][0-9]", "[0-9][0-9]"
        # GLOB reads no further than a NUL.
        return (
            f"instr({column}, char(0)) = 0 AND ({column} GLOB '{year}'"
            f" OR ({column} GLOB '{year}-{two}' AND substr({column}, 6) BETWEEN '01' AND '12')"
            f" OR ({column} GLOB '{year}-{two}-{two}' AND date(julianday({column})) IS {column}))"
        )


PartialDateField.register_lookup(Earliest)
PartialDateField.register_lookup(Latest)


class PeriodField(PartialDateField):
    """The period that a figure is of: a PartialDate, or a half-year or quarter of a year (`2012-H1`, `2012-Q3`)."""

    description = _("A year, half-year, quarter, month or day")
    default_error_messages = {
        "invalid": _(
            "“%(value)s” is not a period. Write a year, half-year, quarter, month or day: "
            "2012, 2012-H1, 2012-Q3, 2012-08 or 2012-08-29."
        ),
    }

    def get_transform(self, name):
        # The first day of a half-year or quarter is not written in its text, and nothing asks for it.
        return None if name == "earliest" else super().get_transform(name)

    def parse(self, value):
        if isinstance(value, str) and re.fullmatch(PERIOD_PATTERN, value, re.ASCII):
            return value
        return super().parse(value)

    def from_db_value(self, value, expression, connection):
        return value

    def format_check(self, column, vendor):
        dates = super().format_check(column, vendor)
        if vendor == "postgresql":
            return f"{dates} OR {column} ~ '^{PERIOD_PATTERN}$'"
        year = "[1-9][0-9][0-9][0-9]"
        return (
            f"{dates} OR (instr({column}, char(0)) = 0"
            f" AND ({column} GLOB '{year}-H[12]' OR {column} GLOB '{year}-Q[1-4]'))"
        )


class LatestOfPeriod(Latest):
    """The last day of a period as text, of half-years and quarters too."""

    bound = f"""CASE substr({{0}}, 6)
      WHEN 'Q1' THEN substr({{0}}, 1, 5) || '03-31'
      WHEN 'H1' THEN substr({{0}}, 1, 5) || '06-30'
      WHEN 'Q2' THEN substr({{0}}, 1, 5) || '06-30'
      WHEN 'Q3' THEN substr({{0}}, 1, 5) || '09-30'
      WHEN 'H2' THEN substr({{0}}, 1, 5) || '12-31'
      WHEN 'Q4' THEN substr({{0}}, 1, 5) || '12-31'
      ELSE {Latest.bound} END"""


PeriodField.register_lookup(LatestOfPeriod)


class Dated(models.Model):
    """Something that holds for a period `[since, until)`, each as exact as known."""

    since = PartialDateField(_("since"), help_text=_("2003, 2003-08 or 2003-08-29; blank when unknown."))
    until = PartialDateField(
        _("until"), help_text=_("The first day on which it no longer held; blank when it still does.")
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_does_not_end_before_it_starts",
                condition=not_before("until", "since"),
                violation_error_message=_("The end lies before the start."),
            ),
        ]

    def certainty_on(self, day) -> Certainty | None:
        """Whether it held on `day`: see `certainty`."""
        return certainty(self.since, self.until, day)


class DatedQuerySet(models.QuerySet):
    def held_on(self, day):
        """Rows that held on `day`, for certain or possibly.

        An unknown `since` counts as held ever since before; an unknown `until` as still held, as far as known.
        A partial date that covers `day` (2003 on 2003-08-01) makes the row possible, not certain.
        """
        return self.filter(held(day))
