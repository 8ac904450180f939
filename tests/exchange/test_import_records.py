"""`manage.py import_records`: what it prints, its exit codes, and what is left of it when it is killed."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings as registry
from django.core.management import CommandError, call_command
from django.db import connection

from core.models import Version
from exchange.models import Import
from parks.models import Park
from tests.factories import make_division, make_park, make_source
from tests.people import make_person
from tests.serving import wait_until


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.IMPORT_FILES = str(tmp_path / "imports")


@pytest.fixture
def file(tmp_path):
    def file(*lines, name="parks.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text("\n".join([*lines, ""]), encoding=encoding)
        return path

    return file


def run(*arguments, **options):
    """What it prints, and with which exit code and error it ends."""
    out = io.StringIO()
    try:
        call_command("import_records", *map(str, arguments), stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), error.returncode, str(error)
    return out.getvalue(), 0, ""


@pytest.mark.django_db
def test_command_imports_and_undoes(file):
    make_division("321282")
    make_park("b", name_en="Old")
    make_source("yearbook")
    make_person("stewards", username="li")
    path = file("slug,name_en,host", "a,A,321282", "b,B,", "c,C,321282")
    printed, code, error = run("parks", path, source="yearbook", person="li", reason="Why")
    done = Import.objects.get()
    assert (printed, code, error) == (
        f"Import {done.pk}, parks.csv: 2 new, 1 changed, 0 unchanged, 0 wrong. Written as change {done.change_id}; "
        f"undo it with: import_records --undo {done.pk}\n",
        0,
        "",
    )
    assert (done.change.person.username, done.change.source, done.options["sheet"]) == ("li", "yearbook", "")
    assert run("--list")[0].split("Z")[0].endswith("2 new, 1 changed, 0 unchanged, 0 wrong, by li\n")
    printed, code, error = run(undo=done.pk)
    done.refresh_from_db()
    assert printed == f"Import {done.pk} is undone: 6 rows are as they were, as change {done.undone_by_id}.\n"
    assert [*Park.objects.values_list("slug", "name_en")] == [("b", "Old")]
    assert run(undo=999)[1:] == (1, "There is no import 999. Look at: import_records --list")


@pytest.mark.django_db
def test_command_tells_errors_and_hands_back_what_is_wrong(file, tmp_path):
    make_division("321282")
    path = file("slug,name_en,host", "good,Good,321282", *(f"p{number},P,32128" for number in range(25)))
    report, bad = tmp_path / "report.xlsx", tmp_path / "bad.csv"
    printed, code, error = run("parks", path, report=report, bad_rows=bad)
    assert printed.endswith("1 new, 0 changed, 0 unchanged, 25 wrong. Nothing was written.\n")
    assert code == 1
    lines = error.splitlines()
    assert len(lines) == 22
    assert lines[0].startswith("line 3, host: There is no division “32128”.")
    assert lines[20:] == [
        f"and 5 more lines: see {report}",
        f"The lines that are wrong are in {bad}: mend them there and import that.",
    ]
    assert openpyxl.load_workbook(report).active.max_row == 1 + 2 + 25
    assert not Park.objects.exists()
    printed, code, _error = run("parks", path, only_good=True)
    assert (code, [park.slug for park in Park.objects.all()]) == (1, ["good"])
    bad.write_text(bad.read_text(encoding="utf-8-sig").replace(",32128,", ",321282,"))
    assert run("parks", bad)[1] == 0
    assert Park.objects.count() == 26


@pytest.mark.django_db
def test_dry_run_writes_nothing(file):
    make_division("321282")
    before = Version.objects.count()
    printed, code, error = run("parks", file("slug,name_en,host", "a,A,321282"), dry_run=True)
    assert printed.endswith("1 new, 0 changed, 0 unchanged, 0 wrong. Nothing was written: this was a dry run.\n")
    assert (code, error, Version.objects.count()) == (0, "", before)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["park", "parks.csv"], "There is no kind of record 'park'. Did you mean parks? The kinds are: "),
        (["parks", "nothing.csv"], "There is no file nothing.csv."),
        (["parks"], "Say which KIND of record to import and from which FILE"),
        (["parks", "FILE", "--person", "nobody"], "There is nobody active called 'nobody'."),
        (
            ["parks", "FILE", "--source", "nothing"],
            "There is no source “nothing”. Record it first.\nNothing was written.",
        ),
        (["parks", "FILE", "--person", "outsider"], "You lack the permission “parks.add_park”. You lack"),
        (["parks", "FILE", "--sheet", "One"], "Only a workbook has sheets: leave the sheet out.\nNothing was written."),
        (["parks", "FILE", "--report", "r.txt"], "--report is a .xlsx or .csv file."),
        (["parks", "FILE", "--report", "/nowhere/r.csv"], "/nowhere/r.csv cannot be written: name a file in a folder"),
        (["parks", "FILE", "--bad-rows", "/"], "/ cannot be written: name a file in a folder that is there."),
        (["events", "FILE"], "No column is called “slug”."),
    ],
)
def test_command_says_what_is_wrong_with_what_it_was_told(file, arguments, told):
    make_person()
    path = file("slug,name_en", "a,A")
    printed, code, error = run(*(path if each == "FILE" else each for each in arguments))
    assert (printed, code) == ("", 1)
    assert told in error
    assert not Park.objects.exists()


# --- Killed ---------------------------------------------------------------------------------------------------------


def process(path, folder):
    """The command at work on the database of the tests, in a process of its own."""
    told = connection.settings_dict
    url = f"sqlite:///{told['NAME']}"
    if connection.vendor == "postgresql":
        base, _slash, _name = os.environ["DATABASE_URL"].rpartition("/")
        url = f"{base}/{told['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_records", "parks", str(path)],
        cwd=registry.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url, "IMPORT_FILES": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_killed_process_leaves_nothing_and_running_it_again_goes_on(file, settings):
    make_division("321282")
    many = 8000
    path = file("slug,name_en,host", *(f"p{number},P{number},321282" for number in range(many)))
    folder, before = Path(settings.IMPORT_FILES), Version.objects.count()

    def is_half_way():
        reports = [*folder.glob("*/next.ndjson")]
        return bool(reports) and reports[0].stat().st_size > 200_000

    with process(path, folder) as killed:
        wait_until(is_half_way, 60)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert (Park.objects.count(), Version.objects.count()) == (0, before)
    [broken] = Import.objects.all()
    assert broken.state == Import.State.BEGUN
    with process(path, folder) as again:
        printed, error = again.communicate(timeout=120)
    assert (again.returncode, error) == (0, "")
    done, broken = Import.objects.all()
    assert printed.startswith(f"Import {broken.pk} of this file was broken off and wrote nothing. Starting again.\n")
    assert (broken.state, done.state, done.new, Park.objects.count()) == ("FAILED", "APPLIED", many, many)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_imports_at_once_take_turns(file, settings):
    make_division("321282")
    lines = [f"p{number},P{number},321282" for number in range(1500)]
    paths = [
        file("slug,name_en,host", *lines, name="one.csv"),
        file("slug,name_en,host", *reversed(lines), name="other.csv"),
    ]
    at_once = [process(path, settings.IMPORT_FILES) for path in paths]
    assert [(each.communicate(timeout=120)[1], each.returncode) for each in at_once] == [("", 0)] * 2
    assert sorted((each.new, each.unchanged) for each in Import.objects.all()) == [(0, 1500), (1500, 0)]
    assert Park.objects.count() == 1500
