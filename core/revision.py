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


def settled_revision() -> Revision | None:
    """The revision, where all edits have ended that began before the newest change, so that none can still appear
    beneath it: what is read after this stands for the revision until there is another.
    """
    revision = current_revision()
    return revision if newest_and_settled()[1] else None


def revision_asked(request) -> Revision | None:
    """The settled revision as it was before anything was read for `request`; None where it was not settled."""
    # Who looked for a kept answer has asked already.
    return request.revision if hasattr(request, "revision") else settled_revision()
