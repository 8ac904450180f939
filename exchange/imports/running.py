"""Checks and applies files of records, and undoes what they did: each import one change, whole or not at all."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.bulk import collecting_seldom
from core.faults import take_time
from core.history import change, current_change, current_change_id
from core.integrity import explain, hold_references
from core.locks import take_turns
from core.models import Change
from core.rest.writing import demand
from core.text import validate_line
from core.undoing import undo as undo_change
from core.watch.metrics import count_import
from exchange.files import digest_of, opened
from exchange.headers import HeaderError, read_header
from exchange.imports.engine import TURNS, Engine, lacking
from exchange.imports.places import (
    LOCK,
    NEXT_REPORT,
    file_of,
    folder_of,
    gone_where_refused,
    keep,
    report_of,
    told_where_full,
)
from exchange.imports.report import Report
from exchange.imports.rows import CHANGED, ERROR, NEW, UNCHANGED
from exchange.models import Import
from exchange.tables import Table, tables
from sources.models import Citation, Source

State = Import.State
APPLIED = (State.APPLIED, State.PARTLY_APPLIED)
# How much of a digest a change tells.
SHOWN = 12
# Within this, who has begun an import is about to be at work on it.
STARTING = timedelta(minutes=1)


def nothing(count: int):
    pass


class Busy(ValidationError):
    """Somebody is at work on the same import."""


def begin(
    table: Table,
    file: BinaryIO | Path,
    *,
    name: str,
    person: AbstractUser | None = None,
    source: str = "",
    reason: str = "",
    **options: str,
) -> Import:
    """Keep a file that somebody sent as `name`, to be checked or applied. `options` are those of `files.opened`.

    Raises FileError; ValidationError where there is no such source, or the name has a character that is not seen;
    PermissionDenied where the person may write no row of the table, or cite nothing. Nothing is kept then.
    """
    refuse_who_may_nothing(person, table, source)
    # The history tells it, where it must be what it looks like.
    validate_line(name)
    with transaction.atomic():
        upload = Import.objects.create(
            kind=table.name, name=name[-255:], person=person, source=source, reason=reason, options=options
        )
        keep(upload, file)
        upload.save()
    return upload


def refuse_who_may_nothing(person, table, source):
    """Raise PermissionDenied where `person` could do nothing of what an import does."""
    lacks = lacking(person, table.model)
    if len(lacks) == 2:
        raise PermissionDenied(" ".join(lacks.values()))
    if source:
        if not Source.objects.filter(slug=source).exists():
            raise ValidationError(_("There is no source “%s”. Record it first.") % source[:60])
        if person is not None:
            demand(person, Citation, add=[source])


def send(table: Table, file: BinaryIO | Path, **told) -> Import:
    """Keep a file as `begin` does, and check it. Where that is refused nothing is kept, and no file stays."""
    upload = begin(table, file, **told)
    with gone_where_refused(upload):
        return check(upload)


def check(upload: Import, *, progress: Callable[[int], None] = nothing) -> Import:
    """Say of each line what applying the file would do; nothing is written but the report. Raises as `apply` does."""
    return _run(upload, progress, dry=True)


def apply(
    upload: Import, *, only_good: bool = False, expect: str = "", progress: Callable[[int], None] = nothing
) -> Import:
    """Write what the file says, as one change: all of it, or with `only_good` what is right of it.

    Where lines are wrong and all are wanted, nothing is written, and the state is FAILED. `expect` is the digest of the
    report that somebody has seen: were anything else to be done with any line than was told there, nothing is done.

    Raises FileError and HeaderError where the file cannot be read; ValidationError where it has been applied, is not
    the file that was kept, or is not as expected; PermissionDenied. Nothing is written then.
    """
    return _run(upload, progress, only_good=only_good, expect=expect)


def _run(upload, progress, *, dry=False, only_good=False, expect="") -> Import:
    if upload.state in (*APPLIED, State.UNDONE):
        raise ValidationError(_("This has been applied already. Send the file again to apply it again."))
    table = tables()[upload.kind]
    refuse_who_may_nothing(upload.person, table, upload.source)
    started = perf_counter()
    with at_work(upload):
        if digest_of(file_of(upload)) != upload.sha256:
            raise ValidationError(_("The file that was kept is not the one that came. Send it again."))
        report_path = folder_of(upload) / NEXT_REPORT
        try:
            with (
                told_where_full(),
                opened(file_of(upload), name=upload.name, **upload.options) as rows,
                change() as this,
            ):
                with transaction.atomic():
                    take_turns(TURNS)
                    take_time()
                    with collecting_seldom():
                        _work(table, rows, upload, report_path, progress)
                    if expect and upload.digest != expect:
                        raise ValidationError(_("The registry was changed since this was checked: check it again."))
                    upload.state = _outcome(upload, dry, only_good)
                    if upload.state in APPLIED:
                        _tell_change(this, upload)
                    else:
                        transaction.set_rollback(True)
                upload.save()
        except IntegrityError as refused:
            # It refers to what has gone meanwhile.
            raise explain(refused) from refused
        except BaseException:
            count_import(State.FAILED, perf_counter() - started, {})
            if not connection.in_atomic_block:
                Import.objects.filter(pk=upload.pk, state=State.BEGUN).update(state=State.FAILED)
            raise
        report_path.replace(report_of(upload))
    count_import(upload.state, perf_counter() - started, upload.counts)
    return upload


def _outcome(upload, dry, only_good) -> State:
    if dry:
        return State.CHECKED
    if upload.errors and not only_good:
        return State.FAILED
    return State.PARTLY_APPLIED if upload.errors else State.APPLIED


def _work(table, rows, upload, report_path, progress):
    """Write what the rows say, and tell in `upload` and in the report what became of them."""
    try:
        header = read_header(table, rows.header)
    except HeaderError as refused:
        # Of a workbook, which sheet that was, and which others there are.
        raise HeaderError([*refused.messages, *rows.notes]) from None
    source = Source.objects.get(slug=upload.source) if upload.source else None
    with (
        closing(Report(report_path)) as report,
        closing(Engine(table, header, report, person=upload.person, source=source)) as engine,
    ):
        engine.work(rows, progress)
        upload.digest = report.end()
    hold_references()
    upload.format, upload.notes = rows.format, list(rows.notes)
    if header.passed_over:
        upload.notes.append(_("Passed over, since no field is called so: %s.") % ", ".join(header.passed_over))
    upload.new, upload.changed, upload.unchanged, upload.errors = (
        engine.counts[each] for each in (NEW, CHANGED, UNCHANGED, ERROR)
    )


def _tell_change(this, upload):
    """Who, why and from which source, in the change that the rows made, if there is one."""
    upload.change_id = current_change_id()
    this.origin, this.person, this.source = Change.Origin.IMPORT, upload.person, upload.source
    this.reason = f"{upload.name} {upload.sha256[:SHOWN]} {upload.reason}".strip()


@contextmanager
def at_work(upload: Import) -> Iterator[None]:
    """Keep others from the same import. The system ends it with the process, however that ends. Raises Busy."""
    with (folder_of(upload) / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(_("Somebody is at work on this import. Wait for the end of that.")) from None
        yield


def broken_off(upload: Import) -> list[Import]:
    """The imports of the same file that were begun and not ended, and that nobody is at work on: they wrote nothing.
    They are told as failed from now on.
    """
    found = []
    same = Import.objects.filter(kind=upload.kind, sha256=upload.sha256, state=State.BEGUN)
    for each in same.exclude(pk=upload.pk):
        with suppress(Busy, FileNotFoundError), at_work(each):
            each.state = State.FAILED
            each.save()
            found.append(each)
    return found


def as_it_is(upload: Import) -> Import:
    """The import with the state that it is in: FAILED where it was broken off, as by a power cut. Nothing is saved."""
    if upload.state == State.BEGUN and timezone.now() - upload.at > STARTING and not _is_at_work(upload):
        upload.state = State.FAILED
    return upload


def _is_at_work(upload) -> bool:
    with suppress(FileNotFoundError):
        try:
            with at_work(upload):
                pass
        except Busy:
            return True
    return False


def undo(upload: Import, *, person: AbstractUser | None = None, reason: str = "") -> int:
    """Put everything back to how it was before the import, as one change; how many rows that were.

    Raises ValidationError where nothing of it is in force, or where rows were changed since or are referred to;
    PermissionDenied where the person may not restore them.
    """
    if upload.change_id is None or upload.state == State.UNDONE:
        raise ValidationError(_("There is nothing to undo: it wrote nothing, or was undone."))
    told = {"import": upload.pk, "name": upload.name}
    with at_work(upload), change():
        count = undo_written(upload.change, person, reason or _("Undone: import %(import)d of %(name)s") % told)
        upload.undone_by_id, upload.state = current_change_id(), State.UNDONE
        upload.save()
    return count


def undo_written(undone: Change, person: AbstractUser | None, reason: str) -> int:
    """Put back all that the change of an import wrote, in the change under way; how many rows that were."""
    take_turns(TURNS)
    count = undo_change(undone, person=person)
    this = current_change()
    this.origin, this.person, this.reason = Change.Origin.IMPORT, person, reason
    return count
