"""What to do with a form that was opened before somebody else changed the record: join both edits and ask again."""

from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.admin.reading import ToldEntry, ToldRow, read, told_at
from core.changes import ChangeEntry, entries
from core.history import label_of, version_of, versions_of
from core.models import Change, Record, Version

# More edits than these are not told one by one.
EDITS_TOLD = 20


def join_edits(record: Record, sent: QueryDict, prefixes: dict[str, str]) -> tuple[QueryDict, ValidationError] | None:
    """None when `sent` was opened at the newest version of `record`; else what to show instead, and why.

    A field that others changed and the sender did not touch takes their value; what the sender typed stays. `prefixes`
    are those of the forms' rows in `sent` by the label of their model. Whoever saves again has read what others did.
    """
    newest = version_of(record)
    text = sent.get("edit_version", "")
    opened_at = int(text) if text.isdecimal() and len(text) < 19 else newest
    if text == str(newest):
        return None
    meanwhile = versions_of(record).filter(id__gt=opened_at).values("change")
    changes = Change.objects.filter(id__in=meanwhile).select_related("person").order_by("id")
    others = entries(changes[:EDITS_TOLD], record)
    joined = sent.copy()
    joined["edit_version"] = str(newest)
    for entry in others:
        _take_over(entry, record, joined, prefixes)
    told = [
        _("Not saved: this record was changed after you opened it."),
        *(_told(entry) for entry in read(others)),
        _("Below stands what you typed, together with what only others changed. Compare and save again."),
    ]
    return joined, ValidationError(told)


def _take_over(entry: ChangeEntry, record: Record, joined: QueryDict, prefixes: dict[str, str]):
    for row in entry.rows:
        if row.version.model == label_of(type(record)):
            prefix = ""
        else:
            prefix = _prefix_of_row(joined, prefixes.get(row.version.model), row.model._meta.pk.name, row.key)
        if prefix is None:
            continue
        if row.operation == Version.Operation.DELETED:
            joined[f"{prefix}DELETE"] = "on"
        for change in row.fields if row.operation == Version.Operation.CHANGED else ():
            name = f"{prefix}{change.field}"
            field = row.model._meta.get_field(change.field)
            if _is_untouched(field, joined.get(name), change.old):
                _put(joined, name, field, change.new)


def _prefix_of_row(sent, prefix, key_name, key) -> str | None:
    """The prefix of the names of one row's fields: "roles-3-"."""
    start, end = f"{prefix}-", f"-{key_name}"
    names = (name for name, value in sent.items() if name.startswith(start) and name.endswith(end) and value == key)
    return next((name.removesuffix(key_name) for name in names), None) if prefix else None


def _is_untouched(field: models.Field, typed: str | None, old) -> bool:
    if isinstance(field, models.BooleanField):
        return (typed is not None) == bool(old)
    if typed is None:
        return False
    if typed == "" or old in (None, ""):
        return typed == "" and old in (None, "")
    kind = field.target_field if field.is_relation else field
    try:
        return kind.to_python(typed) == kind.to_python(old)
    except ValidationError:
        return False


def _put(joined: QueryDict, name, field, value):
    if isinstance(field, models.BooleanField) and not value:
        joined.pop(name, None)
    else:
        joined[name] = "" if value is None else str(value)


def _told(entry: ToldEntry) -> str:
    """One edit in a sentence: who, when and what."""
    rows = "; ".join(f"{row.title}: {_told_row(row)}" for row in entry.rows)
    return _("%(who)s, %(at)s: %(rows)s.") % {"who": entry.who, "at": told_at(entry.at), "rows": rows}


def _told_row(row: ToldRow) -> str:
    if row.operation != Version.Operation.CHANGED:
        return row.operation_name
    return ", ".join(f"{field.name} “{field.old}” → “{field.new}”" for field in row.fields)
