"""Many at the same thing at once: one wins, and the others are told what came between."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from tests.intact import broken_at
from tests.operations.conftest import EDITOR, headers_of, token_of
from tests.operations.traffic import at_once, log_in, send_file

pytestmark = pytest.mark.soak

PARK = "/api/v1/parks/jiangyin-jingjiang/"
ROUNDS, EDITORS, IMPORTS = 20, 4, 50


def test_of_those_who_edit_one_record_at_once_one_wins_and_the_others_are_told_what_changed(clusters, serve):
    cluster = clusters()
    server = serve(cluster.url())
    writing = headers_of(token_of(cluster.url()))
    for each in range(ROUNDS):
        etag = server.ask("GET", PARK)[1]["ETag"]

        def edit(number, etag=etag, each=each):
            body = json.dumps({"crosses": f"River {each}-{number}"}).encode()
            return server.ask("PATCH", PARK, body, {**writing, "If-Match": etag})

        answers = at_once(EDITORS, edit)
        assert sorted(status for status, _headers, _told in answers) == [200, *[412] * (EDITORS - 1)]
        won = next(json.loads(told) for status, _headers, told in answers if status == 200)["crosses"]
        for told in (json.loads(told) for status, _headers, told in answers if status == 412):
            assert [error["pointer"] for error in told["errors"]] == ["#/crosses"]
            assert re.fullmatch(rf"“.*” → “{won}” \({EDITOR}, .*Z\)", told["errors"][0]["detail"])
        assert json.loads(server.ask("GET", PARK)[2])["crosses"] == won
    assert broken_at(cluster.url()) == []


def test_of_those_who_save_one_page_of_the_admin_at_once_one_wins_and_the_others_are_told_what_changed(clusters, serve):
    cluster = clusters()
    server = serve(cluster.url())
    cookie = log_in(server)
    [(key,)] = cluster.execute("SELECT id FROM cities_body ORDER BY id LIMIT 1", "registry")
    address = f"/admin/cities/body/{key}/change/"
    for each in range(ROUNDS):
        page = server.ask("GET", address, headers={"Cookie": cookie})[2].decode()
        fields = Form(page).fields

        def save(number, fields=fields, each=each):
            form = urlencode(fields | {"name_en": f"Committee {each}{number}"}).encode()
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            status, _headers, told = server.ask("POST", address, form, headers)
            return status, told.decode()

        answers = at_once(EDITORS, save)
        assert sorted(status for status, _told in answers) == [200] * (EDITORS - 1) + [302]
        [(won,)] = cluster.execute(f"SELECT name_en FROM cities_body WHERE id = {key}", "registry")
        assert won.startswith(f"Committee {each}")
        for told in (told for status, told in answers if status == 200):
            assert "Not saved: this record was changed after you opened it." in told
            assert f"→ “{won}”" in told
    assert broken_at(cluster.url()) == []


class Form(HTMLParser):
    """The fields of the form that a page of the admin shows, as they stand: `fields`."""

    def __init__(self, page: str):
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside, self._field = False, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = told.get("id", "").endswith("_form")
        name = told.get("name", "")
        if self._inside and name and not name.startswith("_") and tag in ("input", "select", "textarea"):
            self._field = name if tag != "input" else ""
            if told.get("type") != "checkbox":
                self.fields[name] = told.get("value", "")
        elif tag == "option" and "selected" in told and self._field:
            self.fields[self._field] = told["value"]

    def handle_endtag(self, tag):
        if tag in ("select", "textarea"):
            self._field = ""

    def handle_data(self, data):
        if self._field and self.get_starttag_text().startswith("<textarea"):
            self.fields[self._field] += data


def test_of_many_who_apply_the_same_file_at_once_one_writes_and_the_others_are_told(clusters, serve):
    cluster = clusters()
    server = serve(cluster.url())
    token = token_of(cluster.url())
    file = "slug,name_en,name_zh,kind\n" + "".join(f"office-{n},Office {n},办公室,OTHER\n" for n in range(20))
    sent = at_once(IMPORTS, lambda number: send_file(server, token, "bodies", file))
    assert Counter((status, told["state"], told["new"]) for status, told in sent) == {(201, "CHECKED", 20): IMPORTS}
    writing = headers_of(token)

    def apply(number):
        status, _headers, told = server.ask("POST", f"/api/v1/imports/{sent[number][1]['id']}/apply/", b"{}", writing)
        return status, json.loads(told).get("detail")

    refused = "The registry was changed since this was checked: check it again."
    assert Counter(at_once(IMPORTS, apply)) == {(200, None): 1, (409, refused): IMPORTS - 1}
    assert cluster.execute("SELECT count(*) FROM cities_body WHERE slug LIKE 'office-%'", "registry") == [(20,)]
    assert broken_at(cluster.url()) == []
    assert "Traceback" not in server.log.read_text()
