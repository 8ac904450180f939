"""What the head of a page says of it: to lists of results, to those who share it, and to programs."""

from django import template
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cities.models import Division
from core.rest.references import key_of, kind_of
from parks.models import Park
from portal.addresses import address_of, own_key
from portal.linked_data import Graph, as_script, description_of
from portal.telling import name_of
from portal.templatetags.portal import SECTIONS, languages

register = template.Library()

# The pages that tell of the site and of all data.
OF_THE_SITE = ("home", "about")
SITE = gettext_lazy("Park registry")


@register.inclusion_tag("portal/head.html", takes_context=True)
def page_head(context) -> dict:
    """The links, descriptions and data of a page that is there."""
    request, record = context["request"], context.get("record")
    page = request.resolver_match.url_name
    origin = f"{request.scheme}://{request.get_host()}"
    graph = Graph(origin)
    if page in OF_THE_SITE:
        graph.add_site()
        graph.add_catalogue()
    steps = list(_steps(page, record))
    if len(steps) > 1:
        graph.add_way(steps)
    if record is not None:
        changes = context.get("changes")
        graph.add_record(record, changes[0]["entry"].change if changes else None)
    return {
        "origin": origin,
        "languages": languages(context),
        # Without a language it leads to the reader's.
        "default": "/" + reverse(f"portal:{page}", kwargs=request.resolver_match.kwargs).split("/", 2)[2],
        "language": get_language(),
        "known": context.get("known"),
        "name": name_of(record) if record else None,
        "description": description_of(record) if record else None,
        "data": _data_of(record) if record else (),
        "feeds": _feeds(page, record),
        # Escaped by `as_script`, for where it stands.
        "graph": mark_safe(as_script(graph.nodes)) if graph.nodes else "",  # nosec B308 B703 # escaped
    }


def _steps(page, record):
    yield SITE, reverse("portal:home")
    section = next((each for each, (_name, within) in SECTIONS.items() if page == each or page in within), None)
    if section:
        yield SECTIONS[section][0], reverse(f"portal:{section}")
    if record is not None:
        yield name_of(record), address_of(record)


def _data_of(record) -> list[tuple[str, str]]:
    """Media type and path of each form in which the API tells the record."""
    key = {key_of(type(record)): own_key(record)}
    forms = {"json": "application/json"} | ({"geojson": "application/geo+json"} if isinstance(record, Park) else {})
    return [
        (media_type, reverse(f"{kind_of(type(record))}-detail", kwargs={**key, "format": form}))
        for form, media_type in forms.items()
    ]


def _feeds(page, record) -> list[tuple[str, str]]:
    """The title and path of each feed that has to do with the page."""
    found = [(_("All changes"), reverse("portal:feed"))]
    if isinstance(record, Park | Division):
        path = reverse(f"portal:{page}-feed", args=[own_key(record)])
        found.insert(0, (_("Changes of %s") % name_of(record), path))
    return found
