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
    than the newest and is committed later: see `settled_revision`.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return Revision(*(cursor.fetchone() or (None, None)))


# Of each server, the last revision that was seen to be settled there, and the instant of the newest change then.
_settled: dict[str, tuple[Revision, datetime | None]] = {}


def settling_of(revision: Revision) -> tuple[bool, datetime | None]:
    """Whether the current `revision` is settled, and if so the instant of the newest change: all edits have ended that
    began before that, so that none can still appear beneath it. What is read after this stands for the revision until
    there is another. Asked once for each: who begins later has a later instant.
    """
    known = _settled.get(connection.alias)
    if known is None or known[0] != revision:
        newest, is_settled = newest_and_settled()
        if not is_settled:
            return False, None
        known = _settled[connection.alias] = revision, newest
    return True, known[1]


def settled_revision() -> Revision | None:
    """The revision, where it is settled."""
    revision = current_revision()
    return revision if settling_of(revision)[0] else None


def revision_asked(request) -> Revision | None:
    """The settled revision as it was before anything was read for `request`; None where it was not settled."""
    # Who looked for a kept answer has asked already.
    return request.revision if hasattr(request, "revision") else settled_revision()
