"""Addresses that keep answering the same, and how to cite a record by one."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.utils.urls import replace_query_param

from core.models import Change
from core.rest.references import key_of, kind_of


def is_settled(instant: datetime) -> bool:
    """Whether what was recorded by `instant` can change no more: no edit that began by then is still to be committed.

    SQLite lets one edit begin when the last has ended. PostgreSQL tells which transactions have written and are open.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL AND xact_start <= %s)",
            [instant],
        )
        return cursor.fetchone()[0]


def recorded_at(version: int) -> datetime | None:
    """The instant of the change that a version belongs to, once it is settled; else None."""
    instant = Change.objects.filter(versions=version).values_list("at", flat=True).first()
    return instant if instant and is_settled(instant) else None


def permalink(address: str, instant: datetime) -> str:
    """The same address as it answers, for good, for what was recorded by `instant`."""
    return replace_query_param(address, "known", f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z")


class CiteSerializer(serializers.Serializer):
    """How to cite a record as it was last recorded."""

    permalink = serializers.URLField(help_text=_("Answers the same for good, whatever is changed or deleted later."))
    text = serializers.CharField(help_text=_("The citation, ready to paste."))
    csl_json = serializers.DictField(help_text=_("The same for reference managers (CSL-JSON)."))


def cite(record, address: str, instant: datetime) -> dict:
    link, registry = permalink(address, instant), settings.SPECTACULAR_SETTINGS["TITLE"]
    name = f"{kind_of(type(record))}:{getattr(record, key_of(type(record)))}"
    title = next((told for each in ("name_en", "title_en", "title") if (told := getattr(record, each, ""))), name)
    csl = {
        "id": name,
        "type": "entry",
        "title": title,
        "container-title": registry,
        "issued": {"date-parts": [[instant.year, instant.month, instant.day]]},
        "URL": link,
    }
    return {"permalink": link, "text": f"{title}. {registry}, {instant:%Y-%m-%d}. {link}", "csl_json": csl}
