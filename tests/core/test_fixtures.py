"""Loading fixtures: in bulk, once, by natural key, with errors that name the place."""

import json
import re

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.management.commands.demo import FIXTURES
from core.history import change
from core.models import Change, Version
from parks.models import CoManagementRole, Park, ParkName
from sources.models import Citation
from tests.factories import make_division, make_park

pytestmark = pytest.mark.django_db

PARK = {
    "model": "parks.park",
    "fields": {"slug": "north", "name_en": "North Park", "host": "321282", "established": "2003"},
}
ROLE = {
    "model": "parks.comanagementrole",
    "fields": {"park": ["north"], "function": "OPERATIONS", "division": "320281", "since": "2003"},
}
SOURCE = {"model": "sources.source", "fields": {"slug": "daily", "title": "News", "publisher": "Daily"}}
CITATION = {
    "model": "sources.citation",
    "fields": {
        "source": ["daily"],
        "target": ["parks.comanagementrole", "north", "OPERATIONS", "320281", None, "IN_FORCE", "2003"],
        "field": "since",
        "locator": "¶2",
    },
}


@pytest.fixture
def divisions():
    return [make_division("321282"), make_division("320281")]


@pytest.fixture
def load(tmp_path):
    def load(*objects, **options):
        path = tmp_path / "some.json"
        path.write_text(json.dumps(objects), encoding="utf-8")
        call_command("loaddata", str(path), verbosity=0, **options)

    return load


def with_(one, **fields):
    """The same object, with these fields beside or instead of its own."""
    return {**one, "fields": {**one["fields"], **fields}}


DIVISION = {
    "model": "cities.division",
    "pk": "320000",
    "fields": {"level": "PROVINCE", "kind": "PROVINCE", "name_en": "Jiangsu", "name_zh": "江苏省"},
}


def refused(load, *objects):
    before = Version.objects.count()
    with pytest.raises(CommandError) as told:
        load(*objects)
    assert Version.objects.count() == before
    return str(told.value)


def test_loading_writes_one_change_with_its_reason(load, divisions):
    Change.objects.all()
    before = Change.objects.count()
    load(SOURCE, PARK, ROLE, CITATION)
    change = Change.objects.first()
    assert Change.objects.count() == before + 1
    assert (change.origin, change.reason.split()[0], change.versions.count()) == ("FIXTURE", "loaddata", 4)
    citation = Citation.objects.get()
    assert citation.target == CoManagementRole.objects.get()
    assert (citation.source.slug, citation.field, citation.stance) == ("daily", "since", "SUPPORTS")


def test_loading_again_writes_nothing(load, divisions):
    load(SOURCE, PARK, ROLE, CITATION)
    before = (Change.objects.count(), Version.objects.count())
    load(SOURCE, PARK, ROLE, CITATION)
    assert (Change.objects.count(), Version.objects.count()) == before


def test_loading_changes_what_the_fixture_says_otherwise_and_no_more(load, divisions):
    load(PARK)
    Park.objects.update(crosses="Yangtze River")
    load({**PARK, "fields": {**PARK["fields"], "name_en": "Northern Park"}})
    park = Park.objects.get()
    assert (park.name_en, park.crosses) == ("Northern Park", "Yangtze River")


def test_keep_edits_leaves_what_people_changed_or_deleted(load, divisions):
    second = {**PARK, "fields": {**PARK["fields"], "slug": "south", "name_en": "South Park"}}
    load(SOURCE, PARK, second, ROLE, CITATION)
    Park.objects.filter(slug="north").update(name_en="Ours")
    # Another start is another natural key: the fixture's role must not come back beside it.
    CoManagementRole.objects.update(since="2004")
    Park.objects.get(slug="south").delete()
    Citation.objects.all().delete()
    load(SOURCE, PARK, second, ROLE, CITATION, keep_edits=True)
    assert list(Park.objects.values_list("slug", "name_en")) == [("north", "Ours")]
    assert list(CoManagementRole.objects.values_list("since", flat=True)) == ["2004"]
    assert not Citation.objects.exists()


def test_keep_edits_follows_the_fixture_where_nobody_edited(load, divisions):
    load(PARK)
    load({**PARK, "fields": {**PARK["fields"], "name_en": "Northern Park"}}, keep_edits=True)
    assert Park.objects.get().name_en == "Northern Park"


def test_a_park_may_name_one_that_stands_before_it(load, divisions):
    part = {"model": "parks.park", "fields": {**PARK["fields"], "slug": "tract", "part_of": ["north"]}}
    load(PARK, part)
    assert Park.objects.get(slug="tract").part_of.slug == "north"


def test_divisions_may_name_each_other_in_any_order(load):
    def division(code, level, kind, parent):
        fields = {"level": level, "kind": kind, "name_en": code, "name_zh": "市", "parent": parent}
        return {"model": "cities.division", "pk": code, "fields": fields}

    load(
        division("321200", "PREFECTURE", "PREFECTURE_LEVEL_CITY", "320000"),
        division("320000", "PROVINCE", "PROVINCE", None),
    )
    load(division("321200", "PREFECTURE", "PREFECTURE_LEVEL_CITY", "320000"))
    assert Version.objects.filter(model="cities.division").count() == 2


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([{**PARK, "fields": {**PARK["fields"], "established": "2003-13"}}], "established: “2003-13” is not a date"),
        ([{**PARK, "fields": {**PARK["fields"], "host": "999999"}}], 'host: nothing recorded has the key "999999"'),
        ([{**PARK, "fields": {**PARK["fields"], "founded": "2003"}}], "there is no field 'founded'"),
        ([{**PARK, "fields": {**PARK["fields"], "status": "OPEN"}}], "status: Value 'OPEN' is not a valid choice"),
        ([{**PARK, "fields": {**PARK["fields"], "name_en": None}}], "name_en: This field cannot be null"),
        ([PARK, PARK], "the same park stands in the file twice"),
        ([ROLE], 'park: nothing recorded has the key ["north"]'),
        ([PARK, {**ROLE, "fields": {**ROLE["fields"], "until": "2002"}}], "The end lies before the start"),
        (
            [PARK, ROLE, {**ROLE, "fields": {**ROLE["fields"], "since": "2005"}}],
            "recorded already for a period that overlaps this one",
        ),
        ([PARK, {**ROLE, "fields": {**ROLE["fields"], "park": ["north", "x"]}}], "is no natural key"),
        ([{"model": "parks.plot", "fields": {}}, PARK], "'parks.plot' is no kind of record"),
        ([{"model": "parks.park"}], 'it has no "fields"'),
        ([SOURCE, {**CITATION, "fields": {**CITATION["fields"], "target": []}}], "is no natural key"),
        # what is no text
        ([with_(PARK, name_en=["a"])], 'name_en: ["a"] is not text'),
        ([with_(PARK, name_en=True)], "name_en: true is not text"),
        ([with_(PARK, summary_en={"en": "a"})], 'summary_en: {"en": "a"} is not text'),
        ([with_(PARK, established=2003)], "established: 2003 is not text"),
        # keys of one database
        ([with_(PARK, id=7)], "id: leave it out"),
        ([with_(PARK, id="seven")], "id: leave it out"),
        ([{**PARK, "pk": 7}], 'it is known by its slug: leave out "pk"'),
        ([{**PARK, "pk": {}}], 'it is known by its slug: leave out "pk"'),
        ([with_(DIVISION, code="330000")], "code: leave it out"),
        ([{**DIVISION, "pk": {"code": "320000"}}], '"pk" is not the text of its code'),
        ([{**DIVISION, "pk": 320000}], '"pk" is not the text of its code'),
        ([with_(PARK, host={"code": "321282"})], "is no natural key"),
        ([SOURCE, PARK, ROLE, with_(CITATION, content_type=7)], "content_type: leave it out"),
        ([SOURCE, PARK, ROLE, with_(CITATION, object_id="7")], "object_id: leave it out"),
        # what is required
        ([with_(PARK, host=None)], 'object 1 (parks.park "north"): host: This field cannot be null'),
        ([{"model": "parks.parkname", "fields": {"name": "N"}}], "park: This field cannot be null"),
        ([SOURCE, {"model": "sources.citation", "fields": {"source": ["daily"]}}], "target: This field cannot be null"),
        # what is cited
        ([SOURCE, PARK, ROLE, with_(CITATION, field="sinse")], "object 4 (sources.citation"),
        ([SOURCE, PARK, ROLE, with_(CITATION, field="sinse")], "field: 'sinse' is none of since, until, "),
        ([SOURCE, PARK, with_(CITATION, target=["parks.park", "north"], field="slug")], "field: 'slug' is none of"),
        (
            [SOURCE, with_(CITATION, target=["sources.source", "daily"], field="")],
            "target: records of the kind sources.source are not cited",
        ),
        ([SOURCE, with_(CITATION, target=["parks.plot", "north"])], "object 2 (sources.citation"),
        ([SOURCE, with_(CITATION, target=["parks.plot", "north"])], "target: 'parks.plot' is no kind of record"),
        ([SOURCE, with_(CITATION, target={"parks.park": "north"})], "is no natural key"),
        # the same row in two places of a file
        ([PARK, ROLE, with_(PARK, name_en="Other")], "the same park stands in the file twice, first as object 1"),
    ],
)
def test_an_error_names_the_place_and_nothing_is_written(load, divisions, objects, told):
    message = refused(load, *objects)
    assert told in message
    assert message.startswith("some.json")


@pytest.mark.parametrize("depth", [500, 100_000])
def test_a_file_nested_too_deeply_is_refused(load, divisions, tmp_path, depth):
    text = json.dumps([with_(PARK, name_en="deep")]).replace('"deep"', "[" * depth + "]" * depth)
    path = tmp_path / "some.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=r"^some.json.*(is not text|nested too deeply)"):
        call_command("loaddata", str(path), verbosity=0)


def test_the_last_of_many_rows_is_named_soon(load, divisions):
    make_park("north")
    names = [
        {"model": "parks.parkname", "fields": {"park": ["north"], "name": f"Name {n}", "language": "en"}}
        for n in range(1001)
    ]
    names[-1] = with_(names[-1], since="2003", until="2002")
    with CaptureQueriesContext(connection) as asked:
        message = refused(load, *names)
    assert message.startswith('some.json, object 1001 (parks.parkname ["north"], "Name 1000", "en", "2003"): The end')
    # one by one it would be more than three times as many
    assert len(asked) < 150


def test_a_row_that_is_refused_for_one_before_it_is_named(load, divisions):
    make_park("north")
    roles = [with_(ROLE, function=function) for function in ("PARTNER", "OPERATIONS", "FINANCE", "PLANNING")]
    message = refused(load, *roles, with_(ROLE, since="2005"))
    assert message.startswith("some.json, object 5 (")
    assert "recorded already for a period that overlaps this one" in message


def test_a_fixture_of_another_file_may_say_more_of_the_same_row(load, divisions):
    load(PARK)
    load(with_(PARK, name_en="Northern Park"))
    assert Park.objects.get().name_en == "Northern Park"


@pytest.mark.parametrize("page", ["docs/operations.md"])
def test_who_follows_the_page_for_operators_loads_every_fixture(page):
    text = (settings.BASE_DIR / page).read_text(encoding="utf-8")
    loaded = re.findall(
        r"^(?:\S*python manage\.py|registry manage) loaddata (?:--keep-edits )?(.*)$", text, re.MULTILINE
    )
    assert loaded == [" ".join(FIXTURES)] * 2


def test_an_error_names_the_object(load, divisions):
    message = refused(load, PARK, {**ROLE, "fields": {**ROLE["fields"], "until": "2002"}})
    assert message.startswith(
        'some.json, object 2 (parks.comanagementrole ["north"], "OPERATIONS", "320281", "2003"): '
    )


def test_a_file_that_is_not_json_is_refused(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("[{", encoding="utf-8")
    with pytest.raises(CommandError, match=r"broken.json is not JSON"):
        call_command("loaddata", str(path), verbosity=0)


def test_what_is_no_record_goes_through_django(load, django_user_model):
    load({"model": "auth.user", "pk": 77, "fields": {"username": "guest", "password": "!"}})
    assert django_user_model.objects.get(pk=77).username == "guest"


def test_loading_asks_the_database_as_often_for_many_rows_as_for_one(load):
    with change():
        make_park("north")

    def names(count):
        return [
            {"model": "parks.parkname", "fields": {"park": ["north"], "name": f"Name {n}", "language": "en"}}
            for n in range(count)
        ]

    # what a process asks once
    load({"model": "parks.parkname", "fields": {"park": ["north"], "name": "First", "language": "en"}})
    # opening and closing the change, the keys of parks and names, one insert of up to 500, Django's checks
    with CaptureQueriesContext(connection) as one:
        load(*names(1))
    with CaptureQueriesContext(connection) as many:
        load(*names(100))
    assert len(many) == len(one)
    assert ParkName.objects.count() == 101
