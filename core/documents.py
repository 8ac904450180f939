"""The JSON of records, rendered when they are written and kept as text, so that reading is little more than joining it.

Each document is what the serializer of its kind makes of the record, with addresses that leave out the host. The
database marks those that something was written to which they tell (see `core.marking`). They are rendered by the
writer before the edit is committed, where they are few; by the reader who finds them waiting; or all by
`manage.py render_documents`. What is rendered is kept only where no mark came between: so it is as fresh as a reading
of the tables would be, whoever has written.
"""

import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import django
import rest_framework
from django.apps import apps
from django.db import Error, OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.urls import get_script_prefix, set_script_prefix
from django.utils.module_loading import autodiscover_modules
from rest_framework.renderers import JSONRenderer

from core.bulk import batches
from core.history import label_of, record_models
from core.marking import LOCK
from core.models import Document
from core.names import keep_names
from core.replicas import at_primary
from core.settling import NEWEST, as_instant, without_waiting

logger = logging.getLogger(__name__)
# What a writer renders before an edit is committed; what is beyond waits for readers, or for `render_documents`.
RENDERED_BY_WRITER = 50
BATCH = 500


class Text(NamedTuple):
    """What a document tells, and of which version of the record."""

    body: str
    version: int


# Of a record that is gone. The document itself stays: were there a new one, it would not tell how often it was marked.
GONE = Text("null", 0)
WITHOUT_TEXT = {"", GONE.body}


_serializers = threading.local()


@dataclass(frozen=True)
class Documented:
    """A kind of record of which documents are kept: how one is loaded and how it is told."""

    queryset: QuerySet
    serializer: type

    @property
    def kind(self) -> str:
        return label_of(self.queryset.model)

    def render(self, keys: Iterable[str]) -> dict[str, Text]:
        """The documents of the records with these keys, as of now; of those that are gone, none."""
        # Not above: who writes records need not know how they are told.
        from core.rest.conditional import with_version

        serializer, encode = self._own_serializer(), JSONRenderer().render
        with _no_prefix():
            return {
                str(record.pk): Text(encode(serializer.to_representation(record)).decode(), record.version or 0)
                for record in with_version(self.queryset.filter(pk__in=keys))
            }

    def _own_serializer(self):
        """One for each thread: to make it takes longer than to render a document, and it keeps nothing of any."""
        made = vars(_serializers)
        if self.kind not in made:
            made[self.kind] = self.serializer(context={})
        return made[self.kind]

    def read(self, keys: Iterable) -> Iterator[list[Text]]:
        """The documents of the records with these keys, in their order, some at a time; none of what is gone."""
        for batch in batches(map(str, keys), BATCH):
            texts = self.texts(batch)
            yield [texts[key] for key in batch if key in texts]

    def texts(self, keys: list[str]) -> dict[str, Text]:
        """The documents of these records: those kept, and of those that wait, what is rendered here and now."""
        mark_unfinished()
        told, waiting = {}, dict.fromkeys(keys, 0)
        with connection.cursor() as cursor:
            # Put together by hand, as below.
            cursor.execute(
                "SELECT key, marked, version, shape, body FROM core_document"  # nosec B608 # only marks are put in
                f" WHERE kind = %s AND key IN ({', '.join(['%s'] * len(keys))})",
                [self.kind, *keys],
            )
            rows = cursor.fetchall()
        for key, marked, version, shape, body in rows:
            if self._is_kept(shape, body):
                told[key] = Text(body, version)
                del waiting[key]
            else:
                waiting[key] = marked
        return told | self.refresh(waiting) if waiting else told

    def find(self, name: str, value: str) -> tuple[Text | None, datetime | None]:
        """The document of the one record that has `value` in the field `name`; and where it was kept, so that one query
        has read both, the instant of the newest change.
        """
        options = self.queryset.model._meta
        mark_unfinished()
        with connection.cursor() as cursor:
            # Put together by hand: that takes Django longer than the database to answer.
            cursor.execute(
                f"SELECT ({NEWEST}), told.*, d.marked, d.version, d.shape, d.body FROM ("  # nosec B608 # names of the code
                f"SELECT CAST(r.{options.pk.column} AS varchar(40)) AS key FROM {options.db_table} r"
                f" WHERE r.{options.get_field(name).column} = %s) AS told"
                f" LEFT JOIN core_document d ON d.kind = '{self.kind}' AND d.key = told.key",
                [value],
            )
            row = cursor.fetchone()
        if row is None:
            return None, None
        newest, key, marked, *document = row
        if marked is not None and self._is_kept(*document[1:]):
            return Text(document[2], document[0]), as_instant(newest)
        return self.refresh({key: marked or 0}).get(key), None

    def _is_kept(self, shape, body) -> bool:
        return body not in WITHOUT_TEXT and shape == shape_of_code()

    def refresh(self, waiting: dict[str, int]) -> dict[str, Text]:
        """Render those that wait, by key with the mark that was read before, and keep them where nobody has to wait."""
        rendered = self.render(waiting)
        # Nor where nothing can be written to. A replica's are kept at the primary, if it answers.
        with suppress(Error), at_primary(), _turn(wait=False):
            self.keep(waiting, rendered)
        return rendered

    def keep(self, waiting: dict[str, int], rendered: dict[str, Text]):
        """Keep what was `rendered` where no mark has come since those in `waiting` were read. In its turn only."""
        rows = Document.objects.filter(kind=self.kind, key__in=list(waiting))
        now = dict(rows.values_list("key", "marked"))
        documents = [
            Document(
                kind=self.kind,
                key=key,
                marked=marked,
                shape=shape_of_code(),
                **rendered.get(key, GONE)._asdict(),
            )
            for key, marked in waiting.items()
            if now.get(key, 0) == marked
        ]
        Document.objects.bulk_create(
            documents,
            update_conflicts=True,
            unique_fields=["kind", "key"],
            update_fields=["version", "shape", "body"],
        )
        keep_names(self.queryset.model, [document.key for document in documents])


# --- The kinds ------------------------------------------------------------------------------------------------------

_documented: dict[str, Documented] = {}


def document(queryset: QuerySet, serializer: type):
    """Keep documents of the records of `queryset`, which loads all that `serializer` tells."""
    kind = Documented(queryset, serializer)
    _documented[kind.kind] = kind


@cache
def documented() -> dict[str, Documented]:
    """The kinds of record of which documents are kept, by the names that history has for them."""
    autodiscover_modules("documents")
    return _documented


@cache
def shape_of_code() -> str:
    """Tells documents that other code has rendered: a digest of our modules, and of which frameworks they stand on."""
    # Those of `config` say which addresses there are.
    names = {model._meta.app_label for model in record_models()} | {"core", "config"}
    files = sorted(file for name in names for file in Path(apps.get_app_config(name).path).rglob("*.py"))
    digest = hashlib.sha256(f"{django.__version__} {rest_framework.__version__}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


_marked: set[str] = set()


def are_marked() -> bool:
    """Whether the database marks documents: not yet in the midst of migrating (see `core.laying`)."""
    if connection.alias not in _marked:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_trigger WHERE tgname = 'document_at_commit'"
                if connection.vendor == "postgresql"
                else "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'document_%'"
            )
            if cursor.fetchone():
                _marked.add(connection.alias)
    return connection.alias in _marked


def forget_marking():
    """Look again, since the triggers are laid anew."""
    _marked.discard(connection.alias)


# --- Rendering what waits -------------------------------------------------------------------------------------------


def mark_unfinished():
    """Mark what this transaction has written to so far, where documents are read within one."""
    if connection.in_atomic_block and are_marked():
        mark_written()


def mark_written():
    """Mark what the transaction under way has written to.

    What rules have put off to the end is held before: whoever waits for another there must not let others wait.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('registry.to_mark', current_setting('registry.unmarked', true), true),"
                " set_config('registry.unmarked', '', true);"
                " SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"
                " SELECT document_mark(each::bigint)"
                " FROM unnest(string_to_array(current_setting('registry.to_mark'), ',')) AS each"
            )


def end_edit():
    """Mark what an edit has written to, and where it is little, render it before it is committed."""
    if not are_marked():
        return
    mark_written()
    waiting = list(Document.objects.filter(body="").values_list("kind", "key", "marked")[: RENDERED_BY_WRITER + 1])
    if len(waiting) <= RENDERED_BY_WRITER:
        for kind, keys, rendered in _rendered(waiting):
            kind.keep(keys, rendered)


def waiting_documents() -> QuerySet[Document]:
    """The documents that wait, also those of what the transaction under way has written to."""
    mark_unfinished()
    return Document.objects.filter(body="")


def distrust_documents():
    """Take every document for outdated, as if other code had rendered it."""
    # In its turn: it and a writer would else each wait for rows that the other has written.
    with _turn():
        Document.objects.update(shape="")


def outdated_documents() -> QuerySet:
    """`(kind, key, marked)` of those that wait, and of those that other code has rendered."""
    outdated = Document.objects.filter(Q(body="") | ~Q(shape=shape_of_code()))
    return outdated.order_by("kind", "key").values_list("kind", "key", "marked")


def render_and_keep(rows: Iterable[tuple[str, str, int]]) -> int:
    """Render these documents and keep them, each kind in a turn of its own; how many."""
    done = 0
    for kind, keys, rendered in _rendered(rows):
        with _turn():
            kind.keep(keys, rendered)
        done += len(keys)
    return done


def _rendered(rows) -> Iterator[tuple[Documented, dict[str, int], dict[str, Text]]]:
    """These documents, each kind for itself: with their marks, and rendered."""
    kinds = {}
    for kind, key, marked in rows:
        kinds.setdefault(kind, {})[key] = marked
    for kind, keys in kinds.items():
        if kind in documented():
            for some, rendered in _able(documented()[kind], keys):
                yield documented()[kind], some, rendered


def _able(kind: Documented, keys: dict[str, int]) -> Iterator[tuple[dict[str, int], dict[str, Text]]]:
    """Those that can be rendered, and as what. One that cannot, since SQL by hand wrote what no rule allows, is left to
    wait and logged: it must not stop those who write something else.
    """
    try:
        # Inside a transaction, an error of the database is undone alone.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            rendered = kind.render(keys)
    except Exception:
        if len(keys) == 1:
            logger.exception("The document of %s %s cannot be rendered. It waits.", kind.kind, *keys)
            return
        for key, marked in keys.items():
            yield from _able(kind, {key: marked})
    else:
        yield keys, rendered


@contextmanager
def _turn(*, wait=True):
    """A transaction in which no other marks or keeps documents. Not to `wait` for others raises OperationalError."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {'true FROM pg' if wait else 'pg_try'}_advisory_xact_lock(%s, %s)", LOCK)
            if not cursor.fetchone()[0]:
                raise OperationalError("Others are marking documents.")
            yield
    else:
        with nullcontext() if wait else without_waiting(), transaction.atomic():
            yield


@contextmanager
def _no_prefix():
    """Addresses as they are where the site is at the root of its host."""
    prefix = get_script_prefix()
    set_script_prefix("/")
    try:
        yield
    finally:
        set_script_prefix(prefix)
