"""How many records a list has: counted once for each revision of the registry, whichever page is asked for."""

from hashlib import sha256

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from core.recent import Recent
from core.revision import Revision, revision_asked

# Of as many different lists, a process remembers the counts.
REMEMBERED = 1000


class Counts(Recent):
    """The counts last asked for, each under the registry's revision and the query that was counted."""

    def of(self, revision: Revision, records: QuerySet) -> int:
        try:
            asked = sha256(repr(records.query.sql_with_params()).encode()).digest()
        except EmptyResultSet:
            return 0
        count = self.get((revision, asked))
        if count is None:
            count = records.count()
            self.remember((revision, asked), count, 1, REMEMBERED)
        return count


COUNTS = Counts()


def count_of(records: QuerySet | list, request) -> int:
    """How many `records` there are, read now or remembered: always what the revision that is asked about has.

    Not for a reader who looks back (`known`): the same query then tells of other tables.
    """
    if isinstance(records, list):
        return len(records)
    # How each is told, and in which order, does not change how many they are.
    records = records.order_by().values("pk")
    # What a transaction under way has written has no revision yet.
    if connection.in_atomic_block:
        return records.count()
    revision = revision_asked(request)
    return COUNTS.of(revision, records) if revision else records.count()
