"""Who has or had a key is found by an index of the history, however long that is."""

import pytest
from django.core.management import call_command
from django.db import connection

from cities.models import Division
from core.history import label_of
from core.models import Version
from core.rest.references import records_ever
from parks.models import Industry, Park
from tests.factories import make_division, make_park
from tests.intact import triggers_expected, triggers_laid

POSTGRESQL = connection.vendor == "postgresql"


def plans(work) -> str:
    """How the database goes about all that `work` asks of it."""
    told = []

    def explain(execute, sql, params, many, context):
        with connection.cursor() as cursor:
            how = "EXPLAIN" if POSTGRESQL else "EXPLAIN QUERY PLAN"
            cursor.cursor.execute(*_for_driver(f"{how} {sql}", params))
            told.extend(str(row) for row in cursor.cursor.fetchall())
        return execute(sql, params, many, context)

    def _for_driver(sql, params):
        return (sql, params) if POSTGRESQL else (sql.replace("%s", "?"), params)

    with connection.execute_wrapper(explain):
        work()
    return "\n".join(told)


@pytest.mark.parametrize(("model", "key", "index"), [(Park, "gone", "slug"), (Industry, "gone", "code")])
@pytest.mark.django_db
def test_a_key_is_looked_up_in_history_by_an_index(model, key, index):
    if POSTGRESQL:
        # of a few rows it would read all
        park = make_park("suxitong")
        version = Version.objects.get(model="parks.park", key=park.pk)
        others = [{**version.data, "id": n, "slug": f"park-{n}", "code": f"{n}"} for n in range(1000, 3000)]
        told = {"change": version.change, "model": label_of(model), "root_model": "parks.park", "operation": "CREATED"}
        Version.objects.bulk_create(Version(key=row["id"], root_key=row["id"], data=row, **told) for row in others)
        connection.cursor().execute("ANALYZE core_version")
    assert f"version_of_{index}" in plans(lambda: records_ever(model, key))


@pytest.mark.django_db
def test_a_key_leads_to_who_has_it_and_then_to_who_had_it():
    gone = make_park("suxitong", name_en="Gone")
    key = gone.pk
    gone.delete()
    there = make_park("suxitong", name_en="There")
    assert [(each.pk, each.name_en) for each in records_ever(Park, "suxitong")] == [(there.pk, "There"), (key, "Gone")]
    Park.objects.filter(pk=there.pk).update(slug="renamed")
    assert [each.pk for each in records_ever(Park, "suxitong")] == [there.pk, key]
    division = make_division("320281")
    assert records_ever(Division, "320281") == [division]


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite lets one write at a time")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_index_that_was_left_half_made_is_made_anew():
    call_command("migrate", "core", "0006", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX version_of_slug ON core_version (id)")
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'version_of_slug'::regclass")
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indexrelid = 'version_of_slug'::regclass"
        )
        is_valid, definition = cursor.fetchone()
    assert is_valid
    assert "(model, ((data ->> 'slug'::text)), key, id) WHERE ((data ->> 'slug'::text) IS NOT NULL)" in definition
    assert triggers_expected() == triggers_laid()
