"""Importing: what becomes of each row, of all rows, and what is told of it."""

import csv
import json
from datetime import date
from decimal import Decimal
from io import StringIO

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Change, Version
from core.spreadsheets import cut
from exchange.imports.places import report_of
from exchange.imports.report import lines_of
from exchange.imports.running import apply, begin, check, undo
from exchange.imports.sheets import write_bad_rows, write_report
from exchange.models import Import
from exchange.rows import header_of, in_key_order, rows_of
from exchange.tables import find_table, tables
from parks.models import CoManagementRole, Observation, Park
from tests.factories import (
    make_body,
    make_citation,
    make_division,
    make_indicator,
    make_observation,
    make_park,
    make_role,
    make_source,
    make_whole_park,
)
from tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.IMPORT_FILES = str(tmp_path / "imports")


@pytest.fixture
def upload(tmp_path):
    """An import of lines of CSV into the table of that name."""

    def upload(kind, *lines, **told):
        path = tmp_path / "rows.csv"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return begin(find_table(kind), path, name="rows.csv", **told)

    return upload


def told(upload):
    """The outcomes by line, and of errors what is wrong."""
    lines = [*lines_of(report_of(upload))]
    return {
        line["line"]: line["outcome"]
        if not line["problems"]
        else "; ".join(each["reason"] for each in line["problems"])
        for line in lines
    }


def counts(upload):
    return upload.new, upload.changed, upload.unchanged, upload.errors


def test_apply_makes_changes_and_leaves_alone(upload):
    make_park("north", name_en="North", crosses="Yangtze River")
    make_park("south", name_en="South")
    make_division("320281")
    done = apply(
        upload(
            "parks",
            "slug,name_en,host,crosses",
            "north,North,,",
            "south,Southern,320281,Huai River",
            "west,West,320281,",
        )
    )
    assert (done.state, counts(done)) == (Import.State.APPLIED, (1, 1, 1, 0))
    assert [*Park.objects.order_by("slug").values_list("slug", "name_en", "host", "crosses")] == [
        ("north", "North", "321282", "Yangtze River"),
        ("south", "Southern", "320281", "Huai River"),
        ("west", "West", "320281", ""),
    ]
    assert [*lines_of(report_of(done))] == [
        {"line": 2, "outcome": "unchanged", "key": {"slug": "north"}, "changes": [], "problems": [], "meant": []},
        {
            "line": 3,
            "outcome": "changed",
            "key": {"slug": "south"},
            "changes": [
                {"column": "name_en", "old": "South", "new": "Southern"},
                {"column": "host", "old": "321282", "new": "320281"},
                {"column": "crosses", "old": "", "new": "Huai River"},
            ],
            "problems": [],
            "meant": [],
        },
        {
            "line": 4,
            "outcome": "new",
            "key": {"slug": "west"},
            "changes": [
                {"column": "host", "old": None, "new": "320281"},
                {"column": "name_en", "old": None, "new": "West"},
            ],
            "problems": [],
            "meant": [],
        },
    ]


def test_a_file_whose_name_reads_otherwise_than_it_is_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("slug\n", encoding="utf-8")
    with pytest.raises(ValidationError, match=r"Take out the unseen character U\+202E"):
        begin(find_table("parks"), path, name="\u202egpj.csv")
    assert not Import.objects.exists()


# --- Every kind -----------------------------------------------------------------------------------------------------


def as_csv(table):
    """A table as a file of the registry's own: no cell is neutralised, since none needs it here."""
    file = StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(header_of(table))
    rows.writerows(sorted(rows_of(table, in_key_order(table))))
    return file.getvalue().splitlines()


def test_every_kind_goes_out_and_comes_in_again(upload):
    park = make_whole_park()
    make_park("a-part", part_of=park, successor=make_park("z-later"))
    make_source("a-copy", reprint_of=make_source("z-original"))
    make_body(division="320281")
    make_citation(park.roles.get(), field="since", stance="DISPUTES", stated_value="2004", locator="¶2")
    before = {name: as_csv(table) for name, table in tables().items()}
    assert all(len(lines) > 1 for lines in before.values())
    for table in reversed(tables().values()):
        table.model._base_manager.all()._raw_delete("default")
    for name, lines in before.items():
        done = apply(upload(name, *lines))
        assert (name, done.state, told(done)) == (name, "APPLIED", dict.fromkeys(range(2, len(lines) + 1), "new"))
    assert {name: as_csv(table) for name, table in tables().items()} == before
    for name, lines in before.items():
        done = apply(upload(name, *lines))
        assert (name, done.change, counts(done)) == (name, None, (0, 0, len(lines) - 1, 0))


# --- What is wrong --------------------------------------------------------------------------------------------------


def test_all_errors_are_told_and_nothing_is_written(upload):
    make_park("north")
    make_division("320281")
    before = Version.objects.count()
    done = apply(
        upload(
            "roles",
            "park,function,division,since,until,note",
            "north,OPERATIONS,320281,2003,,fine",
            "nowhere,OPERATIONS,320281,2003,,",
            "north,RULING,320281,2003,,",
            "north,PLANNING,320281,2010,2003,",
            "north,LAND,,2003,,",
            "north,OPERATIONS,320281,2003,2004,again",
            "north,OPERATIONS,320281,2005,,overlaps",
            "north,,320281,2003,,",
        )
    )
    assert (done.state, counts(done), done.change) == (Import.State.FAILED, (1, 0, 0, 7), None)
    assert Version.objects.count() == before
    wrong = told(done)
    assert wrong.pop(4).startswith("“RULING” is none of:")
    assert wrong == {
        2: "new",
        3: "There is no park “nowhere”. Look at /api/v1/parks/?q=nowhere.",
        5: "The end lies before the start.",
        6: "Choose a division, a body, or a body acting for a division.",
        7: "The same stands in line 2 already: take one of the two out.",
        8: "This party's role is recorded already for a period that overlaps this one: change that row, or end it "
        "first.",
        9: "A new row needs this.",
    }


def test_good_rows_alone_are_written_where_only_they_are_wanted(upload):
    make_division("321282")
    done = apply(upload("parks", "slug,name_en,host", "north,North,999999", "south,South,321282"), only_good=True)
    assert (done.state, counts(done)) == (Import.State.PARTLY_APPLIED, (1, 0, 0, 1))
    assert [park.slug for park in Park.objects.all()] == ["south"]


def test_check_writes_nothing_and_tells_what_applying_does(upload):
    make_park("north")
    lines = ("slug,name_en,host", "north,Northern,", "south,South,321282", "east,East,1")
    checked = check(upload("parks", *lines))
    before = Change.objects.count()
    assert (checked.state, counts(checked), checked.change) == (Import.State.CHECKED, (1, 1, 0, 1), None)
    assert not Park.objects.filter(slug="south").exists()
    said = report_of(checked).read_text()
    done = apply(checked, only_good=True, expect=checked.digest)
    assert report_of(done).read_text() == said
    assert Change.objects.count() == before + 1
    for again in (check, apply):
        with pytest.raises(ValidationError, match="applied already"):
            again(done)


def test_what_was_seen_is_what_is_applied(upload):
    park = make_park("north", name_en="North")
    checked = check(upload("parks", "slug,name_en", "north,Northern"))
    park.name_en = "Northward"
    park.save()
    with pytest.raises(ValidationError, match="check it again"):
        apply(checked, expect=checked.digest)
    park.refresh_from_db()
    assert park.name_en == "Northward"
    assert apply(check(checked), expect=checked.digest).state == Import.State.APPLIED


def test_import_is_one_change_with_file_person_and_source(upload):
    make_division("321282")
    steward = make_person("stewards")
    source = make_source("yearbook")
    done = apply(
        upload(
            "parks", "slug,name_en,host", "a,A,321282", "b,B,321282", person=steward, source="yearbook", reason="Why"
        )
    )
    change = done.change
    assert (change.origin, change.person, change.source) == ("IMPORT", steward, "yearbook")
    assert change.reason == f"rows.csv {done.sha256[:12]} Why"
    assert sorted(change.versions.values_list("model", "operation")) == [
        ("parks.park", "CREATED"),
        ("parks.park", "CREATED"),
        ("sources.citation", "CREATED"),
        ("sources.citation", "CREATED"),
    ]
    assert [citation.source for citation in Park.objects.get(slug="a").citations.all()] == [source]


def test_clear_empties_and_an_empty_cell_leaves_alone(upload):
    park = make_park("north", crosses="Yangtze River", industry_formula="5+1", established="2003")
    apply(upload("parks", "slug,crosses,industry_formula,established", "north,[clear],,[清空]"))
    park.refresh_from_db()
    assert (park.crosses, park.industry_formula, park.established) == ("", "5+1", "")


def test_columns_that_no_field_has_are_passed_over_and_told(upload):
    make_park("north")
    done = check(upload("parks", "序号,slug,host_name_en,name_en", "1,north,Jingjiang,Northern"))
    assert (counts(done), done.notes) == (
        (0, 1, 0, 0),
        ["Passed over, since no field is called so: 序号, host_name_en."],
    )


def test_columns_of_the_key_that_are_absent_are_not_asked_for(upload):
    park = make_park("north")
    make_role(park, "OPERATIONS", since="2003", until="2006")
    done = apply(upload("roles", "park,function,note", "north,OPERATIONS,Seen"))
    assert (counts(done), park.roles.get().note) == ((0, 1, 0, 0), "Seen")
    make_role(park, "OPERATIONS", since="2010")
    done = apply(upload("roles", "park,function,note", "north,OPERATIONS,Seen"))
    assert told(done) == {
        2: "Several rows have this key. Add the columns that tell them apart: division, body, standing, since."
    }
    with pytest.raises(ValidationError, match="Add the column “park”"):
        apply(upload("roles", "function,note", "OPERATIONS,Seen"))


def test_row_is_found_by_its_number_and_its_key_may_change(upload):
    park = make_park("north")
    role = make_role(park, "OPERATIONS", since="2003")
    done = apply(upload("roles", "id,park,function,division,since", f"{role.pk},,,,2003-08"))
    assert counts(done) == (0, 1, 0, 0)
    role.refresh_from_db()
    assert (role.since, role.park) == ("2003-08", park)
    make_park("south")
    done = apply(upload("roles", "id,park", f"{role.pk},south", "999999,south", "x,south", f"{'9' * 5000},south"))
    assert told(done) == {
        2: "This never changes: it stays “north”.",
        3: "There is no row of the number 999999. Leave the cell empty to go by the key.",
        4: "“x” is not the number of a row: leave the cell empty to go by the key.",
        5: f"“{'9' * 40}” is not the number of a row: leave the cell empty to go by the key.",
    }


def test_references_are_told_by_any_exact_name(upload):
    make_division("320281", name_en="Jiangyin", name_zh="江阴市")
    make_park("north", name_zh="江阴-靖江工业园区")
    done = apply(upload("roles", "park,function,division", "江阴靖江工业园区,OPERATIONS,江阴市"))
    assert told(done) == {2: "new"}
    role = CoManagementRole.objects.get()
    assert (role.park.slug, role.division_id) == ("north", "320281")
    make_division("320681", name_en="Twin", name_zh="同名")
    make_division("320682", name_en="Twin", name_zh="同名")
    done = apply(upload("roles", "park,function,division", "north,LAND,同名", "north,LAND,Jiangyn"))
    assert told(done) == {
        2: "Several are “同名”: write which one, 320681 (Twin 同名 (320681)); 320682 (Twin 同名 (320682)).",
        3: "There is no division “Jiangyn”. Did you mean “320281 (Jiangyin 江阴市 (320281))”? Write the six-digit "
        "code, such as 320200 (find it at /api/v1/divisions/?q=Jiangyn).",
    }


def test_keys_are_known_in_another_case(upload):
    make_park("north")
    make_indicator("gdp", name_en="Regional GDP", name_zh="地区生产总值", unit="CNY")
    done = apply(upload("observations", "park,indicator,period,value", "North,GDP,2020,109.8亿元"))
    assert told(done) == {2: "new"}
    assert [str(each.value) for each in Observation.objects.all()] == ["10980000000.0000"]


def test_rows_refer_to_earlier_and_later_lines_and_fail_with_them(upload):
    make_division("321282")
    done = apply(
        upload(
            "parks",
            "slug,name_en,host,part_of,successor",
            "a,A,321282,c,",
            "b,B,321282,a,",
            "c,C,321282,,b",
            "d,D,321282,e,",
            "e,E,999999,,",
            "f,F,321282,g,",
            "g,G,321282,f,",
        ),
        only_good=True,
    )
    wrong = told(done)
    assert wrong.pop(6).startswith("There is no division “999999”.")
    unmade = "Line %d would make what it refers to, and is not right itself."
    assert wrong == {
        2: unmade % 4,
        3: unmade % 2,
        4: unmade % 3,
        5: unmade % 6,
        7: unmade % 8,
        8: unmade % 7,
    }


# --- Who may --------------------------------------------------------------------------------------------------------


def test_person_without_rights_is_told_before_anything_is_kept(upload, tmp_path):
    with pytest.raises(PermissionDenied, match=r"parks.add_park.*parks.change_park"):
        upload("parks", "slug,name_en", "north,North", person=make_person("readers"))
    assert not Import.objects.exists()
    assert not (tmp_path / "imports").exists()


def test_person_does_what_the_permissions_allow(upload):
    make_division("321282")
    make_park("north")
    person = make_person("readers")
    person.user_permissions.add(Permission.objects.get(codename="change_park"))
    person = type(person).objects.get(pk=person.pk)
    done = apply(
        upload("parks", "slug,name_en,host", "north,Northern,", "south,South,321282", person=person), only_good=True
    )
    assert told(done) == {2: "changed", 3: "You lack the permission “parks.add_park”."}
    make_source("yearbook")
    with pytest.raises(PermissionDenied, match=r"sources.add_citation"):
        upload("parks", "slug,name_en", "north,N", person=person, source="yearbook")


# --- Citations and figures ------------------------------------------------------------------------------------------


def test_figures_are_kept_in_the_unit_of_their_indicator(upload):
    make_park("north")
    make_indicator("gdp", unit="CNY", name_zh="地区生产总值")
    make_indicator("area", unit="km²")
    done = apply(
        upload(
            "observations",
            "园区,指标,时期,数值,原文表述",
            "north,地区生产总值,2022年上半年,117.35亿元,",
            "north,area,2022,405亩,about 405 mu",
            "north,area,2023,3亿元,",
        ),
        only_good=True,
    )
    assert counts(done) == (2, 0, 0, 1)
    assert [*Observation.objects.order_by("period").values_list("period", "value", "as_stated")] == [
        ("2022", Decimal("0.27"), "about 405 mu"),
        ("2022-H1", Decimal("11735000000"), "117.35亿元"),
    ]


@pytest.mark.parametrize("format", ["csv", "ndjson", "xlsx"])
def test_figures_as_the_api_tells_them_are_those_that_there_are(client, tmp_path, format):
    make_observation(make_park("north"), make_indicator("gdp", unit="CNY"), value="11735000000", growth_percent="5.5")
    make_observation(make_park("south"), make_indicator("area", unit="km²"), value="0.27", as_stated="405亩")
    path = tmp_path / f"observations.{format}"
    path.write_bytes(b"".join(client.get(f"/api/v1/observations.{format}").streaming_content))
    assert counts(apply(begin(find_table("observations"), path, name=path.name))) == (0, 0, 2, 0)


def test_figure_is_kept_as_exact_as_it_is_stated_unless_a_cell_says_it(upload):
    make_park("north")
    make_indicator("area", unit="km²")
    lines = [
        "精确度,园区,指标,时期,数值",
        ",north,area,2021,约5.8平方公里",
        "EXACT,north,area,2022,约2000亩",
        ",north,area,2023,5",
    ]
    assert counts(apply(upload("observations", *lines))) == (3, 0, 0, 0)
    figures = Observation.objects.order_by("period")
    assert [*figures.values_list("value", "precision", "as_stated")] == [
        (Decimal("5.8"), "ABOUT", "约5.8平方公里"),
        (Decimal("1.3333"), "EXACT", "约2000亩"),
        (Decimal(5), "EXACT", ""),
    ]


def test_citations_speak_of_what_there_is(upload):
    role = make_role(make_park("north"), "OPERATIONS", since="2003")
    make_source("daily")
    done = apply(
        upload(
            "citations",
            "source,target,field,locator",
            "daily,park:north,name_en,¶1",
            f"daily,co-management-role:{role.pk},since,",
            "daily,co-management-role:north/OPERATIONS/320281//IN_FORCE/2003,,¶2",
            "daily,park:nowhere,,",
            "daily,park:north,colour,",
            "daily,source:daily,,",
            "daily,prak:north,,",
            "daily,co-management-role:north,,",
            "daily,,,",
        ),
        only_good=True,
    )
    wrong = told(done)
    assert [wrong.pop(line) for line in (2, 3, 4)] == ["new"] * 3
    assert wrong.pop(6).startswith("There is no field of this name. Choose one of: latitude, longitude, name_en, ")
    assert wrong.pop(8).endswith(" Did you mean “park”?")
    assert wrong == {
        5: "There is no park “nowhere”. Look at /api/v1/parks/?q=nowhere.",
        7: "Records of this kind are not cited.",
        9: "Write co-management-role:park.slug/function/division.code/body.slug/standing/since, or co-management-role: "
        "and its number.",
        10: "Say what it speaks of, such as park:jiangyin-jingjiang.",
    }


def test_citations_ask_as_often_for_three_targets_by_number_as_for_one(upload):
    park, asked = make_park("north"), []
    make_source("daily")
    for function in ("OPERATIONS", "PLANNING", "LAND"):
        make_role(park, function)
    roles = CoManagementRole.objects.values_list("pk", flat=True)
    check(upload("citations", "source,target", f"daily,co-management-role:{roles[0]}"))
    for count in (1, 3):
        sent = upload("citations", "source,target", *(f"daily,co-management-role:{pk}" for pk in roles[:count]))
        with CaptureQueriesContext(connection) as queries:
            assert counts(check(sent)) == (count, 0, 0, 0)
        asked.append(len(queries))
    assert asked[0] == asked[1]


# --- What is handed back --------------------------------------------------------------------------------------------


def test_bad_rows_can_be_mended_and_sent_again(upload, tmp_path):
    make_division("321282")
    done = apply(
        upload("parks", "slug,name_en,host", "a,A,321282", "b,=B,999999", "c,C,"),
        only_good=True,
    )
    bad = tmp_path / "bad.csv"
    assert write_bad_rows(done, bad) == 2
    assert bad.read_text(encoding="utf-8-sig") == (
        "slug,name_en,host,problem\n"
        "b,'=B,999999,\"host: There is no division “999999”. Write the six-digit code, such as 320200 (find it at "
        '/api/v1/divisions/?q=999999)."\n'
        "c,C,,host: A new row needs this.\n"
    )
    bad.write_text(bad.read_text(encoding="utf-8-sig").replace(",999999,", ",321282,").replace("c,C,,", "c,C,321282,"))
    mended = apply(begin(find_table("parks"), bad, name="bad.csv"))
    assert (mended.state, counts(mended)) == (Import.State.APPLIED, (2, 0, 0, 0))
    assert Park.objects.get(slug="b").name_en == "=B"


def test_report_is_a_spreadsheet_too(upload, tmp_path):
    make_park("north", name_en="North")
    done = check(upload("parks", "slug,name_en", "north,Northern", "south,South"))
    path = tmp_path / "report.csv"
    write_report(done, path, "csv")
    assert path.read_text(encoding="utf-8-sig") == (
        "line,outcome,key,column,old value,new value,problem\n"
        "2,changed,slug: north,name_en,North,Northern,\n"
        "3,error,slug: south,host,,,A new row needs this.\n"
    )
    path = tmp_path / "report.xlsx"
    write_report(done, path, "xlsx", outcome="error")
    sheet = openpyxl.load_workbook(path).active
    assert [[cell.value for cell in row] for row in sheet] == [
        ["line", "outcome", "key", "column", "old value", "new value", "problem"],
        [3, "error", "slug: south", "host", None, None, "A new row needs this."],
    ]


def test_a_report_runs_no_text_and_drops_none(upload, tmp_path):
    # longer than a cell may be, and than a text may since
    make_park("north", host="321282", summary_zh="长" * 40_000)
    markup = '<r><t>x</t></r></is></c><c r=""A9""><f>1+1</f></c><c r=""B9"" t=""inlineStr""><is><r><t>y</t></r>'
    done = check(upload("parks", "slug,summary_en,summary_zh", f'north,"{markup}",长'))
    path = tmp_path / "report.xlsx"
    write_report(done, path, "xlsx")
    told, cuts = openpyxl.load_workbook(path)
    old, new = ([row[column] for row in told.values][1:] for column in (4, 5))
    assert new[0] == markup.replace('""', '"')
    assert old[1] == cut("长" * 40_000)
    assert [*cuts.values] == [("sheet", "row", "column"), ("parks", 3, "old value")]


def test_bad_rows_of_a_workbook_say_what_they_said(tmp_path):
    make_division("321282")
    path, bad = tmp_path / "parks.xlsx", tmp_path / "bad.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["slug", "name_en", "host", "established", "latitude", "longitude"])
    book.active.append(["a", "A", 999999, date(2003, 8, 29), 0.1 + 0.2, 120])
    book.save(path)
    assert write_bad_rows(check(begin(find_table("parks"), path, name="parks.xlsx")), bad) == 1
    book = openpyxl.load_workbook(bad)
    assert [*book.active.values][1][:6] == ("a", "A", "999999", "2003-08-29 00:00:00", "0.3", "120")
    book.active["C2"] = "321282"
    book.save(bad)
    mended = apply(begin(find_table("parks"), bad, name="bad.xlsx"))
    assert (mended.state, counts(mended)) == (Import.State.APPLIED, (1, 0, 0, 0))
    park = Park.objects.get()
    assert (str(park.established), park.latitude, park.longitude) == ("2003-08-29", Decimal("0.3"), 120)


# --- Undoing --------------------------------------------------------------------------------------------------------


def test_undo_puts_everything_back_as_one_change(upload):
    make_source("yearbook")
    north = make_park("north", name_en="North")
    make_citation(north, field="name_en")
    before = {name: as_csv(table) for name, table in tables().items()}
    steward = make_person("stewards")
    done = apply(upload("parks", "slug,name_en,host", "north,Northern,", "a,A,321282", "b,B,321282", source="yearbook"))
    assert {name: as_csv(table) for name, table in tables().items()} != before
    # two parks, three citations, the name, and what was cited for the old one
    assert undo(done, person=steward) == 7
    assert {name: as_csv(table) for name, table in tables().items()} == before
    assert (done.state, done.undone_by.person, done.undone_by.reason) == (
        Import.State.UNDONE,
        steward,
        f"Undone: import {done.pk} of rows.csv",
    )
    with pytest.raises(ValidationError, match="nothing to undo"):
        undo(done)


def test_undo_is_refused_where_rows_were_written_to_since_or_are_referred_to(upload):
    make_division("321282")
    done = apply(upload("parks", "slug,name_en,host", "a,A,321282", "b,B,321282"))
    a, _b = Park.objects.order_by("slug")
    a.name_en = "Other"
    a.save()
    with pytest.raises(ValidationError, match=r"park a was written to since\. Undo that first"):
        undo(done)
    a.name_en = "A"
    a.save()
    done = apply(upload("parks", "slug,name_en,host", "c,C,321282", "d,D,321282"))
    role = make_role(Park.objects.get(slug="c"))
    with pytest.raises(ValidationError, match="The park “C” would go, but co-management role"):
        undo(done)
    role.delete()
    make_citation(Park.objects.get(slug="d"))
    with pytest.raises(ValidationError, match="park d would go, but a citation speaks of it"):
        undo(done)
    assert Park.objects.count() == 4


def test_undo_takes_what_restoring_takes(upload):
    make_division("321282")
    done = apply(upload("parks", "slug,name_en,host", "a,A,321282"))
    with pytest.raises(PermissionDenied, match="Restoring is for stewards"):
        undo(done, person=make_person("editors"))
    assert Park.objects.exists()


# --- Hostile cells --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("half", ['"\\ud800"', '["\\udfff"]', '{"slug": "\\ud800"}'])
def test_half_a_character_is_told_and_handed_back_as_it_came(tmp_path, half):
    path = tmp_path / "rows.ndjson"
    path.write_text(f'{{"slug": "a", "established": {half}, "status": {half}}}\n')
    done = check(begin(find_table("parks"), path, name="rows.ndjson"))
    (line,) = lines_of(report_of(done))
    assert (done.errors, "established" in [each["column"] for each in line["problems"]]) == (1, True)
    json.dumps(line, ensure_ascii=False).encode()
    for form in ("csv", "xlsx"):
        write_report(done, tmp_path / f"report.{form}", form)
    assert write_bad_rows(done, tmp_path / "bad.ndjson") == 1
    assert json.loads((tmp_path / "bad.ndjson").read_text())["established"] == json.loads(half)


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 19, "-1", "1.5", "٣"])
def test_number_of_no_row_is_refused_however_long(upload, number):
    done = check(upload("parks", "id,name_en", f"{number},A"))
    assert [each["column"] for line in lines_of(report_of(done)) for each in line["problems"]] == ["id"]


# --- At scale -------------------------------------------------------------------------------------------------------


def test_large_file_is_worked_through_in_batches(upload, django_assert_max_num_queries):
    parks = [make_park(f"park-{number}") for number in range(3)]
    make_indicator("gdp")
    rows = [f"{parks[number % 3].slug},gdp,{1500 + number // 3}" for number in range(2500)]
    lines = ("park,indicator,period,value", *(f"{row},{number}" for number, row in enumerate(rows)))
    # two batches: what is the same for each row is asked once for each of them
    with django_assert_max_num_queries(90):
        done = apply(upload("observations", *lines))
    assert (counts(done), Observation.objects.count()) == ((2500, 0, 0, 0), 2500)
    changed = (lines[0], *(f"{row},{number + number % 2}" for number, row in enumerate(rows)))
    done = apply(upload("observations", *changed))
    assert counts(done) == (0, 1250, 1250, 0)
    assert undo(done) == 1250
    assert sum(Observation.objects.values_list("value", flat=True)) == sum(range(2500))
