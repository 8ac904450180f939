"""A disk that is full: it is told, nothing is half written, and all goes on when there is room again."""

import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.clusters import USER
from tests.intact import broken_at
from tests.operations.conftest import headers_of, token_of
from tests.operations.traffic import Traffic, log_in, send_file
from tests.serving import REGISTRY, manage

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk"),
]

FULL = "A disk of the server is full, so nothing was written: tell those who run it, and try again later."
FULL_FOR_FILES = "The disk of the server is full, so nothing was written: tell those who run it, and send it again."
LARGE = "slug,name_en,name_zh,kind\n" + "".join(f"office-{n},Office {n},办公室,OTHER\n" for n in range(30_000))
SMALL = "slug,name_en,name_zh,kind\noffice,Office,办公室,OTHER\n"


@contextmanager
def small_disk(place: Path, megabytes: int):
    """A disk of its own at `place`, that anybody may write to."""
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=1777", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        # whoever was at work there is about to end
        deadline = time.monotonic() + 20
        while subprocess.run(["umount", place], capture_output=True).returncode and time.monotonic() < deadline:
            time.sleep(0.2)
        if place.is_mount():
            subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def filled(place: Path, spare: int = 0):
    """The disk at `place` has no room but `spare` bytes while the block lasts."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"0" * size)
        file.truncate(max(0, file.tell() - spare))
    try:
        yield
    finally:
        ballast.unlink()


def body(slug: str, size: int = 10) -> bytes:
    return json.dumps({"slug": slug, "name_en": slug, "name_zh": "办" * size, "kind": "OTHER"}).encode()


def test_the_disk_of_sqlite_is_full(loaded_once, room, serve):
    with small_disk(room / "disk", 40) as disk:
        url = f"sqlite:///{shutil.copy(loaded_once, disk)}"
        token = token_of(url)
        server = serve(url, IMPORT_FILES=str(room / "imports"))
        with Traffic(server, token, cookie=log_in(server)) as traffic:
            time.sleep(1)
            with filled(disk):
                time.sleep(3)
                full = time.monotonic()
                time.sleep(1)
                # who reads too, where no other has the file open: to open it takes a little room
                assert 503 in traffic.statuses(full) <= {200, 503}
                assert {each.status for each in traffic.answers if each.at > full and each.method == "POST"} == {503}
            traffic.recovered()
        refused = [each for each in traffic.answers if each.status == 503]
        assert FULL in {json.loads(each.body)["detail"] for each in refused if each.method == "POST"}
        assert traffic.statuses() == {200, 201, 503}
        assert traffic.untold() == []
        # an import that there is no room for
        with filled(disk, 2_000_000):
            sent = send_file(server, token, "bodies", LARGE)
            assert (sent[0], sent[1]["detail"]) == (503, FULL)
        assert send_file(server, token, "bodies", SMALL)[0] == 201
        there = manage("shell", "-v", "0", "-c", SLUGS, environment=REGISTRY | {"DATABASE_URL": url}).stdout.split()
        assert set(traffic.written) <= set(there)
        assert broken_at(url) == []
        log = server.log.read_text()
        assert "Traceback" not in log
        assert "disk full: POST /api/v1/bodies/: database or disk is full. Make room" in log


SLUGS = "from cities.models import Body; print(*Body.objects.values_list('slug', flat=True))"


def test_the_disk_of_postgresql_is_full(loaded, room, serve):
    with small_disk(room / "disk", 400) as disk:
        # The log that PostgreSQL writes ahead fills first. Where it stops, it is started again when there is room.
        cluster = loaded.copy(disk / "primary", {"max_wal_size": "64MB", "checkpoint_timeout": "30s"})
        try:
            cluster.start()
            server = serve(cluster.url(), IMPORT_FILES=str(room / "imports"))
            token = token_of(cluster.url())
            with Traffic(server, token, cookie=log_in(server)) as traffic:
                time.sleep(1)
                with filled(disk):
                    sent = send_file(server, token, "bodies", LARGE)
                    assert sent[0] == 503, sent
                    time.sleep(2)
                if cluster.process.poll() is not None:
                    cluster.start()
                traffic.recovered(30)
            assert traffic.statuses() <= {200, 201, 503}
            assert traffic.untold() == []
            there = {slug for (slug,) in cluster.execute("SELECT slug FROM cities_body", USER)}
            assert set(traffic.written) <= there
            assert "office-1" not in there
            assert send_file(server, token, "bodies", SMALL)[0] == 201
            assert broken_at(cluster.url()) == []
            assert "Traceback" not in server.log.read_text()
        finally:
            cluster.stop()


def test_the_disk_of_imported_files_or_of_temporary_ones_is_full(clusters, serve, room):
    cluster = clusters()
    token = token_of(cluster.url())
    with small_disk(room / "disk", 20) as disk:
        (disk / "imports").mkdir()
        (disk / "tmp").mkdir()
        server = serve(cluster.url(), IMPORT_FILES=str(disk / "imports"), TMPDIR=str(disk / "tmp"))
        cookie = log_in(server)
        for spare in (0, 2_000_000):
            with filled(disk, spare):
                status, told = send_file(server, token, "bodies", LARGE)
                assert status in (400, 503)
                assert FULL in str(told) or FULL_FOR_FILES in str(told)
                # whoever sends no file is served
                assert server.ask("POST", "/api/v1/bodies/", body(f"left-{spare}"), headers_of(token))[0] == 201
                assert server.ask("GET", "/admin/cities/body/", headers={"Cookie": cookie})[0] == 200
                # tables are told as they are read; a workbook is put together in a file first
                assert server.ask("GET", "/api/v1/parks.csv")[0] == 200
                status, _headers, told = server.ask("GET", "/api/v1/parks.xlsx")
                assert status in (200, 503)
        assert [each.name for each in (disk / "imports").iterdir()] == []
        assert list((disk / "tmp").iterdir()) == []
        assert cluster.execute("SELECT count(*) FROM exchange_import", USER) == [(0,)]
        status, sent = send_file(server, token, "bodies", SMALL)
        assert status == 201
        status, _headers, told = server.ask("POST", f"/api/v1/imports/{sent['id']}/apply/", b"{}", headers_of(token))
        assert (status, json.loads(told)["state"]) == (200, "APPLIED")
        assert broken_at(cluster.url(), IMPORT_FILES=str(disk / "imports")) == []
        assert "Traceback" not in server.log.read_text()
