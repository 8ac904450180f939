"""The registry's revision: the same as long as nothing has been written, another as soon as anything has."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from core.models import Change
from core.settling import newest_and_settled

# In plain SQL, since it is asked with each request: to put it together would take longer than to answer it.
NEWEST = f"SELECT id, at FROM {Change._meta.db_table} ORDER BY id DESC LIMIT 1"


class Revision(NamedTuple):
    """The newest change. Compared with others, and never read."""

    id: int | None
    # A registry that was emptied, or put back to an earlier state, comes to the same numbers again.
    at: datetime | str | None


def current_revision() -> Revision:
    """The revision of what is committed, in one tiny query.

    Read it before what it shall stand for, which may then be newer, never older. It tells nothing inside a transaction
    that has itself written: all that one writes may be one change. Nor by itself of an edit that has an earlier number
    than the newest and is committed later: see `nobody_is_behind`.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return Revision(*(cursor.fetchone() or (None, None)))


def nobody_is_behind() -> bool:
    """Whether all edits have ended that began before the newest change, so that none can still appear beneath it.

    What is read after a revision, and then after this, stands for that revision until there is another.
    """
    # On SQLite one edit begins when the last has ended.
    return connection.vendor != "postgresql" or newest_and_settled()[1]
