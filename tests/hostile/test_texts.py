"""Texts that try to be something else are kept as they are, or refused; no spreadsheet runs them."""

import csv
import io
import json
import re
import zipfile

import openpyxl
import pytest
from django.test import Client

from core.spreadsheets import FORMULA, restored
from parks.models import Park
from tests.admin import errors_of, list_of, page_of, save
from tests.factories import make_agreement, make_division, make_park
from tests.hostile.corpus import HEADERS, KEPT, PATHS, REFUSED
from tests.people import logged_in, make_person
from tests.rest import patch

pytestmark = pytest.mark.django_db
PARK = "/api/v1/parks/north/"


def test_texts_are_kept_told_and_found_as_they_are(editor):
    make_park("north")
    for name, text in KEPT.items():
        assert patch(editor, PARK, {"summary_en": text, "crosses": text, "change_reason": text}).status_code == 200, (
            name
        )
        told = editor.get(PARK).json()
        assert (told["summary_en"], told["crosses"]) == (text, text), name
        park = Park.objects.get()
        assert (park.summary_en, park.crosses) == (text, text), name
        # asked for, in a list and in a search
        for path in ("/api/v1/parks/", "/api/v1/search/", "/en/search/", "/en/parks/", "/reconcile/suggest/entity/"):
            for parameter in ("q", "prefix", "search"):
                assert editor.get(path, {parameter: text}).status_code in (200, 400, 404), (name, path)


def test_texts_typed_in_the_admin_are_kept_and_shown_as_they_are():
    park, person = make_park("north"), logged_in(make_person("editors"))
    for name, text in list(KEPT.items())[::4]:
        assert save(person, page_of(park), summary_en=text, crosses=text, edit_reason=text).status_code == 302, name
        park.refresh_from_db()
        assert (park.summary_en, park.crosses) == (text, text), name
        assert person.get(list_of(Park), {"q": text}).status_code == 200, name


def test_texts_that_are_not_what_they_look_like_are_refused(editor):
    park, person = make_park("north"), logged_in(make_person("editors"))
    for name, text in REFUSED.items():
        # half a character can be sent as an escape alone
        body = json.dumps({"crosses": text})
        answer = editor.patch(PARK, body, content_type="application/json", headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/crosses"), name
        if name != "half a character":
            # no form can send it
            assert errors_of(save(person, page_of(park), crosses=text)), name
        assert Park.objects.get().crosses == "", name


def test_no_spreadsheet_runs_a_text(reader):
    make_division("321282")
    for number, text in enumerate(KEPT.values()):
        make_park(f"park-{number:02}", crosses=text, summary_en=text, name_zh=text[:100])
    sent = b"".join(reader.get("/api/v1/parks.csv")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sent)))
    assert [restored(row["crosses"]) for row in sorted(rows, key=lambda row: row["slug"])] == list(KEPT.values())
    cells = [cell for row in rows for cell in row.values()]
    run = [cell for cell in cells if cell[:1] and cell[0] in FORMULA and not re.fullmatch(r"-?[0-9.]+", cell)]
    assert run == []
    book = b"".join(reader.get("/api/v1/parks.xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    assert {cell.data_type for row in sheet.rows for cell in row} & {"f", "e"} == set()
    assert [cell.hyperlink for row in sheet.rows for cell in row if cell.hyperlink] == []
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert not [part for part in parts.namelist() if re.search("external|macro|vba|activeX", part, re.IGNORECASE)]


# --- What is asked for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        *("", "en/", "en/parks/", "zh-hans/divisions/", "en/sources/", "api/v1/parks/", "ogc/collections/"),
        *("reconcile/", "admin/parks/park/", "static/", "i18n/"),
    ],
)
def test_addresses_that_try_to_lead_elsewhere_lead_nowhere(place):
    person = logged_in(make_person("stewards"))
    for client in (Client(), person):
        for name, end in PATHS.items():
            answer = client.get(f"/{place}{end}")
            assert answer.status_code in (200, 301, 302, 400, 404), (name, answer.status_code)
            told = answer.headers.get("Location", "")
            assert not told.startswith(("//", "http")), (name, told)
            assert "\n" not in "".join(answer.headers.values())
            if answer["Content-Type"].startswith("text/html") and not answer.streaming:
                assert b"<script>alert(1)" not in answer.content, name
            assert b"root:" not in b"".join(answer)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**24, -(10**24)])
def test_numbers_beyond_those_of_the_database_are_numbers(client, number):
    """On SQLite, whole numbers end there."""
    make_agreement(term_years=20)
    asked = {"": 0, "__in": 1, "__ne": 1, "__gte": int(number < 0), "__lte": int(number > 0)}
    for suffix, count in asked.items():
        value = f"20,{number}" if suffix == "__in" else str(number)
        assert client.get("/api/v1/agreements/", {f"term_years{suffix}": value}).json()["count"] == count, suffix


def test_headers_that_lie_are_not_believed(reader):
    make_park("north")
    for name, text in HEADERS.items():
        for path in ("/en/", "/en/parks/north/", "/api/v1/parks/north/", "/api/v1/parks/", "/admin/login/", "/ogc/"):
            answer = reader.get(path, headers={name: text})
            assert answer.status_code in (200, 302, 400, 401, 406), (name, path, answer.status_code)
            assert b"evil.example" not in b"".join(answer), (name, path)
    assert Park.objects.count() == 1


def test_a_person_is_not_led_to_another_host():
    make_person("editors", username="li").set_password("x")
    for target in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "///evil.example",
    ):
        answer = Client().post("/i18n/setlang/", {"language": "en", "next": target})
        assert "evil" not in answer["Location"]
        assert "script" not in answer["Location"]
