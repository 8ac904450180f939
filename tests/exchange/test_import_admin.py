"""Imports in the admin: sent, looked at, applied, undone, by those who may."""

from shutil import rmtree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.models import Change
from exchange.imports.places import folder_of
from exchange.models import Import
from parks.models import CoManagementRole, Park
from tests.factories import make_division, make_indicator, make_observation, make_park, make_source
from tests.people import logged_in, make_person

GOOD = "park,function,division,since\njiangyin-jingjiang,OPERATIONS,320281,2003\n"
BAD = "jiangyin-jingjiang,NOTHING,320281,2003\n"
ADD = "/admin/exchange/import/add/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def registry(settings, tmp_path):
    settings.IMPORT_FILES = str(tmp_path)
    make_park("jiangyin-jingjiang", host="321282")
    make_division("320281")


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


@pytest.fixture
def steward():
    return logged_in(make_person("stewards"))


def send(client, text=GOOD, kind="co-management-roles", **told):
    file = SimpleUploadedFile("roles.csv", text.encode())
    return client.post(ADD, {"file": file, "kind": kind, **told}, follow=True)


def do(client, deed, **told):
    address = reverse(f"admin:exchange_import_{deed}", args=[Import.objects.get().pk])
    return client.post(address, told, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_a_file_is_checked_applied_and_undone(editor, steward):
    source = make_source("daily")
    page = send(editor, source=source.pk, reason="From the office")
    upload = Import.objects.get()
    assert page.redirect_chain == [(f"/admin/exchange/import/{upload.pk}/change/", 302)]
    assert (upload.state, upload.source, upload.reason) == ("CHECKED", "daily", "From the office")
    assert not CoManagementRole.objects.exists()
    assert [line["outcome"] for line in page.context["lines"]] == ["new"]

    assert said(do(editor, "apply")) == ["1 record written."]
    change = Change.objects.latest("id")
    assert (change.origin, change.person.username, change.source) == ("IMPORT", "editors", "daily")
    assert CoManagementRole.objects.count() == 1
    assert said(do(editor, "apply")) == ["This has been applied already. Send the file again to apply it again."]

    assert do(editor, "undo").status_code == 403
    assert said(do(steward, "undo", reason="By mistake")) == ["Undone: 2 rows are as they were."]
    assert not CoManagementRole.objects.exists()
    assert Change.objects.latest("id").reason == "By mistake"


def test_wrong_lines_stop_all_unless_only_the_good_are_wanted(editor):
    page = send(editor, GOOD + BAD)
    assert page.context["counts"] == [
        ("new", "new", 1),
        ("changed", "changed", 0),
        ("unchanged", "unchanged", 0),
        ("error", "error", 1),
    ]
    assert said(do(editor, "apply")) == ["Some lines are wrong, so nothing was written."]
    assert not CoManagementRole.objects.exists()
    assert said(do(editor, "apply", only_good="true")) == ["1 record written."]
    assert CoManagementRole.objects.count() == 1


def test_lines_come_by_outcome_and_in_pages(editor):
    lines = [f"jiangyin-jingjiang,LAND,320281,{year}\n" for year in range(1900, 1960)]
    send(editor, GOOD + "".join(lines))
    address = f"/admin/exchange/import/{Import.objects.get().pk}/change/"
    shown = editor.get(address, {"outcome": "error", "p": 2}).context
    assert ({line["outcome"] for line in shown["lines"]}, shown["page"].number) == ({"error"}, 2)
    assert "?outcome=error&amp;p=1" in editor.get(address, {"outcome": "error", "p": 2}).content.decode()


def test_files_can_be_taken(editor):
    send(editor, GOOD + BAD)
    address = f"/admin/exchange/import/{Import.objects.get().pk}/"
    for part in ("file/", "report/", "report/?format=xlsx", "bad-rows/"):
        response = editor.get(address + part)
        assert response.status_code == 200
        assert b"".join(response.streaming_content)


def test_what_is_no_longer_kept_is_not_applied(editor):
    send(editor)
    rmtree(folder_of(Import.objects.get()))
    assert said(do(editor, "apply")) == ["The files of this import are no longer kept."]
    assert Import.objects.get().state == "CHECKED"


def test_lines_are_told_in_the_words_of_the_reader(editor):
    make_observation(Park.objects.get(), make_indicator("gdp"), period="2021", value="11520000000")
    text = "园区,指标,年份,数值（亿元）\njiangyin-jingjiang,gdp,2021,约109.8\njiangyin-jingjiang,gdp,2022,x\n"
    send(editor, text, kind="observations")
    address = f"/admin/exchange/import/{Import.objects.get().pk}/change/"
    changed, wrong = editor.get(address, headers={"accept-language": "zh-hans"}).context["lines"]
    assert [(each["label"], each["old"], each["new"]) for each in changed["changes"]] == [
        ("数值", "11520000000", "10980000000"),
        ("精确程度", "确数", "约数"),
        ("原文表述", "", "约109.8亿元"),
    ]
    assert [each["label"] for each in wrong["problems"]] == ["数值"]


def test_what_cannot_be_read_is_told_in_the_form(editor):
    page = send(editor, "nonsense\n1\n")
    assert "No column is called “nonsense”" in page.context["form"].errors["file"][0]
    assert send(editor, kind="").context["form"].errors["kind"]
    assert not Import.objects.exists()


def test_the_form_offers_what_the_person_may_write(editor, steward):
    def kinds(client):
        return {name for name, _label in client.get(ADD).context["form"].fields["kind"].choices}

    assert "divisions" in kinds(steward)
    assert "divisions" not in kinds(editor)
    assert "parks" in kinds(editor)


def test_readers_see_imports_and_send_none(editor):
    send(editor)
    reader = logged_in(make_person("readers"))
    address = f"/admin/exchange/import/{Import.objects.get().pk}/change/"
    page = reader.get(address)
    assert (page.context["may_apply"], page.context["may_undo"]) == (False, False)
    assert reader.get("/admin/exchange/import/").status_code == 200
    assert reader.get(ADD).status_code == send(reader).status_code == 403
    assert do(reader, "apply").status_code == do(reader, "undo").status_code == 403
    assert not CoManagementRole.objects.exists()


def test_an_outsider_sees_nothing(editor):
    send(editor)
    outsider = logged_in(make_person(is_staff=True))
    for part in ("", "add/", "1/change/"):
        assert outsider.get(f"/admin/exchange/import/{part}").status_code == 403
    for part in ("file/", "report/", "bad-rows/"):
        assert outsider.get(f"/admin/exchange/import/{Import.objects.get().pk}/{part}").status_code == 403


def test_an_import_that_there_is_not_is_not_found(steward):
    assert steward.get("/admin/exchange/import/7/change/").status_code == 404
    assert steward.get("/admin/exchange/import/x/change/").status_code == 404
    assert steward.post("/admin/exchange/import/7/apply/").status_code == 404
