"""Imports over the API: who may send what, what is answered, what is written."""

import csv
import json
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from core.models import Change
from exchange.imports.places import told_where_full
from exchange.models import Import
from parks.models import CoManagementRole, Park
from sources.models import Citation
from tests.factories import make_division, make_park, make_source
from tests.people import client_of, make_person
from tests.rest import HOST, refused

IMPORTS = "/api/v1/imports/"
GOOD = "park,function,division,since\njiangyin-jingjiang,OPERATIONS,江阴市,2003\n"
BAD = "jiangyin-jingjiang,NOTHING,江阴市,2003\n"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def registry(settings, tmp_path):
    settings.IMPORT_FILES = str(tmp_path)
    make_park("jiangyin-jingjiang", host="321282")
    make_division("320281", name_en="Jiangyin", name_zh="江阴市")


def send(client, text=GOOD, kind="roles", name="roles.csv", **told):
    file = SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)
    return client.post(IMPORTS, {"file": file, "kind": kind, **told}, format="multipart")


def sent(client, *args, **told):
    response = send(client, *args, **told)
    assert response.status_code == 201, response.content
    return response.json()


def body_of(response):
    assert response.status_code == 200, response
    return b"".join(response.streaming_content)


def test_a_file_is_checked_and_nothing_written(editor):
    response = send(editor, GOOD + BAD, change_reason="From the office")
    upload = Import.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"{HOST}/imports/{upload.pk}/"
    assert response.json() == {
        "id": upload.pk,
        "url": f"{HOST}/imports/{upload.pk}/",
        "kind": "co-management-roles",
        "name": "roles.csv",
        "format": "csv",
        "bytes": len((GOOD + BAD).encode()),
        "sha256": upload.sha256,
        "person": "editor",
        "source": "",
        "reason": "From the office",
        "at": response.json()["at"],
        "state": "CHECKED",
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "errors": 1,
        "rows": f"{HOST}/imports/{upload.pk}/rows/",
        "change": None,
        "undone_by": None,
    }
    assert not CoManagementRole.objects.exists()
    assert editor.get(IMPORTS).json()["results"] == [editor.get(response["Location"]).json()] == [response.json()]


def test_rows_tell_each_line_by_pages_and_by_outcome(editor):
    address = sent(editor, GOOD + BAD)["rows"]
    lines = editor.get(address).json()
    assert (lines["count"], [line["outcome"] for line in lines["results"]]) == (2, ["new", "error"])
    meant = [{"column": "division", "written": "江阴市", "meant": "Jiangyin 江阴市 (320281)"}]
    assert [line["meant"] for line in lines["results"]] == [meant, meant]
    page = editor.get(address, {"outcome": "error", "limit": 1}).json()
    assert (page["count"], page["next"], page["results"]) == (1, None, lines["results"][1:])
    assert [each["column"] for each in page["results"][0]["problems"]] == ["function"]
    assert editor.get(address, {"outcome": "wrong"}).json()["errors"][0]["parameter"] == "outcome"


def test_report_and_bad_rows_and_the_file_itself_can_be_taken(editor, tmp_path):
    address = sent(editor, GOOD + BAD)["url"]
    response = editor.get(f"{address}bad-rows/")
    assert response["Content-Disposition"] == 'attachment; filename="roles-to-mend.csv"'
    header, line = body_of(response).decode("utf-8-sig").splitlines()
    assert header == "park,function,division,since,problem"
    assert line.startswith("jiangyin-jingjiang,NOTHING,江阴市,2003,")
    assert body_of(editor.get(f"{address}file/")) == (GOOD + BAD).encode()
    assert body_of(editor.get(f"{address}report/")).decode("utf-8-sig").splitlines()[1].startswith("2,new,")
    book = tmp_path / "report.xlsx"
    book.write_bytes(body_of(editor.get(f"{address}report/", {"form": "xlsx", "outcome": "error"})))
    assert [row[:2] for row in load_workbook(book).active.values][1:] == [(3, "error")]


def test_apply_writes_what_was_shown_as_one_change(editor):
    make_source("daily")
    told = sent(editor, source="daily", change_reason="From the office")
    response = editor.post(f"{told['url']}apply/", {})
    change = Change.objects.latest("id")
    assert response.json() == {**told, "state": "APPLIED", "change": f"{HOST}/changes/{change.pk}/rows/"}
    assert (change.person.username, change.origin, change.source) == ("editor", "IMPORT", "daily")
    assert change.reason == f"roles.csv {told['sha256'][:12]} From the office"
    role = CoManagementRole.objects.get()
    assert Citation.objects.of(role).count() == 1
    refused(editor.post(f"{told['url']}apply/", {}), 409)


def test_apply_writes_nothing_where_a_line_is_wrong_or_the_good_alone_when_asked(editor):
    told = sent(editor, GOOD + BAD)
    refused(editor.post(f"{told['url']}apply/", {}), 409)
    assert not CoManagementRole.objects.exists()
    done = editor.post(f"{told['url']}apply/", {"only_good": True}).json()
    assert (done["state"], done["new"], done["errors"]) == ("PARTLY_APPLIED", 1, 1)
    assert CoManagementRole.objects.count() == 1


def test_apply_is_refused_where_something_else_would_be_done_now(editor):
    told = sent(editor, "slug,name_en\njiangyin-jingjiang,Another name\n", "parks")
    Park.objects.update(name_en="Another name")
    said = refused(editor.post(f"{told['url']}apply/", {}), 409)
    assert said == {"#": "The registry was changed since this was checked: check it again."}


def test_undo_puts_everything_back_and_is_for_stewards(editor, steward):
    told = sent(editor)
    editor.post(f"{told['url']}apply/", {})
    refused(editor.post(f"{told['url']}undo/", {}), 403)
    done = steward.post(f"{told['url']}undo/", {"change_reason": "By mistake"}).json()
    change = Change.objects.latest("id")
    assert (done["state"], done["undone_by"]) == ("UNDONE", f"{HOST}/changes/{change.pk}/rows/")
    assert (change.person.username, change.reason) == ("steward", "By mistake")
    assert not CoManagementRole.objects.exists()
    refused(steward.post(f"{told['url']}undo/", {}), 409)


def test_imports_are_for_those_who_may(reader, editor, outsider):
    address = sent(editor)["url"]
    own_reader = client_of(make_person("readers"))
    for path in (IMPORTS, address, f"{address}rows/", f"{address}file/", f"{address}report/", f"{address}bad-rows/"):
        assert reader.get(path).status_code == 401
        assert outsider.get(path).status_code == 403
        response = own_reader.get(path)
        assert response.status_code == 200
        # Read to its end, it is closed.
        list(response)
    for client, status in ((reader, 401), (outsider, 403), (own_reader, 403)):
        assert send(client).status_code == status
        assert client.post(f"{address}apply/", {}).status_code == status
        assert client.post(f"{address}undo/", {}).status_code == status
    assert Import.objects.count() == 1
    assert not CoManagementRole.objects.exists()


def test_a_file_of_records_that_the_person_may_not_write_is_refused(editor):
    refused(send(editor, "code,name_en,level,kind\nXX,Nowhere,NATION,STATE\n", "divisions"), 403)
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"kind": "parcels"}, "#/kind"),
        ({"text": b"%PDF-1.7\n"}, "#"),
        ({"text": b""}, "#"),
        ({"text": "park,nonsense\na,b\n"}, "#"),
        ({"source": "no-such"}, "#"),
        ({"sheet": "one"}, "#"),
        ({"encoding": "klingon"}, "#"),
        ({"separator": "###"}, "#"),
        ({"change_reason": "x" * 501}, "#/change_reason"),
        ({"nonsense": "x"}, "#/nonsense"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(editor, told, pointer):
    assert refused(send(editor, **told)).keys() == {pointer}
    assert not Import.objects.exists()


def test_what_is_no_form_is_refused(editor):
    refused(editor.post(IMPORTS, {"kind": "roles"}), 415)
    assert refused(editor.post(IMPORTS, {"kind": "roles"}, format="multipart")).keys() == {"#/file"}


def test_an_import_that_there_is_not_is_not_found(steward):
    for path in (f"{IMPORTS}7/", f"{IMPORTS}7/rows/", f"{IMPORTS}7/file/"):
        refused(steward.get(path), 404)
    refused(steward.post(f"{IMPORTS}7/apply/", {}), 404)
    refused(steward.post(f"{IMPORTS}7/undo/", {}), 404)


def test_nobody_else_on_the_machine_reads_what_was_sent(editor, tmp_path):
    """Also where the registry was not started by its unit, which has a umask."""
    folder = tmp_path / str(sent(editor)["id"])
    assert oct(folder.stat().st_mode & 0o777) == oct(0o700)


def test_files_that_are_no_longer_kept_are_not_found(editor, tmp_path):
    told = sent(editor)
    for path in tmp_path.rglob("*.*"):
        path.unlink()
    for path in tmp_path.rglob("file"):
        path.unlink()
    for part in ("rows/", "report/", "bad-rows/", "file/"):
        refused(editor.get(f"{told['url']}{part}"), 404)
    refused(editor.post(f"{told['url']}apply/", {}), 404)
    assert editor.get(told["url"]).json() == told


def test_list_of_imports_comes_whole_in_every_format(editor, reader):
    sent(editor)
    sent(editor, name="again.csv")
    page = editor.get(IMPORTS).json()["results"]
    assert [json.loads(line) for line in body_of(editor.get("/api/v1/imports.ndjson")).splitlines()] == page
    rows = csv.DictReader(body_of(editor.get("/api/v1/imports.csv")).decode("utf-8-sig").splitlines())
    assert [each["name"] for each in rows] == ["again.csv", "roles.csv"]
    [sheet] = load_workbook(BytesIO(body_of(editor.get("/api/v1/imports.xlsx"))))
    assert (sheet.title, sheet.max_row) == ("imports", 3)
    assert "private" in editor.get("/api/v1/imports.csv")["Cache-Control"]
    assert reader.get("/api/v1/imports.csv").status_code == 401
    assert editor.get("/api/v1/imports.csv?limit=1").status_code == 400


def test_wrong_sheet_is_told_with_the_others(editor):
    book = Workbook()
    book.active.title = "Notes"
    book.active.append(["To be done", "By whom"])
    roles = book.create_sheet("Roles")
    roles.append(["park", "function", "division"])
    roles.append(["jiangyin-jingjiang", "LAND", "江阴市"])
    book.save(file := BytesIO())
    response = send(editor, file.getvalue(), name="roles.xlsx")
    assert response.status_code == 400
    assert [each["detail"] for each in response.json()["errors"]][-2:] == [
        "No header is known: is the first row a title, or does this table hold other records?",
        "Read is the sheet “Notes”. Passed over are: “Roles”.",
    ]
    assert sent(editor, file.getvalue(), name="roles.xlsx", sheet="Roles")["new"] == 1


def test_of_a_file_that_is_refused_nothing_stays_on_the_disk(editor, tmp_path, settings):
    settings.IMPORT_FILES = str(tmp_path / "files")
    for text in ("no,such,columns\n1,2,3\n", "", "%PDF", GOOD.replace("since", "sinse")):
        assert send(editor, text).status_code == 400, text
    settings.IMPORT_MEGABYTES = 0
    refused(send(editor))
    assert [*(tmp_path / "files").iterdir()] == []


def test_full_disk_is_told_in_words():
    # Linux's own disk that is always full.
    with pytest.raises(ValidationError, match="The disk of the server is full"), told_where_full():
        Path("/dev/full").write_text("park", encoding="utf-8")
    with pytest.raises(FileNotFoundError), told_where_full():
        Path("/nowhere/file").write_text("park", encoding="utf-8")
