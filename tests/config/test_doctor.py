"""Each check of `manage.py doctor` finds what was really broken, and nothing before."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from config.doctor import backups, database, examine, machine, people
from config.doctor import settings as settings_checks
from core.models import Document
from tests.config.test_settings import PRODUCTION, python

postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own")


def found(check) -> list[tuple[str, str]]:
    return [(each.level, each.what) for each in check()]


def doctor(*arguments: str, **environment: str) -> dict[str, str]:
    """What the command says is wrong, by check."""
    done = python("manage.py", "doctor", "--json", *arguments, **environment)
    assert "Traceback" not in done.stderr
    return {each["check"]: each["what"] for each in json.loads(done.stdout)}


# --- Settings


def test_developers_registry_is_none_to_deploy(settings):
    settings.DEBUG = True
    assert found(settings_checks.production) == [
        ("error", "DEBUG shows settings and source to any visitor."),
        ("error", "This is a developer's registry: it speaks without TLS, and sends cookies so."),
    ]
    settings.DEBUG, settings.PRODUCTION = False, True
    assert found(settings_checks.production) == []


def test_hosts_are_those_that_readers_ask_for(settings):
    settings.PRODUCTION = True
    settings.ALLOWED_HOSTS = ["parks.example.org"]
    assert found(settings_checks.hosts) == []
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    assert found(settings_checks.hosts) == [("error", "ALLOWED_HOSTS lets in this machine alone.")]
    settings.ALLOWED_HOSTS = ["*", ".example.org"]
    assert found(settings_checks.hosts) == [
        ("warning", "ALLOWED_HOSTS lets in names that are not yours: *, .example.org.")
    ]


def test_production_without_a_proxy_would_lead_everybody_in_a_circle(settings):
    settings.PRODUCTION, settings.PROXIES = True, 1
    assert found(settings_checks.proxies) == []
    settings.PROXIES = 0
    [(level, told)] = found(settings_checks.proxies)
    assert (level, told[:12]) == ("error", "PROXIES is 0")


def test_what_django_finds_is_told(settings):
    assert found(settings_checks.framework) == []
    settings.PRODUCTION, settings.SESSION_COOKIE_SECURE = True, False
    assert any(told.startswith("security.W012") for _level, told in found(settings_checks.framework))


def test_settings_that_cannot_be_read_are_told_in_a_line():
    done = python("manage.py", "doctor", **PRODUCTION | {"SECRET_KEY": "short"})
    assert done.returncode == 1
    assert done.stderr.startswith("ImproperlyConfigured: SECRET_KEY: its value is too easy to guess")
    assert "short" not in done.stdout + done.stderr.replace("short,", "")


# --- Database


def test_database_that_does_not_answer_is_a_finding_without_its_password():
    told = doctor(**PRODUCTION | {"DATABASE_URL": "postgres://registry:geheim@127.0.0.1:1/registry"})
    assert told["reachable"].startswith("The database does not answer: ")
    assert "Connection refused" in told["reachable"]
    assert "migrations" not in told
    assert "geheim" not in json.dumps(told)


def test_file_of_sqlite_that_cannot_be_opened_is_looked_for_by_its_path(tmp_path):
    done = python("manage.py", "doctor", **PRODUCTION | {"DATABASE_URL": f"sqlite:///{tmp_path}/none/registry.sqlite3"})
    assert f"-> Is {tmp_path}/none/registry.sqlite3 the file that is meant, and " in done.stdout


@pytest.mark.django_db
def test_database_that_answers_is_as_it_should_be():
    checks = (database.reachable, database.clock, database.migrations, database.triggers, database.documents)
    assert [found(check) for check in checks] == [[]] * 5


@pytest.mark.django_db
def test_migration_that_is_not_applied_is_told():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'exchange'")
    [(level, told)] = found(database.migrations)
    assert level == "error"
    assert "are not applied, the first exchange.0001_" in told


@pytest.mark.django_db
def test_table_without_its_history_is_told():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER history_cities_body_changed")
        else:
            cursor.execute("ALTER TABLE cities_body DISABLE TRIGGER history_update")
    assert found(database.triggers) == [
        ("error", "1 tables leave no history, for their triggers are missing or off: cities_body.")
    ]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_table_that_is_gone_is_not_for_migrate_to_mend():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE parks_remark RENAME TO elsewhere")
    try:
        told, history = found(database.migrations), found(database.triggers)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO parks_remark")
    assert told == [("error", "Tables are gone: parks_remark.")]
    assert history == []


@pytest.mark.django_db
def test_documents_that_wait_are_told():
    Document.objects.bulk_create(Document(kind="parks.park", key=f"none-{number}", body="") for number in range(101))
    [(level, told)] = found(database.documents)
    assert (level, told.split(" ", 1)[1]) == (
        "warning",
        "documents wait to be rendered, so that reading and searching is slow.",
    )


@postgresql
@pytest.mark.django_db
def test_clock_of_the_database_is_compared():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql"
            " AS $$ SELECT pg_catalog.clock_timestamp() - interval '1 minute' $$;"
            " SET LOCAL search_path = public, pg_catalog"
        )
    assert found(database.clock) == [("error", "The clocks of this machine and of the database are 60 s apart.")]


@postgresql
@pytest.mark.django_db
def test_postgresql_that_takes_no_writes_is_told():
    standby = ("error", "The database takes no writes: it is a standby, or set to be read only.")
    assert standby not in found(database.engine)
    with connection.cursor() as cursor:
        # as every transaction of a standby is
        cursor.execute("SET LOCAL transaction_read_only = on")
    assert standby in found(database.engine)


def test_sqlite_is_looked_at(tmp_path):
    file = tmp_path / "registry.sqlite3"
    url = f"sqlite:///{file}"

    def told(url, before="pass"):
        code = f"from config.doctor import database; {before}; print([each.what for each in database.engine()])"
        return python("manage.py", "shell", "-v", "0", "-c", code, DATABASE_URL=url).stdout

    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE words (word text)")
        made.executemany("INSERT INTO words VALUES (?)", [(str(number) * 100,) for number in range(100)])
    made.close()
    assert told(url) == "[]\n"
    assert "keeps its journal as delete" in told(f"{url}?init_command=PRAGMA%20journal_mode%3DDELETE")
    # root may write anywhere, whatever the modes are
    closed = f"The registry's account may not write to {file} and {tmp_path}: nothing can be recorded."
    assert closed in told(url, "import os; os.access = lambda path, mode: False")
    # any disk, taken for one of a network
    kind = database.file_system(file)
    assert f"is on a network disk ({kind})" in told(url, f"database.NETWORK = {{{kind!r}}}")
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xff" * 100)
    assert "damaged" in told(url)


def test_file_system_is_that_of_the_nearest_mount():
    assert database.file_system(Path("/proc/self")) == "proc"
    assert database.file_system(Path("/procedure")) == database.file_system(Path("/"))


# --- People


@pytest.mark.django_db
def test_group_that_is_gone_or_may_do_nothing_is_told():
    assert found(people.groups) == []
    Group.objects.get(name="readers").delete()
    Group.objects.get(name="stewards").permissions.clear()
    assert found(people.groups) == [("error", "Groups are missing or may do nothing: readers, stewards.")]


@pytest.mark.django_db
def test_registry_without_an_active_superuser_is_told():
    User.objects.create_superuser("admin", is_active=False)
    assert found(people.superuser) == [("warning", "There is no active superuser, who gives all others their login.")]
    User.objects.update(is_active=True)
    assert found(people.superuser) == []


@pytest.mark.django_db
def test_login_that_everybody_knows_is_told():
    demo = User.objects.create_user("demo", password="demo")
    assert found(people.demo) == [("error", "Everybody knows the password of demo.")]
    demo.set_password("correct horse battery staple")
    demo.save()
    assert found(people.demo) == []


@pytest.mark.django_db
def test_sessions_that_have_ended_are_told_where_they_are_many(monkeypatch):
    monkeypatch.setattr(people, "MANY_SESSIONS", 2)
    for number in range(3):
        Session.objects.create(session_key=f"{number}", expire_date=timezone.now() - timedelta(days=1))
    assert found(people.sessions) == [("warning", "3 sessions have ended and are still kept.")]
    call_command("clearsessions")
    assert found(people.sessions) == []


# --- Machine


def test_settings_file_that_others_may_read_is_told(tmp_path):
    file = tmp_path / "registry.env"
    assert list(machine.settings_file(file)) == []
    file.touch(0o640)
    assert list(machine.settings_file(file)) == []
    file.chmod(0o644)
    [finding] = machine.settings_file(file)
    assert finding.what == f"{file} has the secret key in it, and others may read or write it."


def test_folder_of_imported_files_can_be_written_and_is_not_served(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.IMPORT_FILES = str(tmp_path / "imports")
    assert found(machine.import_files) == []
    settings.IMPORT_FILES = str(tmp_path / "static/imports")
    assert [told.rsplit("imports ", 1)[1] for _level, told in found(machine.import_files)] == [
        "is given out to everybody, and files that people import lie there."
    ]
    (tmp_path / "file").touch()
    settings.IMPORT_FILES = str(tmp_path / "file/imports")
    assert found(machine.import_files) == [
        ("error", f"No file can be kept in {tmp_path}/file/imports: Not a directory.")
    ]


def test_static_files_are_collected_and_of_this_release(tmp_path):
    environment = PRODUCTION | {"STATIC_ROOT": str(tmp_path), "DATABASE_URL": "sqlite://:memory:"}
    code = "from config.doctor import machine; print([each.what for each in machine.static_files()])"

    def told():
        return python("manage.py", "shell", "-v", "0", "-c", code, **environment).stdout

    assert told() == f"['No static files are collected in {tmp_path}.']\n"
    python("manage.py", "collectstatic", "--no-input", **environment)
    assert told() == "[]\n"
    (tmp_path / "admin_registry/admin.css").write_text("of another release")
    assert told() == "['1 static files are missing or of another release, among them admin_registry/admin.css.']\n"


def test_disk_that_fills_up_is_told(settings, tmp_path, monkeypatch):
    settings.IMPORT_FILES = str(tmp_path)
    monkeypatch.setattr(machine, "LITTLE_ROOM", 1)
    assert found(machine.room) == []
    monkeypatch.setattr(machine, "LITTLE_ROOM", 2**62)
    assert found(machine.room)[0][1].endswith(" MB left.")


def test_address_where_nothing_answers_is_told():
    [finding] = machine.world("https://127.0.0.1:1")
    assert finding.what == "Nothing answers at https://127.0.0.1:1: [Errno 111] Connection refused."


# --- The command


@pytest.mark.django_db
def test_command_tells_each_check_and_fails_where_anything_does_not_work(capsys):
    with pytest.raises(CommandError, match=r"must be mended\.$"):
        call_command("doctor")
    said = capsys.readouterr().out.splitlines()
    assert "ok       migrations" in said
    assert "error    production: This is a developer's registry: it speaks without TLS, and sends cookies so." in said
    assert "         -> Set REGISTRY_ENV=production." in said


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_question_that_the_database_refuses_is_a_finding():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_session RENAME COLUMN expire_date TO elsewhere")
    try:
        told = dict(examine())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE django_session RENAME COLUMN elsewhere TO expire_date")
    [finding] = told["sessions"]
    assert finding.what.startswith("The database refuses a question: ")


def test_address_without_tls_is_refused():
    with pytest.raises(CommandError, match="no address with TLS"):
        call_command("doctor", "--address", "http://parks.example.org")


# --- Backups


def test_registry_without_backups_is_told_of_in_production_alone(settings):
    assert found(backups.backups) == []
    settings.PRODUCTION = True
    assert found(backups.backups) == [("warning", "Nothing tells of backups: with its disk the registry may be lost.")]


def test_backups_are_there_and_new(settings, tmp_path):
    folder = tmp_path / "backups"
    settings.BACKUPS = str(folder)
    assert found(backups.backups) == [("error", f"{folder} cannot be read: No such file or directory.")]
    folder.mkdir()
    # a disk that is not mounted
    assert found(backups.backups) == [("error", f"There is no backup in {folder}.")]
    (folder / "files").mkdir()
    assert found(backups.backups) == [("error", f"There is no backup in {folder}.")]

    def make(hours):
        named = f"{datetime.now(UTC) - timedelta(hours=hours):%Y%m%dT%H%M%S.%fZ}"
        (folder / "base" / named).mkdir(parents=True)
        (folder / f"registry-{named}.sqlite3").touch()

    make(50)
    assert found(backups.backups) == [("error", "The newest backup is 50 hours old.")]
    make(1)
    assert found(backups.backups) == []


@postgresql
@pytest.mark.django_db
def test_what_postgresql_writes_is_received(settings):
    assert found(backups.received) == []
    settings.BACKUPS = "/srv/backup/registry"
    assert found(backups.received) == [
        ("error", "Nobody receives what PostgreSQL writes: with its disk, all since the base is lost."),
        ("warning", "Commits do not wait for the receiver: with the disk of the database its last moments are lost."),
    ]
