"""Restoring over REST: by stewards, to an instant, as a change of its own."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agreements.models import Agreement
from core.history import change, record_models
from core.models import Change, Version
from parks.models import CoManagementRole, Park, Remark
from sources.models import Citation
from tests.factories import (
    make_agreement,
    make_body,
    make_citation,
    make_clause,
    make_division,
    make_event,
    make_industry,
    make_observation,
    make_official,
    make_park,
    make_post,
    make_remark,
    make_role,
    make_share,
    make_signatory,
    make_source,
    make_statement,
)
from tests.people import client_of, make_person
from tests.rest import refused, send

V1 = "/api/v1/"
PARK = f"{V1}parks/suxitong/"


def now():
    return Change.objects.order_by("-at").first().at.isoformat()


def everything():
    return {model: list(model._base_manager.order_by("pk").values()) for model in record_models()}


def restore(client, path, known, **body):
    return client.post(f"{path}restore/", {"known": known, **body})


@pytest.fixture
def park(db):
    with change():
        park = make_park("suxitong", name_en="One", established="2003")
        role = make_role(park, since="2003", agreement=make_agreement("treaty"))
        make_citation(role, field="since")
        make_citation(park)
        make_share(park, percent="60")
    return park


def test_a_deleted_park_comes_back_with_its_facts_and_citations(steward, park):
    before, instant = everything(), now()
    told = steward.get(PARK)
    gone = steward.delete(PARK, headers={"If-Match": told["ETag"]})
    assert gone.status_code == 204
    assert not Citation.objects.exists()
    response = restore(steward, PARK, instant, change_reason="Deleted by mistake")
    assert response.status_code == 200, response.json()
    assert everything() == before
    again = response.json()
    assert {**again, "changed": ""} == {**told.json(), "changed": ""}
    assert response["ETag"] == steward.get(PARK)["ETag"]
    newest = Change.objects.latest("id")
    assert (newest.reason, newest.person.username, newest.origin) == ("Deleted by mistake", "steward", "API")


def test_edits_since_are_undone_and_can_be_redone(steward, park):
    before, instant = everything(), now()
    with change():
        Park.objects.update(name_en="Two")
        park.roles.all().delete()
        make_remark(park)
    after, later = everything(), now()
    assert restore(steward, PARK, instant).status_code == 200
    assert everything() == before
    assert restore(steward, PARK, later).status_code == 200
    assert everything() == after


def test_without_a_reason_the_feed_tells_to_when_it_was_restored(steward, reader, park):
    before, instant = everything(), Change.objects.latest("id").at
    for answer in (
        lambda: send(steward, "patch", PARK, {"name_en": "Two", "change_reason": "Renamed"}),
        lambda: restore(steward, PARK, instant.isoformat()),
        lambda: restore(steward, PARK, Change.objects.get(reason="Renamed").at.isoformat(), change_reason="Once more"),
        lambda: restore(steward, PARK, instant.astimezone(timezone.get_fixed_timezone(480)).isoformat()),
    ):
        assert answer().status_code == 200
    reasons = [entry["reason"] for entry in reader.get(f"{PARK}changes/").json()["results"]]
    restored, again, by_hand, renamed, *_made = reasons
    assert (restored, again, by_hand, renamed) == (
        by_hand,
        "Once more",
        f"Restored to {instant:%Y-%m-%dT%H:%M:%S.%f}Z",
        "Renamed",
    )
    # So that it can be asked for.
    known = restored.removeprefix("Restored to ")
    assert reader.get(PARK, {"known": known}).json()["name_en"] == "One"
    assert everything() == before


def test_restoring_what_has_not_changed_writes_nothing(steward, park):
    versions = Version.objects.count()
    assert restore(steward, PARK, now()).status_code == 200
    assert Version.objects.count() == versions


def test_a_single_fact_is_restored_by_its_id(steward, park):
    role = park.roles.get()
    path, instant = f"{V1}co-management-roles/{role.id}/", now()
    with change():
        Park.objects.update(name_en="Two")
        park.roles.all().delete()
    response = restore(steward, path, instant)
    assert response.status_code == 200, response.json()
    assert (response.json()["id"], response.json()["since"]) == (role.id, "2003")
    assert CoManagementRole.objects.get().citations.count() == 1
    assert Park.objects.get().name_en == "Two"


@pytest.mark.parametrize(
    ("name", "make", "key"),
    [
        ("agreements", make_agreement, "slug"),
        ("divisions", lambda: make_division("320281"), "code"),
        ("sources", make_source, "slug"),
        ("officials", make_official, "slug"),
        ("bodies", make_body, "slug"),
        ("industries", make_industry, "code"),
        ("benefit-shares", make_share, "id"),
        ("observations", make_observation, "id"),
        ("events", make_event, "id"),
        ("remarks", make_remark, "id"),
        ("statements", make_statement, "id"),
        ("citations", make_citation, "id"),
    ],
)
def test_every_kind_of_record_can_be_brought_back(steward, db, name, make, key):
    with change():
        record = make()
    path, instant = f"{V1}{name}/{getattr(record, key)}/", now()
    told = steward.get(path).json()
    with change():
        record.delete()
    assert steward.get(path).status_code == 404
    response = restore(steward, path, instant)
    assert response.status_code == 200, response.json()
    changed = {"changed": None}
    assert {**response.json(), **changed} == {**told, **changed}


def test_only_stewards_restore(reader, editor, outsider, park):
    instant, role = now(), park.roles.get()
    versions = Version.objects.count()
    assert restore(reader, PARK, instant).status_code == 401
    for path in (PARK, f"{V1}co-management-roles/{role.id}/"):
        assert restore(outsider, path, instant).status_code == 403
        answer = restore(editor, path, instant)
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
        assert answer.json()["detail"] == "Restoring is for stewards: it takes the permission “parks.delete_park”."
    assert Version.objects.count() == versions


def person_who_may(*codenames):
    person = make_person(username="-".join(codenames))
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return client_of(person)


ALL_OF_A_PARK = ("add_park", "change_park", "delete_park")


@pytest.mark.parametrize(
    ("spoil", "needed"),
    [
        (lambda park: park.roles.all().delete(), ("add_comanagementrole", "add_citation")),
        (lambda park: park.roles.update(note="!"), ("change_comanagementrole",)),
        (make_remark, ("delete_remark",)),
        (lambda park: Citation.objects.update(note="!"), ("change_citation",)),
        (lambda park: make_citation(park, source=make_source()), ("delete_citation",)),
        (lambda park: Park.objects.update(name_en="Two"), ()),
    ],
)
def test_it_takes_the_permission_for_each_row_that_it_writes(park, spoil, needed):
    make_source()
    instant = now()
    with change():
        spoil(park)
    before = everything()
    for missing in needed:
        rest = [each for each in needed if each != missing]
        answer = restore(person_who_may(*ALL_OF_A_PARK, *rest), PARK, instant)
        [permission] = Permission.objects.filter(codename=missing)
        named = f"{permission.content_type.app_label}.{missing}"
        assert (answer.status_code, answer.json()["detail"]) == (
            403,
            f"Restoring is for stewards: it takes the permission “{named}”.",
        )
        assert everything() == before
    assert restore(person_who_may(*ALL_OF_A_PARK, *needed), PARK, instant).status_code == 200


def test_a_citation_is_restored_by_who_may_write_it(editor, steward, db):
    """Whatever it is cited for: to make, change and delete citations takes no permission on that."""
    citation = make_citation(make_division("320281"), source=make_source("daily"))
    path, instant = f"{V1}citations/{citation.pk}/", now()
    assert send(editor, "patch", path, {"note": "!"}).status_code == 200
    assert send(editor, "patch", f"{V1}divisions/320281/", {"name_en": "!"}).status_code == 403
    assert restore(person_who_may("add_citation", "change_citation"), path, instant).status_code == 403
    assert restore(editor, path, instant).status_code == 200
    assert Citation.objects.get().note == ""


def test_a_version_given_must_be_the_one_that_is_there(steward, park):
    instant, tag = now(), steward.get(PARK)["ETag"]
    with change():
        Park.objects.update(name_en="Two")
    stale = steward.post(f"{PARK}restore/", {"known": instant}, headers={"If-Match": tag})
    assert (stale.status_code, Park.objects.get().name_en) == (412, "Two")
    fresh = steward.post(f"{PARK}restore/", {"known": instant}, headers={"If-Match": steward.get(PARK)["ETag"]})
    assert (fresh.status_code, Park.objects.get().name_en) == (200, "One")
    park.delete()
    gone = steward.post(f"{PARK}restore/", {"known": instant}, headers={"If-Match": "*"})
    assert gone.status_code == 412


def test_before_it_was_recorded_there_is_nothing_to_restore(steward, park):
    early = (Change.objects.earliest("at").at - timedelta(days=1)).isoformat()
    response = restore(steward, PARK, early)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert response.json()["errors"] == [
        {"pointer": "#/known", "detail": "It was not recorded at that moment. Choose a later one."}
    ]


def test_from_the_moment_when_it_was_deleted_an_earlier_one_is_asked_for(steward, park):
    with change():
        park.delete()
    told = {"#/known": "It had been deleted by that moment. Choose an earlier one."}
    assert refused(restore(steward, PARK, now())) == told


def test_a_record_that_is_gone_is_named_as_it_was_known_at_last(steward, db):
    """By the number that the database has for it nobody could find it."""
    with change():
        park, source = make_park("suxitong"), make_source("sina-2004")
        key = make_citation(park, source=source).pk
    instant, path = now(), f"{V1}citations/{key}/"
    with change():
        Citation.objects.all().delete()
        source.delete()
    sentence = f"citation {key} refers to source sina-2004, which has been deleted since. Restore that first."
    assert refused(restore(steward, path, instant), 409) == {"#": sentence}
    assert restore(steward, f"{V1}sources/sina-2004/", instant).status_code == 200
    with change():
        park.delete()
    sentence = "What it is cited for, park suxitong, has been deleted since. Restore that: its citations come with it."
    assert refused(restore(steward, path, instant), 409) == {"#": sentence}


def test_a_row_that_is_of_another_record_now_is_not_taken_from_it(steward, park):
    instant, role = now(), park.roles.get()
    with change():
        CoManagementRole.objects.filter(pk=role.pk).update(park=make_park("other"))
    before = everything()
    sentence = (
        f"co-management role {role.pk} belongs to park other now and is not taken from there. Delete it there first."
    )
    for path in (PARK, f"{V1}co-management-roles/{role.id}/"):
        assert refused(restore(steward, path, instant), 409) == {"#": sentence}
    assert everything() == before


def test_what_it_refers_to_has_to_be_there(steward, park):
    instant, role = now(), park.roles.get()
    with change():
        park.roles.all().delete()
        Agreement.objects.all().delete()
    sentence = (
        f"co-management role {role.id} refers to agreement treaty, which has been deleted since. Restore that first."
    )
    for path in (PARK, f"{V1}co-management-roles/{role.id}/"):
        assert refused(restore(steward, path, instant), 409) == {"#": sentence}
    assert restore(steward, f"{V1}agreements/treaty/", instant).status_code == 200
    assert restore(steward, PARK, instant).status_code == 200


def test_what_took_its_place_is_not_pushed_out(steward, park):
    instant, old = now(), park.roles.get()
    with change():
        park.roles.all().delete()
        make_role(park, since="2003")
    before = everything()
    response = restore(steward, f"{V1}co-management-roles/{old.id}/", instant)
    assert response.status_code == 409, response.json()
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/known"),
        ({"known": None}, "#/known"),
        ({"known": 5}, "#/known"),
        ({"known": "2026"}, "#/known"),
        ({"known": "2026-07-01T12:00:00"}, "#/known"),
        ({"known": (timezone.now() + timedelta(days=1)).isoformat()}, "#/known"),
        ({"known": "2026-07-01T12:00:00Z", "name_en": "Two"}, "#/name_en"),
        ({"known": "2026-07-01T12:00:00Z", "change_reason": "x" * 501}, "#/change_reason"),
        ([], "#"),
    ],
)
def test_a_bad_body_is_refused_at_its_place(steward, park, body, pointer):
    versions = Version.objects.count()
    response = steward.post(f"{PARK}restore/", body)
    assert response.status_code == 400, response.json()
    assert [each["pointer"] for each in response.json()["errors"]] == [pointer]
    assert Version.objects.count() == versions


def test_what_never_was_is_not_found(steward, park):
    instant = now()
    for path in ("parks/no-such/", "co-management-roles/999999/", "divisions/999999/"):
        assert restore(steward, f"{V1}{path}", instant).status_code == 404
    for path in ("provinces/320000/", "parks/"):
        assert restore(steward, f"{V1}{path}", instant).status_code in (404, 405)
    assert steward.get(f"{PARK}restore/").status_code == 405
    assert steward.post(f"{PARK}restore/?known=2026-01-01T00:00:00Z", {"known": instant}).status_code == 400


def test_a_fact_of_another_kind_with_the_same_id_is_left_alone(steward, park):
    with change():
        remark = make_remark(park)
    instant = now()
    with change():
        Remark.objects.all().delete()
    assert restore(steward, f"{V1}remarks/{remark.id}/", instant).status_code == 200
    assert Remark.objects.get().id == remark.id


def test_a_slug_that_another_has_since_still_leads_to_the_record_that_had_it_then(steward, reader, park):
    with change():
        make_remark(park)
    before, instant = everything(), now()
    with change(reason="gone"):
        park.delete()
    with change(reason="another"):
        other = make_park("suxitong")
    told = restore(steward, PARK, instant)
    assert told.status_code == 409, told.json()
    [error] = told.json()["errors"]
    assert error["detail"] == "The slug “suxitong” is taken by another park since. Delete that first."
    later = now()
    with change(reason="freed"):
        other.delete()
    assert restore(steward, PARK, instant, change_reason="back").status_code == 200
    assert everything() == before
    assert restore(steward, PARK, later).status_code == 409
    # Nor is what happened to either hidden by the other.
    for feed in (f"{PARK}changes/", f"{V1}changes/?park=suxitong"):
        reasons = [each["reason"] for each in reader.get(feed).json()["results"]]
        assert reasons == ["back", "freed", "another", "gone", "", ""], feed


def test_rows_that_exchanged_places_are_restored(steward, db):
    with change():
        agreement = make_agreement("treaty")
        for number in (1, 2):
            make_citation(make_clause(agreement, number=number))
    path, before, instant = f"{V1}agreements/treaty/", everything(), now()
    clauses = steward.get(path).json()["clauses"]
    for clause, number in zip(clauses, (2, 1), strict=True):
        clause["number"] = number
    assert send(steward, "patch", path, {"clauses": clauses}).status_code == 200
    assert everything() != before
    assert restore(steward, path, instant).status_code == 200
    assert everything() == before


def test_what_refers_to_a_row_that_would_go_is_named(steward, db):
    with change():
        official = make_official("wang")
    instant = now()
    with change():
        post = make_post(official, title_en="Mayor")
    make_signatory(make_agreement("treaty"), official, post=post)
    before = everything()
    told = restore(steward, f"{V1}officials/wang/", instant)
    assert told.status_code == 409
    sentence = "The post “Mayor” would go, but signatory “treaty, wang, SIGNED” refers to it. Change that first."
    assert told.json()["errors"] == [{"pointer": "#", "detail": sentence}]
    assert everything() == before


def test_an_agreement_is_not_deleted_under_what_was_said_of_it(steward, db):
    make_statement(make_official("wang"), agreement=make_agreement("treaty"))
    told = send(steward, "delete", f"{V1}agreements/treaty/")
    assert told.status_code == 409
    assert told.json()["errors"] == [{"pointer": "#", "detail": "statement: wang", "count": 1}]


def test_it_asks_the_database_as_often_for_nine_facts_as_for_one(steward, db):
    asked = []
    for count in (1, 3, 9):
        with change():
            park = make_park(f"with-{count}")
            for year in range(count):
                make_event(park, date=f"{2000 + year}")
        instant = now()
        with change():
            park.events.all().delete()
        with CaptureQueriesContext(connection) as queries:
            assert restore(steward, f"{V1}parks/with-{count}/", instant).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] == asked[2]
