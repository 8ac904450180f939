"""The examples of docs/recipes.md, run as they stand by the tools that they are for."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from knox.models import AuthToken

from config.management.commands.demo import FIXTURES
from tests.people import make_person

PAGE = settings.BASE_DIR / "docs" / "recipes.md"
DEMO = "http://127.0.0.1:8000"
COMMAND = ".venv/bin/python manage.py"
EXAMPLE = re.compile(r"^```(sh|python|sql|r)\n(.*?)^```\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def sections() -> dict[str, str]:
    """The sections of the page that have examples, by title."""
    parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part for part in parts if EXAMPLE.search(part)}


def environment():
    """What makes a command of the registry work on the database of this test."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        host = database["HOST"].replace("/", "%2F")
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{host}:{database['PORT']}/{database['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}


def run(language, code, folder):
    commands = {
        "sh": ["bash", "-euo", "pipefail", "-c", code],
        "python": [sys.executable, "-c", code],
        "sql": [sys.executable, "-c", f"import duckdb; duckdb.sql({code!r}).show()"],
        "r": ["Rscript", "-e", code],
    }
    command = commands[language]
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is not here. Run `make clients`, or leave these tests out: CLIENTS=0.")
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def registry(live_server, settings, tmp_path, monkeypatch):
    settings.IMPORT_FILES = str(tmp_path / "imports")
    call_command("loaddata", *FIXTURES, verbosity=0)
    _kept, token = AuthToken.objects.create(make_person("stewards"))
    monkeypatch.setenv("TOKEN", token)
    return live_server.url


def test_every_example_says_what_it_prints():
    text = PAGE.read_text(encoding="utf-8")
    opened = [language for language in re.findall(r"^```(\w+)$", text, re.MULTILINE) if language != "text"]
    assert len(opened) == len(EXAMPLE.findall(text))


@pytest.mark.clients
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("section", sections())
def test_recipes_print_what_the_page_says(registry, tmp_path, section):
    printed, said = [], []
    for language, code, told in EXAMPLE.findall(sections()[section]):
        here = code.replace(DEMO, registry).replace(COMMAND, f"{sys.executable} {settings.BASE_DIR}/manage.py")
        out = run(language, here, tmp_path).replace("\ufeff", "").replace(registry, DEMO)
        printed.append("".join(f"{line.rstrip()}\n" for line in out.splitlines()))
        said.append(told)
    if os.environ.get("UPDATE_EXAMPLES"):
        write(section, iter(printed))
        return
    assert printed == said


def write(section, printed):
    """Put into the page what its examples print."""
    old = sections()[section]
    new = EXAMPLE.sub(lambda found: f"```{found[1]}\n{found[2]}```\n```text\n{next(printed)}```", old)
    PAGE.write_text(PAGE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
