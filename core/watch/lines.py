"""A line of the log as a JSON object (RFC 8259)."""

import time
from functools import lru_cache
from json import JSONEncoder

from django_guid.context import guid

_encode = JSONEncoder(ensure_ascii=False, default=str).encode


def json_line(level: str, logger: str, created: float, told: dict) -> str:
    """What is `told`, with when (in seconds since 1970), by which logger, and for which request."""
    return (
        f'{{"time": "{instant(created)}", "level": "{level}", "logger": "{logger}", '
        f'"request_id": {_encode(guid.get())}, {_encode(told)[1:]}'
    )


def instant(created: float) -> str:
    """In UTC, to the millisecond (RFC 3339)."""
    second = int(created)
    return f"{_to_the_second(second)}.{int((created - second) * 1000):03}Z"


@lru_cache(8)
def _to_the_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
