"""The database writes one Change for each edit and a Version for each row, whichever way the row is written."""

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from cities.models import Division
from core.history import change, current_change_id
from core.models import Change, OpenChange, Version
from parks.models import Event, Park
from sources.models import Citation, Source
from tests.factories import (
    make_agreement,
    make_citation,
    make_division,
    make_event,
    make_park,
    make_role,
    make_share,
    make_source,
)

pytestmark = pytest.mark.django_db


def written_since(last: Version | None) -> list[tuple]:
    versions = Version.objects.filter(id__gt=last.id if last else 0).order_by("id")
    return [(v.model, v.key, v.root_model, v.root_key, v.operation) for v in versions]


def newest() -> Version | None:
    return Version.objects.order_by("id").last()


@pytest.fixture
def park(db) -> Park:
    return make_park()


def event_row(park, event, operation) -> tuple:
    return ("parks.event", str(event.pk), "parks.park", str(park.pk), operation)


# --- Each way of writing --------------------------------------------------------------------------------------------


def save_new(park):
    return [make_event(park)], "CREATED"


def save_changed(park):
    event = park.events.first()
    event.date = "1999"
    event.save()
    return [event], "CHANGED"


def bulk_create(park):
    return Event.objects.bulk_create(Event(park=park, kind="OTHER", date=date) for date in ("2001", "2002")), "CREATED"


def bulk_update(park):
    events = list(park.events.order_by("id"))
    for event in events:
        event.text_en = f"In words: {event.date}"
    Event.objects.bulk_update(events, ["text_en"])
    return events, "CHANGED"


def queryset_update(park):
    park.events.update(kind="OTHER")
    return park.events.order_by("id"), "CHANGED"


def update_or_create_new(park):
    event, _created = Event.objects.update_or_create(park=park, kind="CLOSED", defaults={"date": "2020"})
    return [event], "CREATED"


def update_or_create_there(park):
    event, _created = Event.objects.update_or_create(park=park, date="2001", defaults={"text_en": "Signed."})
    return [event], "CHANGED"


def bulk_create_over_what_is_there(park):
    event = park.events.first()
    Event.objects.bulk_create(
        [Event(id=event.pk, park=park, kind="CLOSED", date="2009")],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["kind", "date"],
    )
    return [event], "CHANGED"


def delete(park):
    event = park.events.first()
    key = event.pk
    event.delete()
    event.pk = key
    return [event], "DELETED"


def queryset_delete(park):
    events = list(park.events.order_by("id"))
    park.events.all().delete()
    return events, "DELETED"


def raw_insert(park):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parks_event (park_id, kind, date, text_en, text_zh) VALUES (%s, 'OTHER', '1990', '', '')",
            [park.pk],
        )
    return park.events.filter(date="1990"), "CREATED"


def raw_update(park):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE parks_event SET text_zh = '共管' WHERE park_id = %s", [park.pk])
    return park.events.order_by("id"), "CHANGED"


def raw_delete(park):
    events = list(park.events.order_by("id"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM parks_event WHERE park_id = %s", [park.pk])
    return events, "DELETED"


WAYS = [
    save_new,
    save_changed,
    bulk_create,
    bulk_update,
    queryset_update,
    update_or_create_new,
    update_or_create_there,
    bulk_create_over_what_is_there,
    delete,
    queryset_delete,
    raw_insert,
    raw_update,
    raw_delete,
]


@pytest.mark.parametrize("write", WAYS)
def test_each_way_of_writing_leaves_one_change_and_a_version_for_each_row(park, write):
    make_event(park, date="2001", kind="AGREED")
    make_event(park, date="2002", kind="AGREED")
    person = User.objects.create_user("editor")
    before, changes = newest(), Change.objects.count()
    with change(person=person, origin="IMPORT", reason="because", source="daily", request_id="r-1"):
        events, operation = write(park)
        events = list(events)
    assert written_since(before) == [event_row(park, event, operation) for event in events]
    assert Change.objects.count() == changes + 1
    made = Change.objects.latest("id")
    told = (made.person, made.origin, made.reason, made.source, made.request_id)
    assert told == (person, "IMPORT", "because", "daily", "r-1")
    assert {version.change_id for version in Version.objects.filter(id__gt=before.id)} == {made.id}
    assert OpenChange.objects.count() == 0


def test_a_park_deleted_with_its_facts_and_all_citations_is_one_change_of_the_park(park):
    role = make_role(park)
    citations = [make_citation(park), make_citation(role)]
    before, keys = newest(), {("parks.park", str(park.pk)), ("parks.comanagementrole", str(role.pk))}
    root = ("parks.park", str(park.pk))
    keys |= {("sources.citation", str(citation.pk)) for citation in citations}
    with change(origin="COMMAND"):
        park.delete()
    rows = written_since(before)
    assert {row[:2] for row in rows} == keys
    assert {row[2:] for row in rows} == {(*root, "DELETED")}
    assert len(rows) == 4


def test_a_citation_belongs_to_the_record_that_its_target_belongs_to(park):
    agreement, division = make_agreement(), make_division("320281")
    for target, root in (
        (park, ("parks.park", str(park.pk))),
        (make_share(park), ("parks.park", str(park.pk))),
        (agreement, ("agreements.agreement", str(agreement.pk))),
        (division, ("cities.division", "320281")),
    ):
        citation = make_citation(target)
        Citation.objects.filter(pk=citation.pk).update(note="seen")
        versions = Version.objects.filter(model="sources.citation", key=str(citation.pk)).order_by("id")
        assert [(v.root_model, v.root_key, v.operation) for v in versions] == [(*root, "CREATED"), (*root, "CHANGED")]


def test_a_version_holds_the_whole_row_after_the_change_or_before_it_was_deleted(park):
    share = make_share(park, percent="33.3333", since="2003-08", condition="税收五五分成")
    share.amount = 12
    share.save()
    share.delete()
    created, changed, deleted = (v.data for v in Version.objects.filter(model="parks.benefitshare").order_by("id"))
    assert sorted(created) == sorted(field.column for field in share._meta.concrete_fields)
    assert (created["percent"].rstrip("0"), created["since"], created["amount"]) == ("33.3333", "2003-08", None)
    assert created["condition"] == "税收五五分成"
    assert float(changed["amount"]) == 12
    assert deleted == changed
    assert {**changed, "amount": None} == created


@pytest.mark.parametrize(
    "write",
    [
        lambda park: park.save(),
        lambda park: Park.objects.update(name_en=park.name_en, latitude=None),
        lambda park: Park.objects.bulk_update([park], ["name_en", "host"]),
        lambda park: Park.objects.filter(pk=0).update(name_en="Nothing"),
        lambda park: Park.objects.filter(pk=0).delete(),
        lambda park: park.events.all().delete(),
        lambda park: Division.objects.bulk_create([park.host], ignore_conflicts=True),
        lambda park: None,
    ],
)
def test_what_changes_nothing_leaves_no_change(park, write):
    before, changes = newest(), Change.objects.count()
    with change(reason="nothing"):
        write(park)
        assert current_change_id() is None
    assert (newest(), Change.objects.count(), OpenChange.objects.count()) == (before, changes, 0)


def test_of_rows_written_together_only_those_that_change_have_a_version(park):
    make_event(park, text_en="Same.")
    other = make_event(park, date="2004", text_en="Other.")
    before = newest()
    with change():
        park.events.update(text_en="Same.")
    assert written_since(before) == [event_row(park, other, "CHANGED")]


def test_a_decimal_written_with_other_zeros_is_the_same():
    make_park(latitude="31.9", longitude="120.300000")
    before = newest()
    Park.objects.update(latitude="31.900000", longitude="120.3")
    assert newest() == before


def test_a_row_given_another_key_is_one_deleted_and_one_created():
    make_division("320281")
    before = newest()
    with change(), connection.cursor() as cursor:
        cursor.execute("UPDATE cities_division SET code = '320285' WHERE code = '320281'")
    assert written_since(before) == [
        ("cities.division", "320281", "cities.division", "320281", "DELETED"),
        ("cities.division", "320285", "cities.division", "320285", "CREATED"),
    ]
    assert [v.data["code"] for v in Version.objects.filter(id__gt=before.id).order_by("id")] == ["320281", "320285"]


def test_a_fact_moved_to_another_park_is_gone_from_one_and_new_in_the_other(park):
    event, other = make_event(park), make_park()
    citation, of_event = make_citation(park), make_citation(event)
    before = newest()
    with change():
        Event.objects.filter(pk=event.pk).update(park=other)
        Citation.objects.filter(pk=citation.pk).update(object_id=str(other.pk))
    of_citation = ("sources.citation", str(citation.pk), "parks.park")
    assert written_since(before) == [
        event_row(park, event, "DELETED"),
        event_row(other, event, "CREATED"),
        (*of_citation, str(park.pk), "DELETED"),
        (*of_citation, str(other.pk), "CREATED"),
    ]
    # What is written of the fact from now on is written of the other park.
    before = newest()
    Citation.objects.filter(pk=of_event.pk).update(note="seen")
    assert written_since(before) == [
        ("sources.citation", str(of_event.pk), "parks.park", str(other.pk), "CHANGED"),
    ]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="REPLACE is SQLite's own")
def test_a_row_that_another_replaces_is_deleted_in_history_too():
    source = make_source("daily")
    before = newest()
    with change(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT OR REPLACE INTO sources_source"
            " (slug, title, publisher, url, published_on, language, kind, archived_url, note)"
            " VALUES ('daily', 'Other', 'P', '', '', '', 'ARTICLE', '', '')"
        )
    assert [row[1:2] + row[4:] for row in written_since(before)] == [
        (str(source.pk), "DELETED"),
        (str(Source.objects.get().pk), "CREATED"),
    ]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no COPY and no TRUNCATE")
def test_copied_rows_have_versions_and_truncating_is_refused(park, tmp_path):
    before = newest()
    with change(), connection.cursor() as cursor:
        rows = tmp_path / "rows.csv"
        rows.write_text(f"{park.pk},OTHER,2001,,\n{park.pk},OTHER,2002,,\n")
        columns = "park_id, kind, date, text_en, text_zh"
        with rows.open() as file:
            cursor.copy_expert(
                f"COPY parks_event ({columns}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL (text_en, text_zh))", file
            )
    assert [row[4] for row in written_since(before)] == ["CREATED", "CREATED"]
    # Otherwise PostgreSQL refuses by itself, since rows still wait for their references to be checked.
    connection.check_constraints()
    for statement in ("TRUNCATE parks_event", "TRUNCATE sources_source CASCADE"):
        with pytest.raises(Exception, match="TRUNCATE would leave no history"), transaction.atomic():
            connection.cursor().execute(statement)
    assert park.events.count() == 2
