"""A folder that is written whole or not at all."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange.dataset.errors import DatasetError

# What tells a package of ours, by whoever runs a registry, from any other.
NAME = "park-registry"
PACKAGE, README = "datapackage.json", "README.md"


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder to write into, which becomes `folder` at the end, in place of a dataset that stands there.

    Until then `folder` is as it was, whatever happens; a process that is killed leaves a hidden folder beside it, which
    the next one takes away. Raises DatasetError where `folder` holds anything but a dataset.
    """
    folder = Path(os.path.realpath(folder))
    refuse_other(folder)
    part, old = folder.with_name(f".{folder.name}.part"), folder.with_name(f".{folder.name}.old")
    folder.parent.mkdir(parents=True, exist_ok=True)
    if old.exists() and not folder.exists():
        # Killed between the two moves below.
        old.rename(folder)
        refuse_other(folder)
    held = _hold(part)
    try:
        _clear(part)
        yield part
        # It may have become something else meanwhile.
        refuse_other(folder)
        _move(part, folder, old)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        os.close(held)


def refuse_other(folder: Path):
    """Raise DatasetError where `folder` is there and is neither empty nor a dataset and nothing else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DatasetError(f"{folder} is a file: name a folder to write the dataset to.")
    if not any(folder.iterdir()):
        return
    named = _named_by(folder)
    if not named:
        raise DatasetError(
            f"{folder} is not empty and holds no dataset: nothing was written. Name an empty or a new folder."
        )
    for path in folder.rglob("*"):
        if (name := path.relative_to(folder).as_posix()) not in named and not path.is_dir():
            raise DatasetError(
                f"{folder} holds what no export has written, such as {name}: nothing was written. Move that away, "
                "or name another folder."
            )


def _named_by(folder: Path) -> set[str]:
    """The files of the dataset in `folder`, as it names them itself; none where it is no dataset of a registry."""
    try:
        package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
        paths = {resource["path"] for resource in package["resources"]}
        return paths | {PACKAGE, README} if package["name"] == NAME else set()
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return set()


def _hold(part: Path) -> int:
    """A lock on the folder `part`, which is made: it goes with the process."""
    while True:
        part.mkdir(exist_ok=True)
        held = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if part.exists() and os.path.samestat(os.fstat(held), part.stat()):
                return held
        except BlockingIOError:
            os.close(held)
            raise DatasetError(f"Another export is writing this dataset: it is in {part}. Wait for it.") from None
        # Another's, that has become the dataset since.
        os.close(held)


def _clear(part: Path):
    for path in part.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _move(part: Path, folder: Path, old: Path):
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        part.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
