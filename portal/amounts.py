"""Amounts in words: a number in the magnitudes that the language counts in, with its unit. Nothing is rounded."""

from decimal import Decimal, localcontext

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from parks.models import BenefitShare, Observation
from parks.totals import DIGITS
from portal.telling import page_language

# Powers of ten that have a word: Chinese counts in ten thousands.
MAGNITUDES = {"en": ((9, " billion"), (6, " million")), "zh-Hans": ((8, "亿"), (4, "万"))}
# What has more decimals than these even so is told digit by digit.
DECIMALS = 4
UNITS = {
    "CNY": gettext_lazy("%s yuan"),
    "USD": gettext_lazy("%s US dollars"),
    "km²": gettext_lazy("%s km²"),
    "m²": gettext_lazy("%s m²"),
    "km": gettext_lazy("%s km"),
    "%": "%s%%",
    "persons": gettext_lazy("%s persons"),
    "enterprises": gettext_lazy("%s enterprises"),
    "entities": gettext_lazy("%s business entities"),
    "projects": gettext_lazy("%s projects"),
    "parks": pgettext_lazy("unit", "%s parks"),
    "vehicles": gettext_lazy("%s vehicles"),
    "servers": gettext_lazy("%s servers"),
    "rank": gettext_lazy("rank %s"),
}
PRECISIONS = {
    Observation.Precision.ABOUT: gettext_lazy("about %(amount)s"),
    Observation.Precision.AT_LEAST: gettext_lazy("at least %(amount)s"),
    Observation.Precision.AT_MOST: gettext_lazy("at most %(amount)s"),
}


def told_number(number: Decimal | int) -> str:
    """A number as the language writes it, without the zeros that say nothing: 65, 1,234.5."""
    return number_format(Decimal(format(Decimal(number).normalize(), "f")), force_grouping=True)


def told_amount(value: Decimal, unit: str) -> str:
    """So much of a base unit, in words: "11.735 billion yuan", "117.35亿元"."""
    text = told_number(value)
    for power, word in MAGNITUDES[page_language()]:
        with localcontext(prec=DIGITS):
            scaled = value.scaleb(-power).normalize()
        if abs(scaled) >= 1 and -scaled.as_tuple().exponent <= DECIMALS:
            text = f"{told_number(scaled)}{word}"
            break
    return _with_unit(text, unit)


def told_figure(observation: Observation) -> str:
    """The value of an observation in words, with what is not exact about it; "" where only a growth is known.

    Reads its indicator: load it with the row.
    """
    if observation.value is None:
        return ""
    told = told_amount(observation.value, observation.indicator.unit)
    if observation.value_high is not None:
        high = told_amount(observation.value_high, observation.indicator.unit)
        told = _("%(low)s to %(high)s") % {"low": told, "high": high}
    return str(PRECISIONS.get(observation.precision, "%(amount)s")) % {"amount": told}


def told_exactly(observation: Observation) -> str:
    """Its value with all digits in the base unit; "" where it is told so anyhow."""
    unit = observation.indicator.unit
    values = [value for value in (observation.value, observation.value_high) if value is not None]
    if all(told_amount(value, unit) == _with_unit(told_number(value), unit) for value in values):
        return ""
    # In threes also where the language counts in ten thousands: of many digits those are told apart.
    return " – ".join(_with_unit(f"{value.normalize():,f}", unit) for value in values)


def told_growth(percent: Decimal) -> str:
    """A growth with its sign: "+5.6%"."""
    return _with_unit(f"{'+' if percent > 0 else ''}{told_number(percent)}", "%")


def told_part(share: BenefitShare) -> str:
    """How much a share gives: "65%", "20 million yuan a year", or both; "" where nobody says."""
    parts = [told_amount(share.percent, "%")] if share.percent is not None else []
    if share.amount is not None:
        parts.append(_("%(amount)s a year") % {"amount": told_amount(share.amount, "CNY")})
    return _(", ").join(parts)


def _with_unit(text: str, unit: str) -> str:
    return UNITS[unit] % text if unit in UNITS else f"{text} {unit}"
