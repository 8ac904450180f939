"""The parts of a workbook as they are unpacked, so that none takes more memory or time than a table needs."""

import re
from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO
from xml.etree.ElementTree import iterparse
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.utils.translation import gettext as _
from openpyxl.utils.escape import unescape
from openpyxl.xml.constants import SHEET_MAIN_NS

from exchange.files.errors import FileError

# What a workbook may hold when it is unpacked: all of it, and each part that is read as a whole.
MOST_UNPACKED = 1 << 30
MOST_IN_A_PART = 16 << 20
# Beginnings and ends of elements in a part that is read as a whole: each element takes far more memory than its text.
MOST_MARKUP = 400_000
CHUNK = 1 << 16
# How many times larger than packed: tables of office programs reach some thirty, and DEFLATE a thousand.
MOST_TIMES = 250
SMALL = 50 << 20
LONGEST_TEXT = 1 << 20
MOST_TEXTS = 5_000_000
# Elements in one row or text, and before and after all of them.
MOST_ELEMENTS = 100_000
_ROW_BY_ROW = re.compile(r"/worksheets/[^/]*\.xml$|/sharedStrings\d*\.xml$", re.IGNORECASE)
_XML = re.compile(r"\.(xml|rels)$", re.IGNORECASE)
_VALUE = re.compile(rb"<(\w+:)?(v|is|f)[\s>]")
_STRING, _TEXT, _RUN = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "t", "r"))
_ALL = f"{{{SHEET_MAIN_NS}}}sst"


class Archive(ZipFile):
    """The parts of a workbook. None of them is unpacked further than it says that it goes."""

    def read(self, name, pwd=None) -> bytes:
        """A part as a whole. Raises FileError where that has more elements than any workbook needs."""
        with self.open(name, pwd=pwd) as part:
            # By steps: in one, the library would unpack all that there is, and then cut it.
            content = b"".join(iter(lambda: part.read(CHUNK), b""))
        if content.count(b"<") > MOST_MARKUP:
            raise FileError(_("The workbook has far more parts than a table needs: copy the table into a new one."))
        return content


def refuse_bombs(archive: Archive, length: int):
    """Raise FileError where a workbook of `length` bytes says that it is far larger than any table."""
    parts = archive.infolist()
    # ECMA-376-2, 7.3.7: no other way of packing, and others unpack more at a time than they are asked for.
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise FileError(_("The workbook has parts that no office program writes: open it in one and save it anew."))
    total = sum(part.file_size for part in parts)
    read_whole = [part for part in parts if _XML.search(part.filename) and not _ROW_BY_ROW.search(part.filename)]
    if (
        total > MOST_UNPACKED
        or total > max(SMALL, length * MOST_TIMES)
        or any(part.file_size > max(SMALL, part.compress_size * MOST_TIMES) for part in parts)
        or any(part.file_size > MOST_IN_A_PART for part in read_whole)
    ):
        told = _("Unpacked, the workbook would have %d MB: copy the table into a new one, or save it as CSV.")
        raise FileError(told % (total >> 20))


class Part:
    """A part of a workbook, as bytes: refuses texts without an end, and what hides from those who look for them."""

    def __init__(self, source):
        self.source = source
        self.end, self.since_tag, self.since_value = b"", 0, 0

    def read(self, size=-1) -> bytes:
        chunk = self.source.read(size)
        seen = self.end + chunk
        # Comments, character data and declarations of entities: no office program writes them, nor UTF-16, which would
        # hide them. So the parser of the standard library is safe here, and four times as fast as that of defusedxml.
        if b"<!" in seen or b"\0" in chunk:
            raise FileError(_("The workbook has parts that no office program writes: open it in one and save it anew."))
        last = chunk.rfind(b"<")
        self.since_tag = self.since_tag + len(chunk) if last < 0 else len(chunk) - last
        if self.since_tag > LONGEST_TEXT:
            raise FileError(_("A cell has more than %d characters.") % LONGEST_TEXT)
        self.since_value = 0 if _VALUE.search(seen) else self.since_value + 1
        self.end = seen[-16:]
        return chunk

    def has_more_values(self) -> bool:
        """Whether there are values in what has not been asked for yet, or only just was."""
        if self.since_value < 2:
            return True
        while self.read(CHUNK):
            if not self.since_value:
                return True
        return False


def elements(part: Part, container: str, tags: set[str]) -> Iterator:
    """The elements of these tags in a part, one by one, each as long as it is looked at. Raises FileError."""
    holder, inside, count = None, False, 0
    for event, element in iterparse(part, events=("start", "end")):  # nosec B314 # Part lets no <! through
        tag = element.tag
        if event == "start":
            count += 1
            if tag in tags:
                if inside:
                    raise FileError(_("The workbook is cut off or damaged: save it anew, and send it again."))
                inside, count = True, 0 if holder is not None else count
            elif tag == container:
                holder = element
            if count > MOST_ELEMENTS:
                raise FileError(_("A row or a text of the workbook has more parts than any table has."))
        elif tag in tags:
            yield element
            inside, count = False, 0
            if holder is None:
                element.clear()
            else:
                holder.clear()


class Strings:
    """The texts that the cells of a workbook share, on disk: there may be more of them than there is memory."""

    def __init__(self, source, file: BinaryIO):
        self.file, self.places = file, array("Q", [0])
        at = 0
        for element in elements(Part(source), _ALL, {_STRING}):
            text = text_of(element)
            at += self.file.write((unescape(text) if "_x" in text else text).encode("utf-8", "surrogatepass"))
            self.places.append(at)
            if len(self.places) > MOST_TEXTS:
                raise FileError(_("The workbook has more than %d texts: split it.") % MOST_TEXTS)
        self.get = lru_cache(4096)(self._get)

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self.places) - 1:
            raise IndexError(index)
        return self.get(index)

    def _get(self, index):
        start, end = self.places[index], self.places[index + 1]
        self.file.seek(start)
        return self.file.read(end - start).decode("utf-8", "surrogatepass")


def text_of(element) -> str:
    """The text of a string item, of all its runs, without how it is read aloud (ECMA-376-1, 18.4.8)."""
    texts = [element.findtext(_TEXT) or ""]
    texts += [run.findtext(_TEXT) or "" for run in element.iterfind(_RUN)]
    return "".join(texts)
