"""A dataset taken in again: the same rows to the letter, as one change, or none of them."""

import hashlib
import json

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from agreements.models import Agreement
from core.documents import waiting_documents
from core.history import change, record_models
from core.models import Change
from exchange.dataset.errors import DatasetError
from exchange.dataset.export import export_dataset
from exchange.dataset.load import import_dataset, undo_dataset
from parks.models import Event, Observation, Park
from sources.models import Citation
from tests.factories import (
    MAKERS,
    make_agreement,
    make_body,
    make_citation,
    make_event,
    make_indicator,
    make_observation,
    make_official,
    make_park,
    make_park_statement,
    make_post,
    make_role,
    make_share,
    make_signatory,
    make_source,
    make_statement,
    make_whole_park,
)
from tests.people import make_person

pytestmark = pytest.mark.django_db

AWKWARD = [
    *(
        "=1+1",
        "'=1",
        "''=1",
        "+a",
        "-1",
        "-a",
        "@x",
        "＝1",
        "'",
        "''",
        '"',
        'a "b", c',
        "a;b",
        "江阴—靖江",
        "😀",
        "e\u0301",
    ),
    *(" a ", "\u3000a\u3000", " ", "\u00a0", "[clear]", "[清空]", "NULL", "null", "None", "N/A", "-", "—", "无", "?"),
    *(
        "true",
        "1",
        "1.0",
        "1e3",
        "0012",
        "2003",
        "2003-08",
        "亿元",
        "405 亩",
        "100%",
        "a/b",
        "a%2Fb",
        "%",
        "park:p",
        "#REF!",
    ),
]
LINES = ["one\ntwo", "one\r\ntwo", "one\rtwo", "\n", "\tindented\n", "a\n\nb\n", '"\n,', "\ufeff", "x" * 19_999]


def emptied():
    """Take all records out, past the collector: what refers to what is of no interest when nothing stays."""
    for model in record_models():
        model._base_manager.all()._raw_delete("default")
    assert not any(model._base_manager.exists() for model in record_models())


def bytes_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def taken_in_again(tmp_path):
    """What a dataset of the registry is, and what it is after an empty registry has taken it in."""
    export_dataset(tmp_path / "one", release="1")
    emptied()
    outcome = import_dataset(tmp_path / "one")
    assert outcome.problems == []
    assert {what for counts in outcome.counts.values() for what in counts} <= {"new"}
    export_dataset(tmp_path / "other", release="1")
    return bytes_of(tmp_path / "one"), bytes_of(tmp_path / "other")


# --- The same bytes -------------------------------------------------------------------------------------------------


def test_shipped_records_taken_in_again_give_the_same_bytes(tmp_path):
    call_command("loaddata", "divisions", "jiangyin_jingjiang", "parks", verbosity=0)
    count = Citation.objects.count()
    one, other = taken_in_again(tmp_path)
    assert count == Citation.objects.count() > 2000
    assert one == other


def test_every_kind_of_record_taken_in_again_gives_the_same_bytes(tmp_path):
    for make in MAKERS.values():
        make()
    make_whole_park("whole")
    one, other = taken_in_again(tmp_path)
    assert one == other
    assert all(model._base_manager.exists() for model in record_models())


def test_awkward_texts_are_taken_in_to_the_letter(tmp_path):
    park, source = make_park("-park", name_en=" Park "), make_source("-1")
    for text in AWKWARD:
        make_citation(make_event(park, text_en=text, text_zh=f" {text}"), source=source, locator=text, note=text)
        make_observation(park, make_indicator(), scope=text, as_stated=text, value="-0.5")
        make_role(park, body=make_body(name_en=text), note=text)
        post = make_post(make_official(name_zh=text), title_en=text, body=make_body())
        make_signatory(make_agreement(place=text), post.official, post=post)
        make_citation(post, source=source)
    for text in LINES:
        make_agreement(summary_en=text, summary_zh=f"={text}")
    one, other = taken_in_again(tmp_path)
    assert one == other
    assert sorted(Event.objects.values_list("text_en", flat=True)) == sorted(AWKWARD)
    assert sorted(Agreement.objects.exclude(summary_en="").values_list("summary_en", flat=True)) == sorted(LINES)


def test_numbers_truths_and_what_is_unknown_are_taken_in_exactly(tmp_path):
    park = make_park("p", latitude="-0.000001", longitude="0", established="2003", is_programme=True)
    indicator, source = make_indicator("i"), make_source("s")
    for number, value in enumerate(["0", "-0.0001", "999999999999999", "123456789012.345", "0.1", None]):
        for cumulative in (True, False):
            figure = make_observation(
                park,
                indicator,
                period=str(2000 + number),
                value=value,
                growth_percent="-100" if value is None else None,
                cumulative=cumulative,
                cumulative_since="2003-08" if cumulative and number > 3 else "",
            )
            make_citation(figure, source=source)
    make_share(park, percent=None, amount="0.01")
    make_share(park, "EQUITY", percent="0", division=None, body=make_body(), since="2003")
    official = make_official()
    make_statement(official, agreement=None, outlet=source)
    make_park_statement(park, make_statement(official, agreement=make_agreement(), outlet=source, post=None))
    one, other = taken_in_again(tmp_path)
    assert one == other
    assert Observation.objects.filter(cumulative=True).count() == 6


def test_records_that_refer_to_later_ones_of_their_kind_are_taken_in(tmp_path):
    last = make_park("z")
    make_park("a", part_of=make_park("m", part_of=last), successor=last, status="MERGED")
    one, other = taken_in_again(tmp_path)
    assert one == other
    assert Park.objects.get(slug="a").part_of.part_of.slug == "z"


# --- One change, or none --------------------------------------------------------------------------------------------


def test_dataset_is_one_change_that_says_what_it_was(tmp_path):
    make_whole_park("p")
    export_dataset(tmp_path / "one", release="2026.1")
    emptied()
    before, person = Change.objects.count(), make_person("stewards")
    import_dataset(tmp_path / "one", person=person, reason="moved here")
    assert Change.objects.count() == before + 1
    digest = hashlib.sha256((tmp_path / "one" / "datapackage.json").read_bytes()).hexdigest()
    made = Change.objects.order_by("-id").first()
    assert (made.origin, made.person) == ("IMPORT", person)
    assert made.reason == f"dataset 2026.1 {digest[:12]} moved here"


def test_dataset_makes_rows_what_it_says_and_leaves_others_alone(tmp_path):
    with change():
        park = make_park("p", name_en="Park", website="", established="2003")
        role = make_role(park, since="2003", note="")
    export_dataset(tmp_path / "one")
    Park.objects.filter(slug="p").update(name_en="Renamed", website="https://example.org", established="")
    type(role).objects.update(until="2010", note="A note", agreement=make_agreement("a"))
    make_park("other")
    outcome = import_dataset(tmp_path / "one")
    assert (dict(outcome.counts["parks"]), dict(outcome.counts["co-management-roles"])) == (
        {"changed": 1},
        {"changed": 1},
    )
    park.refresh_from_db()
    role.refresh_from_db()
    assert (park.name_en, park.website, park.established) == ("Park", "", "2003")
    assert (role.until, role.note, role.agreement) == ("", "", None)
    assert Park.objects.filter(slug="other").exists()
    before = Change.objects.count()
    assert {what for counts in import_dataset(tmp_path / "one").counts.values() for what in counts} == {"unchanged"}
    assert Change.objects.count() == before


def test_dataset_is_undone_as_one_unless_somebody_has_built_upon_it(tmp_path):
    make_whole_park("p")
    export_dataset(tmp_path / "one")
    emptied()
    kept = make_park("kept")
    made = import_dataset(tmp_path / "one").change
    role = make_role(Park.objects.get(slug="p"), "LAND")
    with pytest.raises(ValidationError):
        undo_dataset(made)
    assert Park.objects.count() == 2
    role.delete()
    before = Change.objects.count()
    undo_dataset(made, reason="wrong one")
    assert list(Park.objects.all()) == [kept]
    assert (Change.objects.count(), Change.objects.order_by("-id").first().reason) == (before + 1, "wrong one")


def test_dry_run_says_what_would_be_and_writes_nothing(tmp_path):
    make_park("p")
    export_dataset(tmp_path / "one")
    emptied()
    before = Change.objects.count()
    assert dict(import_dataset(tmp_path / "one", dry=True).counts["parks"]) == {"new": 1}
    assert (Park.objects.count(), Change.objects.count()) == (0, before)


def rewritten(folder, name, old, new):
    """The dataset with another text in one file, and its own word that this is how it was written."""
    path = folder / "csv" / f"{name}.csv"
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    told = next(each for each in package["resources"] if each["name"] == name)
    told["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")


def test_one_wrong_row_is_named_and_nothing_is_written(tmp_path):
    make_role(make_park("p", established="2003"), since="2003")
    make_role(make_park("q"), since="2004")
    export_dataset(tmp_path / "one")
    emptied()
    rewritten(tmp_path / "one", "co-management-roles", "q,OPERATIONS", "q,DANCING")
    outcome = import_dataset(tmp_path / "one")
    assert len(outcome.problems) == 1
    assert outcome.problems[0].startswith("co-management-roles.csv, line 3, function: ")
    assert Park.objects.count() == 0


def test_files_that_are_not_those_that_were_written_are_refused(tmp_path):
    folder = tmp_path / "one"
    make_park("p")
    with pytest.raises(DatasetError, match="holds no dataset"):
        import_dataset(folder)
    export_dataset(folder, formats=["sqlite"])
    with pytest.raises(DatasetError, match="has no CSV files"):
        import_dataset(folder)
    export_dataset(folder)
    parks = folder / "csv" / "parks.csv"
    before = parks.read_bytes()
    parks.write_bytes(before + b"q,Q,,ACTIVE,321282,false,,,,,,,,,,,\r\n")
    with pytest.raises(DatasetError, match=r"csv/parks\.csv is not the file that was written"):
        import_dataset(folder)
    parks.unlink()
    with pytest.raises(DatasetError, match="The dataset is not whole"):
        import_dataset(folder)
    parks.write_bytes(before)
    rewritten(folder, "parks", "name_en", "name_xx")
    with pytest.raises(DatasetError, match="are not those of this registry's parks"):
        import_dataset(folder)
    for text in ("{", "[]", '{"name": "other"}', "[" * 100_000):
        (folder / "datapackage.json").write_text(text)
        with pytest.raises(DatasetError, match="is not that of a registry's dataset"):
            import_dataset(folder)
    (folder / "datapackage.json").write_text('{"name": "park-registry", "resources": 5}')
    with pytest.raises(DatasetError, match="has no CSV files"):
        import_dataset(folder)
    (folder / "datapackage.json").write_text(
        '{"name": "park-registry", "resources": [{"name": "parks", "profile": "tabular-data-resource",'
        ' "path": "../../secret.csv"}]}'
    )
    with pytest.raises(DatasetError, match="lies outside of the dataset"):
        import_dataset(folder)


def test_file_that_changes_while_it_is_read_is_refused_and_nothing_is_written(tmp_path):
    make_park("p")
    export_dataset(tmp_path / "one")
    emptied()
    path = tmp_path / "one" / "csv" / "divisions.csv"
    with pytest.raises(DatasetError, match=r"csv/divisions\.csv is not the file that was written"):
        import_dataset(tmp_path / "one", progress=lambda rows: path.write_bytes(path.read_bytes() + b"\r\n"))
    assert not Park.objects.exists()


# --- The command ----------------------------------------------------------------------------------------------------


def test_command_tells_what_became_of_each_table(tmp_path, capsys):
    make_park("p")
    export_dataset(tmp_path / "one")
    emptied()
    make_person("stewards", username="steward")
    call_command("import_dataset", tmp_path / "one", dry_run=True)
    told = capsys.readouterr().out
    assert "parks: 1 new\n" in told
    assert "clauses: no rows\n" in told
    assert told.endswith("Nothing was written: this was a dry run.\n")
    assert Park.objects.count() == 0
    call_command("import_dataset", tmp_path / "one", person="steward")
    made = Change.objects.order_by("-id").first()
    told = capsys.readouterr().out
    assert told.endswith(f"Written as change {made.pk}; undo it with: import_dataset --undo {made.pk}\n")
    assert made.person.username == "steward"
    # What the API answers with does not wait.
    assert not waiting_documents().exists()
    call_command("import_dataset", tmp_path / "one")
    assert capsys.readouterr().out.endswith("There was nothing to write.\n")
    call_command("import_dataset", undo=made.pk, person="steward")
    assert "rows are as they were before." in capsys.readouterr().out
    assert Park.objects.count() == 0


def test_command_refuses_what_it_cannot_do(tmp_path):
    make_park("p")
    export_dataset(tmp_path / "one")
    emptied()
    make_person(username="outsider")
    for arguments, why in (
        ([], "Say the folder of the dataset"),
        ([tmp_path / "one", "--undo", "1"], "Say the folder of the dataset"),
        ([tmp_path / "one", "--person", "nobody"], "There is nobody active called 'nobody'"),
        ([tmp_path / "one", "--person", "outsider"], "(?s)Nothing was written"),
        (["--undo", str(Change.objects.order_by("id").first().pk)], "took in no dataset"),
    ):
        with pytest.raises(CommandError, match=why):
            call_command("import_dataset", *map(str, arguments))
        assert Park.objects.count() == 0
    rewritten(tmp_path / "one", "parks", "ACTIVE", "DANCING")
    with pytest.raises(CommandError, match=r"(?s)parks\.csv, line 2, status: .*Nothing was written\."):
        call_command("import_dataset", tmp_path / "one")
    assert Park.objects.count() == 0
