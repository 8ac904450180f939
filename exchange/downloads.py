"""Files of an import as they are sent to people, over the API and from the admin."""

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.http import FileResponse

from exchange.imports.places import file_of
from exchange.imports.sheets import write_bad_rows, write_report
from exchange.models import Import


def sent_file(upload: Import) -> FileResponse:
    """The file as it came."""
    return FileResponse(file_of(upload).open("rb"), as_attachment=True, filename=upload.name)


def report(upload: Import, format: str, outcome: str = "") -> FileResponse:
    """What was said of each line, as "csv" or "xlsx"."""
    name = f"{Path(upload.name).stem}-report.{format}"
    return _written(name, lambda path: write_report(upload, path, format, outcome))


def bad_rows(upload: Import) -> FileResponse:
    """The lines that are wrong, to be mended and sent again."""
    name = Path(upload.name)
    return _written(f"{name.stem}-to-mend{name.suffix}", lambda path: write_bad_rows(upload, path))


def _written(name: str, write: Callable[[Path], object]) -> FileResponse:
    # Gone from the folder at once, and from the disk when the answer is closed.
    with NamedTemporaryFile() as file:
        write(Path(file.name))
        return FileResponse(Path(file.name).open("rb"), as_attachment=True, filename=name)
