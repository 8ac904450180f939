"""Which format a file has, by what it begins with; what is none of ours is told by its own name."""

from pathlib import Path
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.files.errors import FileError

# How much is looked at, at the beginning and at a time.
LOOKED_AT = 1 << 16
MOST_PARTS = 10_000
# Begins what the directory of an archive says of a part (PKWARE's application note 6.3.9, 4.3.12).
_ENTRY = b"PK\x01\x02"
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_WORKBOOK = gettext_lazy("a workbook of another format")
_PICTURE = gettext_lazy("a picture")
_PACKED = gettext_lazy("a packed archive")
_OTHERS = [
    (b"%PDF", gettext_lazy("a PDF document")),
    (b"{\\rtf", gettext_lazy("a text document")),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"\x1f\x8b", _PACKED),
    (b"7z\xbc\xaf", _PACKED),
    (b"Rar!", _PACKED),
    (b"SQLite format 3", gettext_lazy("a database")),
    (b"PAR1", gettext_lazy("a Parquet file")),
]
# Of zip archives, what each kind of document has inside.
_ZIPPED = [
    ("word/", gettext_lazy("a text document")),
    ("ppt/", gettext_lazy("a presentation")),
    ("xl/workbook.bin", _WORKBOOK),
    ("content.xml", _WORKBOOK),
    ("Index/Document.iwa", _WORKBOOK),
]
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head", b"<div", b"<style")


def find_format(path: Path, name: str) -> str:
    """The format of a file of this name: csv, xlsx or ndjson. Raises FileError where it is none of them."""
    try:
        with path.open("rb") as file:
            start = file.read(LOOKED_AT)
    except OSError as error:
        raise FileError(_("The file cannot be read: %s.") % error.strerror) from error
    if not start:
        raise FileError(_("The file is empty: write a header, and a row for each record below it."))
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _of_zip(path)
    if start.startswith(OLE):
        raise FileError(_of_ole(path))
    for magic, kind in _OTHERS:
        if start.startswith(magic):
            raise _other(kind)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:20].lower().startswith(_MARKUP):
        raise FileError(
            _("The file is a web page or XML, whatever its name says: open it in Excel and save it as .xlsx.")
        )
    if text.startswith(b"["):
        raise FileError(_("The file is a JSON list: write one object a line instead (NDJSON)."))
    if text.startswith(b"{"):
        return "ndjson"
    ending = Path(name).suffix.lower()
    if ending in (".xlsx", ".xlsm", ".xls"):
        raise FileError(_("The file is named as a workbook and is none: save it as .xlsx, or name it .csv."))
    return "ndjson" if ending in (".ndjson", ".jsonl") else "csv"


def _of_zip(path) -> str:
    try:
        _refuse_many_parts(path)
        with ZipFile(path) as archive:
            names = archive.namelist()
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        raise FileError(_("The workbook is cut off or damaged: save it anew, and send it again.")) from None
    if "xl/workbook.xml" in names or any(name.endswith("workbook.xml") for name in names):
        return "xlsx"
    for part, kind in _ZIPPED:
        if any(name.startswith(part) for name in names):
            raise _other(kind)
    raise _other(_PACKED)


def _refuse_many_parts(path):
    """Raise FileError where an archive has more parts than a workbook, before a list of them is made.

    What it says of their number need not be so, and is in more than one place: their entries are counted.
    """
    count, before = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(LOOKED_AT):
            count += (before + chunk).count(_ENTRY)
            before = chunk[1 - len(_ENTRY) :]
    if count > MOST_PARTS:
        raise FileError(_("The workbook has far more parts than a table needs: copy the table into a new one."))


def _of_ole(path) -> str:
    """What is wrong with a file of Microsoft's compound format: old, or a new one behind a password."""
    locked = "EncryptedPackage".encode("utf-16-le")
    with path.open("rb") as file:
        before = b""
        while chunk := file.read(LOOKED_AT):
            if locked in before + chunk:
                return _("The workbook is locked by a password: take the password off and save it anew.")
            before = chunk[-len(locked) :]
    return _("The file is an old document of Office (.xls, .doc): open it, and save it as .xlsx.")


def _other(kind) -> FileError:
    told = _("The file is %s, and what is read is .xlsx, .csv or .ndjson: open it, and save the table as .xlsx.")
    return FileError(told % kind)
