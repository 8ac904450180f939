"""Finds rows by the values that several columns have, very many at a time, each by an index of its own key."""

import json
from collections import defaultdict
from collections.abc import Iterable

from django.db import connection, models

# Of more rows that have the same values than this, no more are told.
MOST = 9


def keys_by(fields: list[models.Field], rows: Iterable[tuple]) -> dict[int, list]:
    """The primary keys of the rows of a table that have the values of each of `rows` in `fields`, by place in `rows`.

    Values are as the columns keep them; None finds what has none there. Places where nothing is found are left out, and
    of very many that agree not all are told.
    """
    # PostgreSQL refuses to look for a text that the column could not hold.
    asked = {place: row for place, row in enumerate(rows) if all(map(_fits, fields, row))}
    places, found = list(asked), defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(*(_postgresql if connection.vendor == "postgresql" else _sqlite)(fields, asked.values()))
        for place, key in cursor.fetchall():
            found[places[place]].append(key)
    return found


def know_size(fields: list[models.Field]):
    """Let PostgreSQL count a table that has grown to twice what it knows of: it chooses by that through which index it
    looks up `fields`, and by itself it counts after a while, and only what is committed.
    """
    if connection.vendor != "postgresql":
        return
    table, _key = _table_and_key(fields)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size(oid) / current_setting('block_size')::int > 2 * relpages + 8 FROM pg_class"
            " WHERE oid = %s::regclass",
            [table],
        )
        if cursor.fetchone()[0]:
            # All of it: of some columns alone it would not look at indexes of expressions.
            cursor.execute(f"ANALYZE {table}")


def _fits(field, value) -> bool:
    return not isinstance(value, str) or field.max_length is None or len(value) <= field.max_length


def _postgresql(fields, rows):
    table, key = _table_and_key(fields)
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _field in fields]
    told = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
    names = ", ".join(f"c{place}" for place in range(len(fields)))
    same = " AND ".join(_same(field, f"r.{_quoted(field)}", f"k.c{place}") for place, field in enumerate(fields))
    return (
        # Each by itself, as it stands there: without statistics the planner would read the whole table.
        f"SELECT k.place - 1, r.key FROM unnest({told}) WITH ORDINALITY AS k({names}, place)"
        f" CROSS JOIN LATERAL (SELECT r.{key} AS key FROM {table} r WHERE {same} LIMIT {MOST}) r",
        columns,
    )


def _sqlite(fields, rows):
    table, key = _table_and_key(fields)
    same = " AND ".join(
        _same(field, f"r.{_quoted(field)}", f"json_extract(k.value, '$[{place}]')")
        for place, field in enumerate(fields)
    )
    return (
        f"SELECT k.key, f.value FROM json_each(%s) k CROSS JOIN json_each(("
        f"SELECT json_group_array(key) FROM (SELECT r.{key} AS key FROM {table} r WHERE {same} LIMIT {MOST}))) f",
        [json.dumps(list(rows))],
    )


def _same(field, one, other) -> str:
    # As `core.uniqueness.or_none` says it, so that the index of a natural key is used.
    either = "COALESCE(CAST({0} AS varchar(40)), '')" if field.null else "{0}"
    return f"{either.format(one)} = {either.format(other)}"


def _table_and_key(fields) -> tuple[str, str]:
    options = fields[0].model._meta
    return connection.ops.quote_name(options.db_table), connection.ops.quote_name(options.pk.column)


def _quoted(field) -> str:
    return connection.ops.quote_name(field.column)
