"""Backups of PostgreSQL: the disk is lost while people write, and what was answered comes back."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.clusters import USER
from tests.operations.backups import SCRIPT, Backups, Writers
from tests.operations.conftest import token_of
from tests.serving import REGISTRY, manage, wait_until

pytestmark = pytest.mark.servers

SETTINGS = {"synchronous_standby_names": "registry_wal", "track_commit_timestamp": "on"}
NAMES = "SELECT slug, name_en FROM cities_body WHERE slug LIKE 'body-%'"
# each edit is one version and one change
EDITS = "SELECT count(*), count(DISTINCT change_id) FROM core_version WHERE data->>'slug' LIKE 'body-%'"
# as docs/operations.md tells it
COMMITTED = "SELECT at, pg_xact_commit_timestamp(xmin) FROM core_change ORDER BY id DESC LIMIT 1"


@pytest.fixture
def kept(clusters, room):
    """A running cluster and its backups, which receive all that it commits."""
    cluster = clusters(settings=SETTINGS)
    backups = Backups(cluster, room / "backups of 泰州")
    backups.receive()
    yield cluster, backups
    backups.stop()


def registry(cluster):
    return REGISTRY | {"DATABASE_URL": cluster.url()}


def checksum(cluster, *options):
    return manage("checksum_dataset", *options, environment=registry(cluster)).stdout


def recovered(cluster):
    cluster.start()
    wait_until(lambda: cluster.execute("SELECT pg_is_in_recovery()") == [(False,)], 60, cluster.log.read_text)
    return cluster


def test_disk_lost_under_write_load_is_restored_to_the_last_answer(kept, serve, room):
    cluster, backups = kept
    server = serve(cluster.url())
    with Writers(server, token_of(cluster.url())) as writers:
        writers.wait(20)
        backups.run("base")
        writers.wait(20)
        cluster.execute("SELECT pg_switch_wal()")
        # the receiver dies too; nothing is answered while nobody receives, and it goes on where it was
        backups.stop()
        backups.receive()
        writers.wait(20)
        cluster.kill()
        shutil.rmtree(cluster.data)
    backups.stop()

    restored = recovered(backups.restored(room / "restored"))
    try:
        assert len(writers.noted) >= 20
        assert writers.lost(dict(restored.execute(NAMES, USER))) == {}
        edits, changes = restored.execute(EDITS, USER)[0]
        assert writers.answers <= edits == changes <= writers.answers + len(writers.pending)
        # all rows are as the history tells them
        told = checksum(restored)
        newest = told.splitlines()[-1].split()[1]
        assert checksum(restored, "--known", newest) == told
        manage("audit_data", environment=registry(restored))

        # it serves again, is kept in the same folder on a timeline of its own, and can be lost again
        restored.stop()
        restored.settings |= SETTINGS
        restored.start()
        backups.aim(restored)
        backups.receive()
        again = serve(restored.url())
        with Writers(again, token_of(restored.url()), name="body-late") as late:
            late.wait(20)
            restored.kill()
            shutil.rmtree(restored.data)
        backups.stop()
        twice = recovered(backups.restored(room / "twice"))
        names = dict(twice.execute(NAMES, USER))
        assert (writers.lost(names), late.lost(names)) == ({}, {})
        twice.stop()
    finally:
        restored.stop()


@pytest.mark.parametrize("name", ["$(touch seized)", "`touch seized`", "a'b", 'a"b', "a\\b", "100%f", "a\nb", "a;b"])
def test_folder_whose_name_a_shell_would_run_is_refused(tmp_path, name):
    """PostgreSQL's own programs and its restore_command hand it to one."""
    (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(name)
    for given in (name, "link"):
        done = subprocess.run(
            [sys.executable, SCRIPT, "verify"],
            env={"BACKUPS": str(tmp_path / given)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "Rename it" in done.stderr
    assert not (tmp_path / "seized").exists()


def test_mistake_is_undone_by_restoring_to_the_moment_before_it(kept, room):
    cluster, backups = kept
    backups.run("base")
    before = checksum(cluster)
    manage("shell", "-c", EDIT, environment=registry(cluster))
    begun, committed = cluster.execute(COMMITTED, USER)[0]
    assert begun <= committed
    after = checksum(cluster)
    # what nothing but a restore takes back
    cluster.execute("TRUNCATE core_version, core_change, parks_park CASCADE", USER)
    backups.stop()
    for name, option, instant, told in (
        ("with-it", "--to", committed, after),
        ("before-it", "--before", committed, before),
    ):
        restored = recovered(backups.restored(room / name, option, instant.isoformat()))
        assert checksum(restored) == told
        if name == "with-it":
            restored.destroy()
    # what is written from there on is kept too, though the folder knows of a future that is none any more
    restored.stop()
    restored.settings |= SETTINGS
    restored.start()
    backups.aim(restored)
    backups.receive()
    manage("shell", "-c", EDIT, environment=registry(restored))
    told = checksum(restored)
    restored.destroy()
    backups.stop()
    again = recovered(backups.restored(room / "again"))
    assert checksum(again) == told
    again.destroy()


EDIT = "from core.history import change\nfrom parks.models import Park\nwith change(): Park.objects.update(name_en='x')"


def test_backup_that_is_broken_off_leaves_those_before_it_and_the_oldest_go(kept):
    cluster, backups = kept
    backups.run("base")
    kept_first = backups.names()
    limited = backups.begin("base")
    part = backups.folder / "base"
    while not list(part.glob("*.part/data/*")):
        assert limited.poll() is None
        time.sleep(0.01)
    os.killpg(limited.pid, signal.SIGKILL)
    limited.wait()
    assert backups.names() == kept_first
    assert len(list(part.glob("*.part"))) == 1
    backups.run("verify")

    for wrong in ("0", "-1", "all"):
        assert backups.ask("base", KEEP=wrong) == (
            1,
            f"KEEP={wrong} says not how many backups to keep. Choose 1 or more.\n",
        )
    cluster.execute("SELECT pg_switch_wal()")
    backups.run("base", KEEP="1")
    assert list(part.glob("*.part")) == []
    assert len(backups.names()) == 1
    assert backups.names() != kept_first
    # what was written before the oldest that is kept is gone, and what is needed is there
    segments = sorted(path.name for path in (backups.folder / "wal" / "00000001").iterdir())
    label = (part / backups.names()[0] / "data" / "backup_label").read_text()
    assert f"file {segments[0].removesuffix('.partial')})" in label
    assert "without a gap" in backups.run("verify")


@pytest.mark.soak
def test_drill_compares_the_backup_with_the_registry_and_tells_what_differs(kept, room):
    cluster, backups = kept
    backups.run("base")
    manage("shell", "-c", EDIT, environment=registry(cluster))
    environment = {"PATH": os.environ["PATH"]} | backups.options["env"] | registry(cluster)

    def drill():
        return subprocess.run(
            [sys.executable, SCRIPT, "drill", "--scratch", room], env=environment, capture_output=True, text=True
        )

    done = drill()
    assert (done.returncode, done.stderr) == (0, "")
    assert "The backup holds all that the registry held then:" in done.stdout
    # a row that the history does not tell of
    cluster.execute("SET session_replication_role = replica; UPDATE parks_park SET name_en = 'y' WHERE id = 1", USER)
    backups.stop()
    done = drill()
    assert done.returncode == 1
    assert "The backup differs." in done.stderr
    assert sorted(path.name for path in room.glob("registry-drill-*")) == []


def test_place_that_a_backup_cannot_be_restored_to_is_told_in_a_line(tmp_path):
    (tmp_path / "base/20260101T000000.000000Z/data").mkdir(parents=True)
    (tmp_path / "file").touch()
    command = [sys.executable, SCRIPT, "restore", tmp_path / "file/data"]
    done = subprocess.run(command, env={"BACKUPS": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        f"[Errno 20] Not a directory: '{tmp_path}/file/data'. Mend that and run this again; the backups that were there"
        " are as they were.\n"
    )


def looked_at(cluster, backups):
    """What `manage.py doctor` says is wrong with the receiving."""
    code = (
        "import json; from config.doctor.backups import received; print(json.dumps([each.what for each in received()]))"
    )
    done = manage("shell", "-c", code, environment=registry(cluster) | {"BACKUPS": str(backups.folder)})
    return json.loads(done.stdout.splitlines()[-1])


def test_backups_of_one_server_take_in_no_other(kept, room):
    cluster, backups = kept
    assert looked_at(cluster, backups) == []
    backups.stop()
    assert looked_at(cluster, backups) == [
        "Nobody receives what PostgreSQL writes: with its disk, all since the base is lost."
    ]
    cluster.stop()
    other = type(cluster)(room / "other", {}).make().start()
    try:
        backups.aim(other)
        code, told = backups.ask("base")
        assert (code, "keeps another server" in told) == (1, True)
        code, told = backups.ask("wal")
        assert (code, "keeps another server" in told) == (1, True)
    finally:
        other.stop()
