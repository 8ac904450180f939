"""The dataset: what its files hold, that each keeps its own promises, and that it is there whole or not at all."""

import csv
import json
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pyarrow import parquet

from core.history import change
from core.models import Change
from exchange.dataset import export, state, writers
from exchange.dataset.errors import DatasetError
from exchange.dataset.export import export_dataset
from exchange.dataset.place import replacing
from exchange.tables import tables
from parks.models import Park
from sources.models import Citation, Source
from tests.edits import open_edit
from tests.factories import (
    MAKERS,
    make_agreement,
    make_citation,
    make_division,
    make_event,
    make_indicator,
    make_observation,
    make_park,
    make_role,
    make_source,
    make_whole_park,
)

at_once = pytest.mark.django_db(transaction=True, serialized_rollback=True)
POSTGRESQL = connection.vendor == "postgresql"


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "dataset"


def package(folder):
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def resource_of(folder, name):
    return next(each for each in package(folder)["resources"] if each["name"] == name)


def field_of(folder, table, name):
    return next(each for each in resource_of(folder, table)["schema"]["fields"] if each["name"] == name)


def rows(folder, table):
    with (folder / "csv" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def validated(folder):
    """What the command `frictionless validate` finds: the kinds of errors, by resource that has any."""
    command = [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    report = json.loads(ran.stdout)
    assert ran.returncode == (0 if report["valid"] else 1)
    assert len(report["tasks"]) == len(package(folder)["resources"])
    return {task["name"]: [error["type"] for error in task["errors"]] for task in report["tasks"] if task["errors"]}


# --- What it holds --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_package_of_the_shipped_records_is_valid_with_and_without_its_foreign_keys(folder):
    call_command("loaddata", "divisions", "jiangyin_jingjiang", "parks", verbosity=0)
    counts, _version = export_dataset(folder)
    assert counts == {name: table.model._base_manager.count() for name, table in tables().items()}
    assert {name: len(rows(folder, name)) for name in counts} == counts
    assert validated(folder) == {}
    told = package(folder)
    for each in told["resources"]:
        each.get("schema", {}).pop("foreignKeys", None)
    (folder / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")
    assert validated(folder) == {}


@pytest.mark.django_db
def test_package_refuses_what_the_registry_would(folder):
    make_role(make_park("p"), since="2003")
    make_division("SG", level="NATION", kind="STATE")
    export_dataset(folder)
    path = folder / "csv" / "co-management-roles.csv"
    told = package(folder)
    for each in told["resources"]:
        # What the change of the file itself would be noticed by.
        del each["hash"], each["bytes"]
    (folder / "datapackage.json").write_text(json.dumps(told), encoding="utf-8")
    line = "p,OPERATIONS,320281,,IN_FORCE,2003,,,\n"
    bad = {
        line: "primary-key",
        line.replace("p,", "q,", 1): "foreign-key",
        line.replace("OPERATIONS", "DANCING"): "constraint-error",
        line.replace("2003", "2003-13"): "constraint-error",
        line.replace("p,", ",", 1): "constraint-error",
    }
    path.write_text(path.read_text(encoding="utf-8") + "".join(bad), encoding="utf-8")
    assert validated(folder) == {"co-management-roles": [*bad.values()]}


@pytest.mark.django_db
def test_package_notices_a_changed_file(folder):
    make_park("p")
    export_dataset(folder)
    changed = {
        "parks": "csv/parks.csv",
        "registry-sqlite3": "registry.sqlite3",
        "parks-parquet": "parquet/parks.parquet",
    }
    for path in changed.values():
        before = (folder / path).read_bytes()
        (folder / path).write_bytes(before[:-1] + b"?")
    assert {name for name, kinds in validated(folder).items() if "hash-count" in kinds} == changed.keys()


@pytest.mark.django_db
def test_fields_tell_type_meaning_and_rules_in_english_and_chinese(folder):
    export_dataset(folder, formats=["csv"])
    assert field_of(folder, "co-management-roles", "standing") == {
        "name": "standing",
        "type": "string",
        "title": "Standing",
        "title_zh": "效力",
        "labels": {"PROPOSED": "proposed", "IN_FORCE": "in force"},
        "labels_zh": {"PROPOSED": "拟议", "IN_FORCE": "生效"},
        "constraints": {"required": True, "enum": ["PROPOSED", "IN_FORCE"]},
    }
    percent = field_of(folder, "benefit-shares", "percent")
    assert (percent["type"], percent["constraints"]) == ("number", {"minimum": 0, "maximum": 100})
    assert percent["description"] == "0 to 100; blank when unknown."
    assert field_of(folder, "parks", "latitude")["constraints"] == {"minimum": -90, "maximum": 90}
    assert field_of(folder, "clauses", "number")["constraints"] == {"required": True, "minimum": 0}
    assert field_of(folder, "observations", "cumulative")["type"] == "boolean"
    assert field_of(folder, "sources", "url")["format"] == "uri"
    assert field_of(folder, "signatories", "post.title_en")["title"] == "Post · English title"
    assert "constraints" not in field_of(folder, "signatories", "post.title_en")
    schema = resource_of(folder, "signatories")["schema"]
    assert schema["primaryKey"] == ["agreement", "official", "capacity"]
    assert schema["foreignKeys"][2] == {
        "fields": ["post.official", "post.title_en", "post.division", "post.body", "post.since"],
        "reference": {"resource": "posts", "fields": ["official", "title_en", "division", "body", "since"]},
    }
    assert resource_of(folder, "parks")["schema"]["foreignKeys"][1] == {
        "fields": ["successor"],
        "reference": {"resource": "", "fields": ["slug"]},
    }


@pytest.mark.django_db
def test_every_table_and_column_has_a_meaning_in_both_languages(folder):
    export_dataset(folder, formats=["csv"])
    for each in package(folder)["resources"]:
        assert each["description"]
        for named in (each, *each["schema"]["fields"]):
            assert named["title"]
            assert named["title_zh"] != named["title"]
            assert ("description" in named and each is not named) == ("description_zh" in named)


@pytest.mark.django_db
def test_licence_is_told_of_each_file(folder):
    export_dataset(folder)
    told = {each["name"]: [one["name"] for one in each["licenses"]] for each in package(folder)["resources"]}
    with_notices = {name for name, names in told.items() if names == ["CC0-1.0", "MIT"]}
    assert with_notices == {"divisions", "divisions-parquet", "registry-sqlite3"}
    assert all(names == ["CC0-1.0"] for name, names in told.items() if name not in with_notices)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "Copyright (c) 2018 QinYuan Du" in readme
    assert "The above copyright notice and this permission notice shall be included" in readme


@pytest.mark.django_db
def test_readme_tells_only_of_what_is_there(folder):
    export_dataset(folder, formats=["parquet"])
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "datapackage.json", "parquet"]
    assert "parquet/" in readme
    assert [word for word in ("csv/", "sqlite3", "$") if word in readme] == []


AWKWARD = [
    "=1+1",
    "'=1",
    "+a",
    "-1",
    "-a",
    "@x",
    "＝1",
    "'",
    '"',
    'a "b", c',
    "江阴—靖江",
    "😀",
    " a ",
    "[clear]",
    "NULL",
]


@pytest.mark.django_db
def test_texts_are_neutralised_in_csv_and_as_they_are_elsewhere(folder):
    park = make_park("p")
    for text in AWKWARD:
        make_event(park, text_en=text)
    make_event(park, date="2004", text_en="two", text_zh="")
    make_agreement("lines", summary_en="one\ntwo\r\nthree\rfour")
    export_dataset(folder)
    own = sorted([*AWKWARD, "two"])
    assert sorted(row["text_en"] for row in rows(folder, "events")) == sorted(
        ["'=1+1", "''=1", "'+a", "-1", "'-a", "'@x", "'＝1", *AWKWARD[7:], "two"]
    )
    assert rows(folder, "agreements")[0]["summary_en"] == "one\ntwo\r\nthree\rfour"
    with closing(sqlite3.connect(folder / "registry.sqlite3")) as database:
        assert sorted(text for (text,) in database.execute("SELECT text_en FROM events")) == own
    assert sorted(parquet.read_table(folder / "parquet/events.parquet").column("text_en").to_pylist()) == own
    assert validated(folder) == {}


@pytest.mark.django_db
def test_slugs_that_begin_with_a_dash_are_valid_and_lead_to_each_other(folder):
    make_role(make_park("-a"), since="2003")
    make_role(make_park("-5"), since="2003")
    export_dataset(folder)
    assert [row["park"] for row in rows(folder, "co-management-roles")] == ["-5", "'-a"]
    assert validated(folder) == {}


@pytest.mark.django_db
def test_rows_stand_in_the_order_of_their_keys_also_where_that_is_what_they_speak_of(folder):
    park, source = make_park("p"), make_source("s")
    for record in (make_role(park), park, make_division("320281"), make_event(park)):
        make_citation(record, source=source)
    make_citation(park, source=make_source("r"))
    export_dataset(folder, formats=["csv"])
    assert [(row["source"], row["target"]) for row in rows(folder, "citations")] == [
        ("r", "park:p"),
        ("s", "co-management-role:p/OPERATIONS/320281//IN_FORCE/"),
        ("s", "division:320281"),
        ("s", "event:p/UNVEILED/2003-08-29//"),
        ("s", "park:p"),
    ]


@pytest.mark.django_db
def test_sqlite_file_has_keys_types_and_the_answer_to_the_main_question(folder):
    for make in MAKERS.values():
        make()
    agreement = make_agreement("treaty", title_en="Treaty", signed_on="2003-02")
    role = make_role(make_whole_park("p"), "LAND", agreement=agreement, since="2004")
    make_citation(role, source=make_source("a", title="A page"))
    make_citation(role, source=make_source("b"), stance="DISPUTES")
    make_observation(make_park("q"), make_indicator("i"), value="1234567890.1234", scope="a/b 100%", cumulative=True)
    make_citation(Park.objects.get(slug="q").observations.get(), source=make_source("c"))
    export_dataset(folder, formats=["sqlite"])
    with closing(sqlite3.connect(folder / "registry.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        assert list(database.execute("PRAGMA foreign_key_check")) == []
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        asked = "SELECT * FROM who_runs_what WHERE park = 'p' AND function = 'LAND'"
        told = dict(database.execute(asked).fetchone())
        assert {name: told[name] for name in ("division", "since", "agreement_en", "signed_on")} == {
            "division": "320281",
            "since": "2004",
            "agreement_en": "Treaty",
            "signed_on": "2003-02",
        }
        assert (told["supported_by"], told["disputed_by"]) == (1, 1)
        known = "SELECT title FROM how_we_know WHERE record = ? AND stance = 'SUPPORTS'"
        assert [*map(tuple, database.execute(known, [told["record"]]))] == [("A page",)]
        row = dict(database.execute("SELECT * FROM observations WHERE park = 'q'").fetchone())
        assert (row["value"], row["value_high"], row["cumulative"]) == (1234567890.1234, None, 1)
        # Whatever a citation speaks of is found by it.
        records = {
            record
            for name in tables()
            if name != "citations"
            for (record,) in database.execute(f'SELECT record FROM "{name.replace("-", "_")}"')
        }
        targets = {target for (target,) in database.execute("SELECT target FROM citations")}
        assert targets
        assert targets <= records


@pytest.mark.django_db
def test_parquet_files_are_typed(folder):
    make_observation(make_park("p"), make_indicator("i"), value="999999999999999", cumulative=True)
    export_dataset(folder, formats=["parquet"])
    table = parquet.read_table(folder / "parquet/observations.parquet")
    assert {each.name: (each.type, each.nullable) for each in table.schema if each.type != pyarrow.string()} == {
        "cumulative": (pyarrow.bool_(), False),
        "value": (pyarrow.decimal128(24, 4), True),
        "value_high": (pyarrow.decimal128(24, 4), True),
        "growth_percent": (pyarrow.decimal128(24, 4), True),
    }
    assert table.to_pylist()[0] == {
        "park": "p",
        "indicator": "i",
        "period": "2022",
        "kind": "ACTUAL",
        "scope": "",
        "cumulative": True,
        "cumulative_since": "",
        "value": Decimal("999999999999999.0000"),
        "value_high": None,
        "precision": "EXACT",
        "growth_percent": None,
        "as_stated": "",
    }
    ranks = parquet.read_schema(folder / "parquet/park-industries.parquet").field("rank")
    assert ranks.type == pyarrow.int64()


# --- The same registry, the same bytes ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_same_records_give_the_same_bytes_in_whatever_order_they_were_written(tmp_path):
    def write(numbers):
        for number in numbers:
            park = make_park(f"p{number}", name_en="Name")
            make_citation(make_role(park, since="2003"), source=make_source(f"s{number}"))
            make_citation(park, source=make_source(f"t{number}"))

    for name, numbers in (("one", range(30)), ("other", reversed(range(30)))):
        write(numbers)
        export_dataset(tmp_path / name, release="1")
        for model in (Citation, Park, Source):
            model.objects.all().delete()
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "other")


@pytest.mark.django_db
def test_version_is_the_instant_of_the_newest_edit_unless_it_is_given_a_name(folder):
    _counts, version = export_dataset(folder, formats=["csv"])
    assert version == package(folder)["version"]
    make_park()
    at = Change.objects.order_by("-at").first().at
    export_dataset(folder, formats=["csv"])
    assert package(folder)["version"] == f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
    export_dataset(folder, formats=["csv"], release="2026.1")
    assert package(folder)["version"] == "2026.1"


@pytest.mark.django_db
def test_known_writes_what_had_been_recorded_by_then_as_it_was_written_then(tmp_path):
    with change():
        make_citation(make_role(make_park("p"), since="2003"))
    then = Change.objects.order_by("-at").first().at
    export_dataset(tmp_path / "then")
    with change():
        make_park("q")
        Park.objects.filter(slug="p").update(name_en="Renamed")
    export_dataset(tmp_path / "known", known=then)
    assert bytes_of(tmp_path / "known") == bytes_of(tmp_path / "then")
    with pytest.raises(DatasetError, match="lies in the future"):
        export_dataset(tmp_path / "future", known=timezone.now() + timedelta(hours=1))
    assert not (tmp_path / "future").exists()


# --- While others write ---------------------------------------------------------------------------------------------


@at_once
def test_dataset_is_one_state_though_others_write_meanwhile(folder):
    make_park("p")
    written = []

    def write(rows):
        if not written:
            thread = threading.Thread(target=lambda: (make_role(make_park("late")), connection.close()))
            thread.start()
            thread.join(20)
            written.append(Park.objects.filter(slug="late").exists())

    export_dataset(folder, formats=["csv"], progress=write)
    # The other did not wait, and the table that was read later does not tell of it.
    assert Park.objects.filter(slug="late").exists()
    assert written == [False]
    assert [row["slug"] for row in rows(folder, "parks")] == ["p"]
    assert rows(folder, "co-management-roles") == []


@at_once
def test_known_is_read_in_one_state_too(folder):
    make_role(make_park("p"))
    then = Change.objects.order_by("-at").first().at
    make_park("late")
    export_dataset(folder, formats=["csv"], known=then)
    assert [row["slug"] for row in rows(folder, "parks")] == ["p"]
    assert Park.objects.count() == 2


@at_once
def test_dataset_waits_for_edits_that_may_be_earlier_than_its_newest(folder, monkeypatch):
    monkeypatch.setattr(state, "PATIENCE", 0.3)
    make_park("p")
    with open_edit(lambda: Park.objects.filter(slug="p").update(name_en="Renamed")):
        if POSTGRESQL:
            make_park("q")
            with pytest.raises(DatasetError, match="in the midst of a long edit"):
                export_dataset(folder)
            assert not folder.exists()
        else:
            # One edit at a time: what is seen is settled.
            export_dataset(folder, formats=["csv"])
    export_dataset(folder, formats=["csv"])
    assert rows(folder, "parks")[0]["name_en"] == "Renamed"


# --- Whole or not at all --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_folder_that_holds_anything_else_is_refused_and_left_alone(folder):
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match="not empty and holds no dataset"):
        export_dataset(folder)
    for text in ('{"name": "other", "resources": []}', "{", "[]", '{"name": "park-registry", "resources": 5}'):
        (folder / "datapackage.json").write_text(text)
        with pytest.raises(DatasetError, match="not empty and holds no dataset"):
            export_dataset(folder)
    with pytest.raises(DatasetError, match="not empty and holds no dataset"):
        export_dataset(Path("/"))
    with pytest.raises(DatasetError, match="is a file: name a folder"):
        export_dataset(folder / "thesis.txt")
    assert (folder / "thesis.txt").read_text() == "years of work"
    assert [path.name for path in folder.parent.iterdir()] == ["dataset"]


@pytest.mark.django_db
def test_dataset_of_ours_is_replaced_and_what_was_put_into_it_is_not_lost(folder):
    folder.mkdir()
    export_dataset(folder)
    export_dataset(folder, formats=["csv"])
    assert not (folder / "registry.sqlite3").exists()
    (folder / "csv" / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match=r"such as csv/notes\.txt: nothing was written"):
        export_dataset(folder)
    assert (folder / "csv" / "notes.txt").read_text() == "mine"
    assert [path.name for path in folder.parent.iterdir()] == ["dataset"]


def killed_while(doing, folder):
    """A process that is killed, as by the kernel, in the midst of writing the dataset to `folder`."""
    script = f"""
import os, signal
from pathlib import Path
from exchange.dataset import place
folder = Path({str(folder)!r})
{doing}
"""
    ran = subprocess.run([sys.executable, "-c", script], timeout=60)
    assert ran.returncode == -signal.SIGKILL


@pytest.mark.django_db
def test_killed_process_leaves_the_dataset_as_it_was_and_the_next_tidies_up(folder):
    export_dataset(folder, formats=["csv"])
    before = bytes_of(folder)
    killed_while(
        "with place.replacing(folder) as part:\n"
        "    (part / 'half').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)",
        folder,
    )
    assert bytes_of(folder) == before
    assert sorted(path.name for path in folder.parent.iterdir()) == [".dataset.part", "dataset"]
    # Between the two moves: the old one has gone aside, the new one is not there yet.
    killed_while(
        "place.shutil.rmtree = lambda *args, **options: None\n"
        "def move(part, folder, old):\n"
        "    folder.rename(old)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "place._move = move\n"
        "with place.replacing(folder) as part:\n"
        "    pass",
        folder,
    )
    assert not folder.exists()
    with pytest.raises(RuntimeError), replacing(folder):
        raise RuntimeError
    assert bytes_of(folder) == before
    export_dataset(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["dataset"]


@pytest.mark.django_db
def test_two_exports_to_one_folder_do_not_mix(folder):
    with replacing(folder) as part:
        (part / "mine").write_text("mine")
        with pytest.raises(DatasetError, match="Another export is writing this dataset"):
            export_dataset(folder)
        assert (part / "mine").read_text() == "mine"


@pytest.mark.django_db
def test_full_disk_is_told_and_leaves_what_was_there(folder):
    export_dataset(folder, formats=["csv"])
    before = bytes_of(folder)
    for number in range(300):
        make_source(f"s{number}", note="A long note. " * 20)
    for name in ("csv", "sqlite", "parquet"):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        # What a full disk does: a file cannot grow any more.
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, limits[1]))
        try:
            with pytest.raises(DatasetError, match="The dataset cannot be written"):
                export_dataset(folder, formats=[name])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert bytes_of(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["dataset"]


@pytest.mark.django_db
def test_place_where_nothing_can_be_written_is_told():
    with pytest.raises(DatasetError, match="The dataset cannot be written"):
        export_dataset(Path("/proc/dataset"))


# --- The command ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_command_tells_how_much_it_wrote_where(folder, capsys):
    make_park("p")
    call_command("export_dataset", folder, only=["csv"], release="1")
    told = capsys.readouterr()
    count = sum(table.model._base_manager.count() for table in tables().values())
    assert told.out == f"{count:,} rows of {len(tables())} tables are in {folder}, version 1.\n"
    # A bar is for people who wait.
    assert told.err == ""
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "csv", "datapackage.json"]


@pytest.mark.django_db
def test_command_refuses_what_is_no_instant(folder):
    for text in ("yesterday", "2026-13-01T00:00:00Z"):
        with pytest.raises(CommandError, match="is no instant"):
            call_command("export_dataset", str(folder), "--known", text)
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("export_dataset", str(folder), "--only", "xlsx")


@pytest.mark.django_db
def test_rows_are_read_and_written_a_few_at_a_time(folder, monkeypatch):
    monkeypatch.setattr(export, "BATCH", 2)
    monkeypatch.setattr(writers, "ROW_GROUP", 4)
    source, told = make_source("s"), []
    for number in range(9):
        make_citation(make_park(f"p{number}"), source=source)
    counts, _version = export_dataset(folder, progress=told.append)
    assert sum(told) == sum(counts.values())
    assert max(told) == 2
    for name in ("parks", "citations"):
        file = parquet.ParquetFile(folder / "parquet" / f"{name}.parquet")
        assert [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)] == [4, 4, 1]
    assert file.read().column("target").to_pylist() == [f"park:p{number}" for number in range(9)]
