"""The settings, as the environment gives them."""

from collections.abc import Iterator

from django.conf import settings
from django.core import checks

from config.doctor.findings import ERROR, WARNING, Finding

LEVELS = {checks.WARNING: WARNING, checks.ERROR: ERROR, checks.CRITICAL: ERROR}


def production() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(ERROR, "DEBUG shows settings and source to any visitor.", "Unset DEBUG.")
    if not settings.PRODUCTION:
        yield Finding(
            ERROR,
            "This is a developer's registry: it speaks without TLS, and sends cookies so.",
            "Set REGISTRY_ENV=production.",
        )


def framework() -> Iterator[Finding]:
    """What Django and the packages find: `check --deploy`."""
    for each in checks.run_checks(include_deployment_checks=settings.PRODUCTION):
        if each.level >= checks.WARNING and not each.is_silenced():
            level = max(known for known in LEVELS if known <= each.level)
            mend = each.hint or f"See the system check framework's reference for {each.id}."
            yield Finding(LEVELS[level], f"{each.id}: {each.msg}", mend)


def hosts() -> Iterator[Finding]:
    names = "Name in ALLOWED_HOSTS the hosts that readers ask for, as in ALLOWED_HOSTS=parks.example.org."
    open_to_all = [host for host in settings.ALLOWED_HOSTS if host.startswith(("*", "."))]
    if open_to_all:
        yield Finding(WARNING, f"ALLOWED_HOSTS lets in names that are not yours: {', '.join(open_to_all)}.", names)
    if settings.PRODUCTION and all(host in ("localhost", "127.0.0.1", "[::1]") for host in settings.ALLOWED_HOSTS):
        yield Finding(ERROR, "ALLOWED_HOSTS lets in this machine alone.", names)


def proxies() -> Iterator[Finding]:
    if settings.PRODUCTION and not settings.PROXIES:
        yield Finding(
            ERROR,
            "PROXIES is 0: behind nginx every request is taken for one without TLS, and led to itself for ever.",
            "Set PROXIES=1 behind one proxy that sets X-Forwarded-For and X-Forwarded-Proto.",
        )
