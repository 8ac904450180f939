"""Who is measured, and how each is asked for the same things."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bench.datasette import NESTED
from tests.serving import REGISTRY, Server


@dataclass(frozen=True)
class Wanted:
    """One thing to ask for: a park by `slug`, or a page of parks, by part of a name, within a province, or of all."""

    slug: str = ""
    q: str = ""
    # The first two digits of the code of a province.
    within: str = ""
    offset: int = 0
    limit: int = 50


class Registry:
    """This project."""

    name = "here"

    def __init__(self, url: str):
        self.server = Server("config.wsgi", REGISTRY | {"DATABASE_URL": url})

    def path(self, wanted: Wanted) -> str:
        if wanted.slug:
            return f"/api/v1/parks/{wanted.slug}/"
        within = f"{wanted.within}0000" if wanted.within else ""
        return _with("/api/v1/parks/", q=wanted.q, within=within, limit=wanted.limit, offset=wanted.offset)

    def parks(self, told) -> list[dict]:
        return told.get("results", [told])


class RegistryOnSQLite(Registry):
    name = "here, on SQLite"


class Stock(Registry):
    """REST framework as its manuals have it."""

    name = "stock DRF"

    def __init__(self, url: str):
        self.server = Server("bench.stock.wsgi", {"DATABASE_URL": url})

    def path(self, wanted):
        if wanted.slug:
            return f"/parks/{wanted.slug}/"
        return _with("/parks/", search=wanted.q, within=wanted.within, limit=wanted.limit, offset=wanted.offset)


class Limit(Registry):
    """One prepared statement behind a bare WSGI function."""

    name = "the limit"

    def __init__(self, url: str):
        self.server = Server("bench.limit", {"DATABASE_URL": url})

    def path(self, wanted):
        if wanted.slug:
            return f"/parks/{wanted.slug}/"
        return _with("/parks/", q=wanted.q, within=wanted.within, limit=wanted.limit, offset=wanted.offset)


class Datasette(Registry):
    """Hand-written SQL over SQLite, served as JSON by Datasette."""

    name = "Datasette"

    def __init__(self, file: str):
        self.server = Server("bench.datasette:make_application()", {"DATASETTE_FILE": file}, worker="asgi")

    def path(self, wanted):
        query, values = "all", {"offset": wanted.offset}
        if wanted.slug:
            query, values = "detail", {"slug": wanted.slug}
        elif wanted.q:
            query = "search_short" if len(wanted.q) < 3 else "search_within" if wanted.within else "search"
            values |= {"q": wanted.q}
        elif wanted.within:
            query = "list"
        if wanted.within:
            values |= {"within": wanted.within}
        shape = [("_shape", "array"), *(("_json", name) for name in NESTED)]
        return f"/bench/{query}.json?{urlencode([*values.items(), *shape])}"

    def parks(self, told):
        return told


def _with(path: str, **values) -> str:
    return (
        f"{path}?{urlencode({name: value for name, value in values.items() if value not in ('', 0)}, quote_via=quote)}"
    )
