"""The lists of the admin as files: what the list shows, all of it and no more, for whoever may see it."""

import csv
import json
from io import BytesIO, StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from openpyxl import load_workbook

from cities.models import City, Division, Province
from core.history import record_models
from core.models import Change, Record
from exchange.files import opened
from exchange.rows import header_of, rows_of
from exchange.tables import table_of
from parks.models import CoManagementRole, Observation, Park
from sources.models import Citation, Source
from tests.admin import list_of
from tests.factories import (
    make_citation,
    make_division,
    make_observation,
    make_park,
    make_role,
    make_source,
    make_whole_park,
)
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return logged_in(make_person("readers"))


def address(model, suffix):
    return f"{list_of(model)}export.{suffix}"


def exported(client, model, suffix="csv", query="") -> bytes:
    response = client.get(f"{address(model, suffix)}?{query}")
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def rows(client, model, query="") -> list[dict[str, str]]:
    return [*csv.DictReader(StringIO(exported(client, model, query=query).decode("utf-8-sig")))]


def keys(client, query="") -> list[str]:
    return [row["slug"] for row in rows(client, Park, query)]


def shown(client, query="") -> list[str]:
    return [park.slug for park in client.get(f"{list_of(Park)}?{query}").context["cl"].result_list]


def test_every_list_of_records_is_exported_in_the_columns_of_its_table(reader):
    make_whole_park()
    pages = [model for model in admin.site._registry if issubclass(model, Record)]
    assert {model._meta.concrete_model for model in pages} <= {*record_models()}
    assert len(pages) > 10
    for model in pages:
        table, records = table_of(model), model.objects.all()
        found = [*csv.reader(StringIO(exported(reader, model).decode("utf-8-sig")))]
        assert found[0] == header_of(table)
        assert sorted(found[1:]) == sorted(rows_of(table, records.order_by("pk")))


def test_the_three_formats_hold_the_same(reader):
    make_park("north", name_zh="北园", latitude="31.5", longitude="120", is_programme=True, summary_en="=1+1")
    table = rows(reader, Park)
    [sheet] = load_workbook(BytesIO(exported(reader, Park, "xlsx")))
    header, *cells = sheet.iter_rows(values_only=True)
    lines = [json.loads(line) for line in exported(reader, Park, "ndjson").splitlines()]
    assert sheet.title == "parks"
    assert [table[0][name] for name in ("slug", "host", "is_programme", "latitude", "summary_en", "closed")] == [
        *("north", "321282", "true", "31.500000", "'=1+1", "")
    ]
    assert [dict(zip(header, row, strict=True)) for row in cells] == [
        {**{name: text or None for name, text in table[0].items()}, "latitude": 31.5, "longitude": 120}
        | {"summary_en": "=1+1"}
    ]
    assert [*lines[0]] == [*table[0]]
    assert [lines[0][name] for name in ("slug", "is_programme", "latitude", "summary_en", "closed", "website")] == [
        *("north", True, "31.500000", "=1+1", "", "")
    ]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "ndjson"])
def test_a_file_is_read_back_as_it_was_written(reader, suffix, tmp_path):
    make_park("north", name_zh="北园", latitude="31.5", longitude="120", summary_en="'=1+1\n\n<b> _x0041_ ＝2")
    make_park("south", summary_zh="－", established="2003-08")
    file = tmp_path / f"parks.{suffix}"
    file.write_bytes(exported(reader, Park, suffix))
    table = table_of(Park)
    with opened(file) as found:
        assert found.header == header_of(table)
        read = [["" if value is None else str(value).removesuffix("00000") for value in row] for _line, row in found]
    written = [[text.removesuffix("00000") for text in row] for row in rows_of(table, Park.objects.order_by("slug"))]
    assert [[text.lower() if text in ("True", "False") else text for text in row] for row in read] == written


def test_what_is_exported_is_what_the_list_shows(reader):
    for number in range(3):
        make_role(make_park(f"east-{number}", name_en="East", status="CLOSED" if number else "ACTIVE"), "FINANCE")
    make_park("west", name_en="West", host="510104")
    for query in (
        "",
        "q=east",
        "status__exact=CLOSED",
        "q=east&status__exact=ACTIVE",
        "function=FINANCE",
        "o=-1",
        "o=1",
    ):
        assert keys(reader, query) == shown(reader, query)
    assert keys(reader, "q=no-such") == []
    assert sorted(keys(reader, "q=east&function=FINANCE")) == ["east-0", "east-1", "east-2"]


def test_all_pages_are_exported_whichever_was_seen(reader):
    for number in range(120):
        make_park(f"park-{number:03}")
    seen = [slug for page in (1, 2, 3) for slug in shown(reader, f"p={page}")]
    for query in ("", "p=2", "p=99", "all="):
        assert keys(reader, query) == seen
    assert len(seen) == 120


def test_a_list_of_some_of_the_divisions_exports_these(reader):
    for code in ("320000", "320200", "320281"):
        make_division(code)
    assert [row["code"] for row in rows(reader, Province)] == ["320000"]
    assert [row["code"] for row in rows(reader, City)] == ["320200"]
    assert {row["code"] for row in rows(reader, Division)} == {"320000", "320200", "320281"}


def test_what_a_citation_speaks_of_is_told_by_its_key(reader):
    park = make_park("north")
    make_citation(park, source=make_source("daily"))
    [row] = rows(reader, Citation)
    assert (row["source"], row["target"]) == ("daily", "park:north")


def test_a_file_is_saved_under_the_name_of_its_list_and_the_day(reader, settings):
    make_park()
    response = reader.get(address(Park, "xlsx"))
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert response["Content-Disposition"].startswith('attachment; filename="parks-20')
    assert response["Content-Disposition"].endswith('.xlsx"')
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert b"".join(reader.head(address(Park, "csv")).streaming_content) == b""


def test_only_those_who_see_the_list_export_it(client, reader):
    outsider = logged_in(make_person(is_staff=True, username="outsider"))
    assert outsider.get(address(Park, "csv")).status_code == outsider.get(list_of(Park)).status_code == 403
    anonymous = client.get(address(Park, "csv"))
    assert (anonymous.status_code, anonymous["Location"].startswith("/admin/login/")) == (302, True)
    assert reader.post(address(Park, "csv")).status_code == 405


@pytest.mark.parametrize("model", [Change, User, Group])
def test_people_and_changes_are_no_tables(model):
    steward = logged_in(User.objects.create_superuser("root"))
    assert steward.get(address(model, "csv")).status_code == 404
    assert b"export.csv" not in steward.get(list_of(model)).content


def test_there_is_no_other_format_and_no_other_list(reader):
    for path in ("parks/park/export.pdf", "parks/no-such/export.csv", "no-such/park/export.csv"):
        assert reader.get(f"/admin/{path}").status_code == 404


@pytest.mark.parametrize("query", ["name_en__regex=(", "elsewhere=a", "status__in=ACTIVE"])
def test_a_filter_that_the_list_does_not_have_is_refused_as_there(reader, query):
    make_park()
    assert reader.get(f"{list_of(Park)}?{query}").status_code == 400
    assert reader.get(f"{address(Park, 'csv')}?{query}").status_code == 400


def test_a_value_that_cannot_be_filtered_by_leads_to_the_list_which_says_so(reader):
    make_observation(make_park())
    query = "park__id__exact=x"
    there, here = (reader.get(f"{path}?{query}") for path in (list_of(Observation), address(Observation, "csv")))
    assert (there.status_code, here.status_code) == (302, 302)
    assert here["Location"] == f"{list_of(Observation)}?e=1"


def test_a_list_shows_where_it_is_exported_with_its_filters(reader):
    make_park()
    page = reader.get(f"{list_of(Park)}?q=%E5%9B%AD&p=2&status__exact=ACTIVE").content.decode()
    for suffix in ("csv", "xlsx", "ndjson"):
        assert f'href="{address(Park, suffix)}?q=%E5%9B%AD&amp;status__exact=ACTIVE"' in page
    assert "export.csv" not in reader.get(f"{list_of(Park)}?_popup=1").content.decode()


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "ndjson"])
def test_an_export_asks_as_often_for_three_rows_as_for_one(reader, suffix, django_assert_num_queries):
    make_role(make_park())
    exported(reader, CoManagementRole, suffix)
    for _more in (1, 2):
        # who asks, with session and permissions; how many there are; the rows
        with django_assert_num_queries(6):
            exported(reader, CoManagementRole, suffix)
        make_role(make_park()), make_role(make_park())


def test_rows_of_a_long_list_are_sent_while_they_are_read(reader):
    for number in range(3):
        make_source(f"source-{number}", note="x" * 40_000)
    response = reader.get(address(Source, "xlsx"))
    assert next(response._iterator)
    # as a server does when the reader is gone
    response._iterator.close()
    assert Source.objects.all().delete()[0] == 3
