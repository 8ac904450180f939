"""How like one name is to another, from 0 to 100: by what tells names apart, more than by what most have."""

from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance.Levenshtein import normalized_similarity as _near

from core.pinyin import read_aloud
from core.text import squeezed
from core.wording import Reading

EXACT = 100
# From here on nothing that tells names apart is different. Whatever is only like a name stays below.
SAME = 90
LIKE = 89


def compared(asked: Reading, name: Reading) -> float:
    """How like what was asked is to a name of a record."""
    if asked.whole == name.whole:
        return EXACT
    if asked.is_chinese == name.is_chinese:
        return _compared(asked, asked.core, asked.whole, name, name.core, name.whole)
    if name.is_chinese:
        core, whole = read(name.core), read(name.whole)
        if asked.whole in (whole, whole.replace("ü", "v")):
            return EXACT
        # Suzhou is 苏州 and 宿州: so much alike in sound, and not the whole name, is a likeness.
        return min(LIKE, _compared(asked, asked.core, asked.whole, name, core, whole))
    return min(LIKE, _compared(asked, read(asked.core), read(asked.whole), name, name.core, name.whole))


def _compared(asked, core, whole, name, other_core, other_whole) -> float:
    if not core or not other_core:
        return 0.6 * LIKE * _near(whole, other_whole)
    near = _near(whole, other_whole)
    if whole in other_whole:
        # Left out at the ends is more often than in the midst.
        near = (1 + near) / 2
    if core == other_core:
        return _of_one_core(asked.loose, name.loose, near)
    loose = len(asked.loose & name.loose) / (len(asked.loose | name.loose) or 1)
    return LIKE * (0.8 * _likeness(asked, core, name, other_core) + 0.15 * near + 0.05 * loose)


def _of_one_core(loose, other, near) -> float:
    """Where only words differ that say little: how many are left out, or whether each has one that the other lacks."""
    if loose == other:
        return 96 + 3 * near
    if loose - other and other - loose:
        return 75 + 9 * near
    return max(80, 95 - 4 * len(loose ^ other)) + near


def _likeness(asked, core, name, other) -> float:
    """How like two cores are that differ, from 0 to 1."""
    best = _near(core, other)
    short, long = sorted((core, other), key=len)
    if short in long and len(short) >= (2 if asked.is_chinese and name.is_chinese else 5):
        best = max(best, 0.6 + 0.4 * len(short) / len(long))
    if asked.is_chinese and name.is_chinese:
        if sorted(core) == sorted(other):
            # Whose park it is and where it lies are told in either order.
            best = max(best, 0.93)
        if len(core) == len(other):
            best = max(best, 0.97 * _near(read(core), read(other)))
    elif len(asked.words) > 1 or len(name.words) > 1:
        best = max(best, 0.97 * fuzz.token_sort_ratio(" ".join(asked.words), " ".join(name.words)) / 100)
    return best


@lru_cache(50_000)
def read(chinese: str) -> str:
    """A Chinese name in the letters of its pinyin alone."""
    return squeezed(read_aloud(chinese))
