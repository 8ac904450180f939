"""The parameters of OGC API - Features Part 1 (OGC 17-069r4, 7.15), read as strictly as those of the REST API."""

import re
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.dates import PartialDate
from core.rest.pagination import OffsetPages, Pages
from core.rest.parameters import Box, Choice, Flag, Number, Text, WholeNumber

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
# Before it, the registry has no dates.
FIRST_DAY = PartialDate("1000").earliest
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
# RFC 3339, 5.6. What follows the day is looked at and left: the registry's dates are days, of no time zone.
TIME_OF_DAY = re.compile(
    r"T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII | re.I
)


class Limit(WholeNumber):
    """How many features a page has. What is more than the most is taken for the most, as the standard wants it."""

    def __init__(self):
        told = _("How many features to tell at most: 100 if not given. More than 1000 is taken for 1000.")
        super().__init__(1, MAX_LIMIT, told)
        self.schema = {**self.schema, "default": DEFAULT_LIMIT}

    def read(self, text):
        is_more = text.isascii() and text.isdigit() and int(text) > self.most
        return self.most if is_more else super().read(text)


class FeatureBox(Box):
    """`west,south,east,north` in degrees, or with heights `west,south,low,east,north,high`, which tell nothing apart:
    no feature has one. A west that is east of the east spans 180°.
    """

    schema = {
        "type": "array",
        "items": {"type": "number"},
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
    }

    def read(self, text):
        parts = text.split(",")
        if len(parts) != 6:
            return super().read(text)
        west, south, low, east, north, high = parts
        low, high = Number().read(low.strip()), Number().read(high.strip())
        if low > high:
            raise ValidationError(_("The third number is the lowest height, the sixth the highest."))
        return super().read(",".join((west, south, east, north)))


class Days(NamedTuple):
    """All days from `first` to `last`; None: without an end on that side."""

    first: date | None
    last: date | None


class Datetime(Text):
    """An instant, or an interval of two (RFC 3339) with a slash between them, `..` or nothing for an open end.

    Also the year, month or day that the registry's own dates are told in: all of its days. Of an instant the day counts
    that it is written with.
    """

    def read(self, text):
        start, slash, end = text.partition("/")
        if not slash:
            return self._days(text)
        first = None if start in ("", "..") else self._days(start).first
        last = None if end in ("", "..") else self._days(end).last
        if first is None and last is None:
            raise ValidationError(_("An interval is open at one end only. Leave datetime out to ask for all times."))
        if first and last and first > last:
            self.refuse(_("“%(value)s” ends before it begins."), text)
        return Days(first, last)

    def _days(self, text):
        try:
            if TIME_OF_DAY.fullmatch(text[10:]):
                day = max(date.fromisoformat(text[:10]), FIRST_DAY)
                return Days(day, day)
            on = PartialDate(text)
            return Days(on.earliest, on.latest)
        except ValueError:
            self.refuse(
                _(
                    "“%(value)s” is no instant. "
                    "Write 2018-02-12T00:00:00Z, a day, month or year, or two with a slash between them."
                ),
                text,
            )


class Crs(Text):
    """The one coordinate reference system that Part 1 knows: longitude and latitude on WGS 84, in this order."""

    def __init__(self):
        super().__init__(_("The coordinate reference system: only CRS84 is told."))
        self.allowed = [CRS84]
        self.schema = {"type": "string", "enum": [CRS84], "default": CRS84}

    def read(self, text):
        if text != CRS84:
            self.refuse(_("There is no “%(value)s” here: coordinates are asked for and told in CRS84 alone."), text)
        return text


class FlagOrNumber(Flag):
    """A flag that may also come as 1 or 0: as numbers, GDAL has no other truth."""

    def __init__(self, flag: Flag):
        super().__init__(flag.help_text)

    def read(self, text):
        return super().read({"1": "true", "0": "false"}.get(text, text))


FORMAT = Choice([("json", ""), ("html", "")], _("The format, whatever the header Accept says."))
BBOX = FeatureBox(_("Only features that lie in this box: west,south,east,north in degrees (CRS84)."))
DATETIME = Datetime(_("Only features that were there at some time of this instant or interval, for all that is known."))
PAGE = {"limit": Limit(), "offset": OffsetPages.parameters["offset"], "after": Pages.parameters["after"]}
