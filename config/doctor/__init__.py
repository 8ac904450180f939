"""What is wrong with a deployment, and how to mend it: what `manage.py doctor` tells.

A check is a function that yields a `Finding` for each thing that is wrong, and nothing where all is well. It stands in
`CHECKS`, or in `DATABASE_CHECKS` where it asks the database, which are left out where that does not answer.
"""

from collections.abc import Callable, Iterable, Iterator

from django.db import DatabaseError, connection

from config.doctor import backups, database, machine, people, replicas, settings, sso
from config.doctor.findings import ERROR, Finding

Check = Callable[[], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    settings.production,
    settings.framework,
    settings.hosts,
    settings.proxies,
    sso.single_sign_on,
    machine.settings_file,
    machine.import_files,
    machine.static_files,
    machine.room,
)
DATABASE_CHECKS: tuple[Check, ...] = (
    database.engine,
    database.clock,
    database.migrations,
    database.triggers,
    database.documents,
    people.groups,
    people.superuser,
    people.demo,
    people.sessions,
    backups.backups,
    backups.received,
    replicas.replicas,
)


def examine(*more: Check) -> Iterator[tuple[str, list[Finding]]]:
    """The name of each check and what it found, worst first as far as each check goes; `more` checks come last."""
    for check in CHECKS:
        yield _name(check), list(check())
    unreachable = list(database.reachable())
    yield _name(database.reachable), unreachable
    behind = False
    for check in () if unreachable else DATABASE_CHECKS:
        try:
            found = list(check())
        except DatabaseError as error:
            connection.close()
            if behind:
                # of tables that are not there yet
                continue
            told = database.without_passwords(error)
            found = [Finding(ERROR, f"The database refuses a question: {told}", "Look at the log of the database.")]
        behind |= check is database.migrations and bool(found)
        yield _name(check), found
    for check in more:
        yield _name(check), list(check())


def _name(check: Check) -> str:
    return getattr(check, "func", check).__name__.replace("_", " ")
