"""Triggers that no write can escape: each row written leaves a Version, and rules across rows are held.

Generated from the models, for PostgreSQL as statement triggers over transition tables (a row trigger costs twice as
much), for SQLite as row triggers. `core.laying` says when.
"""

from collections.abc import Iterator

from django.db import models

from core.constraints import AcrossRows
from core.history import is_generic
from core.models import Record

# Each model with those of its columns that its table has: while migrating, not all.
Present = dict[type[Record], list[models.Field]]
# The JSON of a version tells decimals as text: a JSON number would be read back as a float.
EXACT_AS_TEXT = (models.DecimalField,)


def _row_json(fields, row: str, function: str) -> str:
    pairs = []
    for field in fields:
        value = f"{row}.{field.column}"
        pairs.append(f"'{field.column}', {f'CAST({value} AS TEXT)' if isinstance(field, EXACT_AS_TEXT) else value}")
    return f"{function}({', '.join(pairs)})"


def root_of(model, row: str, part: str) -> str:
    """SQL for `root_model` or `root_key` of a row."""
    own_model, own_key = f"'{model._meta.label_lower}'", f"CAST({row}.{model._meta.pk.column} AS TEXT)"
    if is_generic(model):
        # What the target's own latest version says; the target itself may be gone when its citations go with it.
        label = f"(SELECT app_label || '.' || model FROM django_content_type WHERE id = {row}.content_type_id)"
        latest = (
            f"SELECT v.{part} FROM core_version v WHERE v.model = {label} AND v.key = {row}.object_id"
            " ORDER BY v.id DESC LIMIT 1"
        )
        return f"coalesce(({latest}), {label if part == 'root_model' else f'{row}.object_id'})"
    if model.belongs_to:
        reference = model._meta.get_field(model.belongs_to)
        if part == "root_model":
            return f"'{reference.related_model._meta.concrete_model._meta.label_lower}'"
        return f"CAST({row}.{reference.column} AS TEXT)"
    return own_model if part == "root_model" else own_key


def _version_columns(model, fields, row, operation, change, json_function):
    return ", ".join(
        [
            change,
            f"'{model._meta.label_lower}'",
            f"CAST({row}.{model._meta.pk.column} AS TEXT)",
            root_of(model, row, "root_model"),
            root_of(model, row, "root_key"),
            f"'{operation}'",
            _row_json(fields, row, json_function),
        ]
    )


INSERT_VERSION = "INSERT INTO core_version (change_id, model, key, root_model, root_key, operation, data)"


def _place(model) -> list[str]:
    """The columns that say which row it is and of which record: with another value there, it is another row."""
    if is_generic(model):
        return [model._meta.pk.column, "content_type_id", "object_id"]
    return [model._meta.pk.column, *([model._meta.get_field(model.belongs_to).column] if model.belongs_to else [])]


def _guards(model, fields) -> list[AcrossRows]:
    names = {field.name for field in fields}
    return [
        constraint
        for constraint in model._meta.constraints
        if isinstance(constraint, AcrossRows) and names.issuperset((*constraint.fields, *constraint.compared))
    ]


# --- SQLite ---------------------------------------------------------------------------------------------------------

# In microseconds: the clock, which ticks in thousandths here, or the next after what is recorded, so that no change has
# the instant of another or an earlier one, though the clock be set back. Written as Django writes an instant, since
# SQLite compares them as text: six digits of a second, or none.
SQLITE_CHANGE = """
  INSERT INTO core_change (at, origin, reason, source, request_id)
    SELECT replace(datetime(now / 1000000, 'unixepoch') || printf('.%06d', now % 1000000), '.000000', ''),
      'UNKNOWN', '', '', ''
    FROM (SELECT max(
      strftime('%s', 'now') * 1000000 + substr(strftime('%f', 'now'), 4) * 1000,
      coalesce(strftime('%s', substr(max(at), 1, 19)) * 1000000 + substr(max(at) || '.000000', 21, 6) + 1, 0)
    ) AS now FROM core_change)
    WHERE NOT EXISTS (SELECT 1 FROM core_openchange WHERE change_id IS NOT NULL);
  UPDATE core_openchange SET change_id = (SELECT max(id) FROM core_change) WHERE change_id IS NULL;"""
SQLITE_CHANGE_ID = "coalesce((SELECT change_id FROM core_openchange), (SELECT max(id) FROM core_change))"


def sqlite(present: Present) -> Iterator[str]:
    for model, fields in present.items():
        table, key = model._meta.db_table, model._meta.pk.column
        differs = " OR ".join(f"OLD.{f.column} IS NOT NEW.{f.column}" for f in fields)
        stays = " AND ".join(f"OLD.{column} = NEW.{column}" for column in _place(model))
        created, changed, deleted = ("NEW", "CREATED"), ("NEW", "CHANGED"), ("OLD", "DELETED")
        for name, event, versions in (
            ("created", f"INSERT ON {table}", [created]),
            ("changed", f"UPDATE ON {table} WHEN {stays} AND ({differs})", [changed]),
            ("moved", f"UPDATE ON {table} WHEN NOT ({stays})", [deleted, created]),
            ("deleted", f"DELETE ON {table}", [deleted]),
        ):
            written = "".join(
                f"\n  {INSERT_VERSION}"
                f" VALUES ({_version_columns(model, fields, row, operation, SQLITE_CHANGE_ID, 'json_object')});"
                for row, operation in versions
            )
            yield f"CREATE TRIGGER history_{table}_{name} AFTER {event} BEGIN{SQLITE_CHANGE}{written}\nEND"
        for guard in _guards(model, fields):
            for event in ("INSERT", "UPDATE"):
                yield f"""CREATE TRIGGER rule_{guard.name}_on_{event.lower()} AFTER {event} ON {table} BEGIN
  SELECT RAISE(ABORT, 'CHECK constraint failed: {guard.name}')
    FROM {table} n WHERE n.{key} = NEW.{key} AND {guard.violation_sql(model, "n")};
END"""


# --- PostgreSQL -----------------------------------------------------------------------------------------------------

POSTGRESQL_CHANGE = """
CREATE OR REPLACE FUNCTION history_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  -- Later than all that is recorded, though the clock be set back.
  SELECT greatest(clock_timestamp(), (SELECT max(at) FROM core_change) + interval '1 microsecond')
$$;
CREATE OR REPLACE FUNCTION history_change() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  under_way bigint := nullif(current_setting('registry.change', true), '')::bigint;
BEGIN
  IF under_way IS NULL THEN
    -- Readers see this lock, which stands in nobody's way, before the change has its number and its instant and until
    -- it is committed or undone: both are later than what the lock says (see core.settling).
    PERFORM pg_advisory_xact_lock_shared(-(extract(epoch FROM history_now()) * 1000000)::bigint);
    under_way := nextval(pg_get_serial_sequence('core_change', 'id'));
    INSERT INTO core_change (id, at, origin, reason, source, request_id)
      VALUES (under_way, history_now(), 'UNKNOWN', '', '', '');
    -- Forgotten at the end of the transaction, and when a savepoint that wrote it is rolled back.
    PERFORM set_config('registry.change', under_way::text, true);
  END IF;
  RETURN under_way;
END $$;
CREATE OR REPLACE FUNCTION history_written(under_way bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  unmarked text := coalesce(current_setting('registry.unmarked', true), '');
BEGIN
  IF NOT under_way::text = ANY (string_to_array(unmarked, ',')) THEN
    PERFORM set_config('registry.unmarked', concat_ws(',', nullif(unmarked, ''), under_way), true);
    -- What marks documents watches this row (see core.marking).
    UPDATE core_change SET reason = reason WHERE id = under_way;
  END IF;
END $$"""


# TRUNCATE tells a trigger no rows, so it passes only where it empties the history too, as `flush` does.
POSTGRESQL_TRUNCATE = """
CREATE OR REPLACE FUNCTION history_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM pg_locks
      WHERE pid = pg_backend_pid() AND relation = 'core_version'::regclass AND mode = 'AccessExclusiveLock'
  ) THEN
    RAISE EXCEPTION 'TRUNCATE would leave no history: DELETE the rows of % instead', TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$"""


def postgresql(present: Present) -> Iterator[str]:
    yield POSTGRESQL_CHANGE
    yield POSTGRESQL_TRUNCATE
    for model, fields in present.items():
        table, key = model._meta.db_table, model._meta.pk.column
        insert = {
            operation: f"{INSERT_VERSION} SELECT "
            + _version_columns(model, fields, row, operation, "under_way", "jsonb_build_object")
            for row, operation in (("n", "CREATED"), ("n", "CHANGED"), ("o", "DELETED"))
        }
        both = "new_rows n FULL JOIN old_rows o ON " + " AND ".join(f"o.{c} = n.{c}" for c in _place(model))
        yield f"""
CREATE OR REPLACE FUNCTION history_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  under_way bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT 1 FROM new_rows) THEN RETURN NULL; END IF;
    under_way := history_change();
    {insert["CREATED"]} FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT 1 FROM old_rows) THEN RETURN NULL; END IF;
    under_way := history_change();
    {insert["DELETED"]} FROM old_rows o;
  ELSE
    IF NOT EXISTS (SELECT 1 FROM {both} WHERE n IS DISTINCT FROM o) THEN RETURN NULL; END IF;
    under_way := history_change();
    {insert["DELETED"]} FROM {both} WHERE n.{key} IS NULL;
    {insert["CREATED"]} FROM {both} WHERE o.{key} IS NULL;
    -- In the order of the rows, whichever way the planner joins them.
    {insert["CHANGED"]} FROM {both} WHERE n.{key} = o.{key} AND n IS DISTINCT FROM o ORDER BY n.{key};
  END IF;
  PERFORM history_written(under_way);
  RETURN NULL;
END $$"""
        for event, transition in (
            ("INSERT", "NEW TABLE AS new_rows"),
            ("UPDATE", "NEW TABLE AS new_rows OLD TABLE AS old_rows"),
            ("DELETE", "OLD TABLE AS old_rows"),
        ):
            yield f"""CREATE TRIGGER history_{event.lower()} AFTER {event} ON {table}
  REFERENCING {transition} FOR EACH STATEMENT EXECUTE FUNCTION history_{table}()"""
        yield f"CREATE TRIGGER history_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION history_truncate()"
        yield from _postgresql_guards(model, fields)


def _postgresql_guards(model, fields):
    table = model._meta.db_table
    for guard in _guards(model, fields):
        record = model._meta.get_field(guard.fields[0])
        owner = record.related_model._meta.db_table
        yield f"""
CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Writers of facts of the same record wait for each other here, so that each sees what the other wrote.
  PERFORM 1 FROM {owner} WHERE {record.target_field.column} IN (SELECT {record.column} FROM new_rows)
    ORDER BY {record.target_field.column} FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM new_rows n WHERE {guard.violation_sql(model, "n")}) THEN
    RAISE EXCEPTION 'violates check constraint "{guard.name}"'
      USING ERRCODE = 'check_violation', CONSTRAINT = '{guard.name}';
  END IF;
  RETURN NULL;
END $$"""
        for event in ("INSERT", "UPDATE"):
            yield f"""CREATE TRIGGER rule_{guard.name}_on_{event.lower()} AFTER {event} ON {table}
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {guard.name}()"""
