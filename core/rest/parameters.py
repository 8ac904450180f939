"""The parameters of a query: how each is read, what it allows, and how it is described.

A parameter that is not known, is given twice or has a bad value is refused by name. None is ever ignored.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.dates import DATE_PATTERN, PERIOD_PATTERN, PartialDateField, PeriodField
from core.rest.errors import MAX_TOLD, BadParameters, hint, nearest
from core.rest.references import how_to_find
from core.settling import EPOCH, newest_instant
from core.text import squeezed

MAX_LENGTH, MAX_VALUES = 200, 50
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def read_instant(text: str, *, past: bool = False) -> datetime:
    """The instant told as RFC 3339 has it, in UTC; `past`: one that has not come yet is refused. ValidationError."""
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC) if INSTANT.fullmatch(text) else None
    except (ValueError, OverflowError):
        instant = None
    if instant is None or instant.year < 1000:
        raise ValidationError(
            _("“%(value)s” is not an instant. Write 2026-07-01T12:00:00Z, or its offset: %(offset)s."),
            params={
                "value": text[:60],
                "offset": _("2026-07-01T20:00:00+08:00 (in an address the plus is %2B)"),
            },
        )
    # What is recorded has come, though the clock be behind it.
    if past and instant > timezone.now() and instant > (newest_instant() or EPOCH):
        raise ValidationError(_("“%(value)s” is still to come. Write an instant of the past."), params={"value": text})
    return instant


class NotAmong(ValidationError):
    """A name that is none of `allowed`, with the one that was probably meant."""

    def __init__(self, name: str, allowed):
        self.allowed = list(allowed)
        super().__init__(_("There is no “%(value)s” here.") + hint(name, self.allowed), params={"value": name[:60]})


class Text(forms.CharField):
    """Any short text. Base of all others: `read` makes a value of the text, or raises ValidationError."""

    schema = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH}
    # What may be given, told with a refusal; empty when it is no short list.
    allowed: list[str] = []

    def __init__(self, help_text=""):
        super().__init__(required=False, max_length=MAX_LENGTH, help_text=help_text)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            raise ValidationError(_("Give a value."))
        return self.read(text)

    def read(self, text):
        return text

    def check(self, value, asked: dict):
        """Raise ValidationError where the value does not go with all that is `asked`."""

    def refuse(self, sentence, text=""):
        raise ValidationError(sentence, params={"value": text[:60]})


class Words(Text):
    """What names are searched for: words, of which only letters and digits count."""

    def read(self, text):
        if not squeezed(text):
            self.refuse(
                _("“%(value)s” has no letter or digit, and names are searched by these alone: write some."), text
            )
        return text.split()


class Choice(Text):
    def __init__(self, choices, help_text=""):
        super().__init__(help_text)
        self.allowed = [str(value) for value, _label in choices]
        self.schema = {"type": "string", "enum": self.allowed}

    def read(self, text):
        if text not in self.allowed:
            self.refuse(_("There is no “%(value)s” here."), text)
        return text


class Flag(Choice):
    def __init__(self, help_text=""):
        super().__init__([("true", ""), ("false", "")], help_text)
        self.schema = {"type": "boolean"}

    def read(self, text):
        return super().read(text) == "true"


class WholeNumber(Text):
    def __init__(self, least, most, help_text=""):
        super().__init__(help_text)
        self.least, self.most = least, most
        self.schema = {"type": "integer", "minimum": least, "maximum": most}

    def read(self, text):
        if not (text.isascii() and text.isdigit() and self.least <= int(text) <= self.most):
            raise ValidationError(
                _("Write a whole number from %(least)s to %(most)s."), params={"least": self.least, "most": self.most}
            )
        return int(text)


class Year(WholeNumber):
    def __init__(self, help_text=""):
        super().__init__(1000, 9998, help_text)


class Number(Text):
    schema = {"type": "number"}

    def read(self, text):
        try:
            # Python would read other digits too, and underscores between them.
            number = Decimal(text if text.isascii() and "_" not in text else "NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > 24:
            self.refuse(_("“%(value)s” is not a number."), text)
        return number


class Day(Text):
    """A day, or all the days of a month or year."""

    schema = {"type": "string", "pattern": f"^{DATE_PATTERN}$"}

    def __init__(self, help_text="", field: PartialDateField | None = None):
        super().__init__(help_text)
        self.field = field or PartialDateField()

    def read(self, text):
        return self.field.to_python(text)


class Period(Day):
    """A day, or all the days of a month, quarter, half-year or year."""

    schema = {"type": "string", "pattern": f"^({DATE_PATTERN}|{PERIOD_PATTERN})$"}

    def __init__(self, help_text=""):
        super().__init__(help_text, PeriodField())


class Instant(Text):
    """An instant with its offset from UTC (RFC 3339); `past`: one that has come."""

    schema = {"type": "string", "format": "date-time"}

    def __init__(self, help_text="", *, past=False):
        super().__init__(help_text)
        self.past = past

    def read(self, text):
        return read_instant(text, past=self.past)


class Names(Text):
    """Some of the names that the view can tell, with commas between them."""

    def __init__(self, names, help_text=""):
        super().__init__(help_text)
        self.allowed = list(names)
        self.schema = {"type": "array", "items": {"type": "string", "enum": self.allowed}, "minItems": 1}

    def read(self, text):
        names = [name.strip() for name in text.split(",")]
        for name in names:
            if name not in self.allowed:
                raise NotAmong(name, self.allowed)
        return names


class Fields(Names):
    """Names of fields, of which some are told only with another parameter: `{"citations": "expand=citations"}`."""

    def __init__(self, names, told_with: Mapping[str, str], help_text=""):
        super().__init__([*names, *told_with], help_text)
        self.always, self.told_with = list(names), told_with

    def check(self, names, asked):
        for name in names:
            parameter, _equals, value = self.told_with.get(name, "").partition("=")
            if parameter and (parameter not in asked or (value and value not in asked[parameter])):
                raise ValidationError(
                    _("“%(value)s” is told only with the parameter %(parameter)s: give that too."),
                    params={"value": name, "parameter": self.told_with[name]},
                )
        if not set(asked.get("fields", self.always)) - set(asked.get("omit", ())):
            raise ValidationError(_("Nothing is left to tell: name a field less in omit, or one more in fields."))


class Ordering(Names):
    def __init__(self, names):
        both = [each for name in names for each in (name, f"-{name}")]
        super().__init__(both, _("What to sort by, first things first; with a minus from the last to the first."))


class Box(Text):
    """`west,south,east,north` in degrees."""

    schema = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}

    def read(self, text):
        try:
            west, south, east, north = (Number().read(part.strip()) for part in text.split(","))
        except (ValueError, ValidationError):
            self.refuse(_("Write west,south,east,north in degrees: 119.9,31.8,120.6,32.2."))
        if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
            self.refuse(
                _("Longitudes lie between -180 and 180, latitudes between -90 and 90, the south before the north.")
            )
        return west, south, east, north


class Key(Text):
    """The key of a record that there is, such as a slug or a code; read as the record itself."""

    def __init__(self, model: type[models.Model], key: str, help_text=""):
        super().__init__(help_text)
        self.model, self.key = model, key
        self.schema = {"type": "integer"} if key == "id" else Text.schema

    def read(self, text):
        return self.read_all([text])[0]

    def read_all(self, texts):
        if self.key == "id" and (wrong := [text for text in texts if not re.fullmatch(r"[0-9]{1,18}", text)]):
            self.refuse(_("“%(value)s” is not a whole number."), wrong[0])
        found = {str(getattr(each, self.key)): each for each in self.model.objects.filter(**{f"{self.key}__in": texts})}
        for text in texts:
            if text not in found:
                raise ValidationError(
                    [
                        ValidationError(
                            _("There is no %(kind)s “%(value)s”."),
                            params={"kind": self.model._meta.verbose_name, "value": text[:60]},
                        ),
                        *how_to_find(self.model, text[:60]),
                    ]
                )
        return [found[text] for text in texts]


class Several(Text):
    """Values of another parameter, with commas between them."""

    def __init__(self, one: Text, help_text=""):
        super().__init__(help_text)
        self.one, self.allowed = one, one.allowed
        self.max_length = None
        self.schema = {"type": "array", "items": one.schema, "minItems": 1, "maxItems": MAX_VALUES}

    def clean(self, value):
        texts = [text.strip() for text in value.split(",")]
        if "" in texts:
            raise ValidationError(_("Give values with commas between them: there is an empty one."))
        if len(texts) > MAX_VALUES:
            raise ValidationError(_("Give at most %d values.") % MAX_VALUES)
        # a condition for each of fifty equal ones would take a second
        texts = list(dict.fromkeys(texts))
        for text in texts:
            forms.CharField.clean(self.one, text)
        return self.one.read_all(texts) if isinstance(self.one, Key) else [self.one.read(text) for text in texts]

    def check(self, values, asked):
        for value in values:
            self.one.check(value, asked)


def read_parameters(given, known: dict[str, Text], hints: Mapping[str, str] = MappingProxyType({})) -> dict:
    """The values of the parameters `given` (a QueryDict) by name. Raises BadParameters, which tells the first ten bad.

    `hints` has what to say of some that are not known.
    """
    values, errors = {}, []
    for name, texts in given.lists():
        try:
            if name not in known:
                raise ValidationError(hints.get(name) or _unknown(name, known))
            if len(texts) > 1:
                raise ValidationError(_("It is given twice. Give one value."))
            values[name] = known[name].clean(texts[0])
        except ValidationError as error:
            problem = _problem(name, error, known.get(name))
            if name not in known:
                problem["allowed"] = sorted(known)
                if name not in hints and (meant := nearest(name, known)):
                    problem["nearest"] = meant
            errors.append(problem)
            if len(errors) == MAX_TOLD:
                break
    for name, value in () if errors else values.items():
        try:
            known[name].check(value, values)
        except ValidationError as error:
            errors.append(_problem(name, error, known[name]))
    if errors:
        raise BadParameters(errors)
    return values


def _problem(name, error, parameter) -> dict:
    """What is wrong with the parameter of this name, as a problem document tells it."""
    problem = {"parameter": name[:60], "detail": f"{name[:60]}: {' '.join(map(str, error.messages))}"}
    allowed = getattr(error, "allowed", parameter.allowed if parameter else ())
    return problem | {"allowed": allowed} if allowed else problem


def require(asked: dict, *names: str):
    """Refuse a query that leaves out one of `names`."""
    if missing := [name for name in names if name not in asked]:
        raise BadParameters(
            [{"parameter": name, "detail": str(_("%s: It is needed. Give a value.") % name)} for name in missing]
        )


def _unknown(name, known):
    meant = nearest(name, known)
    if meant:
        return _("There is no such parameter here. Did you mean “%s”?") % meant
    if not known:
        return _("There are no parameters here.")
    return _("There is no such parameter here. See the allowed ones.")
