"""Formats of the API: chosen by Accept or suffix, and lists streamed as tables and lines."""

import csv
import io
import json

import pytest
from openpyxl import load_workbook

from core.history import change
from core.models import Version
from tests.api.test_lists import LISTS
from tests.factories import make_division, make_official, make_park, make_remark, make_role, make_share, make_source

PARKS = "/api/v1/parks"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read(client, path, **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response, b"".join(response.streaming_content) if response.streaming else response.content


def table(client, path):
    return list(csv.DictReader(io.StringIO(read(client, path)[1].decode("utf-8-sig"))))


def workbook(client, path):
    return load_workbook(io.BytesIO(read(client, path)[1]))


def cells(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("/", "*/*", "application/json"),
        ("/", "application/json", "application/json"),
        ("/", "text/csv", "text/csv; charset=utf-8"),
        ("/", "application/x-ndjson", "application/x-ndjson; charset=utf-8"),
        ("/", "application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
        ("/", "text/csv;q=0.5, application/json;q=0.9", "application/json"),
        ("/", "text/*", "text/csv; charset=utf-8"),
        (".json", "text/csv", "application/json"),
        (".csv", "application/json", "text/csv; charset=utf-8"),
        (".ndjson", "text/html", "application/x-ndjson; charset=utf-8"),
        ("/", XLSX, XLSX),
        (".xlsx", "application/json", XLSX),
        ("/", "application/geo+json", "application/geo+json"),
        (".geojson", "*/*", "application/geo+json"),
    ],
)
def test_the_format_is_that_of_the_suffix_or_the_one_liked_best(reader, db, settings, path, accept, expected):
    settings.API_BROWSABLE = False
    response, _body = read(reader, PARKS + path, accept=accept)
    assert response["Content-Type"] == expected
    assert "Accept" in response["Vary"]


@pytest.mark.parametrize("path", ["parks/suxitong", "parks/suxitong/shares", "parks/suxitong/co-management"])
def test_single_records_take_a_suffix_too(reader, path):
    make_park("suxitong")
    assert read(reader, f"/api/v1/{path}.json")[0]["Content-Type"] == "application/json"
    for suffix in ("csv", "xlsx", "ndjson"):
        assert reader.get(f"/api/v1/{path}.{suffix}").status_code == 404
    assert reader.get("/api/v1/parks/suxitong/", headers={"accept": XLSX}).status_code == 406


def test_a_browser_gets_the_browsable_api_where_it_is_switched_on(reader, editor, settings):
    make_park("suxitong")
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for on, expected in ((True, "text/html; charset=utf-8"), (False, "application/json")):
        settings.API_BROWSABLE = on
        for client in (reader, editor):
            for path in ("/api/v1/", f"{PARKS}/", f"{PARKS}/suxitong/", "/api/v1/search/?q=park"):
                assert read(client, path, **browser)[0]["Content-Type"] == expected
    settings.API_BROWSABLE = True
    assert b"There is no park" in reader.get(f"{PARKS}/no-such/", headers=browser).content


def test_lines_are_the_records_of_the_list_whole(reader):
    for slug in ("a", "b", "c"):
        make_role(make_park(slug))
    listed = reader.get(f"{PARKS}/").json()["results"]
    lines = read(reader, f"{PARKS}.ndjson")[1].decode().splitlines()
    assert [json.loads(line) for line in lines] == listed
    [line] = read(reader, f"{PARKS}.ndjson?slug=b&fields=slug,status")[1].decode().splitlines()
    assert json.loads(line) == {"slug": "b", "status": "ACTIVE"}


def test_a_table_has_a_column_for_each_part_of_a_reference_and_lists_as_json(reader):
    park = make_park("suxitong", latitude="-32.5", longitude="120")
    make_remark(park)
    response, body = read(reader, f"{PARKS}.csv?fields=slug,host,part_of,latitude,remarks,evidence")
    assert response["Content-Disposition"] == 'attachment; filename="parks.csv"'
    remark = park.remarks.get()
    assert body.decode() == (
        # the byte order mark, by which Excel knows UTF-8
        "\ufeffslug,part_of_slug,part_of_name_en,part_of_name_zh,"
        "host_code,host_name_en,host_name_zh,host_level,host_kind,latitude,remarks,"
        "evidence_facts,evidence_cited,evidence_single_source,evidence_disputed,evidence_uncited\r\n"
        "suxitong,,,,321282,Division 321282,区划321282,COUNTY,COUNTY_LEVEL_CITY,-32.5,"
        f'"[{{""id"":{remark.id},""kind"":""MECHANISM"",""text_en"":""One board."",""text_zh"":""""}}]",'
        "5,0,0,0,5\r\n"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(reader, start):
    text = f'{start}HYPERLINK("http://example.org")'
    make_source("daily", title=text, publisher="-1.5")
    [row] = table(reader, "/api/v1/sources.csv")
    assert (row["title"], row["publisher"]) == (f"'{text}", "-1.5")


def test_rows_of_facts_make_a_table(reader):
    share = make_share(make_park("suxitong"), percent="33.3")
    [row] = table(reader, "/api/v1/benefit-shares.csv?on=2020")
    assert (row["id"], row["park_slug"], row["division_code"], row["percent"], row["certainty"]) == (
        str(share.id),
        "suxitong",
        "320281",
        "33.3",
        "certain",
    )


def test_a_workbook_has_the_columns_and_the_cells_of_the_table(reader):
    park = make_park("suxitong", latitude="-32.5", longitude="120", summary_en="=1+1")
    make_remark(park)
    asked = "fields=slug,host,part_of,is_programme,latitude,remarks,evidence,summary_en"
    book = workbook(reader, f"{PARKS}.xlsx?{asked}")
    _response, body = read(reader, f"{PARKS}.csv?{asked}")
    header, row = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    assert book.sheetnames == ["parks"]
    told = {"-32.5": -32.5, "false": False, "'=1+1": "=1+1", "": None} | {str(each): each for each in range(10)}
    assert cells(book["parks"]) == [header, [told.get(cell, cell) for cell in row]]


def test_a_workbook_tells_numbers_as_numbers_and_codes_and_dates_as_texts(reader):
    share = make_share(make_park("suxitong"), percent="33.3", since="2003")
    header, row = cells(workbook(reader, "/api/v1/benefit-shares.xlsx?on=2020")["benefit-shares"])
    told = dict(zip(header, row, strict=True))
    assert {name: told[name] for name in ("id", "park_slug", "division_code", "percent", "since", "certainty")} == {
        "id": share.id,
        "park_slug": "suxitong",
        "division_code": "320281",
        "percent": 33.3,
        "since": "2003",
        "certainty": "certain",
    }
    assert told["agreement_slug"] is None


def test_every_list_is_a_workbook_with_the_columns_of_its_table(reader, db):
    for name in LISTS:
        [sheet] = workbook(reader, f"/api/v1/{name}.xlsx")
        [header] = csv.reader(io.StringIO(read(reader, f"/api/v1/{name}.csv")[1].decode("utf-8-sig")))
        assert (sheet.title, cells(sheet)) == (name, [header])


def test_a_workbook_is_filtered_and_sorted_like_the_list(reader):
    for slug in ("a", "b", "c"):
        make_park(slug, status="ACTIVE" if slug != "b" else "CLOSED")
    [_header, *rows] = cells(workbook(reader, f"{PARKS}.xlsx?fields=slug&status=ACTIVE&ordering=-slug")["parks"])
    assert rows == [["c"], ["a"]]


def test_a_stream_has_no_pages(reader):
    make_division("110000")
    for number in range(600):
        make_official(f"official-{number}")
    assert len(table(reader, "/api/v1/officials.csv")) == 600


def test_a_streams_tag_holds_until_something_is_written(reader):
    # on PostgreSQL, all that a test writes outside of any change is one, as it is one transaction
    with change():
        park = make_park("suxitong")
    etag = reader.get(f"{PARKS}.csv")["ETag"]
    assert reader.get(f"{PARKS}.csv", headers={"If-None-Match": etag}).status_code == 304
    assert reader.get(f"{PARKS}.ndjson", headers={"If-None-Match": etag}).status_code == 200
    assert reader.get(f"{PARKS}.csv?status=ACTIVE", headers={"If-None-Match": etag}).status_code == 200
    with change():
        make_remark(park)
    assert reader.get(f"{PARKS}.csv", headers={"If-None-Match": etag}).status_code == 200


def test_head_and_options_tell_without_a_body(reader, editor):
    make_park("suxitong")
    before = Version.objects.count()
    streams = [f"{PARKS}.{each}" for each in ("csv", "xlsx", "ndjson", "geojson")]
    for path in (f"{PARKS}/", f"{PARKS}/suxitong/", *streams, f"{PARKS}/suxitong.geojson", "/api/v1/search/?q=park"):
        head, get = reader.head(path), reader.get(path)
        body = b"".join(head.streaming_content) if head.streaming else head.content
        assert (head.status_code, body, head["ETag"]) == (200, b"", get["ETag"])
        assert head.get("Content-Disposition") == get.get("Content-Disposition")
        assert head["Content-Type"] == get["Content-Type"]
    told = editor.options(f"{PARKS}/").json()
    assert told["methods"] == ["GET", "POST", "HEAD", "OPTIONS"]
    told_formats = ["application/json", "text/csv", "application/x-ndjson", XLSX, "application/geo+json"]
    assert told["formats"][:5] == told_formats
    assert reader.options(f"{PARKS}/suxitong/").json()["formats"][:2] == ["application/json", "application/geo+json"]
    assert told["schema"] == "http://testserver/api/schema/"
    assert Version.objects.count() == before


def test_the_browsable_api_leads_to_the_same_in_other_formats(reader, settings):
    settings.API_BROWSABLE = True
    make_park("suxitong")
    listed = reader.get(f"{PARKS}/?status=ACTIVE&limit=1", headers={"accept": "text/html"}).content.decode()
    for suffix in ("csv", "xlsx", "ndjson", "geojson"):
        assert f'<a href="{PARKS}.{suffix}?status=ACTIVE">.{suffix}</a>' in listed
    one = reader.get(f"{PARKS}/suxitong/", headers={"accept": "text/html"}).content.decode()
    assert f'<a href="{PARKS}/suxitong.geojson">.geojson</a>' in one
    assert ".csv</a>" not in one
