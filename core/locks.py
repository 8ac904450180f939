"""Taking turns where a rule reads rows that another edit may be about to write."""

import zlib

from django.db import connection


def take_turns(rule: str):
    """Wait until no other transaction is about to do what `rule` is about; others then wait for this one to end.

    On SQLite only one transaction writes at a time anyway. Outside a transaction there is nothing to wait for.
    """
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(rule.encode())])
