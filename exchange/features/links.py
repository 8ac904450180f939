"""The links by which a client finds its way (RFC 8288; OGC 17-069r4, 7.1), in answers and in the header Link."""

from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from rest_framework.reverse import reverse

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
OPENAPI, JSON_SCHEMA = "application/vnd.oai.openapi+json;version=3.0", "application/schema+json"
TITLES = {
    "self": _("This document"),
    "alternate": _("The same in another format"),
    "service-desc": _("The API described for programs (OpenAPI 3.0)"),
    "service-doc": _("The API described for people"),
    "conformance": _("The conformance classes that are implemented"),
    "data": _("The collections"),
    "collection": _("The collection"),
    "items": _("The features"),
    "describedby": _("The properties of a feature (JSON Schema)"),
    "next": _("Next page"),
    "prev": _("Previous page"),
}
# What was chosen for one answer is chosen for those it leads to.
CHOSEN = ("f", "lang")


def address(request, name: str, *names: str, keep=CHOSEN, **query) -> str:
    """The address of a resource; with what the reader chose by these parameters."""
    kept = {each: request.query_params[each] for each in keep if each in request.query_params}
    return _with(reverse(f"features:{name}", args=names, request=request), kept | query)


def this(request, **changes) -> str:
    """The address of this answer, with changes of its parameters."""
    return _with(request.build_absolute_uri(request.path), {**request.query_params.dict(), **changes})


def link(rel: str, media_type: str, href: str) -> dict:
    """A link as JSON tells it, with its title in the language of the answer."""
    # relation types are the same in either case
    return {"href": href, "rel": rel, "type": media_type, "title": str(TITLES[rel.lower()])}


def itself(request, media_type: str, *, as_page: bool) -> list[dict]:
    """The links to this answer and to the same in the other format."""
    other = link("alternate", *((media_type, this(request, f="json")) if as_page else (HTML, this(request, f="html"))))
    return [link("self", HTML if as_page else media_type, this(request)), other]


def header(links: list[dict]) -> str:
    """The same links as the header Link has them (RFC 8288, 3)."""
    return ", ".join(f'<{each["href"]}>; rel="{each["rel"]}"; type="{each["type"]}"' for each in links)


def _with(path: str, query: dict) -> str:
    return f"{path}?{urlencode(query)}" if query else path
