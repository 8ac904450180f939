"""Documents wait when what they tell is written to, are rendered by whom they can be, and never hold anybody up."""

import json
from io import StringIO
from threading import Event, Thread

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from cities.models import Division
from core.documents import RENDERED_BY_WRITER, documented, mark_written, shape_of_code
from core.history import change
from core.models import Document
from parks.models import CoManagementRole, Park
from parks.serializers import ParkSerializer
from sources.models import Source
from tests.admin import page_of, save
from tests.factories import make_division, make_park, make_role, make_source
from tests.people import make_person

transactional = pytest.mark.django_db(transaction=True, serialized_rollback=True)
needs_several_writers = pytest.mark.skipif(
    "sqlite" in str(connection.settings_dict["ENGINE"]), reason="one transaction writes at a time"
)


def waiting() -> set[tuple[str, str]]:
    return set(Document.objects.filter(body="").values_list("kind", "key"))


def by_sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def host_told(client, park) -> str:
    return client.get(f"/api/v1/parks/{park.slug}/").json()["host"]["name_en"]


def in_another_thread(work) -> Thread:
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


# --- Who renders ----------------------------------------------------------------------------------------------------


@transactional
def test_a_writer_leaves_no_document_waiting_behind():
    with change():
        park = make_park()
    assert waiting() == set()
    with change():
        Division.objects.filter(code=park.host_id).update(name_en="Renamed")
    assert waiting() == set()
    assert '"name_en":"Renamed"' in Document.objects.get(kind="parks.park", key=park.pk).body


@transactional
def test_what_sql_by_hand_has_written_to_waits_until_it_is_read(reader):
    with change():
        park = make_park()
    by_sql("UPDATE cities_division SET name_en = 'By hand' WHERE code = %s", park.host_id)
    assert waiting() == {("cities.division", park.host_id), ("parks.park", str(park.pk))}
    assert host_told(reader, park) == "By hand"
    # It was kept by the one who read it.
    assert waiting() == {("cities.division", park.host_id)}


@transactional
def test_more_than_a_writer_renders_waits_and_is_told_right_all_the_same(reader):
    with change():
        division = make_division("321282")
        for _number in range(RENDERED_BY_WRITER + 1):
            make_park()
    call_command("render_documents", verbosity=0)
    with change():
        Division.objects.filter(code=division.code).update(name_en="Renamed")
    assert len(waiting()) == RENDERED_BY_WRITER + 2
    told = reader.get("/api/v1/parks/", {"limit": 500}).json()["results"]
    assert {each["host"]["name_en"] for each in told} == {"Renamed"}
    assert waiting() == {("cities.division", division.code)}


@transactional
def test_the_command_renders_what_waits_and_says_how_much():
    with change():
        make_park()
    Document.objects.update(body="")
    told = StringIO()
    call_command("render_documents", stdout=told)
    assert told.getvalue().startswith(f"{Document.objects.count()} documents rendered in ")
    assert waiting() == set()
    told = StringIO()
    call_command("render_documents", stdout=told)
    assert told.getvalue().startswith("0 documents rendered in ")


@transactional
def test_what_a_fixture_changes_is_rendered(tmp_path, reader):
    with change():
        park = make_park()
    fixture = tmp_path / "renamed.json"
    fields = {
        "level": "COUNTY",
        "kind": "COUNTY_LEVEL_CITY",
        "name_en": "Loaded",
        "name_zh": "靖江市",
        "parent": ["321200"],
    }
    fixture.write_text(json.dumps([{"model": "cities.division", "pk": park.host_id, "fields": fields}]))
    call_command("loaddata", fixture, verbosity=0)
    assert waiting() == set()
    assert host_told(reader, park) == "Loaded"


@pytest.mark.django_db
def test_what_a_page_of_the_admin_saves_is_rendered(client):
    park = make_park()
    client.force_login(make_person("stewards"))
    save(client, page_of(park), name_en="Saved")
    assert '"name_en":"Saved"' in Document.objects.get(kind="parks.park", key=park.pk).body


@pytest.mark.django_db
def test_what_a_transaction_has_written_it_reads_before_it_ends(reader):
    park = make_park()
    assert reader.get(f"/api/v1/parks/{park.slug}/").json()["name_en"] == park.name_en
    for name in ("One", "Another"):
        Park.objects.filter(pk=park.pk).update(name_en=name)
        assert reader.get(f"/api/v1/parks/{park.slug}/").json()["name_en"] == name


# --- What is not kept -----------------------------------------------------------------------------------------------


@transactional
def test_what_was_rendered_before_another_wrote_is_not_kept():
    with change():
        park = make_park(name_en="Old")
    parks, key = documented()["parks.park"], str(park.pk)
    marked = {key: Document.objects.get(kind="parks.park", key=key).marked}
    rendered = parks.render([key])
    by_sql("UPDATE parks_park SET name_en = 'New' WHERE id = %s", park.pk)
    parks.keep(marked, rendered)
    assert waiting() == {("parks.park", key)}
    assert '"name_en":"New"' in next(parks.read([key]))[0].body


@transactional
def test_documents_that_other_code_has_rendered_are_rendered_anew(reader):
    with change():
        park = make_park()
    Document.objects.update(shape="older", body="{}")
    assert reader.get(f"/api/v1/parks/{park.slug}/").json()["slug"] == park.slug
    assert Document.objects.get(kind="parks.park", key=park.pk).shape == shape_of_code()


@transactional
def test_of_a_deleted_record_there_is_no_document_and_of_one_that_is_back_there_is(reader):
    with change():
        park = make_park()
    address = f"/api/v1/parks/{park.slug}/"
    by_sql("DELETE FROM parks_park WHERE id = %s", park.pk)
    assert list(documented()["parks.park"].read([park.pk])) == [[]]
    assert reader.get(address).status_code == 404
    park.save(force_insert=True)
    assert reader.get(address).status_code == 200


@transactional
def test_what_cannot_be_rendered_stops_nobody(reader, caplog):
    with change():
        other = make_park(name_en="Before")
    by_sql(
        "INSERT INTO sources_citation (content_type_id, object_id, source_id, field, stance, stated_value, locator,"
        " quote, confidence, note) SELECT c.id, 'abc', %s, '', 'SUPPORTS', '', '', '', 'HIGH', ''"
        " FROM django_content_type c WHERE app_label = 'parks' AND model = 'park'",
        make_source().pk,
    )
    with change():
        Park.objects.filter(pk=other.pk).update(name_en="After")
    assert host_told(reader, other)
    assert reader.get(f"/api/v1/parks/{other.slug}/").json()["name_en"] == "After"
    assert reader.get("/api/v1/search/", {"q": "After"}).json()["count"] == 1


@transactional
def test_a_document_that_fails_waits_and_the_others_are_rendered(monkeypatch, caplog):
    with change():
        parks = [make_park() for _number in range(3)]
    Document.objects.filter(kind="parks.park").update(body="")
    tell = ParkSerializer.to_representation
    monkeypatch.setattr(
        ParkSerializer, "to_representation", lambda self, park: 1 / 0 if park == parks[1] else tell(self, park)
    )
    told = StringIO()
    call_command("render_documents", jobs=1, stdout=told)
    assert told.getvalue().startswith("2 documents rendered in ")
    assert waiting() == {("parks.park", str(parks[1].pk))}
    assert f"The document of parks.park {parks[1].pk} cannot be rendered" in caplog.text


@transactional
@needs_several_writers
@pytest.mark.parametrize("first", ["", "SET CONSTRAINTS ALL IMMEDIATE;"])
def test_constraints_held_at_once_mark_too(first):
    with change():
        park = make_park()
    by_sql(
        f"BEGIN; {first} UPDATE cities_division SET name_en = 'One' WHERE code = %s; SET CONSTRAINTS ALL IMMEDIATE;"
        " UPDATE cities_division SET name_en = 'Other' WHERE code = %s; COMMIT",
        park.host_id,
        park.host_id,
    )
    assert ("parks.park", str(park.pk)) in waiting()
    assert '"name_en":"Other"' in next(documented()["parks.park"].read([park.pk]))[0].body


@transactional
@needs_several_writers
def test_an_edit_that_cannot_see_what_others_committed_is_refused():
    with change():
        park = make_park()
    with pytest.raises(DatabaseError, match="isolation level READ COMMITTED"):
        by_sql("BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE parks_park SET name_en = 'X'; COMMIT")
    by_sql("ROLLBACK")
    assert Park.objects.get(pk=park.pk).name_en == park.name_en


# --- At the same time -----------------------------------------------------------------------------------------------


@transactional
@needs_several_writers
@pytest.mark.parametrize("ends_first", ["who tells of it", "who renames it"])
def test_a_park_that_comes_to_tell_of_what_another_renames_is_not_left_behind(ends_first):
    with change():
        park, partner = make_park(), make_division("320281")
    both_wrote, first_ended = Event(), Event()

    def come_to_tell():
        with change():
            make_role(park, division=partner)
            both_wrote.wait(10) if ends_first == "who tells of it" else first_ended.wait(10)

    def rename():
        with change():
            Division.objects.filter(code="320281").update(name_en="Renamed")
            both_wrote.set()
            if ends_first == "who tells of it":
                first.join(10)

    if ends_first == "who tells of it":
        first = in_another_thread(come_to_tell)
        in_another_thread(rename).join(10)
    else:
        last = in_another_thread(come_to_tell)
        in_another_thread(rename).join(10)
        first_ended.set()
        last.join(10)
    rendered = documented()["parks.park"].render([park.pk])[str(park.pk)]
    assert '"name_en":"Renamed"' in rendered.body
    assert next(documented()["parks.park"].read([park.pk])) == [rendered]


@transactional
@needs_several_writers
def test_who_waits_for_another_to_end_lets_the_other_end():
    """One refers to what another is about to delete: the first waits for the second, which must not wait for it."""
    with change():
        park, source = make_park(), make_source()
        role, key = make_role(park), source.pk
    deleted, errors = Event(), []

    def delete():
        with change():
            source.delete()
            deleted.set()
            # Until the other is at its end, and asks whether the source is there.
            Event().wait(1)
            CoManagementRole.objects.filter(pk=role.pk).update(note="written")

    def refer():
        deleted.wait(10)
        try:
            with change():
                make_park("other")
                # Past all that would ask before.
                Source.objects.bulk_create([Source(slug="copy", title="Copy", publisher="P", reprint_of_id=key)])
        except DatabaseError as error:
            errors.append(str(error))

    threads = [in_another_thread(delete), in_another_thread(refer)]
    for thread in threads:
        thread.join(20)
    assert not any("deadlock" in error for error in errors), errors
    assert CoManagementRole.objects.get(pk=role.pk).note == "written"


@transactional
def test_a_reader_does_not_wait_for_a_writer_to_keep_what_it_rendered(reader):
    with change():
        park = make_park()
    Document.objects.filter(kind="parks.park").update(body="")
    written, read, in_time = Event(), Event(), []

    def write():
        with change():
            make_park("other")
            # So that it has its turn on PostgreSQL too.
            mark_written()
            written.set()
            in_time.append(read.wait(10))

    writer = in_another_thread(write)
    assert written.wait(10)
    try:
        assert reader.get(f"/api/v1/parks/{park.slug}/").status_code == 200
    finally:
        read.set()
        writer.join(10)
    assert in_time == [True]
    # Whom nobody could keep it for, the writer has.
    assert waiting() == set()


# --- What it costs --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_is_kept_is_read_in_one_query():
    with change():
        keys = [make_park().pk for _number in range(3)]
    parks = documented()["parks.park"]
    list(parks.read(keys))
    # As outside of any transaction, where nothing is to be marked before.
    with CaptureQueriesContext(connection) as queries:
        list(parks.read(keys))
    assert len([query for query in queries if "core_document" in query["sql"]]) == 1
