"""Who may do what in the registry: written by hand, and never taken from the code that is tested by it.

Of six people each may all that those before may. A route of which nothing is said here fails
`tests/config/test_permissions.py`, which tells what to add.
"""

from dataclasses import dataclass

ANYBODY, OUTSIDER, READER, EDITOR, STEWARD, SUPERUSER = RANKS = (
    "anonymous",
    # an account that is in no group, and may not enter the admin
    "outsider",
    "reader",
    "editor",
    "steward",
    "superuser",
)
NOBODY = "nobody"
READING, WRITING, UNKNOWN = ("GET", "HEAD", "OPTIONS"), ("POST", "PUT", "PATCH", "DELETE"), ("TRACE", "BREW")
METHODS = (*READING, *WRITING, *UNKNOWN)


@dataclass(frozen=True)
class Kind:
    """Who may add, change and delete a record, and bring it back."""

    add: str
    change: str
    delete: str
    restore: str = STEWARD


# What everything else refers to.
REFERENCE = Kind(STEWARD, STEWARD, STEWARD)
# What others link to.
LASTING = Kind(EDITOR, EDITOR, STEWARD)
# A row that belongs to a record: to bring it back takes the right to delete its record.
FACT = Kind(EDITOR, EDITOR, EDITOR)
# Evidence belongs to no one kind of record.
EVIDENCE = Kind(EDITOR, EDITOR, EDITOR, restore=EDITOR)
# The same rows as divisions, to be looked at by level.
LEVEL_IN_API, LEVEL_IN_ADMIN = Kind(NOBODY, NOBODY, NOBODY, restore=NOBODY), REFERENCE
# Whoever may make an account could give themselves any right.
ACCOUNTS = Kind(SUPERUSER, SUPERUSER, SUPERUSER)
# Stewards make and take back tokens, each their own.
TOKENS = Kind(STEWARD, NOBODY, STEWARD)
HISTORY = Kind(NOBODY, NOBODY, NOBODY)
IMPORTS = Kind(EDITOR, NOBODY, NOBODY)
FAILED_LOGINS = Kind(NOBODY, NOBODY, SUPERUSER)

# --- The API: the name of each route is that of a kind, and what is asked of it ------------------------------------

API_KINDS = {
    "division": REFERENCE,
    "industry": REFERENCE,
    "indicator": REFERENCE,
    "province": LEVEL_IN_API,
    "city": LEVEL_IN_API,
    "county-level-city": LEVEL_IN_API,
    "park": LASTING,
    "agreement": LASTING,
    "body": LASTING,
    "official": LASTING,
    "source": LASTING,
    "statement": FACT,
    "co-management-role": FACT,
    "benefit-share": FACT,
    "observation": FACT,
    "event": FACT,
    "remark": FACT,
    "citation": EVIDENCE,
}
# What is only read, by anybody.
API_READ = {"changes", "citation", "totals", "co-management", "shares", "lineage"}
API_PAGES = {"api-root", "schema", "audit", "changes", "change-rows", "search"}
# A page of another's making, which tells nothing of itself.
DOCS = "docs"
# Imports tell what people have at work.
API_IMPORTS = {
    "import-list": {"GET": READER, "POST": EDITOR},
    "import-detail": {"GET": READER},
    "import-rows": {"GET": READER},
    "import-report": {"GET": READER},
    "import-bad-rows": {"GET": READER},
    "import-file": {"GET": READER},
    "import-apply": {"POST": EDITOR},
    # Who may undo which rows is told by the rows.
    "import-undo": {"POST": EDITOR},
}

# --- The admin: app_model_view; who is not on the staff is led to the login ----------------------------------------

ADMIN_KINDS = {
    "auth_user": (SUPERUSER, ACCOUNTS),
    "auth_group": (SUPERUSER, ACCOUNTS),
    "knox_authtoken": (STEWARD, TOKENS),
    "axes_accessattempt": (SUPERUSER, FAILED_LOGINS),
    "core_change": (READER, HISTORY),
    "exchange_import": (READER, IMPORTS),
    "cities_division": (READER, REFERENCE),
    "cities_province": (READER, LEVEL_IN_ADMIN),
    "cities_city": (READER, LEVEL_IN_ADMIN),
    "cities_countylevelcity": (READER, LEVEL_IN_ADMIN),
    "parks_industry": (READER, REFERENCE),
    "parks_indicator": (READER, REFERENCE),
    "parks_park": (READER, LASTING),
    "agreements_agreement": (READER, LASTING),
    "agreements_official": (READER, LASTING),
    "cities_body": (READER, LASTING),
    "sources_source": (READER, LASTING),
    "sources_citation": (READER, EVIDENCE),
    **dict.fromkeys(
        (
            "agreements_agreementlink",
            "agreements_agreementparty",
            "agreements_clause",
            "agreements_post",
            "agreements_signatory",
            "agreements_statement",
            "parks_benefitshare",
            "parks_comanagementrole",
            "parks_event",
            "parks_observation",
            "parks_parkagreement",
            "parks_parkidentifier",
            "parks_parkindustry",
            "parks_parkname",
            "parks_parksite",
            "parks_parkstatement",
            "parks_remark",
        ),
        (READER, FACT),
    ),
}
# Views beside those that every kind has, and who may look and who may do.
ADMIN_VIEWS = {
    "auth_user_password_change": (SUPERUSER, SUPERUSER),
    "parks_park_needs_source": (READER, READER),
    "exchange_import_report": (READER, READER),
    "exchange_import_bad-rows": (READER, READER),
    "exchange_import_file": (READER, READER),
    # its page only shows, whatever it is sent
    "exchange_import_change": (READER, READER),
    # asked otherwise than to do it, they lead to the page of the import
    "exchange_import_apply": (EDITOR, EDITOR),
    "exchange_import_undo": (EDITOR, EDITOR),
}
ADMIN_PAGES = {
    "index": READER,
    "search": READER,
    "password_change": READER,
    "password_change_done": READER,
    "view_on_site": READER,
    "app_list": READER,
    # tells choices of a field to who may look at the kind that they are of
    "autocomplete": READER,
    # anywhere else: there is nothing
    None: READER,
    "login": ANYBODY,
    "logout": READER,
    "jsi18n": READER,
}
# What takes not every method; all other pages of the admin are shown whatever it is.
ADMIN_METHODS = {
    "login": {*READING, "POST", "PUT"},
    "logout": {"OPTIONS", "POST"},
    "export": {"GET", "HEAD"},
    **dict.fromkeys(("jsi18n", "autocomplete", "password_change_done"), READING),
}
# What is done to many at once: by kind the names, and who may.
ADMIN_ACTIONS = {"axes_accessattempt": {"delete_selected": SUPERUSER}}

# --- Pages and services for everybody ------------------------------------------------------------------------------

PORTAL = {
    "home",
    "parks",
    "parks-map",
    "park",
    "divisions",
    "division",
    "body",
    "agreements",
    "agreement",
    "official",
    "sources",
    "source",
    "compare",
    "network",
    "search",
    "suggest",
    "feed",
    "park-feed",
    "division-feed",
    "changes",
    "about",
}
FEATURES = {"landing", "conformance", "api", "collections", "collection", "schema", "items", "item"}
RECONCILE = {
    "suggest-entity",
    "suggest-type",
    "suggest-property",
    "properties",
    "view",
    "preview",
    "flyout",
}
# Functions, which tell or do the same by whatever method.
# The one without a name leads from /api/ to version 1.
BESIDE = {None, "robots", "sitemap", "sitemap-piece", "set_language"}


# Answered before any route is looked for; what it takes is told there.
PROBES = {"/healthz", "/readyz", "/metrics"}

AREAS = {
    "api": "API_KINDS, API_READ, API_PAGES or API_IMPORTS",
    "admin": "ADMIN_KINDS, ADMIN_VIEWS or ADMIN_PAGES",
    "portal": "PORTAL",
    "ogc": "FEATURES",
    "reconcile": "RECONCILE",
    "beside": "BESIDE",
}


def line_of(area: str, name: str | None) -> dict[str, str]:
    """By method, who may use a route of this name; a method that is missing is none of the route's. Raises LookupError
    where nothing is said of the route.
    """
    try:
        return _line(area, name)
    except KeyError:
        raise LookupError(
            f"Nothing says who may use the route {name!r} of {area}: say it in tests/permissions.py, {AREAS[area]}."
        ) from None


def lines() -> set[tuple[str, str | None]]:
    """The areas and names that the table speaks of; of kinds, their lists."""
    said = {
        "api": {*API_PAGES, *API_IMPORTS, *(f"{kind}-list" for kind in API_KINDS)},
        "admin": {*ADMIN_PAGES, *ADMIN_VIEWS, *(f"{kind}_changelist" for kind in ADMIN_KINDS)},
        "portal": PORTAL,
        "ogc": FEATURES,
        "reconcile": RECONCILE,
        "beside": BESIDE,
    }
    return {(area, name) for area, names in said.items() for name in names}


def _line(area, name):
    if area == "admin":
        return _admin(name)
    if name == "nothing":
        return dict.fromkeys(METHODS, ANYBODY)
    if area == "api":
        return _api(name)
    if area == "reconcile" and name in ("service", None):
        return _read(ANYBODY) | {"POST": ANYBODY}
    if area == "beside" and name in BESIDE:
        return dict.fromkeys(METHODS if name else (*READING, *WRITING), ANYBODY)
    if name in {"portal": PORTAL, "ogc": FEATURES, "reconcile": RECONCILE}.get(area, ()):
        return _read(ANYBODY)
    raise KeyError(name)


def _read(rank: str) -> dict[str, str]:
    return dict.fromkeys(READING, rank)


def _api(name: str) -> dict[str, str]:
    if name in API_PAGES:
        return _read(ANYBODY)
    if name == DOCS:
        return dict.fromkeys(("GET", "HEAD"), ANYBODY)
    if name in API_IMPORTS:
        told = API_IMPORTS[name]
        return {"OPTIONS": READER} | ({"HEAD": told["GET"]} if "GET" in told else {}) | told
    known = next((each for each in API_KINDS if name.startswith(f"{each}-")), name)
    kind, asked = API_KINDS[known], name.removeprefix(f"{known}-")
    may = {
        "list": {"POST": kind.add},
        "detail": {"PUT": kind.change, "PATCH": kind.change, "DELETE": kind.delete},
        "restore": {"POST": kind.restore},
        **{each: {} for each in API_READ},
    }[asked]
    may = {method: rank for method, rank in may.items() if rank != NOBODY}
    return may | ({"OPTIONS": kind.restore} if asked == "restore" else _read(ANYBODY))


def _admin(name: str | None) -> dict[str, str]:
    view = name
    if name in ADMIN_PAGES:
        look = do = ADMIN_PAGES[name]
    elif name in ADMIN_VIEWS:
        look, do = ADMIN_VIEWS[name]
    else:
        kind_name, _cut, view = name.rpartition("_")
        if name.startswith("export_"):
            kind_name, view = name.removeprefix("export_"), "export"
        sees, kind = ADMIN_KINDS[kind_name]
        look, do = {
            "changelist": (sees, sees),
            "history": (sees, sees),
            "change": (sees, kind.change),
            "add": (kind.add, kind.add),
            "delete": (kind.delete, kind.delete),
            "restore": (kind.restore, kind.restore),
            "export": (sees, sees),
        }[view]
    may = dict.fromkeys(METHODS, look) | {"POST": do}
    return {method: rank for method, rank in may.items() if method in ADMIN_METHODS.get(view, METHODS)}
