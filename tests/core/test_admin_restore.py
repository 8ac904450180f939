"""Restoring in the admin: told before it is done, by stewards, as a change of its own."""

import time
from threading import Thread

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.urls import reverse

from agreements.models import Agreement, Official
from core.history import change, record_models
from core.models import Change, Version
from parks.models import CoManagementRole, Park
from sources.models import Citation
from tests.admin import page_of
from tests.factories import (
    make_agreement,
    make_citation,
    make_division,
    make_official,
    make_park,
    make_post,
    make_remark,
    make_role,
    make_share,
    make_signatory,
)
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward():
    return logged_in(make_person("stewards"))


@pytest.fixture
def park():
    with change():
        park = make_park("suxitong", name_en="One", established="2003")
        role = make_role(park, since="2003", agreement=make_agreement("treaty"))
        make_citation(role, field="since")
        make_citation(park)
        make_share(park, percent="60")
    return park


def edit_park():
    with change():
        Park.objects.update(name_en="Two")
        CoManagementRole.objects.all().delete()
        make_remark(Park.objects.get(), text_en="One board.")


def everything():
    return {model: list(model._base_manager.order_by("pk").values()) for model in record_models()}


def address(model, key, edit=None, state="before"):
    edit = edit or Change.objects.latest("id")
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_restore", args=[key, edit.pk, state])


def confirm(client, where, reason=""):
    version = client.get(where).context["form"]["version"].value()
    return client.post(where, {"version": version, "reason": reason})


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def sections(page):
    return {title: [row.title for row in rows] for title, rows in page.context["sections"]}


def test_what_would_change_is_told_and_nothing_written_before_it_is_confirmed(steward, park):
    edit_park()
    before, versions = everything(), Version.objects.count()
    page = steward.get(address(Park, park.pk))
    assert page.status_code == 200
    found = sections(page)
    assert {title: len(rows) for title, rows in found.items()} == {"Comes back": 2, "Is changed back": 1, "Goes": 1}
    assert any(title.startswith("Co-management role: operations") for title in found["Comes back"])
    assert found["Goes"][0].startswith("Remark")
    [changed] = page.context["sections"][1][1]
    assert [(field.old, field.new) for field in changed.fields] == [("Two", "One")]
    assert (everything(), Version.objects.count()) == (before, versions)


def test_an_edit_is_undone_and_done_again(steward, park):
    before = everything()
    edit_park()
    after, edit = everything(), Change.objects.latest("id")
    answer = confirm(steward, address(Park, park.pk, edit), "A mistake")
    assert (answer.status_code, answer["Location"]) == (302, page_of(park))
    assert told(answer) == ["4 rows restored."]
    assert everything() == before
    newest = Change.objects.latest("id")
    assert (newest.reason, newest.origin, newest.person.username) == ("A mistake", "ADMIN", "stewards")
    assert confirm(steward, address(Park, park.pk, edit, "after")).status_code == 302
    assert everything() == after
    [told_by_itself] = Change.objects.order_by("-id").values_list("reason", flat=True)[:1]
    assert told_by_itself == f"Restored to {edit.at:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert told_by_itself in steward.get(page_of(park, "history")).content.decode()


def test_a_deleted_park_is_restored_from_its_change(steward, park):
    before = everything()
    with change():
        park_key = park.pk
        park.delete()
    assert not Citation.objects.exists()
    page = steward.get(reverse("admin:core_change_change", args=[Change.objects.latest("id").pk]))
    [where] = [row.restore_url for row in page.context["rows"] if row.restore_url]
    assert where == address(Park, park_key)
    assert confirm(steward, where).status_code == 302
    assert everything() == before


def test_a_deleted_fact_is_restored_alone(steward, park):
    role = park.roles.get()
    edit_park()
    page = steward.get(reverse("admin:core_change_change", args=[Change.objects.latest("id").pk]))
    where = address(CoManagementRole, role.pk)
    assert where in [row.restore_url for row in page.context["rows"]]
    assert confirm(steward, where).status_code == 302
    assert CoManagementRole.objects.get().citations.count() == 1
    assert Park.objects.get().name_en == "Two"


def test_the_history_offers_each_state_but_the_present_and_the_time_before_all(steward, park):
    first = Change.objects.latest("id")
    edit_park()
    second = Change.objects.latest("id")
    page = steward.get(page_of(park, "history")).content.decode()
    assert address(Park, park.pk, second) in page
    assert address(Park, park.pk, first, "after") in page
    assert address(Park, park.pk, second, "after") not in page
    assert address(Park, park.pk, first) not in page


@pytest.mark.parametrize("group", ["readers", "editors"])
def test_only_stewards_restore(group, park):
    edit_park()
    before, edit, client = everything(), Change.objects.latest("id"), logged_in(make_person(group))
    for address_of_page in (page_of(park, "history"), reverse("admin:core_change_change", args=[edit.pk])):
        page = client.get(address_of_page)
        assert page.status_code == 200
        assert "/restore/" not in page.content.decode()
    for model, key in ((Park, park.pk), (CoManagementRole, Version.objects.filter(operation="DELETED")[0].key)):
        assert client.get(address(model, key, edit)).status_code == 403
        assert client.post(address(model, key, edit), {"version": 1}).status_code == 403
    assert everything() == before


def test_it_takes_the_permission_for_each_row_that_it_writes(park):
    person = make_person(is_staff=True)
    whole = ["add_park", "change_park", "delete_park", "view_park", "add_comanagementrole", "add_citation"]
    person.user_permissions.set(Permission.objects.filter(codename__in=whole))
    edit_park()
    before, where, client = everything(), address(Park, park.pk), logged_in(person)
    page = client.get(where)
    assert told(page) == ["Restoring is for stewards: it takes the permission “parks.delete_remark”."]
    assert {title: len(rows) for title, rows in sections(page).items()} == {
        "Comes back": 2,
        "Is changed back": 1,
        "Goes": 1,
    }
    assert 'name="version"' not in page.content.decode()
    assert client.post(where, {"version": page.context["form"]["version"].value()}).status_code == 403
    assert everything() == before
    person.user_permissions.add(Permission.objects.get(codename="delete_remark"))
    assert confirm(logged_in(person), where).status_code == 302


def test_what_it_refers_to_has_to_be_there(steward, park):
    with change():
        park.roles.all().delete()
        Agreement.objects.all().delete()
    before = everything()
    answer = confirm(steward, address(Park, park.pk))
    assert answer.status_code == 200
    [role] = Version.objects.filter(model="parks.comanagementrole", operation="DELETED")
    assert told(answer) == [
        f"co-management role {role.key} refers to agreement treaty, which has been deleted since. Restore that first."
    ]
    assert everything() == before


def test_a_change_seen_by_nobody_is_not_undone_unseen(steward, park):
    edit_park()
    where = address(Park, park.pk)
    version = steward.get(where).context["form"]["version"].value()
    with change():
        Park.objects.update(name_en="Three")
    before = everything()
    answer = steward.post(where, {"version": version, "reason": "why"})
    assert told(answer) == ["Not restored: it was changed after you opened this page. Look again what would change."]
    assert everything() == before
    form = answer.context["form"]
    again = {"version": form["version"].value(), "reason": form["reason"].value()}
    assert steward.post(where, again).status_code == 302
    assert (Park.objects.get().name_en, Change.objects.latest("id").reason) == ("One", "why")


def test_what_is_of_another_record_now_is_told_and_not_taken_from_it(steward, park):
    role, edit = park.roles.get(), Change.objects.latest("id")
    with change():
        CoManagementRole.objects.filter(pk=role.pk).update(park=make_park("other"))
    before = everything()
    where = address(Park, park.pk, edit, "after")
    sentence = (
        f"co-management role {role.pk} belongs to park other now and is not taken from there. Delete it there first."
    )
    page = steward.get(where)
    assert (told(page), page.context["sections"]) == ([sentence], [])
    assert told(confirm(steward, where)) == [sentence]
    assert everything() == before


def test_from_the_moment_when_it_was_deleted_an_earlier_one_is_asked_for(steward, park):
    key = park.pk
    with change():
        park.delete()
    page = steward.get(address(Park, key, state="after"))
    assert told(page) == ["It had been deleted by that moment. Choose an earlier one."]
    assert "Nothing would change." not in page.content.decode()


def test_before_it_was_recorded_there_is_nothing_to_restore(steward, park):
    page = steward.get(address(Park, park.pk))
    assert told(page) == ["It was not recorded at that moment. Choose a later one."]
    assert page.context["sections"] == []


@pytest.mark.parametrize("form", [{}, {"version": "x"}, {"version": "9" * 30}, {"version": "1", "reason": "x" * 501}])
def test_a_bad_form_restores_nothing(steward, park, form):
    edit_park()
    before = everything()
    assert steward.post(address(Park, park.pk), form).status_code == 200
    assert everything() == before


def test_a_citation_is_not_restored_without_what_it_is_cited_for(steward, park):
    cited = park.roles.get().citations.get()
    edit_park()
    before = everything()
    answer = confirm(steward, address(Citation, cited.pk))
    role = Version.objects.filter(model="parks.comanagementrole", operation="DELETED").get().key
    assert told(answer) == [
        f"What it is cited for, co-management role {role}, has been deleted since. "
        "Restore that: its citations come with it."
    ]
    assert everything() == before


def test_what_never_was_is_not_found(steward, park):
    edit = Change.objects.latest("id").pk
    pages = reverse("admin:parks_park_changelist")
    for rest in (
        f"999999/restore/{edit}/before/",
        f"x/restore/{edit}/before/",
        f"{park.pk}/restore/{edit}/never/",
        f"{park.pk}/restore/{'9' * 30}/before/",
        f"{'9' * 30}/restore/{edit}/before/",
        f"%00/restore/{edit}/before/",
    ):
        assert steward.get(pages + rest).status_code == 404, rest


def test_a_division_is_restored_by_its_code(steward):
    with change():
        division = make_division("320281", name_en="Jiangyin")
    with change():
        type(division).objects.filter(pk="320281").update(name_en="Other")
    assert confirm(steward, address(type(division), "320281")).status_code == 302
    division.refresh_from_db()
    assert division.name_en == "Jiangyin"


def test_what_refers_to_a_row_that_would_go_is_named(steward):
    with change():
        official = make_official("wang")
    with change():
        post = make_post(official, title_en="Mayor")
    make_signatory(make_agreement("treaty"), official, post=post)
    before, edit = everything(), Change.objects.filter(versions__model="agreements.post").get()
    answer = confirm(steward, address(Official, official.pk, edit))
    assert told(answer) == [
        "The post “Mayor” would go, but signatory “treaty, wang, SIGNED” refers to it. Change that first."
    ]
    assert everything() == before


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.skipif("sqlite" in str(connection.settings_dict["ENGINE"]), reason="one transaction writes at a time")
@pytest.mark.parametrize("model", [Park, CoManagementRole])
def test_an_edit_under_way_is_waited_for_and_seen(park, model):
    """Else it would be undone by somebody who has not seen it."""
    client, role = logged_in(make_person("stewards")), park.roles.get()
    key = park.pk if model is Park else role.pk
    with change():
        CoManagementRole.objects.update(note="Two")
        Park.objects.update(name_en="Two")
    where, answers = address(model, key), []
    version = client.get(where).context["form"]["version"].value()

    def confirm_meanwhile():
        answers.append(told(client.post(where, {"version": version})))
        connection.close()

    other = Thread(target=confirm_meanwhile)
    with change():
        # The record first, then its facts, as every writer does.
        Park.objects.select_for_update().get(pk=park.pk)
        other.start()
        until_somebody_waits(other)
        model.objects.filter(pk=key).update(**{"name_en" if model is Park else "note": "Three"})
    other.join(20)
    assert answers == [
        ["Not restored: it was changed after you opened this page. Look again what would change."],
    ]
    assert (Park.objects.get().name_en if model is Park else CoManagementRole.objects.get().note) == "Three"


def until_somebody_waits(other):
    """Until the database tells that the `other` thread waits for this one, or that has ended without."""
    with connection.cursor() as cursor:
        for _attempt in range(200):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] or not other.is_alive():
                return
            time.sleep(0.05)
