"""What must stay secret is in nothing that is logged or printed, however much is logged and whatever goes wrong.

Each secret holds MARK, which no line may have.
"""

import io
import logging
import os
from runpy import run_path

import pytest
from django.conf import settings as project
from django.db import connection
from django.test import Client
from knox.models import AuthToken

from config import logs
from tests.config.test_settings import PRODUCTION, python
from tests.factories import make_park
from tests.people import make_person

MARK = "Geheim7Xq"
PASSWORD, NEW = f"{MARK}-a-long-word", f"{MARK}-another-long-word"
URL = f"postgres://registry:{MARK}word@127.0.0.1:1/registry"


@pytest.fixture(params=logs.FORMS)
def logged(request, settings, capfd):
    """What has been logged at its fullest, in each of the forms, with the levels and formatters of `logging_of`.

    Beside the handlers that there are: to configure all anew would close those of pytest.
    """
    settings.LOG_FORMAT = request.param
    told = logs.logging_of("DEBUG", request.param)
    levels = {None: "DEBUG", "registry.request": "DEBUG"}
    levels |= {name: described["level"] for name, described in told["loggers"].items()}
    before = {name: logging.getLogger(name).level for name in levels}
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(told["formatters"][request.param]["()"]())
    handler.addFilter(logs.Number())
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.getLogger().addHandler(handler)
    # The line of each request as JSON is written past the logging module.
    yield lambda: handler.stream.getvalue() + "".join(capfd.readouterr())
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_request_leaves_its_secrets_in_the_log(logged, settings, monkeypatch):
    # each query is slow
    settings.SLOW_QUERY = settings.SLOW_QUERY.resolution
    settings.DEAR_AT_ONCE = 2
    person = make_person("stewards", username="steward")
    person.set_password(PASSWORD)
    person.save()
    token = AuthToken.objects.create(person)[1]
    make_park("east")
    asked = f"token={MARK}&password={MARK}&api_key={MARK}&q={MARK}"
    secret = {"Authorization": f"Token {MARK}", "Cookie": f"sessionid={MARK}; csrftoken={MARK}", "X-Api-Key": MARK}
    sent = {"slug": "far", "name_en": "Far", "password": MARK, "token": MARK, "host": {"password": MARK}}

    def ask_everything():
        client = Client(raise_request_exception=False)
        for path in ("/en/", "/en/parks/", "/en/none/", "/api/v1/parks/", "/api/v1/none/", "/admin/", "/metrics"):
            client.get(f"{path}?{asked}", headers=secret)
            client.post(f"{path}?{asked}", sent, "application/json", headers=secret)
            client.post(f"{path}?{asked}", f'{{"password": "{MARK}', "application/json", headers=secret)
            client.post(f"{path}?{asked}", {"password": MARK}, headers=secret)
        for word in (f"{MARK}-wrong", PASSWORD):
            client.post(f"/admin/login/?{asked}", {"username": "steward", "password": word, "next": f"/?{asked}"})
            # Some type it where the name goes.
            client.post("/admin/login/", {"username": word, "password": word})
        changed = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        client.force_login(person, backend=project.AUTHENTICATION_BACKENDS[-1])
        client.post("/admin/password_change/", changed | {"old_password": NEW})
        client.post("/admin/password_change/", changed | {"new_password2": MARK})
        client.post("/admin/password_change/", changed)
        client.patch(
            "/api/v1/parks/east/",
            sent,
            "application/json",
            headers={"Authorization": f"Token {token}", "If-Match": "*"},
        )

    ask_everything()
    # And where everything fails, with what was sent at hand: in a view, and in the database.
    monkeypatch.setattr("config.shedding.is_dear", fail)
    ask_everything()
    monkeypatch.undo()
    monkeypatch.setattr("django.contrib.auth.models.UserManager.get_by_natural_key", ask_wrongly)
    Client(raise_request_exception=False).post("/admin/login/", {"username": "steward", "password": NEW})
    told = logged()
    # What stands in the log is what was looked for: requests, slow queries and both failures.
    looked_for = ["registry.request", "registry.query", "It fails.", "none_such", "axes"]
    assert [each for each in looked_for if each in told] == looked_for
    assert [line for line in told.splitlines() if MARK in line or token in line] == []


def fail(*_args, **_options):
    raise RuntimeError("It fails.")


def ask_wrongly(_manager, _name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT none_such FROM auth_user WHERE password = %s", [PASSWORD])


@pytest.mark.parametrize(
    "wrong",
    [
        {"DATABASE_URL": URL.replace("postgres:", "mysql:")},
        {"DATABASE_URL": URL.replace(":1/", ":x/")},
        {"DATABASE_URL": f"postgres://registry:{MARK}/{MARK}@db.example.org/registry"},
        {"DATABASE_URL": f"{URL}?none={MARK}&password={MARK}"},
        {"DATABASE_URL": f"{URL}?sslmode={MARK}"},
        {"DATABASE_REPLICA_URLS": URL},
        {"DATABASE_REPLICA_URLS": f"{URL},postgres://registry:{MARK}@two/registry"},
        {"SECRET_KEY": MARK},
        {"SECRET_KEY": MARK * 2},
        {"METRICS_TOKEN": MARK},
        {"METRICS_TOKEN": f"{MARK} {MARK}"},
        {"ALLOWED_HOSTS": ""},
        {"PROXIES": "x"},
    ],
    ids=str,
)
def test_no_bad_setting_is_told_with_its_secret(wrong):
    secrets = {"SECRET_KEY": f"{MARK}4f9Zq_1xLw7-tRk2mVb8sYc3dNh6gJp5aQe0uTi4oKz9yXf7B-n", "DATABASE_URL": URL}
    secrets["METRICS_TOKEN"] = f"{MARK}k3nQ-7vXw_0rTb9LmZ2sYc5dPh8gJf1aRe4uVi6oWq-xNtUyEpBl"
    done = python("manage.py", "check", **PRODUCTION | secrets | {"LOG_LEVEL": "DEBUG"} | wrong)
    assert MARK not in done.stdout + done.stderr


@pytest.mark.parametrize("command", [["check", "--deploy"], ["doctor"], ["migrate"], ["showmigrations"]])
def test_no_command_tells_a_secret(command, tmp_path):
    secrets = {"SECRET_KEY": f"{MARK}4f9Zq_1xLw7-tRk2mVb8sYc3dNh6gJp5aQe0uTi4oKz9yXf7B-n", "DATABASE_URL": URL}
    secrets["METRICS_TOKEN"] = f"{MARK}k3nQ-7vXw_0rTb9LmZ2sYc5dPh8gJf1aRe4uVi6oWq-xNtUyEpBl"
    secrets["DATABASE_REPLICA_URLS"] = URL.replace(":1/", ":2/")
    done = python("manage.py", *command, **PRODUCTION | secrets | {"LOG_LEVEL": "DEBUG"})
    assert done.stdout + done.stderr
    assert MARK not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("address", "shown", "password"),
    [
        (f"postgres://registry:{MARK}@db:5432/registry", "postgres://registry@db:5432/registry", MARK),
        (
            f"postgres://registry:{MARK}%40%2F@%2Frun/registry?a=b",
            "postgres://registry@%2Frun/registry?a=b",
            f"{MARK}@/",
        ),
        ("postgres://registry@%2Frun%2Fpostgresql/registry", "postgres://registry@%2Frun%2Fpostgresql/registry", ""),
    ],
)
def test_no_list_of_processes_shows_the_password_of_the_database(tmp_path, monkeypatch, address, shown, password):
    """Nor the message of an upgrade whose copy of the database failed, which tells the command."""
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\nprintf \'%s\\n\' "$*" "$PGPASSWORD" > told\n')
    program.chmod(0o755)
    (tmp_path / "registry.env").write_text(f"DATABASE_URL={address}\n")
    script = run_path(str(project.BASE_DIR / "deploy/registry"))
    copy_database, as_account = script["copy_database"], script["as_account"]
    # the places and the account of a machine that has it installed
    copy_database.__globals__["SETTINGS"] = tmp_path / "registry.env"
    as_account.__kwdefaults__.update(account="root", cwd=tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    copy_database(tmp_path / "copy")
    options = f"--format=custom --file {tmp_path}/copy --dbname {shown}"
    assert (tmp_path / "told").read_text().splitlines() == [options, password]
