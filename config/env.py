"""Typed readers for the settings that come from the environment.

Each reader names the variable, what was wrong and a value that would do. A variable that is set but empty is an error,
never a default: an empty setting must not open what a missing one keeps shut. A reader without a default demands
the variable.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from tempfile import NamedTemporaryFile
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

REQUIRED: Any = object()
UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
AT_RANDOM = "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
DATABASE_SCHEMES = ("postgres", "postgresql", "sqlite")


def text(name: str, default: str = REQUIRED, *, example: str, choices: tuple[str, ...] = ()) -> str:
    """A word or line; one of `choices` where there are any."""

    def parse(value: str) -> str:
        if choices and value not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return value

    return _read(name, default, parse, example)


def flag(name: str, default: bool = REQUIRED) -> bool:
    """On or off: 1, true, yes, on or 0, false, no, off, in any case."""

    def parse(value: str) -> bool:
        if value.lower() in ("1", "true", "yes", "on"):
            return True
        if value.lower() in ("0", "false", "no", "off"):
            return False
        raise ValueError("is neither on nor off")

    return _read(name, default, parse, "1 or 0")


def number(name: str, default: int = REQUIRED, *, at_least: int = 0, example: str) -> int:
    """A whole number, not below `at_least`."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
            raise ValueError("is not a whole number")
        if int(value) < at_least:
            raise ValueError(f"is below {at_least}")
        return int(value)

    return _read(name, default, parse, example)


def words(name: str, default: list[str] = REQUIRED, *, example: str) -> list[str]:
    """A list with commas between its items; spaces around them do not count."""

    def parse(value: str) -> list[str]:
        items = [item.strip() for item in value.split(",")]
        if "" in items:
            raise ValueError("has an empty item")
        return items

    return _read(name, default, parse, example)


def hosts(name: str, default: list[str] = REQUIRED, *, example: str) -> list[str]:
    """Names of hosts with commas between, as ALLOWED_HOSTS takes them: no scheme, no port, none but ASCII letters."""

    def parse(value: str) -> list[str]:
        items = [item.strip() for item in value.split(",")]
        for item in items:
            if not re.fullmatch(r"\*|\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\]", item):
                raise ValueError(f"has {item!r}, which is no name of a host alone: leave out https://, ports and paths")
        return items

    return _read(name, default, parse, example)


def duration(name: str, default: timedelta = REQUIRED, *, example: str) -> timedelta:
    """A span of time: a whole number and its unit, of ms, s, m, h, d, w."""

    def parse(value: str) -> timedelta:
        match = re.fullmatch(r"(\d{1,9})(ms|[smhdw])", value, re.ASCII)
        if not match:
            raise ValueError("is not a number and one of the units ms, s, m, h, d, w")
        try:
            return timedelta(**{UNITS[match[2]]: int(match[1])})
        except OverflowError:
            raise ValueError("is too long") from None

    return _read(name, default, parse, example)


def database(name: str, default: str = REQUIRED, *, root: Path) -> dict[str, Any]:
    """Django's description of the database at a URL, `postgres://` or `sqlite://`.

    A relative path of SQLite starts at `root`, wherever the command was started. A URL of PostgreSQL may name several
    hosts, with commas between: that one is used which takes writes.
    """

    def parse(value: str) -> dict[str, Any]:
        scheme = value.partition("://")[0]
        if scheme not in DATABASE_SCHEMES:
            raise ValueError("does not start with postgres:// or sqlite://, the two engines that the registry runs on")
        described = _described(value)
        if scheme == "sqlite" and described["NAME"] != ":memory:":
            described["NAME"] = str(root / described["NAME"])
        return described

    return _read(name, default, parse, "postgres://user:password@host:5432/registry or sqlite:////srv/registry.sqlite3")


def replicas(name: str, *, of: dict[str, Any]) -> list[dict[str, Any]]:
    """Django's descriptions of the databases at a list of URLs with commas between, copies of the database `of`."""

    def parse(value: str) -> list[dict[str, Any]]:
        if of["ENGINE"] != "django.db.backends.postgresql":
            raise ValueError("is for PostgreSQL alone: SQLite has no replicas")
        found = []
        for url in (each.strip() for each in value.split(",")):
            if not url.startswith(("postgres://", "postgresql://")):
                raise ValueError("has an item that does not start with postgres://")
            described = _described(url)
            if (described["HOST"], described["PORT"]) == (of["HOST"], of["PORT"]):
                raise ValueError("names the database of DATABASE_URL itself")
            shared = {each: of[each] for each in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS")}
            options = {each: value for each, value in of["OPTIONS"].items() if each != "target_session_attrs"}
            # Tests have none: what one would write to the other would not come to.
            mirror = {"TEST": {"MIRROR": "default"}}
            found.append(described | shared | mirror | {"OPTIONS": options | described.get("OPTIONS", {})})
        return found

    return _read(name, [], parse, "postgres://user:password@replica.example.org/registry")


def tiles(name: str, default: str | None = REQUIRED) -> str | None:
    """The address of map tiles, with {z}, {x} and {y} where zoom, column and row go."""

    def parse(value: str) -> str:
        if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?/[^\s\"'<>\\]*", value, re.ASCII):
            raise ValueError("is not an address on a host, of https:// or http://")
        if sorted(re.findall(r"\{[^}]*\}?|\}", value)) != ["{x}", "{y}", "{z}"]:
            raise ValueError("does not have each of {z}, {x} and {y} once, and nothing else in braces")
        return value

    return _read(name, default, parse, "https://tiles.example.org/{z}/{x}/{y}.png")


def secret(
    name: str, default: None = REQUIRED, *, kept_at: Path | None = None, at_least: int = 50, example: str = AT_RANDOM
) -> str | None:
    """A secret of `at_least` so many characters. It is never shown, not even when it is bad.

    Unset, it is the one kept at `kept_at`, where there is such a place; without and with no default, it is demanded.
    """

    def parse(value: str) -> str:
        if len(value) < at_least or len(set(value)) < 10:
            raise ValueError(f"is too easy to guess (at least {at_least} characters, of ten or more kinds)")
        if value.startswith("django-insecure-"):
            raise ValueError("was made by Django for a developer, and may be known to others")
        return value

    if kept_at and name not in os.environ:
        return secret_of_this_checkout(kept_at)
    return _read(name, default, parse, example, shown=lambda value: "its value")


def secret_of_this_checkout(path: Path) -> str:
    """A secret made once for a developer's machine and kept at `path`, readable by its owner only.

    Sessions live through a restart this way, and no secret that the public knows is ever in use.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with NamedTemporaryFile("w", dir=path.parent) as file:
                file.write(token_urlsafe(64))
                file.flush()
                # of two commands that start at once, one links its file and the other reads that
                with suppress(FileExistsError):
                    os.link(file.name, path)
        kept = path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"No secret key can be kept at {path}: {error}. Set SECRET_KEY instead.") from error
    if len(kept) < 50:
        raise ImproperlyConfigured(f"The secret key in {path} is cut short. Delete that file; it is made anew.")
    return kept


def _read(
    name: str,
    default: Any,
    parse: Callable[[str], Any],
    example: str,
    shown: Callable[[str], str] = lambda value: repr(_without_password(value)),
) -> Any:
    value = os.environ.get(name)
    if value is None:
        if default is REQUIRED:
            raise ImproperlyConfigured(f"{name} is not set. Set it, for example to {example}.")
        # a default in words is read like a value, one in its own type is taken as it is
        return parse(default) if isinstance(default, str) else default
    value = value.strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is set but empty. Unset it, or set it, for example to {example}.")
    try:
        return parse(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {shown(value)} {error}. A good value: {example}.") from error


def _described(url: str) -> dict[str, Any]:
    """Django's description of the database at one URL. Several hosts are described as libpq takes them."""
    scheme, _slashes, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    person, at, hosts = authority.rpartition("@")
    first, *others = hosts.split(",")
    try:
        described = dict(dj_database_url.parse(f"{scheme}://{person}{at}{first}{slash}{path}"))
        if others:
            each = [dj_database_url.parse(f"{scheme}://{person}{at}{host}{slash}{path}") for host in (first, *others)]
            if not all(one["HOST"] for one in each):
                raise ValueError
            described["HOST"] = ",".join(one["HOST"] for one in each)
            described["PORT"] = ",".join(str(one["PORT"] or 5432) for one in each)
            described["OPTIONS"] = {"target_session_attrs": "read-write", **described.get("OPTIONS", {})}
    except ValueError:
        raise ValueError("cannot be read as a database URL; special characters in it must be %-encoded") from None
    if not described["NAME"]:
        raise ValueError("names no database")
    return described


def _without_password(value: str) -> str:
    return re.sub(r"(//[^/:@]*:)[^@]*(?=@)", r"\1***", value)
