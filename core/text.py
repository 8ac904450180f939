"""Which characters a text may have: all that are seen, in any script, and none that makes it read otherwise."""

import re
import unicodedata
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Controls; marks that turn the order of other letters round (UAX #9, 2.1 and 2.2); halves of surrogate pairs; and what
# is no character (Unicode 23.7). Marks such as U+200F, which only tell the order of what has none, stay.
_REFUSED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(17))
    + "]"
)
_BREAKS = re.compile(r"[\t\n\r]")
# What leaves no trace in a name, which then equals no other that looks the same (Unicode 23, default ignorable): soft
# hyphens, spaces of no width, fillers, marks of direction, tags; and joiners, but behind letters of the scripts that
# are written with them, Arabic to Sinhala (UAX #31, 2.3).
_NO_WIDTH = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u206f\u3164\ufeff\uffa0"
    r"\U000e0000-\U000e007f]"
    r"|(?<![\u0620-\u07ff\u0840-\u0dff])[\u200c\u200d]"
)
# Twenty times the longest that is recorded; so many characters are some ten pages.
LONGEST = 20_000


def validate_text(value: str):
    """Raise ValidationError when a text of any number of lines has a character that it may not have."""
    if found := _REFUSED.search(value):
        raise ValidationError(
            _("Take out the unseen character %(code)s in place %(place)d: with it, a text is not what it looks like."),
            code="unseen_character",
            params=_told(found),
        )


def _told(found: re.Match) -> dict[str, object]:
    """What character was found, and where, counted from 1."""
    return {"code": f"U+{ord(found[0]):04X}", "place": found.start() + 1}


def validate_line(value: str):
    """The same of a text of one line."""
    validate_text(value)
    if _BREAKS.search(value):
        raise ValidationError(_("Write it in one line, without tabs."), code="line_break")


def validate_name(value: str):
    """Raise ValidationError when a name has a character of no width: two names that look the same are the same."""
    if found := _NO_WIDTH.search(value):
        raise ValidationError(
            _("Take out the character of no width %(code)s in place %(place)d: nobody would see that the name has it."),
            code="no_width",
            params=_told(found),
        )


def validate_length(value: str):
    """Raise ValidationError when a text is longer than any that a reader would read here."""
    if len(value) > LONGEST:
        raise ValidationError(
            _("Write at most %(most)d characters: these are %(count)d."),
            code="too_long",
            params={"most": LONGEST, "count": len(value)},
        )


# What sources print for the dash between two cities; in Chinese also the numeral one, which looks like it.
DASHES = "-‐‑‒–—―－─ー"
_NEITHER = re.compile("[^a-z0-9]+")
_DASH = re.compile(rf"\s*[{DASHES}]+\s*|(?<=[㐀-鿿])一(?=[㐀-鿿]{{2,}}(?:工业|产业|经济|合作))")


def folded(name: str) -> str:
    """A name as it is matched: full width as half width (NFKC), any case, any dash, any space the same."""
    return " ".join(_DASH.sub("-", unicodedata.normalize("NFKC", name)).casefold().split())


def squeezed(text: str) -> str:
    """A text as a search matches it: the letters and digits alone, of one width and case, without accents.

    So a name is found whatever its dashes, brackets and spaces, pinyin with and without tones.
    """
    if text.isascii():
        return _NEITHER.sub("", text.lower())
    plain = unicodedata.normalize("NFKD", _DASH.sub("", unicodedata.normalize("NFKC", text)).casefold())
    return "".join(filter(str.isalnum, plain))


def simplified(text: str) -> str:
    """Traditional Chinese characters as simplified ones; all else as it is."""
    return text if text.isascii() else _converter().convert(text)


@cache
def _converter():
    # Its tables take 6 MB: only where names are compared.
    from opencc import OpenCC

    return OpenCC("t2s")
