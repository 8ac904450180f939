"""Where the files of imports lie: each import has a folder of its own, which no web server serves."""

import shutil
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

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
    folder.mkdir(parents=True)
    upload.sha256, upload.bytes = kept_copy(file, folder / FILE)
