"""Files and disks of this machine, and what the world sees of it."""

import http.client
import json
import shutil
import ssl
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection

from config.doctor.findings import ERROR, WARNING, Finding

SETTINGS_FILE = Path("/etc/registry/registry.env")
# what keeps a database from being vacuumed, and an import from being taken in
LITTLE_ROOM = 2 * 1024**3
DAYS = 14
COLLECT = "Run: registry restart (without the command `registry`: manage.py collectstatic --no-input, then restart it)"


def settings_file(path: Path | None = None) -> Iterator[Finding]:
    """The file with the secret, where there is one."""
    path = path or SETTINGS_FILE
    if path.exists() and path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield Finding(
            ERROR,
            f"{path} has the secret key in it, and others may read or write it.",
            f"Run: chown root:registry {path}; chmod 640 {path}. Then put a new SECRET_KEY into it.",
        )


def import_files() -> Iterator[Finding]:
    folder = Path(settings.IMPORT_FILES).resolve()
    served = [Path(each).resolve() for each in (settings.STATIC_ROOT, settings.WHITENOISE_ROOT) if each]
    if any(folder.is_relative_to(each) for each in served):
        yield Finding(
            ERROR,
            f"{folder} is given out to everybody, and files that people import lie there.",
            "Set IMPORT_FILES to a folder that no web server serves.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Finding(
            ERROR,
            f"No file can be kept in {folder}: {error.strerror}.",
            f"Run: mkdir -p {folder}; chown -R registry:registry {folder}. Is its disk there, and has room?",
        )


def static_files() -> Iterator[Finding]:
    """All are collected, and are those of this release."""
    if not settings.PRODUCTION:
        return
    if not staticfiles_storage.hashed_files:
        yield Finding(ERROR, f"No static files are collected in {settings.STATIC_ROOT}.", COLLECT)
        return
    root, missing, seen = Path(settings.STATIC_ROOT), [], set()
    for finder in get_finders():
        for name, storage in finder.list(ignore_patterns=None):
            # of two of one name, the first is collected
            if name in seen:
                continue
            seen.add(name)
            named = staticfiles_storage.hashed_files.get(name, "")
            with storage.open(name) as source:
                known = (root / name).is_file() and (root / name).read_bytes() == source.read()
            if not (known and named and (root / named).is_file()):
                missing.append(name)
    if missing:
        yield Finding(
            ERROR, f"{len(missing)} static files are missing or of another release, among them {missing[0]}.", COLLECT
        )


def room() -> Iterator[Finding]:
    """On the disks that the registry writes to; the database's own, where that is a file here."""
    places = {Path(settings.IMPORT_FILES), Path(tempfile.gettempdir())}
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and Path(name).is_absolute():
        places.add(Path(name).parent)
    told = set()
    for place in sorted(filter(Path.exists, places)):
        free, disk = shutil.disk_usage(place).free, place.stat().st_dev
        if free < LITTLE_ROOM and disk not in told:
            told.add(disk)
            yield Finding(
                ERROR,
                f"The disk of {place} has {free // 1024**2:,} MB left.",
                "Make room: old copies in /var/backups/registry, journalctl --vacuum-size=500M, or a larger disk.",
            )


def world(address: str, certificate: str | None = None) -> Iterator[Finding]:
    """What a reader at `address` sees: https://parks.example.org. `certificate`: a file of whom to trust besides."""
    place = urlsplit(address)
    context = ssl.create_default_context(cafile=certificate)
    secure = http.client.HTTPSConnection(place.hostname, place.port or 443, timeout=20, context=context)
    try:
        secure.request("GET", "/api/v1/parks/?limit=1", headers={"Accept": "application/json"})
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(secure.sock.getpeercert()["notAfter"]), UTC)
        answer = secure.getresponse()
        status, body = answer.status, answer.read()
    except ssl.SSLCertVerificationError as error:
        yield Finding(
            ERROR,
            f"Browsers do not trust the certificate of {address}: {error.verify_message}.",
            "Put one of an authority in place of /etc/registry/tls/certificate.pem, with its chain, and reload nginx.",
        )
        return
    except (OSError, http.client.HTTPException) as error:
        yield Finding(
            ERROR,
            f"Nothing answers at {address}: {error}.",
            "Look: systemctl status nginx registry.socket registry@current; journalctl -u nginx; the name in DNS.",
        )
        return
    finally:
        secure.close()
    if (left := (ends - datetime.now(UTC)).days) < DAYS:
        yield Finding(WARNING, f"The certificate of {address} ends in {left} days.", "Renew it and reload nginx.")
    if status != 200 or not _is_json(body):
        yield Finding(
            ERROR,
            f"{address} answers with {status}, not with parks.",
            "Look at journalctl -t registry and /var/log/nginx/registry.error.log. 400: is the name in ALLOWED_HOSTS?",
        )
    yield from _leads_to_tls(place.hostname)


def _leads_to_tls(host: str) -> Iterator[Finding]:
    plain = http.client.HTTPConnection(host, timeout=20)
    try:
        plain.request("GET", "/")
        answer = plain.getresponse()
        if not (answer.status in (301, 308) and answer.headers.get("Location", "").startswith("https://")):
            yield Finding(
                WARNING,
                f"http://{host}/ is answered with {answer.status}, not led to https.",
                "Have nginx answer on port 80 as deploy/nginx/site.conf does.",
            )
    except (OSError, http.client.HTTPException):
        # a port that is shut does no harm
        return
    finally:
        plain.close()


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
