import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path("/srv/registry")


@pytest.fixture
def given(monkeypatch):
    """Sets the variable under test, or leaves it unset for None."""

    def given(value: str | None) -> None:
        monkeypatch.delenv("SETTING", raising=False)
        if value is not None:
            monkeypatch.setenv("SETTING", value)

    return given


READERS = {
    "text": lambda: env.text("SETTING", example="a word"),
    "choice": lambda: env.text("SETTING", choices=("left", "right"), example="left"),
    "flag": lambda: env.flag("SETTING"),
    "number": lambda: env.number("SETTING", at_least=1, example="2"),
    "words": lambda: env.words("SETTING", example="one,two"),
    "hosts": lambda: env.hosts("SETTING", example="parks.example.org"),
    "duration": lambda: env.duration("SETTING", example="30m"),
    "database": lambda: env.database("SETTING", root=ROOT)["NAME"],
    "tiles": lambda: env.tiles("SETTING"),
    "secret": lambda: env.secret("SETTING"),
}
LONG = "4f9Zq_1xLw7-tRk2mVb8sYc3dNh6gJp5aQe0uTi4oKz9yXf7B-n"


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        ("text", " some words ", "some words"),
        ("choice", "right", "right"),
        ("flag", "1", True),
        ("flag", "Yes", True),
        ("flag", "on", True),
        ("flag", "0", False),
        ("flag", "False", False),
        ("number", "12", 12),
        ("words", "one", ["one"]),
        ("words", "one, two", ["one", "two"]),
        ("hosts", "parks.example.org, 192.0.2.7,[::1]", ["parks.example.org", "192.0.2.7", "[::1]"]),
        ("hosts", "*,.example.org", ["*", ".example.org"]),
        ("duration", "90s", timedelta(seconds=90)),
        ("duration", "500ms", timedelta(milliseconds=500)),
        ("duration", "2h", timedelta(hours=2)),
        ("duration", "365d", timedelta(days=365)),
        ("database", "sqlite:///var/registry.sqlite3", "/srv/registry/var/registry.sqlite3"),
        ("database", "sqlite:////data/registry.sqlite3", "/data/registry.sqlite3"),
        ("database", "sqlite://:memory:", ":memory:"),
        ("database", "postgres://someone:word@db:5432/registry", "registry"),
        ("tiles", "https://tiles.example.org/{z}/{x}/{y}.png?key=1", "https://tiles.example.org/{z}/{x}/{y}.png?key=1"),
        ("tiles", "http://127.0.0.1:8080/{z}/{y}/{x}", "http://127.0.0.1:8080/{z}/{y}/{x}"),
        ("secret", LONG, LONG),
    ],
)
def test_reader_reads_a_good_value(given, reader, value, read):
    given(value)
    assert READERS[reader]() == read


@pytest.mark.parametrize(
    ("reader", "value", "told"),
    [
        ("choice", "up", "SETTING: 'up' is none of left, right. A good value: left."),
        ("flag", "perhaps", "SETTING: 'perhaps' is neither on nor off. A good value: 1 or 0."),
        ("number", "many", "SETTING: 'many' is not a whole number. A good value: 2."),
        ("number", "١٢", "SETTING: '١٢' is not a whole number. A good value: 2."),
        ("number", "0", "SETTING: '0' is below 1. A good value: 2."),
        ("words", "one,,two", "SETTING: 'one,,two' has an empty item. A good value: one,two."),
        ("duration", "90", "SETTING: '90' is not a number and one of the units ms, s, m, h, d, w. A good value: 30m."),
        ("duration", "999999999w", "SETTING: '999999999w' is too long. A good value: 30m."),
    ],
)
def test_reader_names_the_variable_the_bad_value_and_a_good_one(given, reader, value, told):
    given(value)
    with pytest.raises(ImproperlyConfigured) as error:
        READERS[reader]()
    assert str(error.value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("ftp://tiles.example.org/{z}/{x}/{y}", "is not an address on a host, of https:// or http://"),
        ("/tiles/{z}/{x}/{y}", "is not an address on a host, of https:// or http://"),
        ("https://{s}.example.org/{z}/{x}/{y}", "is not an address on a host, of https:// or http://"),
        ("https://tiles.example.org; script-src */{z}/{x}/{y}", "is not an address on a host, of https:// or http://"),
        (
            "https://tiles.example.org/{z}/{x}",
            "does not have each of {z}, {x} and {y} once, and nothing else in braces",
        ),
        (
            "https://tiles.example.org/{z}/{x}/{y}{r}.png",
            "does not have each of {z}, {x} and {y} once, and nothing else in braces",
        ),
    ],
)
def test_tiles_are_an_address_with_places_for_zoom_column_and_row(given, value, told):
    given(value)
    with pytest.raises(ImproperlyConfigured) as error:
        READERS["tiles"]()
    good = "https://tiles.example.org/{z}/{x}/{y}.png"
    assert str(error.value) == f"SETTING: {value!r} {told}. A good value: {good}."


@pytest.mark.parametrize(
    "item", ["https://parks.example.org", "parks.example.org:443", "parks.example.org/en/", "园区.example.org", ""]
)
def test_hosts_that_nobody_could_ask_for_are_refused(given, item):
    given(f"localhost,{item}")
    with pytest.raises(ImproperlyConfigured) as error:
        READERS["hosts"]()
    assert str(error.value) == (
        f"SETTING: 'localhost,{item}' has {item!r}, which is no name of a host alone: leave out https://, ports and"
        " paths. A good value: parks.example.org."
    )


@pytest.mark.parametrize("reader", READERS)
def test_reader_without_a_default_demands_the_variable(given, reader):
    given(None)
    with pytest.raises(ImproperlyConfigured, match=r"^SETTING is not set\. Set it, for example to "):
        READERS[reader]()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", ["", "  "])
def test_reader_refuses_an_empty_value(given, reader, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=r"^SETTING is set but empty\. Unset it, or set it, "):
        READERS[reader]()


def test_reader_falls_back_to_its_default_only_where_the_variable_is_unset(given):
    given(None)
    assert env.flag("SETTING", True) is True
    assert env.words("SETTING", ["one"], example="one") == ["one"]
    assert env.duration("SETTING", timedelta(days=1), example="1d") == timedelta(days=1)
    assert env.database("SETTING", "sqlite:///here", root=ROOT)["NAME"] == "/srv/registry/here"
    given("0")
    assert env.flag("SETTING", True) is False


@pytest.mark.parametrize("value", ["mysql://someone:hush@db/registry", "registry", "postgres://someone:hush@db:port/x"])
def test_database_refuses_a_bad_url_without_telling_the_password(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured) as error:
        READERS["database"]()
    assert str(error.value).startswith("SETTING: ")
    assert "hush" not in str(error.value)


def test_database_reads_a_unix_socket_and_options(given):
    given("postgres://someone@%2Frun%2Fpostgresql/registry?connect_timeout=5")
    described = env.database("SETTING", root=ROOT)
    assert described["HOST"] == "/run/postgresql"
    assert described["OPTIONS"] == {"connect_timeout": 5}


@pytest.mark.parametrize(
    ("value", "told"),
    [("short", "is too easy to guess"), ("a" * 80, "is too easy to guess"), (f"django-insecure-{LONG}", "was made by")],
)
def test_secret_refuses_a_weak_one_without_telling_it(given, value, told):
    given(value)
    with pytest.raises(ImproperlyConfigured) as error:
        READERS["secret"]()
    assert str(error.value).startswith(f"SETTING: its value {told}")
    assert value not in str(error.value)


def test_secret_is_kept_in_a_file_only_where_none_is_given(given, tmp_path):
    path = tmp_path / "secret_key"
    given(LONG)
    assert env.secret("SETTING", kept_at=path) == LONG
    assert not path.exists()
    given(None)
    assert env.secret("SETTING", kept_at=path) == path.read_text()
    given("")
    with pytest.raises(ImproperlyConfigured, match="set but empty"):
        env.secret("SETTING", kept_at=path)


def test_secret_of_this_checkout_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "var" / "secret_key"
    made = env.secret_of_this_checkout(path)
    assert len(made) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert env.secret_of_this_checkout(path) == made
    assert os.listdir(path.parent) == ["secret_key"]


def test_secret_of_this_checkout_refuses_a_file_that_was_cut_short(tmp_path):
    path = tmp_path / "secret_key"
    path.write_text("")
    with pytest.raises(ImproperlyConfigured, match="cut short"):
        env.secret_of_this_checkout(path)


def test_secret_of_this_checkout_says_what_to_do_where_nothing_can_be_written(tmp_path):
    (tmp_path / "var").write_text("a file, not a folder")
    with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY instead"):
        env.secret_of_this_checkout(tmp_path / "var" / "secret_key")


POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "HOST": "db", "PORT": "", "CONN_MAX_AGE": 60}
PRIMARY = POSTGRESQL | {"CONN_HEALTH_CHECKS": True, "OPTIONS": {"target_session_attrs": "read-write", "keepalives": 1}}


def test_database_may_be_on_several_hosts(given):
    given("postgres://someone:w%40rd@%2Frun%2Fa,db:5433/registry?sslmode=require")
    described = env.database("SETTING", root=ROOT)
    assert {name: described[name] for name in ("HOST", "PORT", "PASSWORD", "OPTIONS")} == {
        "HOST": "/run/a,db",
        "PORT": "5432,5433",
        "PASSWORD": "w@rd",
        "OPTIONS": {"target_session_attrs": "read-write", "sslmode": "require"},
    }


def test_replicas_are_connected_to_as_the_primary_is_but_need_not_take_writes(given):
    given("postgres://someone@one/registry?sslmode=require, postgres://someone@two/registry")
    one, two = env.replicas("SETTING", of=PRIMARY)
    assert (one["HOST"], one["CONN_MAX_AGE"], one["OPTIONS"]) == ("one", 60, {"keepalives": 1, "sslmode": "require"})
    assert (two["HOST"], two["CONN_MAX_AGE"], two["OPTIONS"]) == ("two", 60, {"keepalives": 1})


def test_there_need_be_no_replicas(given):
    given(None)
    assert env.replicas("SETTING", of=PRIMARY) == []


@pytest.mark.parametrize(
    ("value", "of", "told"),
    [
        ("postgres://a:secret@db/registry", PRIMARY, "names the database of DATABASE_URL itself"),
        ("mysql://a:secret@one/registry", PRIMARY, "has an item that does not start with postgres://"),
        ("postgres://a:secret@one/registry,", PRIMARY, "has an item that does not start with postgres://"),
        ("postgres://a:secret@one/registry", {"ENGINE": "django.db.backends.sqlite3"}, "SQLite has no replicas"),
        ("postgres://a:secret@one:x/registry", PRIMARY, "special characters in it must be %-encoded"),
    ],
)
def test_replicas_that_cannot_be_are_refused_without_their_passwords(given, value, of, told):
    given(value)
    with pytest.raises(ImproperlyConfigured) as refused:
        env.replicas("SETTING", of=of)
    assert told in str(refused.value)
    assert "secret" not in str(refused.value)
