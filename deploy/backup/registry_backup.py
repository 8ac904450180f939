#!/usr/bin/python3 -I
"""Keeps backups of the registry's PostgreSQL, and restores them: base backups and all that was written since.

Needs Debian's python3 and PostgreSQL's own programs. What it is told comes from the environment:

    BACKUPS       the folder of the backups, on another disk than the database
    KEEP          how many base backups to keep (7), with all that was written since the oldest of them
    PGHOST, PGUSER, PGPASSFILE ...   where the server is, and who may copy it (REPLICATION), as libpq reads it
    PG_BIN        the folder of PostgreSQL's programs, where it is not Debian's newest

    BACKUPS/system            the number of the one cluster whose backups these are
    BACKUPS/base/INSTANT/     its files, restorable to any moment from INSTANT on
    BACKUPS/wal/TIMELINE/     all that was written, in segments of 16 MB; the one under way ends in .partial
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

# as the server knows who receives what it writes (synchronous_standby_names), and how far (pg_replication_slots)
RECEIVER = "registry_wal"
NAMED = "%Y%m%dT%H%M%S.%fZ"
SEGMENT = re.compile(r"[0-9A-F]{24}")
# an exit of the restore_command that stops the recovery, where 1 would say that there is nothing more to recover
BROKEN = 126


class Failed(Exception):
    """What went wrong and what to do, for whoever runs this."""


# --- Keeping --------------------------------------------------------------------------------------------------------


def base() -> None:
    """Take a base backup, check it, and remove the oldest. Stopped half-way, those that were there are as they were."""
    folder = backups() / "base"
    folder.mkdir(exist_ok=True)
    # `manage.py doctor` looks how old the newest is; what is in it is the server's alone
    folder.chmod(0o755)
    keep = os.environ.get("KEEP", "7")
    if not re.fullmatch(r"[1-9]\d{0,3}", keep, re.ASCII):
        raise Failed(f"KEEP={keep} says not how many backups to keep. Choose 1 or more.")
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed("Another base backup is under way: wait until it has ended.") from None
        # of runs that were killed
        for left in folder.glob("*.part"):
            shutil.rmtree(left)
        check_system()
        part = folder / f"{datetime.now(UTC):{NAMED}}.part"
        # what is written meanwhile goes with it: it can be restored without anything else
        run("pg_basebackup", "--pgdata", part / "data", "--wal-method=stream", "--checkpoint=fast", "--no-password")
        run("pg_verifybackup", "--quiet", part / "data")
        # it can be restored to no moment before it ended
        place = folder / f"{datetime.now(UTC):{NAMED}}"
        part.rename(place)
        to_disk(folder)
        for old in bases()[: -int(keep)]:
            # by another name first: half of a backup must not look like one
            old.rename(left := old.with_name(f"{old.name}.part"))
            shutil.rmtree(left)
        oldest = first_segment(bases()[0])
        for timeline in wal_folders():
            run("pg_archivecleanup", timeline, oldest)
    print(f"{place} is taken and checked.")


def wal() -> None:
    """Receive what the server writes, until it ends: what it reports as on disk here is on disk. Run it anew then."""
    timeline = check_system()
    folder = backups() / "wal" / f"{timeline:08X}"
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    os.environ["PGAPPNAME"] = RECEIVER
    slot = ("--slot", RECEIVER, "--no-password")
    run("pg_receivewal", "--create-slot", "--if-not-exists", *slot)
    # Not in a loop: a server that comes back may be another, or on a new timeline, which has a folder of its own.
    os.execv(
        program("pg_receivewal"),
        ["pg_receivewal", "--directory", folder, *slot, "--synchronous", "--no-loop"],
    )


def verify() -> None:
    """Check every base backup against its manifest, and that no segment is missing since the oldest."""
    if not bases():
        raise Failed(f"There is no base backup in {backups()}. Take one: registry_backup.py base")
    for each in bases():
        run("pg_verifybackup", "--quiet", each / "data")
        print(f"{each.name} is as it was taken.")
    oldest = first_segment(bases()[0])
    for folder in wal_folders():
        segments = sorted(path for path in folder.iterdir() if SEGMENT.fullmatch(path.name))
        size = max((path.stat().st_size for path in segments), default=0)
        numbers = [place_of(path.name, size) for path in segments if path.name[8:] >= oldest[8:]]
        if any(path.stat().st_size != size for path in segments):
            raise Failed(f"A segment in {folder} is cut short. Take a base backup now; restore to before it at most.")
        if numbers and numbers[-1] - numbers[0] + 1 != len(numbers):
            missing = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))[0]
            raise Failed(f"{folder} lacks segment number {missing}. Take a base backup now.")
        print(f"Timeline {folder.name} has {len(numbers)} whole segments without a gap.")


# --- Restoring ------------------------------------------------------------------------------------------------------


def restore(into: Path, to: datetime | None, before: datetime | None, backup: str | None) -> None:
    """Lay out a server's data in `into`, an empty folder, so that it recovers when it is started.

    By default up to all that was received; `to` an instant, with it, or up to `before` one, without what was committed
    then.
    """
    chosen = choose(to or before, backup)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise Failed(f"{into} is not empty. Move what is there away (keep it until all is well), and run this again.")
    # A server does not start without this file: so it comes last, and half of a backup is never taken for one.
    control = Path("global/pg_control")
    files = chosen / "data"
    shutil.copytree(files, into, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("pg_control"))
    goal = to or before
    told = {
        "restore_command": f'"{Path(__file__).resolve()}" restore-wal "{backups().resolve()}" %f %p',
        **({"recovery_target_time": f"{goal:%Y-%m-%d %H:%M:%S.%f%z}"} if goal else {}),
        "recovery_target_inclusive": "off" if before else "on",
        "recovery_target_timeline": "latest",
        "recovery_target_action": "promote",
    }
    settings = into / "postgresql.auto.conf"
    # An earlier restore may have left another target in what was copied: this one would end there.
    lines = [
        line for line in settings.read_text().splitlines() if not line.startswith(("recovery_", "restore_", "primary_"))
    ]
    settings.write_text("\n".join([*lines, *(f"{name} = '{value}'" for name, value in told.items())]) + "\n")
    (into / "standby.signal").unlink(missing_ok=True)
    (into / "recovery.signal").touch()
    shutil.copy2(files / control, into / control)
    into.chmod(0o700)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"--reference={files}", into], check=True)
    os.sync()
    end = f"before {before}" if before else f"at {to}" if to else "when the last of it was received"
    print(f"{into} holds {chosen.name}. Start the server: it recovers all as it was {end}, and then serves.")


def choose(instant: datetime | None, backup: str | None) -> Path:
    known = {each.name: each for each in bases()}
    if backup is not None and backup not in known:
        raise Failed(f"There is no base backup {backup}. There are: {', '.join(known) or 'none'}")
    usable = [each for each in known.values() if backup in (None, each.name)]
    if instant is not None:
        usable = [each for each in usable if datetime.strptime(each.name, NAMED).replace(tzinfo=UTC) <= instant]
    if not usable:
        told = f"from before {instant}" if instant else f"in {backups()}"
        raise Failed(f"There is no base backup {told}. There are: {', '.join(known) or 'none'}")
    return usable[-1]


def restore_wal(folder: Path, name: str, path: Path) -> int:
    """What recovering servers ask (restore_command): copy the file `name` to `path`; 1 where there is none."""
    try:
        for wanted in (name, f"{name}.partial"):
            # not by glob, which is silent about a folder that it may not read
            for timeline in sorted(os.listdir(folder / "wal"), reverse=True):
                if (found := folder / "wal" / timeline / wanted).exists():
                    shutil.copyfile(found, path)
                    return 0
    except BaseException as error:
        print(f"{name} cannot be restored: {error!r}", file=sys.stderr)
        return BROKEN
    return 1


def drill(scratch: Path | None) -> None:
    """Restore the newest backup beside the registry that runs (DATABASE_URL), and compare what both hold."""
    url = os.environ.get("DATABASE_URL", "")
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="registry-drill-", dir=scratch))
    try:
        if url.startswith("sqlite:"):
            restored, known = drill_sqlite(url, folder)
        else:
            restored, known = drill_postgresql(url, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if restored != known:
        pairs = zip(known.splitlines(), restored.splitlines(), strict=False)
        lines = [f"{old}\n{new}" for old, new in pairs if old != new]
        raise Failed("The backup differs. Each line as it is, then as it was restored:\n" + "\n".join(lines))
    print(f"The backup holds all that the registry held then:\n{known.strip()}")
    print(f"The drill took {time.monotonic() - begun:.0f} s.")


def drill_sqlite(url: str, folder: Path) -> tuple[str, str]:
    """What the newest copy holds, and what the registry held when it was made."""
    copies = sorted(backups().glob("registry-*.sqlite3"))
    if not copies:
        raise Failed(f"There is no backup in {backups()}. Make one: manage.py backup_database {backups()}")
    print(f"Restoring {copies[-1].name} ...")
    restored = checksum(f"sqlite:///{shutil.copy(copies[-1], folder)}")
    return restored, checksum(url, *as_of(restored))


def drill_postgresql(url: str, folder: Path) -> tuple[str, str]:
    """What comes back of all that the registry held when this began, and that."""
    named = re.fullmatch(r"postgres(?:ql)?://(?:([^:@/]+)(?::[^@]*)?@)?[^/]*/(\w+)(?:\?.*)?", url)
    if not named:
        raise Failed("Set DATABASE_URL to the registry: postgres://postgres@%2Frun%2Fpostgresql/registry")
    known = checksum(url)
    begun = time.monotonic()
    owner = (bases()[-1] / "data").stat() if bases() else folder.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    restore(folder / "data", None, None, None)
    server = start(folder, owner)
    try:
        print(f"It served {time.monotonic() - begun:.0f} s after the restore was begun.")
        place = str(folder).replace("/", "%2F")
        return checksum(f"postgres://{named[1] or 'postgres'}@{place}/{named[2]}", *as_of(known)), known
    finally:
        server.terminate()
        server.wait()


def as_of(told: str) -> tuple[str, ...]:
    """What to say to `checksum` for the state that it has told of."""
    newest = told.splitlines()[-1].split()[-1]
    return () if newest == "empty" else ("--known", newest)


def start(folder: Path, owner: os.stat_result) -> subprocess.Popen:
    """A server on the data in `folder`, with its socket there, that has recovered."""
    # The configuration of Debian's servers lies elsewhere; nobody but this account comes in.
    (folder / "postgresql.conf").write_text("")
    (folder / "pg_hba.conf").write_text("local all all trust\n")
    for name in ("postgresql.conf", "pg_hba.conf"):
        os.chown(folder / name, owner.st_uid, owner.st_gid)
    settings = {
        "config_file": folder / "postgresql.conf",
        "hba_file": folder / "pg_hba.conf",
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "unix_socket_permissions": "0700",
        # nobody receives what it writes
        "synchronous_standby_names": "",
        "archive_mode": "off",
        # as many as the server that was copied may have had: a recovery refuses fewer
        "max_connections": 1000,
        "max_worker_processes": 64,
        "max_wal_senders": 64,
        "max_prepared_transactions": 64,
        "max_locks_per_transaction": 256,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [program("postgres"), "-D", folder / "data", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=owner.st_uid,
            group=owner.st_gid,
        )
    while True:
        asked = ["psql", "-XAtqc", "SELECT pg_is_in_recovery()", "-h", folder, "-d", "postgres"]
        if told(*asked, check=False).strip() == "f":
            return server
        if server.poll() is not None:
            raise Failed(f"The restored server did not start:\n{(folder / 'log').read_text()[-3000:]}")
        time.sleep(0.5)


def checksum(url: str, *options: str) -> str:
    """What `manage.py checksum_dataset` of this release tells of the database at `url`."""
    home = Path(__file__).resolve().parent.parent.parent
    # the settings of the registry that serves are none of this account's business
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "DATABASE_URL": url,
        "SECRET_KEY": "of a process that signs nothing " * 2,
        "LOG_LEVEL": "ERROR",
    }
    environment |= {name: value for name, value in os.environ.items() if name.startswith("PGPASS")}
    command = [home / ".venv/bin/python", "manage.py", "checksum_dataset", *options]
    return subprocess.run(command, cwd=home, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


# --- What is there --------------------------------------------------------------------------------------------------


def backups() -> Path:
    if not os.environ.get("BACKUPS"):
        raise Failed("Set BACKUPS to the folder of the backups: BACKUPS=/srv/backup/registry")
    folder = Path(os.environ["BACKUPS"])
    if not folder.is_dir():
        # made here, it would lie on the database's own disk whenever the other is not mounted
        raise Failed(f"{folder} is not there. Mount its disk, or make the folder.")
    # It goes through a shell, in pg_verifybackup and in the restore_command, where "%" has a meaning of its own.
    if not re.fullmatch(r"[\w/ .,:=@+~-]+", f"{folder}{folder.resolve()}"):
        raise Failed(f"{folder} has more in its name than letters, digits, spaces and .,:=@+~-_: Rename it.")
    return folder


def bases() -> list[Path]:
    """All whole base backups, the oldest first."""
    return sorted(path for path in (backups() / "base").glob("*Z") if path.is_dir())


def wal_folders() -> list[Path]:
    return sorted(path for path in (backups() / "wal").glob("*") if path.is_dir())


def first_segment(taken: Path) -> str:
    """The first segment that a base backup needs."""
    return re.search(r"\(file ([0-9A-F]{24})\)", (taken / "data/backup_label").read_text())[1]


def place_of(segment: str, size: int) -> int:
    """The number of a segment among all of its timeline, where each has `size` bytes."""
    return int(segment[8:16], 16) * (0x1_0000_0000 // size) + int(segment[16:], 16)


def check_system() -> int:
    """The timeline of the server, which has to be the one whose backups these are."""
    asked = ("psql", "-XAtq", "--no-password", "-d", "dbname=postgres replication=true", "-c", "IDENTIFY_SYSTEM")
    system, timeline = told(*asked).strip().split("|")[:2]
    known = backups() / "system"
    if not known.exists():
        part = known.with_suffix(".part")
        part.write_text(system)
        part.rename(known)
    if known.read_text() != system:
        raise Failed(
            f"{backups()} keeps another server, number {known.read_text()}, and this is {system}."
            " Name a new folder in BACKUPS, and keep the old one as long as its facts may be wanted."
        )
    return int(timeline)


def program(name: str) -> Path:
    """Where one of PostgreSQL's programs is."""
    folders = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    raise Failed(f"PostgreSQL's {name} is not here: apt-get install postgresql, or name its folder in PG_BIN.")


def run(name: str, *arguments) -> None:
    subprocess.run([program(name), *arguments], check=True)


def told(name: str, *arguments, check=True) -> str:
    # psql may speak of a server that starts: that is looked at by whoever asks
    quiet = None if check else subprocess.DEVNULL
    return subprocess.run(
        [program(name), *arguments], check=check, stdout=subprocess.PIPE, stderr=quiet, text=True
    ).stdout


def to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def instant(text: str) -> datetime:
    told = datetime.fromisoformat(text)
    if told.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset: write 2026-01-31T12:00:00Z or +08:00")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="registry_backup.py", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for each in (base, wal, verify):
        commands.add_parser(each.__name__, help=each.__doc__.partition(".")[0])
    restoring = commands.add_parser("restore", help="lay out the newest backup in an empty folder, ready to recover")
    restoring.add_argument("into", type=Path)
    moment = restoring.add_mutually_exclusive_group()
    moment.add_argument("--to", type=instant, help="2026-01-31T12:00:00Z: with what was committed then")
    moment.add_argument("--before", type=instant, help="without what was committed then")
    restoring.add_argument("--backup", help="the base backup to begin with, where it shall not be the newest that can")
    one = commands.add_parser("restore-wal", help="what a server that recovers asks")
    for name, kind in (("folder", Path), ("name", str), ("path", Path)):
        one.add_argument(name, type=kind)
    commands.add_parser("drill", help="restore the newest backup beside the registry, and compare").add_argument(
        "--scratch", type=Path, help="a folder with room for the whole database (/tmp)"
    )
    asked = vars(parser.parse_args())
    command = asked.pop("command")
    # readable by the account that runs this, and by its group
    os.umask(0o027)
    if command == "restore-wal":
        sys.exit(restore_wal(**asked))
    try:
        {f.__name__: f for f in (base, wal, verify, restore, drill)}[command](**asked)
    except Failed as failure:
        sys.exit(str(failure))
    except OSError as failure:
        sys.exit(f"{failure}. Mend that and run this again; the backups that were there are as they were.")
    except subprocess.CalledProcessError as failure:
        sys.exit(f"{Path(failure.cmd[0]).name} failed; the backups that were there are as they were.")


if __name__ == "__main__":
    main()
