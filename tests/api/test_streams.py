"""What is worked out, found or changed is told whole in every format, as its pages tell it."""

import csv
import json
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from core.history import change
from core.models import Change
from core.rest.streaming import CHUNK
from tests.api.test_lists import queries_of, refused
from tests.factories import make_park, make_role, make_whole_park

V1 = "/api/v1/"
PATHS = ["co-management/audit", "changes", "parks/whole/changes", "changes/{id}/rows", "search"]


@pytest.fixture(params=PATHS)
def path(request, db):
    """A list with more entries than a page has, and what it has to be asked."""
    with change():
        make_whole_park("whole")
        for number in range(3):
            make_role(make_park(f"park-{number}"), "FINANCE", since="2003")
    return V1 + request.param.format(id=Change.objects.order_by("id").last().id)


def asked(path, suffix, query=""):
    return f"{path}{suffix}?{'q=park&' if path.endswith('search') else ''}{query}"


def pages(client, path, query="limit=2"):
    address, found = asked(path, "/", query), []
    while address:
        page = client.get(address).json()
        found += page["results"]
        address = page["next"]
    return found


def told(client, path, suffix, query=""):
    response = client.get(asked(path, suffix, query))
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_lines_are_the_entries_of_all_pages(reader, path):
    lines = [json.loads(line) for line in told(reader, path, ".ndjson").splitlines()]
    assert lines == pages(reader, path)
    assert lines


def test_tables_and_workbooks_have_the_same_rows(reader, path):
    header, *rows = csv.reader(StringIO(told(reader, path, ".csv").decode("utf-8-sig")))
    [sheet] = load_workbook(BytesIO(told(reader, path, ".xlsx")))
    assert [cell.value for cell in sheet[1]] == header
    assert (sheet.title, sheet.max_row) == (path.rsplit("/", 1)[-1], len(rows) + 1)
    assert len(rows) == len(pages(reader, path))


def test_they_look_back(reader, path):
    instant = Change.objects.order_by("id").last().at.isoformat().replace("+00:00", "Z")
    if path.endswith("search"):
        assert refused(reader.get(asked(path, ".csv", f"known={instant}"))).keys() == {"known"}
        return
    with change():
        make_role(make_park("came-later"))
    lines = [json.loads(line) for line in told(reader, path, ".ndjson", f"known={instant}").splitlines()]
    assert lines == pages(reader, path, f"limit=2&known={instant}")
    assert b"came-later" not in told(reader, path, ".csv", f"known={instant}")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".ndjson"])
def test_they_have_no_pages_and_no_body_for_head(reader, path, suffix):
    for parameter in ("limit", "page"):
        [problem] = refused(reader.get(asked(path, suffix, f"{parameter}=5"))).values()
        assert problem["detail"].endswith("This format always holds the whole list. Filter it, or take pages of JSON.")
    assert b"".join(reader.head(asked(path, suffix)).streaming_content) == b""


def test_the_tag_holds_unless_people_are_told_by_names_that_change(reader, path):
    etag = reader.get(asked(path, ".csv"))["ETag"]
    again = reader.get(asked(path, ".csv"), headers={"If-None-Match": etag})
    assert again.status_code == (200 if path.endswith("changes") else 304)


def test_more_than_is_read_at_once_is_told_in_order(reader, db):
    for number in range(CHUNK + 3):
        make_park(f"park-{number:04}")
    lines = told(reader, f"{V1}co-management/audit", ".ndjson").splitlines()
    assert [json.loads(line)["park"]["slug"] for line in lines] == [f"park-{number:04}" for number in range(CHUNK + 3)]
    assert len(told(reader, f"{V1}search", ".ndjson").splitlines()) == CHUNK + 3


def test_the_audit_asks_as_often_for_three_parks_as_for_one(reader, db):
    counts = []
    for _more in range(2):
        make_role(make_park())
        reader.get(f"{V1}co-management/audit.csv")
        counts.append(queries_of(reader, f"{V1}co-management/audit.csv")[0])
    assert counts[0] == counts[1]
