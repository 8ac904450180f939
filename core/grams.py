"""The index beneath `core.names`: which rows hold a text anywhere in their names, in one, two or more characters.

Each row is known by its grams: at each place of its names, the three characters from there. A text of three or more is
found by some of its own grams, a shorter one by all grams that begin with it. What is found may still be too much, so
whoever asks looks into the names as well. PostgreSQL has the grams in an index of its own kind for texts (GIN), SQLite
in a full-text table that triggers keep. Neither needs to be told of a word's borders, which Chinese does not have.
"""

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import BooleanField, F, Func

from core.models import RecordNames

TABLE = RecordNames._meta.db_table
LENGTH = 3
# Further grams of a long text find little less.
MOST_GRAMS = 12
LAST = chr(0x10FFFF)


class HasGrams(Func):
    """Whether a row of RecordNames may have `text` in one of its names: squeezed, so letters and digits alone, maybe
    with the edge of a name before or after it.
    """

    arity = 2
    output_field = BooleanField()

    def __init__(self, text: str):
        super().__init__(F("names"), F("id"))
        self.text = text

    def __repr__(self):
        return f"HasGrams({self.text!r})"

    @property
    def identity(self):
        return (type(self), self.text)

    def as_postgresql(self, compiler, connection, **_):
        names, params = compiler.compile(self.source_expressions[0])
        asked = " & ".join(f"'{gram}'" for gram in grams(self.text)) or f"'{self.text}':*"
        return f"core_grams({names}) @@ %s::tsquery", [*params, asked]

    def as_sqlite(self, compiler, connection, **_):
        row, params = compiler.compile(self.source_expressions[1])
        if found := grams(self.text):
            asked = " AND ".join(f'"{gram}"' for gram in found)
            return f"{row} IN (SELECT rowid FROM {TABLE}_grams WHERE {TABLE}_grams MATCH %s)", [*params, asked]
        query = f"SELECT doc FROM {TABLE}_terms WHERE term >= %s AND term < %s"
        return f"{row} IN ({query})", [*params, self.text, self.text + LAST]


def grams(text: str) -> list[str]:
    """The grams by which `text` is found, such that each of its characters is in one; none of a shorter text."""
    if len(text) < LENGTH:
        return []
    places = [*range(0, len(text) - LENGTH, LENGTH), len(text) - LENGTH]
    return [text[place : place + LENGTH] for place in places[:MOST_GRAMS]]


def lay_after_migrate(using=DEFAULT_DB_ALIAS, **_):
    """Lay the index where it is not, or no longer: SQLite drops the triggers of a table that a migration makes anew."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in POSTGRESQL:
                cursor.execute(statement)
            return
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
        if cursor.fetchone()[0] < len(SQLITE_TRIGGERS):
            for statement in (*SQLITE_TABLES, *SQLITE_TRIGGERS, SQLITE_REBUILD):
                cursor.execute(statement)


# At its true cost: thought cheap, it would be worked out for each row of the table, and take seconds.
POSTGRESQL = (
    f"""
CREATE OR REPLACE FUNCTION core_grams(names text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
  SELECT array_to_tsvector(array(
    SELECT concat({", ".join(f"lead(letter, {n}) OVER place" for n in range(LENGTH))})
      FROM unnest(string_to_array(names, NULL)) WITH ORDINALITY AS each(letter, n) WINDOW place AS (ORDER BY n)))
$$""",
    f"CREATE INDEX IF NOT EXISTS {TABLE}_grams ON {TABLE} USING gin (core_grams(names))",
)
# Only which row has a gram is kept, not where in it, nor the text a second time.
SQLITE_TABLES = (
    f"""
CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE}_grams USING fts5(
  names, content='{TABLE}', content_rowid='id', tokenize='trigram case_sensitive 1', detail=none, columnsize=0)""",
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE}_terms USING fts5vocab('{TABLE}_grams', 'instance')",
)
_ADDED = f"INSERT INTO {TABLE}_grams (rowid, names) VALUES (NEW.id, NEW.names);"
_TAKEN = f"INSERT INTO {TABLE}_grams ({TABLE}_grams, rowid, names) VALUES ('delete', OLD.id, OLD.names);"
SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {TABLE} BEGIN {told} END"
    for name, event, told in (
        ("names_added", "INSERT", _ADDED),
        ("names_changed", "UPDATE", _TAKEN + _ADDED),
        ("names_taken", "DELETE", _TAKEN),
    )
)
SQLITE_REBUILD = f"INSERT INTO {TABLE}_grams ({TABLE}_grams) VALUES ('rebuild')"
