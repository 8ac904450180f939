"""The ways in which people write one name: with a bracket, in two scripts, with the province before it."""

import re
import unicodedata
from typing import NamedTuple

from core.text import squeezed

EXACT = 100
# What each way to read a text can reach at most: from 90 on it is as good as the name itself.
NUMERAL, PROVINCE, BOTH_PARTS, ONE_PART = 99, 97, 98, 85

_BRACKETS = re.compile(r"[(\[{〔【「《]([^()\[\]{}〔〕【】「」《》]*)[)\]}〕】」》]")
_NUMERAL_ONE = re.compile(r"(?<=[㐀-鿿])一(?=[㐀-鿿])")
_PROVINCE = re.compile(r"^[㐀-鿿]{2,8}?(?:省|自治区)(?=[㐀-鿿]{4})")
_CITY = re.compile(r"^[㐀-鿿]{2,5}?[市州盟](?=[㐀-鿿]{4})")
_HAN_RUN = re.compile(r"[㐀-鿿][㐀-鿿0-9\W]*")
_LETTERS = re.compile(r"[^\W\d_㐀-鿿][^㐀-鿿]*[^\W\d_㐀-鿿]")


class Way(NamedTuple):
    """One way to read a text: each of its parts has to be like a name of the record, which then scores `most`."""

    parts: tuple[str, ...]
    most: float


def ways_to_read(text: str) -> list[Way]:
    """All ways, the plain one first."""
    text = unicodedata.normalize("NFKC", text).strip()
    ways = [Way((text,), EXACT)]
    # What looks like a dash where a font is narrow.
    ways.append(Way((_NUMERAL_ONE.sub("", text),), NUMERAL))
    within = _PROVINCE.sub("", text)
    ways.append(Way((within,), PROVINCE))
    ways.append(Way((_CITY.sub("", within),), ONE_PART))
    for parts in (_scripts(text), _bracket(text)):
        if len(parts) > 1:
            ways.append(Way(parts, BOTH_PARTS))
            ways += [Way((part,), ONE_PART) for part in parts]
    told = {}
    for way in ways:
        if all(map(squeezed, way.parts)):
            told.setdefault(tuple(map(squeezed, way.parts)), way)
    return list(told.values()) or ways[:1]


def _scripts(text) -> tuple[str, ...]:
    """The Chinese of a text and what it has in letters: 苏锡通科技产业园区 (Suxitong)."""
    chinese, letters = _HAN_RUN.findall(text), _LETTERS.findall(text)
    return ("".join(chinese), " ".join(letters)) if chinese and letters else ()


def _bracket(text) -> tuple[str, ...]:
    """A text without its bracket, and with what is in it instead of the word before: Susu (Suzhou Suqian) Park."""
    found = _BRACKETS.search(text)
    if not found or not found[1].strip():
        return ()
    before, after = text[: found.start()].rstrip(), text[found.end() :]
    instead = before.rpartition(" ")[0] if before.isascii() else ""
    return f"{before} {after}", f"{instead} {found[1]} {after}"
