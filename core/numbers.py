"""Numbers that are told back to the last digit, whichever database keeps them.

SQLite keeps a number in eight bytes, which hold fifteen decimal digits for certain (IEEE 754, binary64). PostgreSQL
would keep more, but what one registry records another must be able to load.
"""

from decimal import Context, Decimal

from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

DIGITS = 15
LIMIT = Decimal(10) ** DIGITS
TOO_LARGE = _("Numbers from 1,000,000,000,000,000 on are not kept: check the unit and the zeros.")
TOO_EXACT = _("A number has at most 15 digits, zeros at its ends not counted: round it.")


def validate_exact(value: Decimal):
    """Raise ValidationError for a number that some database would round or could not read back."""
    digits, exponent = value.as_tuple()[1:]
    if not value.is_finite() or not value:
        # No number at all is refused elsewhere.
        return
    if exponent + len(digits) > DIGITS:
        raise ValidationError(TOO_LARGE, code="too_large")
    if len("".join(map(str, digits)).strip("0")) > DIGITS:
        raise ValidationError(TOO_EXACT, code="too_exact")


def below_limit(*names: str) -> Q:
    """Each of the fields `names` is blank, or lies between -10^15 and 10^15: the rule that the database holds itself.

    Without it a text or a number beyond all bounds could be written past the forms, and SQLite takes both.
    """
    limits = (Q(**{name: None}) | Q(**{f"{name}__gt": -LIMIT, f"{name}__lt": LIMIT}) for name in names)
    condition = next(limits)
    for each in limits:
        condition &= each
    return condition


class ExactDecimalField(models.DecimalField):
    """A number of at most 15 significant digits below 10^15, with so many `decimal_places`.

    The column is wider than that, so that it is the rule of `below_limit` that refuses, with its sentence.
    """

    def __init__(self, *args, decimal_places, **options):
        options["max_digits"] = DIGITS + 5 + decimal_places
        super().__init__(*args, decimal_places=decimal_places, **options)

    def deconstruct(self):
        name, path, args, options = super().deconstruct()
        del options["max_digits"]
        return name, path, args, options

    @cached_property
    def validators(self):
        own = [DecimalValidator(None, self.decimal_places), validate_exact]
        return [*self.default_validators, *self._validators, *own]

    @cached_property
    def context(self):
        # Room for whatever eight bytes can hold: a number that got in past all rules can still be read, and so mended.
        return Context(prec=400)

    def to_python(self, value):
        # As it is written, not as the eight bytes have it: 5.6 and not 5.5999999999999996.
        return super().to_python(repr(value) if isinstance(value, float) else value)

    def formfield(self, **options):
        return super().formfield(**{"max_digits": None, **options})
