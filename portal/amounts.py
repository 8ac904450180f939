"""Amounts in words: a number in the magnitudes that the language counts in, with its unit. Nothing is rounded."""

from decimal import Decimal, localcontext

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from parks.totals import DIGITS
from portal.telling import page_language

# Powers of ten that have a word: Chinese counts in ten thousands.
MAGNITUDES = {"en": ((9, " billion"), (6, " million")), "zh-Hans": ((8, "亿"), (4, "万"))}
# What has more decimals than these even so is told digit by digit.
DECIMALS = 4
UNITS = {
    "CNY": _("%s yuan"),
    "USD": _("%s US dollars"),
    "km²": _("%s km²"),
    "m²": _("%s m²"),
    "km": _("%s km"),
    "%": "%s%%",
    "persons": _("%s persons"),
    "enterprises": _("%s enterprises"),
    "entities": _("%s business entities"),
    "projects": _("%s projects"),
    "parks": pgettext_lazy("unit", "%s parks"),
    "vehicles": _("%s vehicles"),
    "servers": _("%s servers"),
    "rank": _("rank %s"),
}


def told_number(number: Decimal) -> str:
    """A number as the language writes it, without the zeros that say nothing: 65, 1,234.5."""
    return number_format(Decimal(format(number.normalize(), "f")), force_grouping=True)


def told_amount(value: Decimal, unit: str) -> str:
    """So much of a base unit, in words: "11.735 billion yuan", "117.35亿元"."""
    text = told_number(value)
    for power, word in MAGNITUDES[page_language()]:
        with localcontext(prec=DIGITS):
            scaled = value.scaleb(-power).normalize()
        if abs(scaled) >= 1 and -scaled.as_tuple().exponent <= DECIMALS:
            text = f"{told_number(scaled)}{word}"
            break
    return UNITS[unit] % text if unit in UNITS else f"{text} {unit}"
