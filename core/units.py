"""Figures as offices write them, `117.35亿元` or `405 亩`, as exact numbers in the registry's base units."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Each word of a unit: the base units that it can be turned into, and how many of each it is.
# 15 mu are a hectare (the State Council's order of 1984 on legal units of measurement).
_KM2, _M2 = {"km²": Fraction(1), "m²": Fraction(10**6)}, {"km²": Fraction(1, 10**6), "m²": Fraction(1)}
_HECTARE = {"km²": Fraction(1, 100), "m²": Fraction(10**4)}
_MU = {"km²": Fraction(1, 1500), "m²": Fraction(2000, 3)}
_KM, _M = {"km": Fraction(1), "m": Fraction(1000)}, {"km": Fraction(1, 1000), "m": Fraction(1)}
_CNY, _USD = {"CNY": Fraction(1)}, {"USD": Fraction(1)}
_PERSONS = {"persons": Fraction(1)}
_WORDS = [
    ("元 人民币元 元人民币 人民币 圆 yuan cny rmb cn¥ ¥ 元cny", _CNY),
    ("美元 美金 usd us$ $ usdollars usdollar dollars", _USD),
    ("平方公里 平方千米 km2 km^2 sqkm squarekm squarekilometres squarekilometers", _KM2),
    ("公顷 ha hectare hectares hm2", _HECTARE),
    ("亩 市亩 mu", _MU),
    ("平方米 平米 平方 m2 m^2 sqm squaremetres squaremeters", _M2),
    ("公里 千米 km kilometres kilometers", _KM),
    ("米 m metres meters", _M),
    ("% 百分比 percent pct", {"%": Fraction(1)}),
    ("人 persons people person", _PERSONS),
    ("名 位", {"persons": Fraction(1), "rank": Fraction(1)}),
    ("家", {base: Fraction(1) for base in ("enterprises", "entities", "projects", "parks")}),
    ("个", {base: Fraction(1) for base in ("projects", "parks", "enterprises", "entities")}),
    ("项", {"projects": Fraction(1)}),
    ("户", {"entities": Fraction(1), "enterprises": Fraction(1)}),
    ("辆", {"vehicles": Fraction(1)}),
    ("台", {"servers": Fraction(1), "vehicles": Fraction(1)}),
]
WORDS = {word: bases for words, bases in _WORDS for word in words.split()}
# What stands between a number and its unit, and makes it so many times larger.
_TIMES = {
    "十": 10,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "十万": 10**5,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "十亿": 10**9,
    "百亿": 10**10,
    "千亿": 10**11,
    "万亿": 10**12,
    "thousand": 10**3,
    "million": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
    "100m": 10**8,
    "10k": 10**4,
    "hundredmillion": 10**8,
    "tenthousand": 10**4,
}
_MAGNITUDE = re.compile("|".join(sorted(map(re.escape, _TIMES), key=len, reverse=True)))
# Written the long way; what they say is said in one sign below.
_LONG = str.maketrans({"−": "-", "﹣": "-", "萬": "万", "億": "亿", "畝": "亩", "頃": "顷", "戶": "户", "幣": "币"})
# Room for every number that is read, and for all that it is turned into.
_EXACT = Context(prec=200)
NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d{1,30})(?:\.\d{1,30})?", re.ASCII)
# What says that a figure is not exact, by the value that `precision` has for it; the longer words first.
_INEXACT = {
    precision: re.compile(words, re.IGNORECASE)
    for precision, words in (
        ("AT_MOST", r"不超过|不到|不足|以下|以内|至多|less than|under|at most|up to|[<≤]"),
        ("AT_LEAST", r"不低于|不少于|超过|超|逾|突破|以上|多|余|至少|more than|over|at least|[>≥]"),
        ("ABOUT", r"大约|约为|约|接近|近|左右|上下|about|nearly|some|approximately|approx\.?|[~±]"),
    )
}
_RANGE = re.compile(r"\d\s*(?:-|–|—|~|至|到|to)\s*\d")
_SHORTENED = re.compile(r"\d[eE][-+]?\d")


NO_NUMBER = gettext_lazy("“%(text)s” is not a number. Write it with the digits 0 to 9, or leave the cell empty.")
_UNKNOWN = gettext_lazy("“%(text)s” is not a number in a unit that is known here: write it in %(base)s.")


def folded_unit(text: str) -> str:
    """A unit as it is looked up: of one width and case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_LONG).casefold().split())


def is_unit(text: str) -> bool:
    """Whether `text` is a unit that figures are turned from: `亿元`, `mu`."""
    return bool(text) and _factors(folded_unit(text)) is not None


def read_precision(text: str) -> tuple[str, str]:
    """A figure without the words that say it is not exact, and what they say: ABOUT, AT_LEAST, AT_MOST or nothing.

    A text that says more than one of these is handed back as it is.
    """
    rest, found = unicodedata.normalize("NFKC", text), ""
    for precision, words in _INEXACT.items():
        without = words.sub("", rest)
        if without != rest:
            if found:
                return text, ""
            rest, found = without, precision
    return rest, found


def in_base(
    text: str, base: str, given: str = "", places: int = 4, may_be_inexact: bool = False
) -> tuple[Decimal, str]:
    """The number that `text` tells, in the unit `base`, and how it was stated where that was another way.

    `given` is the unit that stands beside, in the header or in a column, where the text has none. A number that is
    turned from another unit is rounded to `places`; one that is in the base unit already stays as it is. Without a
    `base`, the text is a plain number. Words such as 约 and 以上 are refused, unless it `may_be_inexact`: what they say
    is then told by `read_precision`. Raises ValidationError.
    """
    plain, precision = unicodedata.normalize("NFKC", text).translate(_LONG).strip(), ""
    if may_be_inexact and not NUMBER.fullmatch(plain):
        plain, precision = read_precision(plain)
    found = NUMBER.search(plain)
    if found is None:
        raise ValidationError(NO_NUMBER % {"text": short(text)})
    number = Decimal(found[0].replace(",", ""))
    before, after = folded_unit(plain[: found.start()]), folded_unit(plain[found.end() :])
    if base == "rank":
        before = before.removeprefix("第")
    # Of ¥3亿元 either says it; of $5 million both do.
    unit = after if before and _one_of(after) == WORDS.get(before) else after + before
    if not unit and not given:
        return number, text.strip() if precision else ""
    stated = text.strip() if unit else f"{text.strip()}{given.strip()}"
    factor = _factor(unit or folded_unit(given), base, stated, plain)
    if factor == 1:
        # A number under the heading of its own base unit, as the API tells it, says no more than the number.
        return number, stated if unit or precision else ""
    exact = _EXACT.divide(_EXACT.multiply(number, factor.numerator), factor.denominator)
    turned = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT).normalize(_EXACT)
    if exact and not turned:
        told = _("“%(text)s” is less than can be kept in %(base)s with %(places)d decimal places.")
        raise ValidationError(told % {"text": short(stated), "base": base, "places": places})
    return turned, stated


def _factor(unit: str, base: str, stated: str, plain: str) -> Fraction:
    factors, own = _factors(unit), folded_unit(base)
    if factors is None and base and unit.endswith(own):
        # A unit of the registry's own that no list here has, such as tonnes.
        times = unit.removesuffix(own)
        if not times or times in _TIMES:
            return Fraction(_TIMES.get(times, 1))
    if factors is None:
        told = _why(plain) or (_UNKNOWN if base else NO_NUMBER)
        raise ValidationError(told % {"text": short(stated), "base": base})
    if not base:
        told = _("“%(text)s” has a unit, and what is measured is not known: name the indicator, or leave the unit out.")
        raise ValidationError(told % {"text": short(stated)})
    if base not in factors and "" not in factors:
        told = _("“%(text)s” is not a measure of this: it is kept in %(base)s. Is it the figure of another indicator?")
        raise ValidationError(told % {"text": short(stated), "base": base})
    return factors.get(base) or factors[""]


def _why(plain: str) -> str:
    """What is wrong with a text that is no number with a unit, where that can be told."""
    if _SHORTENED.search(plain):
        return _("“%(text)s” has lost digits in Excel: give the column the number format 0, and save it again.")
    if _RANGE.search(plain):
        return _("“%(text)s” is a range: write its lower end here, and the upper one in the column value_high.")
    if any(words.search(plain) for words in _INEXACT.values()):
        return _("“%(text)s” is not exact: write the number here, and about, at least or at most as its precision.")
    return ""


def _factors(unit: str) -> dict[str, Fraction] | None:
    """By base unit, how many of it a unit is; under "" what a bare magnitude such as 亿 makes of any. None: unknown."""
    if unit in WORDS:
        return WORDS[unit]
    if unit in _TIMES:
        return {"": Fraction(_TIMES[unit])}
    found = _MAGNITUDE.match(unit)
    if found and (bases := WORDS.get(unit[found.end() :].removeprefix("of"))):
        return {base: factor * _TIMES[found[0]] for base, factor in bases.items()}
    return None


def _one_of(unit: str) -> dict[str, Fraction] | None:
    found = _MAGNITUDE.match(unit)
    return WORDS.get(unit[found.end() :] if found else unit)


def short(text: str) -> str:
    """As much of a text as an error repeats."""
    return text if len(text) <= 40 else f"{text[:39]}…"
