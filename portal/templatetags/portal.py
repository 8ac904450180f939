"""What the templates of the public pages say of records."""

from collections.abc import Iterable, Iterator

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

from core.dates import PartialDate
from core.known import day_of_reading
from portal import addresses, amounts, maps, telling
from portal.footnotes import Mention

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
LOCALES = {"en": "en_GB", "zh-hans": "zh_CN"}


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


@register.simple_tag
def link(record) -> str:
    """The way to the page of a record, by its name."""
    return format_html('<a href="{}">{}</a>', address(record), told_name(record))


@register.simple_tag
def party(fact) -> str:
    """Who takes part in something: the way to a division, to a body, or to both where a body acts for a division."""
    return format_html_join(" · ", "{}", ((link(each),) for each in (fact.body, fact.division) if each))


@register.filter
def told_date(text: str) -> str:
    """A partial date in words, as exact as it is."""
    return format_html('<time datetime="{}">{}</time>', text, telling.told_date(text)) if text else ""


@register.filter
def is_to_come(day: str) -> bool:
    """Whether nothing can be known yet of a day, month or year, since it has not begun."""
    return PartialDate(day).earliest > day_of_reading()


@register.filter
def in_languages(record, stem: str) -> list[telling.Told]:
    """The field `stem` of a record in each language that has it, the reader's own first."""
    return telling.in_languages(record, stem)


@register.filter
def told_reason(change) -> str:
    """Why a change was made."""
    return telling.told_reason(change)


@register.filter
def told_period(fact) -> str:
    """The period of a dated fact in words."""
    return telling.told_period(fact.since, fact.until)


@register.filter
def told_amount(value, unit: str) -> str:
    """So much of a base unit in words: "11.735 billion yuan"."""
    return amounts.told_amount(value, unit)


@register.filter
def told_part(share) -> str:
    """How much a share gives; nothing where that is unknown."""
    return amounts.told_part(share)


@register.filter
def told_number(number) -> str:
    """A number in groups of digits, without the zeros that only its column has."""
    return amounts.told_number(number)


@register.simple_tag(takes_context=True)
def asked_besides(context, *names) -> list[tuple[str, str]]:
    """What else is asked of the page, for the hidden fields of a form that asks for these `names`."""
    return [pair for pair in context["request"].GET.items() if pair[0] not in names]


@register.simple_tag(takes_context=True)
def turned_to(context, part: str, number: int) -> str:
    """The way to another page of one part of the page, with all else that is asked for."""
    asked = context["request"].GET.copy()
    asked[part] = number
    return f"?{asked.urlencode()}#{part}-title"


@register.filter
def reasons(kin) -> list[str]:
    """What speaks against an agreement's being in force, in sentences."""
    return [reason.sentence(kin.agreement) for reason in kin.in_force.reasons]


@register.filter
def told_language(code: str) -> str:
    """What the language of a source is called."""
    return telling.told_language(code)


@register.filter
def label(record, name: str) -> str:
    """What a field of the record is called, to begin a line with."""
    return capfirst(record._meta.get_field(name).verbose_name)


@register.filter
def web(address: str) -> bool:
    """Whether an address leads to the web: others (`javascript:`) got in past the rules, and are no links."""
    return address.startswith(("http://", "https://"))


@register.simple_tag(takes_context=True)
def languages(context) -> list[dict]:
    """The page in each language: `{"code", "name", "locale", "path", "query", "is_current"}`."""
    request = context["request"]
    return [
        {
            "code": telling.tag_of(code),
            "name": LANGUAGE_NAMES[code],
            # As Open Graph tells it, which knows no language without a country.
            "locale": LOCALES[code],
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


@register.simple_tag(takes_context=True)
def evidence(context, record, *names: str) -> str:
    """The numbers of the notes beside a fact (see `portal.footnotes`): the view gives `footnotes`.

    Without space before the first number, so that the tag can stand right behind a word; hence no template.
    """
    found = context["footnotes"].of(record, *names)
    if found.supports:
        beside = _numbers(found.supports)
    elif found.is_empty:
        beside = ""
    else:
        beside = format_html(' <span class="badge uncited">{}</span>', _("no source yet"))
    return format_html("{}{}", beside, format_html_join("", "{}", _disputed(found.disputes)))


def _numbers(mentions: Iterable[Mention]) -> str:
    return format_html('<sup class="notes">{}</sup>', format_html_join(",", "{}", map(_number, mentions)))


def _number(mention: Mention) -> tuple[str]:
    note = mention.note
    link = '<a href="#{}" id="{}" title="{}"><span class="unseen"> {} </span>{}</a>'
    return (format_html(link, note.id, mention.id, note.source.title, _("Note"), note.number),)


def _disputed(mentions: Iterable[Mention]) -> Iterator[tuple[str]]:
    """What sources say against it, or what is noted of that; those that say the same together."""
    against: dict[tuple, dict[str, list]] = {}
    for mention in mentions:
        against.setdefault((mention.about, bool(mention.stated)), {}).setdefault(mention.against, []).append(mention)
    for (about, is_stated), texts in against.items():
        said = _("disputed: a source states") if is_stated else _("disputed:")
        if about:
            said = f"{capfirst(about)}{pgettext('clause', ', ')}{said}"
        quoted = '<q lang="">{}</q>' if is_stated else '<span lang="">{}</span>'
        each = ((format_html(quoted, text), _numbers(found)) for text, found in texts.items())
        yield (
            format_html(
                ' <span class="disputed">{} {}</span>', said, format_html_join(pgettext("clause", "; "), "{}{}", each)
            ),
        )
