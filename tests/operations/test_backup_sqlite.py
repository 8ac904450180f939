"""Backups of SQLite: made while people write, whole or not at all; what is lost with the disk came later."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.operations.backups import SCRIPT, Writers
from tests.operations.conftest import token_of
from tests.serving import REGISTRY, ROOT, manage

pytestmark = pytest.mark.servers


def registry(path):
    return REGISTRY | {"DATABASE_URL": f"sqlite:///{path}"}


@pytest.fixture
def database(loaded_once, room):
    (room / "backups").mkdir()
    return shutil.copy(loaded_once, room / "registry.sqlite3")


def checksum(path, *options):
    return manage("checksum_dataset", *options, environment=registry(path)).stdout


def names_in(path):
    with closing(sqlite3.connect(path)) as opened:
        return dict(opened.execute("SELECT slug, name_en FROM cities_body WHERE slug LIKE 'body-%'"))


def test_database_lost_under_write_load_comes_back_as_it_was_at_the_last_backup(database, serve, room):
    url, folder = registry(database)["DATABASE_URL"], room / "backups"
    server = serve(url)
    with Writers(server, token_of(url)) as writers:
        writers.wait(20)
        noted, begun = dict(writers.noted), writers.answers
        manage("backup_database", str(folder), environment=registry(database))
        ended = writers.answers
        writers.wait(20)
        for pid in server.worker_pids():
            os.kill(pid, signal.SIGKILL)
        for path in room.glob("registry.sqlite3*"):
            path.unlink()
    # nobody waited for it
    assert ended > begun

    (copy,) = folder.glob("registry-*")
    assert [path.name for path in folder.iterdir() if path.name not in (copy.name, ".lock")] == []
    shutil.copy(copy, database)
    told = checksum(database)
    assert checksum(database, "--known", told.splitlines()[-1].split()[1]) == told
    manage("audit_data", environment=registry(database))
    # all that was answered before the backup began
    names = names_in(database)
    number = {slug: int(name.split()[-1]) for slug, name in names.items()}
    assert {slug for slug, name in noted.items() if number.get(slug, -1) < int(name.split()[-1])} == set()
    again = serve(url)
    status, _headers, body = again.ask("GET", "/api/v1/bodies/body-0-0/")
    assert (status, json.loads(body).get("slug")) == (200, "body-0-0"), body
    with Writers(again, token_of(url), threads=1, name="body-late") as late:
        late.wait(3)


def test_backup_that_is_broken_off_leaves_those_before_it(database, room):
    folder, environment = room / "backups", registry(database)
    manage("backup_database", str(folder), environment=environment)
    (first,) = folder.glob("registry-*")
    command = [sys.executable, "manage.py", "backup_database"]
    options = {"cwd": ROOT, "env": {"PATH": os.environ["PATH"]} | environment}
    # its disk is not mounted: a copy beside the database would be none
    done = subprocess.run([*command, str(room / "away")], capture_output=True, text=True, **options)
    assert (done.returncode, (room / "away").exists()) == (1, False)
    assert f"{room}/away is not there. Mount its disk" in done.stderr
    command.append(str(folder))
    kept = first.read_bytes()
    with closing(sqlite3.connect(database)) as opened:
        opened.execute("CREATE TABLE filler AS SELECT zeroblob(200000000) AS filler")
        opened.commit()
    killed = subprocess.Popen(command, **options)
    part = folder / ".part.sqlite3"
    while not (part.exists() and part.stat().st_size > 1_000_000):
        assert killed.poll() is None
        time.sleep(0.001)
    killed.send_signal(signal.SIGSTOP)
    # a second one is refused meanwhile
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert (done.returncode, "is under way" in done.stderr) == (1, True)
    killed.kill()
    killed.wait()
    # the disk is full
    done = subprocess.run(["prlimit", "--fsize=100000000", *command], capture_output=True, text=True, **options)
    assert done.returncode == 1
    assert "Those that were there are as they were. Make room" in done.stderr
    assert [*folder.glob("registry-*")] == [first]
    assert first.read_bytes() == kept

    done = manage("backup_database", str(folder), "--keep", "1", environment=environment)
    (last,) = folder.glob("registry-*")
    assert last != first
    assert not part.exists()
    assert str(last) in done.stdout


@pytest.mark.soak
def test_drill_compares_the_newest_backup_with_the_registry(database, room):
    folder, environment = room / "backups", registry(database)
    manage("backup_database", str(folder), environment=environment)
    manage("shell", "-c", "from parks.models import Park; Park.objects.update(name_en='x')", environment=environment)
    command = [sys.executable, SCRIPT, "drill", "--scratch", room]
    environment |= {"PATH": os.environ["PATH"], "BACKUPS": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    (copy,) = folder.glob("registry-*")
    with closing(sqlite3.connect(copy)) as opened:
        opened.execute("DELETE FROM core_version WHERE id = (SELECT max(id) FROM core_version)")
        opened.commit()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, "The backup differs." in done.stderr) == (1, True)
