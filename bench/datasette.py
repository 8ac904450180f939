"""Datasette over a SQLite file with the same rows: three queries written by hand, told as JSON.

It has the index that SQLite offers for parts of names (FTS5 with trigrams, from three characters on) and one for the
parks of a province in order. It counts nothing.
"""

import os
import sqlite3

from bench.sql import JOINED, SQLITE

_TOLD = ", ".join(f"{value} AS {name}" for name, value in SQLITE.park().items())
_PAGE = "ORDER BY slug LIMIT 50 OFFSET :offset"
_WITHIN = "substr(host_id, 1, 2) = :within"
NESTED = ("host", "part_of", "successor", *SQLITE.facts())


def _parks(condition: str) -> str:
    return (
        f"WITH page AS (SELECT * FROM parks_park WHERE {condition} {_PAGE})"
        f" SELECT {_TOLD} FROM page p {JOINED} ORDER BY p.slug"
    )


_LONG = "id IN (SELECT park_id FROM park_names WHERE park_names MATCH '\"' || :q || '\"')"
_SHORT = (
    "(name_en LIKE '%' || :q || '%' OR name_zh LIKE '%' || :q || '%'"
    " OR id IN (SELECT park_id FROM parks_parkname WHERE name LIKE '%' || :q || '%'))"
)
QUERIES = {
    "list": _parks(_WITHIN),
    "all": _parks("1"),
    "detail": f"SELECT {_TOLD} FROM parks_park p {JOINED} WHERE p.slug = :slug",
    "search": _parks(_LONG),
    "search_short": _parks(_SHORT),
    "search_within": _parks(f"{_LONG} AND {_WITHIN}"),
}


def prepare(path: str) -> None:
    """Make the indexes in a copy of the registry's SQLite file, which history does not watch."""
    with sqlite3.connect(path) as database:
        # a copy that is made again when anything goes wrong
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("CREATE INDEX bench_province ON parks_park (substr(host_id, 1, 2), slug)")
        database.execute("CREATE VIRTUAL TABLE park_names USING fts5(name, park_id UNINDEXED, tokenize = 'trigram')")
        for table, key, column in (
            ("parks_park", "id", "name_en"),
            ("parks_park", "id", "name_zh"),
            ("parks_parkname", "park_id", "name"),
        ):
            database.execute(f"INSERT INTO park_names SELECT {column}, {key} FROM {table}")
    database.close()


def make_application():
    from datasette.app import Datasette

    return Datasette(
        [os.environ["DATASETTE_FILE"]],
        metadata={"databases": {"bench": {"queries": {name: {"sql": sql} for name, sql in QUERIES.items()}}}},
        settings={"sql_time_limit_ms": 60_000, "force_https_urls": False},
    ).app()
