"""Conditional requests (RFC 9110, section 13): entity tags, and edits that overwrite nobody's.

The tag of one record is `"<version>-<digest>"`: the digest tells one representation from another, the version, which
all of them share, tells whether the record or a fact of it was changed.
"""

import hashlib
import re
from uuid import uuid4

from django.db.models import QuerySet, Subquery
from django.http import HttpResponseNotModified
from django.utils.http import parse_etags

from core.history import version_of, versions_of_each
from core.models import Record
from core.rest.errors import PreconditionFailed, PreconditionRequired
from core.revision import revision_asked

# What 304 tells of the answer that it leaves out, where that tells it (RFC 9110, 15.4.5), and of the request.
TOLD_WITHOUT_BODY = (
    "ETag",
    "Vary",
    "Cache-Control",
    "Link",
    "Content-Language",
    "X-Frame-Options",
    "RateLimit",
    "RateLimit-Policy",
)


def with_version(records: QuerySet) -> QuerySet:
    """The same records with `version` (see `core.history.version_of`), read in the statement that reads the record.

    What is read after it may be newer, and an edit of that is then refused; never the other way round.
    """
    versions = versions_of_each(records.model).order_by("-id")
    return records.annotate(version=Subquery(versions.values("id")[:1]))


def etag_of(body: bytes, version: int | None = None) -> str:
    digest = hashlib.sha256(body).hexdigest()[:20]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def etag_of_revision(request, *told: str) -> str:
    """A weak tag for an answer too long to be read twice: the registry's revision, and what was asked for. While an
    earlier edit is open, which would not change the revision, one that no answer has again.
    """
    revision = revision_asked(request) or (uuid4().hex,)
    return "W/" + etag_of("\n".join([*map(str, revision), request.build_absolute_uri(), *told]).encode())


def is_known(request, etag: str) -> bool:
    """Whether the client says that it has the answer with this tag."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return known == ["*"] or etag.removeprefix("W/") in {each.removeprefix("W/") for each in known}


def not_modified(response) -> HttpResponseNotModified:
    """304 in place of the answer."""
    told = HttpResponseNotModified(headers={name: response[name] for name in TOLD_WITHOUT_BODY if name in response})
    told.shared = getattr(response, "shared", False)
    return told


def require_match(request, record: Record):
    """Let an edit of `record` pass that knows its latest version. Lock the record first."""
    given = request.headers.get("If-Match")
    if given is None:
        raise PreconditionRequired()
    tags = parse_etags(given)
    if tags == ["*"]:
        return
    # Weak tags pass too: a proxy that compresses makes a strong one weak, and only the version counts here.
    versions = {match[1] for tag in tags if (match := re.fullmatch(r'(?:W/)?"(\d+)(?:-[^"]*)?"', tag))}
    if str(version_of(record)) not in versions:
        stale = PreconditionFailed()
        # the newest that the client knows
        stale.version = max((int(each) for each in versions if len(each) < 19), default=None)
        raise stale
