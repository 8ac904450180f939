"""What tells one name from another: the words that tell, and those that are in most names of its kind.

"江阴—靖江工业园区管理委员会" is 江阴靖江 and what any park may be called. So a name is known again where such words are
left out, added or put otherwise, and two names are not alike because both end in "Industrial Park".
"""

import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from core.pinyin import HAN, read_aloud
from core.text import simplified, squeezed

# Of a long title no more pieces are kept.
MOST_PIECES = 24
# The shortest word that is taken out of the midst of letters without spaces: 经济 is in Jingjiang, as it is read.
SHORTEST_INSIDE = 8
_ASCII_WORD = re.compile("[a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
# What English says of a place that lies in another.
_PLACE_OF = re.compile(r",\s*china\s*$|,?\s*\w+ province\s*(,\s*china\s*)?$", re.IGNORECASE)


class Reading(NamedTuple):
    """A name: all its letters and digits, those that tell it from others, and the words that may but need not."""

    whole: str
    core: str
    loose: frozenset[str]
    # The words of the core, of a name in letters; of a Chinese one the core alone.
    words: tuple[str, ...]
    is_chinese: bool


@dataclass(frozen=True)
class Wording:
    """Words that say little in names of one kind, Chinese and English, several in one text.

    `kinds` any record of the kind may have in its name or not: 工业园区, Industrial Park. `loose` ones are often left
    out as well, but two names that have different ones are not the same: 科技, Logistics. "区$" stands at the end only,
    and "高新技术产业开发区=高新区" are one.

    `places` is a kind of record whose names tell nothing by themselves here: 靖江工业园区 may be any park of Jingjiang.
    """

    kinds: str = ""
    loose: str = ""
    places: type | None = None

    def read(self, name: str) -> Reading:
        """The name as it is compared, of any script, Traditional characters as simplified ones."""
        name = simplified(name)
        whole = squeezed(name)
        if HAN.search(whole):
            found: list[str] = []
            core = self._chinese.sub(self._noted(found), whole)
            return Reading(whole, core, frozenset(found), (core,) if core else (), True)
        found = []
        words = list(self._told(squeezed_words(_PLACE_OF.sub("", name)), found))
        return Reading(whole, "".join(words), frozenset(found), tuple(words), False)

    def _told(self, words, found):
        for word in words:
            if word in self._kinds_en:
                continue
            if word in self._loose_by_form:
                found.append(self._loose_by_form[word])
                continue
            if word := self._inside.sub(self._noted(found), word):
                yield word

    def _noted(self, found):
        def note(match):
            if loose := self._loose_by_form.get(match[0]):
                found.append(loose)
            return ""

        return note

    @cached_property
    def _kinds_en(self):
        return frozenset(word for word in self.kinds.split() if not HAN.search(word))

    @cached_property
    def _loose_by_form(self):
        return {
            form: same.split("=")[0].rstrip("$")
            for same in self.loose.split()
            for word in same.split("=")
            for form in _forms(word.rstrip("$"))
        }

    @cached_property
    def _words(self):
        return f"{self.kinds} {self.loose}".replace("=", " ").split()

    @cached_property
    def _chinese(self):
        return _any_of(word for word in self._words if HAN.search(word))

    @cached_property
    def _inside(self):
        forms = (form for word in self._words for form in _forms(word.rstrip("$")))
        return _any_of(form for form in forms if not HAN.search(form) and len(form) >= SHORTEST_INSIDE)


def _forms(word: str) -> list[str]:
    """A Chinese word also as it is read."""
    return [word, squeezed(read_aloud(word))] if HAN.search(word) else [word]


def _any_of(words) -> re.Pattern:
    """The longest first: 工业园区 before 园区. Without words, nothing."""
    return re.compile("|".join(sorted(words, key=len, reverse=True)) or "(?!)")


def squeezed_words(text: str) -> list[str]:
    """The words of a text, each squeezed (see `core.text`)."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return list(filter(None, map(squeezed, _WORD.findall(text))))


def pieces(reading: Reading) -> list[str]:
    """What a name is looked up by: what tells it from others, and such parts of that as one mistake leaves whole.

    Of a Chinese name each two characters, and how it is read; of others each word, and of a single word both halves.
    """
    core = reading.core
    if not core:
        return [reading.whole] if reading.whole else []
    if reading.is_chinese:
        read = [squeezed(read_aloud(text)) for text in (core, reading.whole)]
        found = [core, *read, *(core[at : at + 2] for at in range(len(core) - 1))]
    elif len(reading.words) > 1:
        found = [core, *reading.words]
    else:
        half = len(core) // 2
        found = [core, *([f"{core[:half]}…", f"…{core[-half:]}"] if half > 1 else [])]
    return list(dict.fromkeys(found))[:MOST_PIECES]


def pieces_asked(reading: Reading) -> set[str]:
    """What a text is looked up by: of each word also such halves as one letter more or less would leave."""
    asked = {*pieces(reading), reading.whole}
    if not reading.is_chinese:
        for word in {*reading.words, reading.core}:
            for half in range(len(word) // 2 - 1, len(word) // 2 + 2):
                if half > 1:
                    asked |= {f"{word[:half]}…", f"…{word[-half:]}"}
    return asked


def piece_key(kind: str, piece: str) -> int:
    """The key of a piece of a name: a checksum, in the range of a column of integers."""
    return zlib.crc32(f"{kind} {piece}".encode()) - 2**31
