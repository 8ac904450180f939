"""Where the files of imports lie: each import has a folder of its own, which no web server serves."""

import errno
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from exchange.files import kept_copy
from exchange.models import Import

FILE, REPORT, NEXT_REPORT, LOCK = "file", "report.ndjson", "next.ndjson", "lock"


def folder_of(upload: Import) -> Path:
    """All that is kept of an import."""
    return Path(settings.IMPORT_FILES) / str(upload.pk)


def file_of(upload: Import) -> Path:
    """The file as it came."""
    return folder_of(upload) / FILE


def report_of(upload: Import) -> Path:
    """What was last said of each line; there once it was checked or applied."""
    return folder_of(upload) / REPORT


def keep(upload: Import, file: BinaryIO | Path):
    """Keep a copy of the file and say in `upload` which it is. Raises FileError."""
    folder = folder_of(upload)
    # One that was not to be: its number was given again.
    shutil.rmtree(folder, ignore_errors=True)
    # nobody else on this machine reads it
    folder.mkdir(mode=0o700, parents=True)
    with gone_where_refused(upload), told_where_full():
        upload.sha256, upload.bytes = kept_copy(file, folder / FILE)


@contextmanager
def gone_where_refused(upload: Import):
    """Of an import that is refused in here, no file stays."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder_of(upload), ignore_errors=True)
        raise


@contextmanager
def told_where_full():
    """Says that the disk is full in words: ValidationError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        told = _("The disk of the server is full, so nothing was written: tell those who run it, and send it again.")
        raise ValidationError(told) from error
