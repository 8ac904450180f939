"""The bare limit: a WSGI function and one prepared statement that lets PostgreSQL build the whole answer.

No framework, no checks, no templates: what is left is the database's own work and one socket. It counts as the registry
does. `prepare` gives it the indexes that serve its statements best.
"""

import os
from urllib.parse import parse_qs, unquote

import psycopg2

from bench.sql import JOINED, POSTGRESQL

DOCUMENT = POSTGRESQL.object(POSTGRESQL.park())
FOUND = (
    "SELECT id FROM parks_park WHERE upper(name_en) LIKE upper($1)"
    " UNION SELECT id FROM parks_park WHERE upper(name_zh) LIKE upper($1)"
    " UNION SELECT park_id FROM parks_parkname WHERE upper(name) LIKE upper($1)"
)


def _answer(page: str, count: str) -> str:
    results = f"SELECT json_agg({DOCUMENT} ORDER BY p.slug) FROM page p {JOINED}"
    return f"{page} SELECT json_build_object('count', {count}, 'results', coalesce(({results}), '[]'))::text"


_WITHIN = "parks_park WHERE bench_province = $1"
_PAGE = "ORDER BY slug LIMIT $2 OFFSET $3"
_HITS = f"WITH hits AS MATERIALIZED (SELECT * FROM parks_park WHERE id IN ({FOUND}) AND bench_province LIKE $4)"
STATEMENTS = {
    "within": (
        "text, int, int",
        _answer(f"WITH page AS (SELECT * FROM {_WITHIN} {_PAGE})", f"(SELECT count(*) FROM {_WITHIN})"),
    ),
    "pages": (
        "int, int",
        _answer(
            "WITH page AS (SELECT * FROM parks_park ORDER BY slug LIMIT $1 OFFSET $2)",
            "(SELECT count(*) FROM parks_park)",
        ),
    ),
    "search": (
        "text, int, int, text",
        _answer(f"{_HITS}, page AS (SELECT * FROM hits {_PAGE})", "(SELECT count(*) FROM hits)"),
    ),
    "detail": ("text", f"SELECT {DOCUMENT}::text FROM parks_park p {JOINED} WHERE p.slug = $1"),
}

connection = None


def prepare(url: str) -> list[str]:
    """Lay the indexes that the peers search by, in a copy of the registry that history does not watch. Tells what is
    not to be had here."""
    with psycopg2.connect(url) as made, made.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{trigger}" ON "{table}"')
        # a column, since PostgreSQL counts by no index that is over an expression
        cursor.execute("ALTER TABLE parks_park ADD bench_province text GENERATED ALWAYS AS (left(host_id, 2)) STORED")
        cursor.execute("CREATE INDEX bench_province ON parks_park (bench_province, slug)")
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if not cursor.fetchone():
            return ["this PostgreSQL has no pg_trgm, so the peers search without an index"]
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for table, column in (("parks_park", "name_en"), ("parks_park", "name_zh"), ("parks_parkname", "name")):
            cursor.execute(f"CREATE INDEX bench_{table}_{column} ON {table} USING gin (upper({column}) gin_trgm_ops)")
    return []


def application(environ, start_response):
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    limit, offset = int(query.get("limit", 50)), int(query.get("offset", 0))
    key = unquote(environ["PATH_INFO"]).removeprefix("/parks/").strip("/")
    if key:
        body = _ask("detail", key)
    elif "q" in query:
        body = _ask("search", f"%{query['q']}%", limit, offset, query.get("within", "%"))
    elif "within" in query:
        body = _ask("within", query["within"], limit, offset)
    else:
        body = _ask("pages", limit, offset)
    start_response(
        "200 OK" if body else "404 Not Found",
        [("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
    )
    return [body]


def _ask(name, *values) -> bytes:
    global connection
    if connection is None:
        connection = psycopg2.connect(os.environ["DATABASE_URL"])
        connection.autocommit = True
        with connection.cursor() as cursor:
            for each, (types, statement) in STATEMENTS.items():
                cursor.execute(f"PREPARE {each} ({types}) AS {statement}")
    with connection.cursor() as cursor:
        cursor.execute(f"EXECUTE {name} ({', '.join(['%s'] * len(values))})", values)
        row = cursor.fetchone()
    return row[0].encode() if row else b""
