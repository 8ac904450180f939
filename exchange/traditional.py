"""Traditional characters as simplified ones."""

from functools import cache, lru_cache

from core.pinyin import HAN


@lru_cache(1024)
def simplified(text: str) -> str:
    """The text in simplified characters; what has no Chinese stays as it is."""
    return _converter().convert(text) if HAN.search(text) else text


@cache
def _converter():
    # Its tables are only loaded where Chinese is met that is not known as it stands.
    from opencc import OpenCC

    return OpenCC("t2s")
