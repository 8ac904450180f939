"""Triggers that mark documents as waiting when anything is written that they tell, whoever writes it and how.

On SQLite, where one transaction writes at a time, each row marks at once. On PostgreSQL a transaction marks when it is
about to be committed, and those that are take turns: each then sees all that the ones before it wrote. So where one
edit makes a park tell of a city that another renames, the second marks the park, whichever it is.
"""

from collections.abc import Iterable, Iterator

from django.db import connection

from core.history import label_of, record_models
from core.mentions import Mention, mentions
from core.triggers import root_of

# Of the advisory locks with two numbers, which those of `core.locks` and `core.settling` are not.
LOCK = (1_685_021_549, 1)
INSERT = "INSERT INTO core_document (kind, key, marked, version, shape, body)"
MARK = "marked = core_document.marked + 1, body = ''"
MARK_ALL = f"UPDATE core_document SET {MARK}"
# Of an edit that wrote to more rows of one kind than this, it takes longer to find who tells of them than to mark all.
MANY = 200


def marking(querysets: Iterable) -> Iterator[str]:
    """The statements that lay the triggers for documents that tell what each of `querysets` loads.

    Last, every record that has no document yet gets one that waits.
    """
    kinds, mentioned = {}, {}
    for queryset in querysets:
        kinds[label_of(queryset.model)] = queryset.model
        for mention in mentions(queryset):
            mentioned.setdefault(mention.model, []).append(mention)
    labels = ", ".join(f"'{label}'" for label in kinds)
    yield from _postgresql(labels, mentioned) if connection.vendor == "postgresql" else _sqlite(labels, mentioned)
    for label, model in kinds.items():
        key = f"CAST(r.{model._meta.pk.column} AS varchar(40))"
        yield (
            f"{INSERT} SELECT '{label}', {key}, 0, 0, '', '' FROM {model._meta.db_table} r"
            f" WHERE NOT EXISTS (SELECT 1 FROM core_document WHERE kind = '{label}' AND key = {key})"
        )


# --- SQLite ---------------------------------------------------------------------------------------------------------


def _sqlite(labels, mentioned):
    for model in record_models():
        table, fields = model._meta.db_table, model._meta.concrete_fields
        differs = " OR ".join(f"OLD.{field.column} IS NOT NEW.{field.column}" for field in fields)
        for event, rows in (("INSERT", ["NEW"]), ("UPDATE", ["OLD", "NEW"]), ("DELETE", ["OLD"])):
            marks = []
            for row in rows:
                kind, key = root_of(model, row, "root_model"), root_of(model, row, "root_key")
                marks.append(f"UPDATE core_document SET {MARK} WHERE kind = {kind} AND key = {key};")
                if event == "INSERT" and label_of(model) in labels:
                    marks.append(f"{INSERT} VALUES ({kind}, {key}, 1, 0, '', '') ON CONFLICT (kind, key) DO NOTHING;")
                marks += [
                    f"UPDATE core_document SET {MARK} WHERE kind = '{label_of(mention.root)}' AND key IN ("
                    + mention.keys(lambda field, row=row: f"{row}.{field.column}")
                    + ");"
                    for mention in mentioned.get(model, ())
                    if mention.is_of_the_row or event != "INSERT"
                ]
            when = f" WHEN {differs}" if event == "UPDATE" else ""
            written = "\n  ".join(marks)
            name = f"document_{table}_{event.lower()}"
            yield f"CREATE TRIGGER {name} AFTER {event} ON {table}{when} BEGIN\n  {written}\nEND"


# --- PostgreSQL -----------------------------------------------------------------------------------------------------

# `registry.unmarked` names the changes of this transaction that have written since they last marked, as the triggers
# of history tell it (see `core.triggers`); `registry.marking` those of which it is the turn. At first such a change is
# put at the end of the queue: other rules there may wait for another transaction, which must not wait for this one.
POSTGRESQL_AT_COMMIT = """
CREATE OR REPLACE FUNCTION document_taken(list text, of_change bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  changes text[] := string_to_array(current_setting(list, true), ',');
BEGIN
  PERFORM set_config(list, array_to_string(array_remove(changes, of_change::text), ','), true);
  RETURN coalesce(of_change::text = ANY (changes), false);
END $$;
CREATE OR REPLACE FUNCTION document_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF document_taken('registry.unmarked', NEW.id) THEN
    PERFORM set_config('registry.marking',
      concat_ws(',', nullif(current_setting('registry.marking', true), ''), NEW.id), true);
    UPDATE core_change SET reason = reason WHERE id = NEW.id;
  ELSIF document_taken('registry.marking', NEW.id) THEN
    PERFORM document_mark(NEW.id);
  END IF;
  RETURN NULL;
END $$;
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM pg_trigger WHERE tgrelid = 'core_change'::regclass AND tgname = 'document_at_commit'
  ) THEN
    CREATE CONSTRAINT TRIGGER document_at_commit AFTER UPDATE ON core_change
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION document_at_commit();
  END IF;
END $$"""

# Where tables lack what `document_mark` would look for. It stays, since a server that runs on may call it.
POSTGRESQL_UNWATCHED = "DROP TRIGGER IF EXISTS document_at_commit ON core_change"
POSTGRESQL_UNMARKED = f"""
{POSTGRESQL_UNWATCHED};
CREATE OR REPLACE FUNCTION document_mark(of_change bigint) RETURNS void LANGUAGE sql AS '';
{MARK_ALL}"""


def _postgresql(labels, mentioned):
    branches = "".join(
        f"\n    WHEN '{label_of(model)}' THEN" + "".join(map(_postgresql_mark, all_of_it))
        for model, all_of_it in mentioned.items()
    )
    mentioned_labels = ", ".join(f"'{label_of(model)}'" for model in mentioned)
    yield f"""
CREATE OR REPLACE FUNCTION document_mark(of_change bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  written text;
  written_to bigint;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Write to the registry with the isolation level READ COMMITTED'
      USING DETAIL = 'With another, an edit cannot see what was committed meanwhile and tells of what it wrote.';
  END IF;
  PERFORM pg_advisory_xact_lock({LOCK[0]}, {LOCK[1]});
  UPDATE core_document SET {MARK} FROM (
    SELECT DISTINCT root_model, root_key FROM core_version WHERE change_id = of_change AND root_model IN ({labels})
  ) AS written WHERE kind = written.root_model AND core_document.key = written.root_key;
  {INSERT}
    SELECT DISTINCT model, key, 1, 0, '', '' FROM core_version
      WHERE change_id = of_change AND model IN ({labels}) AND operation = 'CREATED'
    ON CONFLICT (kind, key) DO NOTHING;
  FOR written, written_to IN
    SELECT model, count(*) FILTER (WHERE operation <> 'CREATED') FROM core_version WHERE change_id = of_change
      GROUP BY model
  LOOP
    IF written_to > {MANY} AND written IN ({mentioned_labels}) THEN
      {MARK_ALL};
      RETURN;
    END IF;
    CASE written{branches}
    ELSE
    END CASE;
  END LOOP;
END $$"""
    yield POSTGRESQL_AT_COMMIT


def _postgresql_mark(mention: Mention) -> str:
    """Mark the documents that tell of the rows of one model that the change wrote, as these are and as they were."""
    of_change = f"v.change_id = of_change AND v.model = '{label_of(mention.model)}'"
    if mention.is_of_the_row:
        rows = (
            f"SELECT v.key, v.data FROM core_version v WHERE {of_change} UNION ALL"
            " SELECT w.key, w.data FROM core_version v JOIN core_version w USING (model, key)"
            f" WHERE {of_change} AND v.operation = 'CHANGED' AND w.id < v.id"
        )
    else:
        # Who tells of a row that was just made has been written to as well.
        rows = f"SELECT DISTINCT v.key FROM core_version v WHERE {of_change} AND v.operation <> 'CREATED'"

    def value(field):
        text = "r.key" if field.primary_key else f"r.data->>'{field.column}'"
        return f"CAST({text} AS {field.cast_db_type(connection)})"

    # What was written first, then who tells of it, then their documents: from tables that have grown since they were
    # last analyzed, the planner would guess another order, which takes minutes.
    marks = f"""
      UPDATE core_document SET {MARK} WHERE kind = '{label_of(mention.root)}' AND key = ANY (ARRAY(
        WITH r AS MATERIALIZED ({rows})
        SELECT DISTINCT found.key FROM r, LATERAL ({mention.keys(value)}) AS found(key)));"""
    return marks if mention.is_of_the_row else f"\n      IF written_to > 0 THEN{marks}\n      END IF;"
