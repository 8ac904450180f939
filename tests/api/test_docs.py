"""The pages on the API and README.md: every route and parameter is in them, and every call does what they say."""

import json
import re
import shlex
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from config.management.commands.demo import FIXTURES
from tests.api.test_examples import without_chance
from tests.people import client_of, make_person

API, TIME, README = (settings.BASE_DIR / name for name in ("docs/api.md", "docs/time-and-evidence.md", "README.md"))
DEMO, HERE = "http://127.0.0.1:8000", "http://testserver"
PAGES = {"limit", "offset", "after", "ordering", "fields", "omit"}


@pytest.fixture(scope="module")
def schema():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def rows_of(heading):
    """The table under a heading of docs/api.md, by the first cell: the names in code of each other cell."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## )", API.read_text(), re.DOTALL | re.MULTILINE)[1]
    rows = [line.strip("|").split("|") for line in section.splitlines() if re.match(r"\| `[a-z-]+/`", line)]
    names = [[re.findall(r"`([^`]+)`", cell) for cell in row] for row in rows]
    return {first: rest for [first], *rest in names}


def test_every_route_is_documented(schema):
    routes: dict[str, set[str]] = {}
    for path in schema["paths"]:
        resource, rest = re.fullmatch(r"/api/v1/(?:([a-z-]+/)(.*))?", path).groups()
        if resource:
            routes.setdefault(resource, set()).update({rest} - {""})
    assert {resource: set(rest) for resource, (rest, _what) in rows_of("Resources").items()} == routes


def test_every_parameter_of_every_list_is_documented_with_its_operators(schema):
    told = {}
    for resource, (equal, ranges, alone, ordering) in rows_of("Filters").items():
        names = {*PAGES, *equal, *ranges, *alone}
        names |= {f"{name}__{operator}" for name in (*equal, *ranges) for operator in ("in", "ne")}
        told[resource] = names | {f"{name}__{operator}" for name in ranges for operator in ("gte", "lte")}, ordering
    taken = {}
    for path, methods in schema["paths"].items():
        parameters = {
            each["name"]: each for each in methods.get("get", {}).get("parameters", ()) if each["in"] == "query"
        }
        if "ordering" in parameters:
            orders = [name for name in parameters["ordering"]["schema"]["items"]["enum"] if name[0] != "-"]
            taken[path.removeprefix("/api/v1/")] = set(parameters), orders
    assert told == taken


def test_every_parameter_and_status_is_named(schema):
    text = API.read_text()
    operations = [methods["get"] for methods in schema["paths"].values() if "get" in methods]
    names = {each["name"] for get in operations for each in get.get("parameters", ()) if each["in"] == "query"}
    bases = {name.split("__")[0] for name in names}
    assert {name for name in bases if not re.search(rf"`{name}[`=]|[?&]{name}=", text)} == set()
    codes = {code for methods in schema["paths"].values() for each in methods.values() for code in each["responses"]}
    assert codes <= set(re.findall(r"\b[2-5]\d\d\b", text))


# --- The calls ------------------------------------------------------------------------------------------------------


class Shell:
    """Runs the curl commands of a page on the test client, in order, as a shell would on the demo."""

    def __init__(self, token):
        self.variables = {"TOKEN": token, "ETAG": ""}
        self.answer = self.body = None

    def run(self, block):
        for line in re.sub(r"\\\n\s*", " ", block).split("\ncurl"):
            if line.startswith("KNOWN="):
                self.variables["KNOWN"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            if line.startswith(("ETAG=", "KNOWN=")):
                # the one shown, which the page has just read; here it is another
                line = line.partition("\n")[2]
            if line.strip():
                self.curl(shlex.split(line.removeprefix("curl")))

    def curl(self, words):
        words = words[: words.index("|")] if "|" in words else words
        method, headers, body, address, encoded = "GET", {}, "", None, []
        rest = iter(words)
        for word in rest:
            if word == "-X":
                method = next(rest)
            elif word == "-H":
                name, _colon, value = self.filled(next(rest)).partition(": ")
                headers[name] = value
            elif word == "-d":
                body = self.filled(next(rest))
            elif word == "--data-urlencode":
                assert "-G" in words
                encoded.append(urlencode([tuple(next(rest).split("=", 1))]))
            elif word not in ("-i", "-s", "-G"):
                address = self.filled(word)
        assert address.startswith(f"{DEMO}/api/"), address
        # A server refuses anything else, though the test client takes it.
        assert address.isascii(), address
        address += ("&" if "?" in address else "?") * bool(encoded) + "&".join(encoded)
        content_type = headers.pop("Content-Type", "application/json")
        path = address.removeprefix(DEMO)
        client = APIClient()
        self.answer = client.generic(method, path, body, content_type=content_type, headers=headers)
        parts = self.answer.streaming_content if self.answer.streaming else [self.answer.content]
        self.body = b"".join(parts).decode("utf-8-sig")
        if method == "GET" and "ETag" in self.answer:
            self.variables["ETAG"] = self.answer["ETag"]

    def filled(self, text):
        return re.sub(r"\$(\w+)", lambda match: self.variables[match[1]], text)


def blocks_of(page):
    return re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def status_said(kind, shown):
    if kind == "json" and isinstance(status := json.loads(shown).get("status"), int):
        return status
    return int(shown.split()[1]) if kind == "http" else None


def is_in(shown, told):
    """Whether all that is shown of an answer is told in it; the rows of a list in this order."""
    if isinstance(shown, dict):
        return isinstance(told, dict) and all(name in told and is_in(each, told[name]) for name, each in shown.items())
    if isinstance(shown, list) and isinstance(told, list) and shown:
        rest = iter(told)
        return all(any(is_in(each, row) for row in rest) for each in shown)
    return shown == told


def of_any_time(text):
    """The text without instants, the numbers of the changes, and the day on which the fixtures were loaded."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d\1\d\d(\.\d+)?Z", "AN-INSTANT", text)
    return re.sub(r"registry, \d{4}-\d\d-\d\d|before=\d+", "THEN", text)


def check(kind, shown, shell):
    if kind == "json":
        texts = (of_any_time(text) for text in (shown.replace(DEMO, HERE), shell.body))
        shown, told = (without_chance(json.loads(text)) for text in texts)
        assert is_in(shown, told), json.dumps(told, ensure_ascii=False, indent=1)
    elif kind == "http":
        first, *headers = shown.splitlines()
        assert first == f"HTTP/1.1 {shell.answer.status_code} {HTTPStatus(shell.answer.status_code).phrase}"
        for header in headers:
            name, _colon, value = header.partition(": ")
            # numbers and digests are of their moment
            assert re.sub(r"[0-9a-f]+", "", shell.answer[name]) == re.sub(r"[0-9a-f]+", "", value.replace(DEMO, HERE))
    else:
        lines = iter(shell.body.splitlines())
        assert all(any(line == told for told in lines) for line in shown.splitlines()), shell.body


@pytest.mark.parametrize(("page", "group"), [(API, "editors"), (TIME, "stewards"), (README, "editors")])
def test_every_call_is_answered_as_shown(db, page, group):
    call_command("loaddata", *FIXTURES, verbosity=0)
    writer = client_of(make_person(group, username="demo"))
    shell = Shell(writer._credentials["HTTP_AUTHORIZATION"].removeprefix("Token "))
    calls, blocks = 0, [*blocks_of(page), ("", "")]
    for (_kind, block), (next_kind, shown) in pairwise(blocks):
        if not re.search(r"^curl ", block, re.MULTILINE):
            continue
        shell.run(block)
        calls += 1
        answers = next_kind in ("json", "csv", "ndjson", "http")
        made = "-X POST" in block and "/restore/" not in block
        expected = (status_said(next_kind, shown) if answers else None) or (201 if made else 200)
        assert shell.answer.status_code == expected, (block, shell.body)
        if answers:
            check(next_kind, shown, shell)
    assert calls == len(re.findall(r"^```\w*\n(?:(?!```).)*?^curl ", page.read_text(), re.DOTALL | re.MULTILINE)) >= 3
