"""Whether two answers say the same, in the fields that both have."""

from decimal import Decimal, InvalidOperation

# Where an answer comes from, and when its database was filled: they differ by right.
OF_ONE_SERVER = {"url", "created", "changed"}


def difference(one, other, at: str = "") -> str:
    """Where the two differ first, and how; empty when they agree. What only one of them tells is no difference.

    Lists are compared row by row. A decimal is the same however it is written: engines keep zeros differently.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        shared = [name for name in one if name in other and name not in OF_ONE_SERVER]
        if not shared:
            return f"{at}: they share no field"
        return next((told for name in shared if (told := difference(one[name], other[name], f"{at}.{name}"))), "")
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{at}: {len(one)} rows and {len(other)}"
        pairs = enumerate(zip(one, other, strict=True))
        return next((told for row, pair in pairs if (told := difference(*pair, f"{at}[{row}]"))), "")
    return "" if _same(one, other) else f"{at}: {one!r} and {other!r}"


def _same(one, other) -> bool:
    if one == other:
        return True
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False
