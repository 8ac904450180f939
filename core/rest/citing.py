"""Addresses that keep answering the same, and how to cite a record by one."""

from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.utils.urls import replace_query_param

from core.rest.references import key_of, kind_of
from core.settling import newest_and_settled


def cited_instant() -> datetime | None:
    """The instant of the newest change of the registry, for a permalink to what is read next; None while unsettled.

    Not of the newest change of the record: what is told of others, the name of a host, was changed apart from it.
    """
    newest, settled = newest_and_settled()
    return newest if settled else None


def permalink(address: str, instant: datetime) -> str:
    """The same address as it answers, for good, for what was recorded by `instant`, in the language of now."""
    if get_language() != settings.LANGUAGE_CODE:
        address = replace_query_param(address, "lang", get_language())
    return as_known_at(address, instant)


def as_known_at(address: str, instant: datetime) -> str:
    """The same address, asked for what was recorded by `instant`: for good, where all else is in the address."""
    return replace_query_param(address, "known", f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z")


def citation_of(title: str, instant: datetime, link: str) -> str:
    """The words that cite a record or page of this title as of `instant`, ready to paste."""
    return f"{title}. {settings.SPECTACULAR_SETTINGS['TITLE']}, {instant:%Y-%m-%d}. {link}"


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
    return {"permalink": link, "text": citation_of(title, instant, link), "csl_json": csl}
