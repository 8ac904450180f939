"""Traditional characters as simplified ones."""

from functools import cache, lru_cache

from core.pinyin import HAN

LONGEST = 200


@lru_cache(1024)
def simplified(name: str) -> str:
    """A name in simplified characters; what has no Chinese, or is too long for a name, stays as it is."""
    return _converter().convert(name) if len(name) <= LONGEST and HAN.search(name) else name


@cache
def _converter():
    # Its tables are only loaded where Chinese is met that is not known as it stands.
    from opencc import OpenCC

    return OpenCC("t2s")
