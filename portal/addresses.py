"""Where the public page of a record is."""

from functools import cache
from urllib.parse import quote

from django.urls import get_script_prefix, reverse
from django.utils.encoding import escape_uri_path
from django.utils.translation import get_language, get_language_from_path

from agreements.models import Agreement, Official
from cities.models import Body, Division
from core.models import Record
from core.rest.references import key_of
from parks.models import Park
from sources.models import Source

# The kinds that have a page of their own, and the name of its address.
PAGES = {
    Park: "portal:park",
    Agreement: "portal:agreement",
    Division: "portal:division",
    Body: "portal:body",
    Official: "portal:official",
    Source: "portal:source",
}


def address_of(record: Record) -> str:
    """The path of the page that tells `record`, in the language of now.

    A fact is told on the page of the record that it is a fact of, at the anchor of `anchor_of`: load that with it.
    """
    model = type(record)._meta.concrete_model
    if model in PAGES:
        before, behind = _around_key(model, get_language(), get_script_prefix())
        return f"{before}{quote(own_key(record))}{behind}"
    owner = getattr(record, model.belongs_to)
    return f"{address_of(owner)}#{anchor_of(record)}"


@cache
def _around_key(model: type[Record], language: str, prefix: str) -> tuple[str, str]:
    """What stands before the key of a record in the path of its page, and behind it.

    A page may have a thousand links, and Django's `reverse` tries all of its patterns for each.
    """
    before, _key, behind = reverse(PAGES[model], args=["KEY"]).rpartition("KEY")
    return before, behind


def own_key(record: Record) -> str:
    """What tells a record that has a page of its own, in addresses: its slug or code."""
    return getattr(record, key_of(type(record)))


def anchor_of(fact: Record) -> str:
    """The `id` of the element that tells a fact on its page: "observation-12"."""
    return f"{fact._meta.model_name}-{fact.pk}"


def path_in(path: str, language: str) -> str:
    """The path of the same page in another language; of what is no page of ours, that of the front page."""
    there = path.split("/", 2)[2:] if get_language_from_path(path) else []
    return escape_uri_path(f"{get_script_prefix()}{language}/{''.join(there)}")
