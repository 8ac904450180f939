"""Rows that exchange places, as when two clauses swap numbers: each stands in the other's way."""

from core.models import Record


def take_out(rows: list[Record]):
    """Delete `rows`, all of one kind, and nothing else, to put them back under the same keys with other values.

    Past the collector, which would refuse for what refers to them and take their citations with them. A reference to a
    key that has not come back is refused at the end of the transaction.
    """
    records = type(rows[0])._base_manager.all()
    records.filter(pk__in=[row.pk for row in rows])._raw_delete(records.db)
