"""`manage.py import_records KIND FILE`: a file of records, checked or applied as one change."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from core.documents import RENDERED_BY_WRITER, waiting_documents
from core.rest.errors import nearest
from exchange.files import FORMATS
from exchange.imports.places import report_of
from exchange.imports.report import lines_of
from exchange.imports.rows import ERROR
from exchange.imports.running import APPLIED, apply, begin, broken_off, check, undo
from exchange.imports.sheets import write_bad_rows, write_report
from exchange.management.people import find_person
from exchange.management.refusals import nothing_written
from exchange.models import Import
from exchange.tables import Table, find_table, tables

# Errors that are told at once, and imports that are listed.
TOLD, LISTED = 20, 50
# How long, on SQLite, it waits for others to end what they write.
PATIENCE = 600_000


class Command(BaseCommand):
    help = (
        "Import records of one kind from CSV, XLSX or NDJSON: all rows or none, as one change that can be undone. "
        "Exit code: 0 where all rows are right, 1 where something is wrong."
    )

    def add_arguments(self, parser):
        parser.add_argument("kind", nargs="?", help=f"one of: {', '.join(tables())}")
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done with each row; write nothing"
        )
        parser.add_argument(
            "--only-good", action="store_true", help="write the rows that are right, though others are not"
        )
        parser.add_argument("--format", default="", choices=FORMATS, help="of the file (as it says of itself)")
        parser.add_argument("--sheet", default="", help="of a workbook, by name (the only one)")
        parser.add_argument("--encoding", default="", help="of CSV: UTF-8 or GB18030 (found)")
        parser.add_argument("--separator", default="", help=r"of CSV: , ; | or \t (found)")
        parser.add_argument("--reason", default="", help="why, told in the change after the name of the file")
        parser.add_argument(
            "--source", default="", help="the slug of the source that says all this, to be cited for it"
        )
        parser.add_argument("--person", default="", help="the username of who imports, whose permissions then count")
        parser.add_argument(
            "--report", type=Path, help="write what was done with each row to this file (.xlsx or .csv)"
        )
        parser.add_argument("--bad-rows", type=Path, help="write the rows that are wrong to this file, to be mended")
        parser.add_argument("--undo", type=int, metavar="ID", help="undo the import of this number")
        parser.add_argument("--list", action="store_true", help="list the latest imports")

    def handle(self, *, kind, file, undo, list, **options):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        with nothing_written():
            if list:
                self._list()
            elif undo is not None:
                self._undo(undo, find_person(options["person"]), options["reason"])
            elif kind is None or file is None:
                raise CommandError("Say which KIND of record to import and from which FILE, or --list, or --undo ID.")
            else:
                self._import(_table(kind), file, **options)

    def _import(self, table, file, *, dry_run, only_good, report, bad_rows, **options):
        with _read():
            is_there = file.is_file()
        if not is_there:
            raise CommandError(f"There is no file {file}.")
        if report and report.suffix not in (".xlsx", ".csv"):
            raise CommandError("--report is a .xlsx or .csv file.")
        for path in filter(None, (report, bad_rows)):
            # Before anything is written: what could not be told then would be lost.
            if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
                raise CommandError(f"{path} cannot be written: name a file in a folder that is there.")
        how = {name: options[name] for name in ("format", "sheet", "encoding", "separator")}
        person = find_person(options["person"])
        with _read():
            upload = begin(
                table, file, name=file.name, person=person, source=options["source"], reason=options["reason"], **how
            )
        for earlier in broken_off(upload):
            self.stdout.write(f"Import {earlier.pk} of this file was broken off and wrote nothing. Starting again.")
        with tqdm(total=_lines(file), unit=" rows", disable=None) as bar:
            if dry_run:
                check(upload, progress=bar.update)
            else:
                apply(upload, only_good=only_good, progress=bar.update)
        self._tell(upload, dry_run)
        if report:
            write_report(upload, report, report.suffix[1:])
        if bad_rows and upload.errors:
            write_bad_rows(upload, bad_rows)
        if upload.change_id is not None:
            self._render(options["verbosity"])
        if upload.errors:
            self._tell_errors(upload, report, bad_rows)

    def _tell(self, upload, dry_run):
        told = (
            f"{upload.new:,} new, {upload.changed:,} changed, {upload.unchanged:,} unchanged, {upload.errors:,} wrong"
        )
        if dry_run:
            done = "Nothing was written: this was a dry run."
        elif upload.state not in APPLIED:
            done = "Nothing was written."
        elif upload.change_id is None:
            done = "There was nothing to write."
        else:
            done = f"Written as change {upload.change_id}; undo it with: import_records --undo {upload.pk}"
        for note in upload.notes:
            self.stdout.write(note)
        self.stdout.write(f"Import {upload.pk}, {upload.name}: {told}. {done}")

    def _tell_errors(self, upload, report, bad_rows):
        told = [
            f"line {line['line']}{', ' if each['column'] else ''}{each['column']}: {each['reason']}"
            for line in lines_of(report_of(upload), ERROR, count=TOLD)
            for each in line["problems"]
        ]
        if upload.errors > TOLD:
            told.append(f"and {upload.errors - TOLD:,} more lines: see {report or report_of(upload)}")
        if bad_rows:
            told.append(f"The lines that are wrong are in {bad_rows}: mend them there and import that.")
        raise CommandError("\n".join(told))

    def _render(self, verbosity):
        """After many rows, the documents that the API answers with: else its readers would render them one by one."""
        if waiting_documents()[: RENDERED_BY_WRITER + 1].count() > RENDERED_BY_WRITER:
            call_command("render_documents", verbosity=verbosity, stdout=self.stdout)

    def _undo(self, number, person, reason):
        upload = Import.objects.filter(pk=number).first()
        if upload is None:
            raise CommandError(f"There is no import {number}. Look at: import_records --list")
        count = undo(upload, person=person, reason=reason)
        self.stdout.write(
            f"Import {number} is undone: {count:,} rows are as they were, as change {upload.undone_by_id}."
        )
        self._render(0)

    def _list(self):
        for each in Import.objects.select_related("person")[:LISTED]:
            self.stdout.write(
                f"{each.pk:>6} {each.at.astimezone(UTC):%Y-%m-%d %H:%M} {each.state:<14} {each.kind:<20} {each.name}"
                f" {each.sha256[:12]}: {each.new:,} new, {each.changed:,} changed, {each.unchanged:,} unchanged,"
                f" {each.errors:,} wrong{f', by {each.person}' if each.person else ''}"
            )


def _table(kind: str) -> Table:
    table = find_table(kind)
    if table is None:
        meant = nearest(kind, tables())
        hint = f" Did you mean {meant}?" if meant else ""
        raise CommandError(f"There is no kind of record {kind!r}.{hint} The kinds are: {', '.join(tables())}.")
    return table


@contextmanager
def _read() -> Iterator[None]:
    """A file that cannot be read, or copied to the other imports, is told as a CommandError."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{error}\nNothing was written.") from error


def _lines(file: Path) -> int | None:
    """About how many rows there are, for the bar alone."""
    if not sys.stderr.isatty() or file.suffix == ".xlsx":
        return None
    with file.open("rb") as opened:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: opened.read(1 << 20), b"")) - 1
