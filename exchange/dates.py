"""Dates and periods as offices write them, as exact as they are written and no more."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from math import isfinite

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_YEAR = r"([1-9]\d{3})"
_DATES = [
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"{_YEAR}年?",
        rf"{_YEAR}[-/.年](\d{{1,2}})月?",
        rf"{_YEAR}([-/.])(\d{{1,2}})\2(\d{{1,2}})",
        rf"{_YEAR}年(\d{{1,2}})月(\d{{1,2}})[日号]?",
        rf"{_YEAR}(\d{{2}})(\d{{2}})",
    )
]
_MIDNIGHT = re.compile(r"[T ]0{1,2}:00(:00(\.0+)?)?Z?$", re.ASCII)
_DAY_FIRST = re.compile(r"\d{1,2}([-/.])\d{1,2}\1(\d{4}|\d{2})", re.ASCII)
_SIX_DIGITS = re.compile(r"\d{6}", re.ASCII)
_LOST_ZERO = re.compile(rf"{_YEAR}\.1", re.ASCII)
_SERIAL = re.compile(r"\d{5}(\.\d+)?", re.ASCII)
_PART = re.compile(rf"{_YEAR}[-/年]?(.+)", re.ASCII)
_PARTS = {
    "H1": "h1 上半年 1-6月 1月-6月",
    "H2": "h2 下半年 7-12月 7月-12月",
    "Q1": "q1 第一季度 一季度 1季度 第1季度 首季 1-3月",
    "Q2": "q2 第二季度 二季度 2季度 第2季度 4-6月",
    "Q3": "q3 第三季度 三季度 3季度 第3季度 7-9月",
    "Q4": "q4 第四季度 四季度 4季度 第4季度 10-12月",
    "": "年度 全年 度",
}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words.split()}


def written_date(value) -> str:
    """What is written in a cell for a date, as `core.dates` takes it: `2003年8月` is 2003-08. Raises ValidationError.

    What can be read in two ways, or only guessed, is refused. What is no date at all is handed back as it is.
    """
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = unicodedata.normalize("NFKC", _whole(value)).strip()
    text = re.sub(r"\s*([-/.年月日])\s*", r"\1", _MIDNIGHT.sub("", text))
    if _LOST_ZERO.fullmatch(text):
        told = _("“%(text)s” may be January or October: write %(year)s-01 or %(year)s-10.")
        raise ValidationError(told % {"text": text, "year": text[:4]})
    for pattern in _DATES:
        if found := pattern.fullmatch(text):
            return "-".join(each.zfill(2) for each in found.groups() if each and each.isdecimal())
    if _DAY_FIRST.fullmatch(text):
        told = _("“%s” can be read in two ways: write the year first, such as 2003-08-29.")
        raise ValidationError(told % text[:40])
    if _SERIAL.fullmatch(text):
        told = _("“%s” is a day as Excel counts them: give the column the format of a date, and save it again.")
        raise ValidationError(told % text[:40])
    if _SIX_DIGITS.fullmatch(text):
        told = _("“%s” may be a year and a month or a day: write 2003-08 or 2003-08-29.")
        raise ValidationError(told % text)
    return text


def written_period(value) -> str:
    """The same for a period: `2022年上半年` is 2022-H1, `2022年第三季度` 2022-Q3."""
    if isinstance(value, str):
        text = "".join(unicodedata.normalize("NFKC", value).casefold().split()).replace("–", "-").replace("—", "-")
        if (found := _PART.fullmatch(text)) and (part := _PART_OF.get(found[2])) is not None:
            return f"{found[1]}-{part}" if part else found[1]
    return written_date(value)


def _whole(value) -> str:
    """A number as a date may be one: 2003 of 2003.0; other values as the text they are."""
    if isinstance(value, float | Decimal) and isfinite(value) and abs(value) < 10**9:
        if value == int(value):
            return str(int(value))
        if 1000 <= value < 10000:
            told = _("“%s” is a number, in which 10 and 1 are the same: write the date as text, such as 2003-10.")
            raise ValidationError(told % str(value)[:40])
    return str(value)[:100]
