"""Files that mean no good: by their names, by their cells, by what they say that they are."""

import csv
import io
import json
import re
from shutil import rmtree

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from core.spreadsheets import FORMULA, neutralised, restored
from exchange.dataset.errors import DatasetError
from exchange.dataset.export import export_dataset
from exchange.dataset.load import import_dataset
from exchange.models import Import
from parks.models import Park
from tests.factories import make_division, make_park
from tests.hostile.corpus import FILE_NAMES, KEPT

pytestmark = pytest.mark.django_db
IMPORTS = "/api/v1/imports/"
HEADER = ["slug", "name_en", "host", "crosses"]


@pytest.fixture(autouse=True)
def imports(settings, tmp_path):
    settings.IMPORT_FILES = str(tmp_path / "imports")
    make_division("321282")
    return tmp_path / "imports"


def send(client, rows, name="parks.csv"):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file = SimpleUploadedFile("parks.csv", text.getvalue().encode())
    # past the care that Django's own client takes of names
    file._name = name
    return client.post(IMPORTS, {"file": file, "kind": "parks"}, format="multipart")


def body_of(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def files_in(folder) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_name_of_a_file_leads_nowhere(editor, tmp_path, imports):
    for name, kept in FILE_NAMES.items():
        answer = send(editor, [HEADER, ["new", "New", "321282", ""]], name)
        assert answer.status_code == 201, (name, answer.content)
        upload = Import.objects.get()
        assert upload.name == kept, name
        assert files_in(tmp_path) == {f"imports/{upload.pk}/{each}" for each in ("file", "lock", "report.ndjson")}
        for part in ("file", "report", "bad-rows"):
            sent = editor.get(f"{IMPORTS}{upload.pk}/{part}/")
            assert body_of(sent)
            [told] = [text for header, text in sent.items() if header == "Content-Disposition"]
            # one name in quotes, or encoded: nothing of it is another parameter
            assert re.fullmatch(r"attachment; filename(=\"[^\"\r\n/\\]*\"|\*=utf-8''[^;\"\r\n/\\]*)", told), (
                name,
                told,
            )
        upload.delete()
        rmtree(imports)
    assert not Park.objects.exists()


def test_no_cell_of_a_report_is_run(editor):
    texts = list(KEPT.values())
    # as an export writes them
    rows = [["wrong", *[neutralised(text)] * 3] for text in texts]
    rows += [[f"new-{number}", "New", "321282", neutralised(text)] for number, text in enumerate(texts)]
    address = f"{IMPORTS}{send(editor, [HEADER, *rows]).json()['id']}/"
    for part in ("report", "bad-rows"):
        sent = list(csv.reader(io.StringIO(body_of(editor.get(f"{address}{part}/")).decode("utf-8-sig"))))
        run = [cell for row in sent for cell in row if cell[:1] and cell[0] in FORMULA]
        assert run == [], part
        assert {restored(cell) for row in sent for cell in row} >= set(texts), part
    book = openpyxl.load_workbook(io.BytesIO(body_of(editor.get(f"{address}report/", {"form": "xlsx"}))))
    assert {cell.data_type for row in book.active.rows for cell in row} & {"f", "e"} == set()


# --- On the server --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "/etc/passwd",
        "csv/../../secret.csv",
        "csv/link.csv",
        "a\0b",
        "a\ud800b",
        "x" * 5000,
        "",
        None,
        [],
    ],
)
def test_a_dataset_reads_no_other_files(tmp_path, path):
    make_park("p")
    folder = tmp_path / "dataset"
    export_dataset(folder, formats=["csv"])
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "csv" / "link.csv").symlink_to(tmp_path / "secret.csv")
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"][0]["path"] = path
    (folder / "datapackage.json").write_text(json.dumps(package))
    with pytest.raises(DatasetError, match=r"lies outside of the dataset|is not whole") as refused:
        import_dataset(folder)
    assert "secret\n" not in str(refused.value)


def test_a_folder_that_claims_to_be_a_dataset_is_not_written_over(tmp_path):
    for text in ("[" * 100_000, '{"name": "park-registry", "resources": [{"path": []}]}', '{"name": "park-registry"}'):
        (tmp_path / "datapackage.json").write_text(text)
        with pytest.raises(DatasetError, match="is not empty and holds no dataset"):
            export_dataset(tmp_path)
        assert (tmp_path / "datapackage.json").read_text() == text


@pytest.mark.parametrize("arguments", [("{path}",), ("{path}", "--dry-run"), ("{path}", "--person", "' OR 1=1 --")])
@pytest.mark.parametrize("kind", ["parks", "'; DROP TABLE parks_park; --", "../parks", "parks\0"])
def test_the_command_refuses_what_is_no_kind_file_or_person(tmp_path, kind, arguments):
    before = make_park("p").name_en
    turned = tmp_path / "\u202evsc.csv"
    turned.write_text("slug,name_en,host\np,Park,321282\n")
    for path in (turned, "/dev/zero", "/proc/self/mem", str(tmp_path), "../" * 40 + "etc/passwd", "a\0b", "x" * 5000):
        with pytest.raises(CommandError):
            call_command("import_records", kind, *(each.format(path=path) for each in arguments))
    assert Park.objects.get().name_en == before
