"""Files as rows of cells: CSV, workbooks and NDJSON, row by row in constant memory.

Whatever a hostile or clumsy file may be, it is a FileError, before its first row or at the row in question.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from exchange.files import lines, separated
from exchange.files.errors import FileError
from exchange.files.kinds import find_format
from exchange.files.rows import MOST_COLUMNS, Rows, Unreadable

__all__ = ["FORMATS", "MOST_COLUMNS", "FileError", "Rows", "Unreadable", "digest_of", "kept_copy", "opened"]

FORMATS = ("csv", "xlsx", "ndjson")
CHUNK = 1 << 20


@contextmanager
def opened(
    path: Path, *, name: str = "", format: str = "", sheet: str = "", encoding: str = "", separator: str = ""
) -> Iterator[Rows]:
    """The rows of a file that somebody sent as `name`. Raises FileError, also while they are read.

    What it says of itself at its beginning comes first, then its name. `sheet` is one of a workbook, `encoding` and
    `separator` are those of CSV; each is found where it is not said.
    """
    if format and format not in FORMATS:
        raise FileError(_("Files are read as one of: %s.") % ", ".join(FORMATS))
    found = find_format(path, name or path.name)
    if format and format != found and "xlsx" in (format, found):
        told = _("The file is %(found)s and not %(format)s: leave the format out.")
        raise FileError(told % {"found": found, "format": format})
    format = format or found
    if sheet and format != "xlsx":
        raise FileError(_("Only a workbook has sheets: leave the sheet out."))
    if (encoding or separator) and format != "csv":
        raise FileError(_("Only CSV is read by an encoding or a separator: leave them out."))
    if format == "csv":
        reading = separated.read(path, encoding=encoding, separator=separator)
    elif format == "ndjson":
        reading = lines.read(path)
    else:
        # Its library is only loaded where there is a workbook.
        from exchange.files import workbooks

        reading = workbooks.read(path, sheet=sheet)
    try:
        yield next(reading)
    finally:
        reading.close()


def kept_copy(file: BinaryIO | Path, into: Path) -> tuple[str, int]:
    """Copies a file to `into`; its SHA-256 and its length in bytes. Raises FileError, and then leaves nothing there.

    `file` is a path on this machine, or anything that is read in binary: then it has at most IMPORT_MEGABYTES.
    """
    if isinstance(file, Path):
        with file.open("rb") as stream:
            before = os.fstat(stream.fileno())
            told = _copied(stream, into, None)
            after = os.fstat(stream.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or told[1] != after.st_size:
            into.unlink()
            raise FileError(_("The file changed while it was read: send it again."))
        return told
    return _copied(file, into, settings.IMPORT_MEGABYTES)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copied(file: BinaryIO, into: Path, megabytes: int | None) -> tuple[str, int]:
    digest, length = hashlib.sha256(), 0
    try:
        with into.open("xb") as copy:
            while chunk := file.read(CHUNK):
                length += len(chunk)
                if megabytes is not None and length > megabytes * CHUNK:
                    told = _("The file is larger than %d MB. Have it imported on the server: manage.py import_records.")
                    raise FileError(told % megabytes)
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
    except FileExistsError:
        raise
    except BaseException:
        with suppress(FileNotFoundError):
            into.unlink()
        raise
    return digest.hexdigest(), length
