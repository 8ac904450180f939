"""What the templates of the public pages say of records."""

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal import addresses, amounts, maps, telling

register = template.Library()

# The sections in the head of each page: what each is called, and the pages that belong to it.
SECTIONS = {
    "parks": (_("Parks"), ("park", "compare")),
    "divisions": (_("Places"), ("division", "body")),
    "agreements": (_("Agreements"), ("agreement", "official")),
    "network": (_("Network"), ()),
    "sources": (_("Sources"), ("source",)),
    "changes": (_("Changes"), ()),
    "about": (_("About"), ()),
}

# What each language is called in itself.
LANGUAGE_NAMES = {"en": "English", "zh-hans": "简体中文"}


@register.filter
def address(record) -> str:
    """The path of the page that tells the record."""
    return addresses.address_of(record)


@register.filter
def anchor(fact) -> str:
    """The `id` of the element that tells the fact."""
    return addresses.anchor_of(fact)


@register.filter
def named(record) -> str:
    """What the record is called, as plain text, for titles and attributes."""
    return telling.name_of(record)


@register.filter
def told_name(record) -> str:
    """The same, marked with its language where that is not the page's."""
    return _marked(telling.told_name(record))


@register.filter
def told(record, stem: str) -> str:
    """A text of the record, marked with its language where that is not the page's."""
    return _marked(telling.told(record, stem))


@register.filter
def told_also(record, stem: str) -> str:
    """The same text in the other language; nothing where there is but one."""
    return _marked(telling.told_also(record, stem))


@register.filter
def as_told(text) -> str:
    """A text that is `Told`, marked with its language where that is not the page's; any other text as it is."""
    return _marked(text) if isinstance(text, telling.Told) else text


def _marked(text: telling.Told | None) -> str:
    if text is None:
        return ""
    return format_html('<span lang="{}">{}</span>', text.language, text.text) if text.is_foreign else text.text


@register.filter
def told_date(text: str) -> str:
    """A partial date in words, as exact as it is."""
    return format_html('<time datetime="{}">{}</time>', text, telling.told_date(text)) if text else ""


@register.filter
def told_period(fact) -> str:
    """The period of a dated fact in words."""
    return telling.told_period(fact.since, fact.until)


@register.filter
def told_amount(value, unit: str) -> str:
    """So much of a base unit in words: "11.735 billion yuan"."""
    return amounts.told_amount(value, unit)


@register.filter
def told_number(number) -> str:
    """A number in groups of digits, without the zeros that only its column has."""
    return amounts.told_number(number)


@register.simple_tag(takes_context=True)
def asked_besides(context, *names) -> list[tuple[str, str]]:
    """What else is asked of the page, for the hidden fields of a form that asks for these `names`."""
    return [pair for pair in context["request"].GET.items() if pair[0] not in names]


@register.simple_tag(takes_context=True)
def languages(context) -> list[dict]:
    """The page in each language: `{"code", "name", "path", "query", "is_current"}`."""
    request = context["request"]
    return [
        {
            "code": "zh-Hans" if code == "zh-hans" else code,
            "name": LANGUAGE_NAMES[code],
            "path": addresses.path_in(request.path_info, code),
            "query": request.META.get("QUERY_STRING", ""),
            "is_current": code == get_language(),
        }
        for code, _name in settings.LANGUAGES
    ]


@register.simple_tag(takes_context=True)
def sections(context) -> list[dict]:
    """The sections: `{"name", "address", "current"}`, which is "page" on the section's own, "true" on one within it."""
    match = context["request"].resolver_match
    here = match.url_name if match and match.app_name == "portal" else None
    return [
        {
            "name": name,
            "address": reverse(f"portal:{section}"),
            "current": "page" if here == section else "true" if here in within else "",
        }
        for section, (name, within) in SECTIONS.items()
    ]


@register.inclusion_tag("portal/evidence.html", takes_context=True)
def evidence(context, record, name: str = "") -> dict:
    """The numbers of the notes beside a fact (see `portal.footnotes`): the view gives `footnotes`."""
    return {"evidence": context["footnotes"].of(record, name), "page_language": telling.page_language()}


@register.simple_tag
def map_legend(features) -> list[maps.Mark]:
    """The marks of a map of `features`; without them, of parks that are asked for later."""
    return maps.legend(features or None)


@register.filter
def has_divisions(legend: list[maps.Mark]) -> bool:
    """Whether some marks stand at a division for want of a place of their own."""
    return any(mark.place == maps.DIVISION for mark in legend)


@register.simple_tag
def map_words() -> dict:
    """What the script of maps says."""
    return maps.words()


@register.simple_tag
def map_tiles() -> dict | None:
    """The tiles that stand in for the basemap, where the settings name some: `{"address", "attribution"}`."""
    if not settings.MAP_TILES:
        return None
    return {"address": settings.MAP_TILES, "attribution": settings.MAP_TILES_ATTRIBUTION}
