"""What a page tells, for programs: schema.org's words for things, and PROV-O's for how we know (JSON-LD 1.1).

Made of the records as they were loaded for the page: it asks the database nothing, and leaves out what is not there.
"""

import json
from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from agreements.models import Agreement, Official
from cities.models import Body, Division
from core.loading import is_loaded, rows_of
from core.models import Change, Record
from parks.models import BenefitShare, CoManagementRole, Event, Observation, Park, ParkAgreement
from portal.addresses import address_of, anchor_of
from portal.telling import name_of, tag_of, told, told_period
from sources.evidence import filled_fields, same_fact
from sources.models import Citation, Source

CONTEXT = ["https://schema.org", {"prov": "http://www.w3.org/ns/prov#"}]
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
TYPES = {
    Park: "Place",
    Division: "AdministrativeArea",
    Body: "Organization",
    Agreement: "CreativeWork",
    Official: "Person",
    Source: "CreativeWork",
}
# In a script element these would end it, or begin another; a data block is read as it stands (HTML, 4.12.1.3).
ESCAPES = {ord(each): f"\\u{ord(each):04X}" for each in "<>&\u2028\u2029"}
# The formats of the table of parks, whole.
FORMATS = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "geojson": "application/geo+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
DESCRIBED = 200
FACT = ["PropertyValue", "prov:Entity"]


def as_script(graph: list[dict]) -> str:
    """The nodes as the text of a script element, safe whatever names and texts hold."""
    document = {"@context": CONTEXT, "@graph": graph}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str).translate(ESCAPES)


def description_of(record: Record) -> str:
    """What stands under the title in a list of results: the summary in the page's language, else plain facts."""
    summary = told(record, "summary") if hasattr(record, "summary_en") else None
    if summary and not summary.is_foreign:
        return Truncator(summary.text).chars(DESCRIBED)
    kind = record.get_kind_display() if hasattr(record, "get_kind_display") else record._meta.verbose_name
    place = _loaded(record, "host") or _loaded(record, "division") or _loaded(record, "parent")
    dates = told_period(getattr(record, "established", ""), getattr(record, "closed", ""))
    facts = [name_of(record), kind, name_of(place) if place else "", dates, getattr(record, "publisher", "")]
    return Truncator(" · ".join(str(fact) for fact in facts if fact)).chars(DESCRIBED)


class Graph:
    """The nodes of one page. `origin`: scheme and host, since they are named by whole addresses."""

    def __init__(self, origin: str):
        self.origin = origin
        self.nodes: list[dict] = []
        self._sources: dict[int, Source] = {}

    def address(self, record: Record) -> str:
        return self.origin + address_of(record)

    def identity(self, record: Record) -> str:
        """What names the thing itself: the same in each language, by the address that leads to the reader's."""
        return f"{self.origin}/{address_of(record).split('/', 2)[2]}#it"

    # --- The site -----------------------------------------------------------------------------------------------------

    def add_site(self):
        search = f"{self.origin}{reverse('portal:search')}?q={{search_term_string}}"
        self.nodes.append(
            {
                "@type": "WebSite",
                "@id": f"{self.origin}/#site",
                "name": _("Park registry"),
                "url": self.origin + reverse("portal:home"),
                "inLanguage": [tag_of(code) for code, _name in settings.LANGUAGES],
                "potentialAction": {
                    "@type": "SearchAction",
                    "target": {"@type": "EntryPoint", "urlTemplate": search},
                    "query-input": "required name=search_term_string",
                },
            }
        )

    def add_catalogue(self):
        """All that the registry holds as a dataset, and where to get it."""
        features = {
            "@type": "DataDownload",
            "name": "OGC API – Features",
            "contentUrl": self.origin + reverse("features:landing"),
            "encodingFormat": "application/geo+json",
        }
        tables = [
            {
                "@type": "DataDownload",
                "name": suffix.upper(),
                "contentUrl": self.origin + reverse("park-list", kwargs={"format": suffix}),
                "encodingFormat": media_type,
            }
            for suffix, media_type in FORMATS.items()
        ]
        dataset = {
            "@type": "Dataset",
            "@id": f"{self.origin}/#dataset",
            "name": _("Parks that governments run together"),
            "description": _("Who runs what, since when, under which agreement, and how do we know?"),
            "url": self.origin + reverse("portal:about"),
            "license": LICENCE,
            "isAccessibleForFree": True,
            "spatialCoverage": {"@type": "Country", "name": "CN"},
            "distribution": [*tables, features],
            "includedInDataCatalog": {"@id": f"{self.origin}/#catalogue"},
        }
        catalogue = {
            "@type": "DataCatalog",
            "@id": f"{self.origin}/#catalogue",
            "name": _("Park registry"),
            "url": self.origin + reverse("portal:home"),
            "dataset": {"@id": dataset["@id"]},
        }
        self.nodes += [catalogue, dataset]

    def add_way(self, steps: Iterable[tuple[str, str]]):
        """The way from the front page to this one: names and paths."""
        elements = [
            {"@type": "ListItem", "position": place, "name": str(name), "item": self.origin + path}
            for place, (name, path) in enumerate(steps, 1)
        ]
        self.nodes.append({"@type": "BreadcrumbList", "itemListElement": elements})

    # --- A record and its facts ---------------------------------------------------------------------------------------

    def add_record(self, record: Record, change: Change | None = None):
        """The record with its facts and what each rests on; `change`: the last of it, where that is known."""
        node = self._named(record) | {
            "url": self.address(record),
            "description": description_of(record),
            "additionalProperty": [*self._own_facts(record), *self._facts(record)],
            **self._told(record),
            **self._evidence(_citations(record), ("",)),
        }
        if isinstance(record, Source):
            node |= self._work(record)
        node["@type"] = [TYPES[type(record)._meta.concrete_model], "prov:Entity"]
        if change:
            node["prov:wasGeneratedBy"] = {
                "@type": "prov:Activity",
                "@id": self.origin + reverse("change-rows", args=[change.pk]),
                "prov:endedAtTime": change.at.isoformat(),
            }
        self.nodes.append(_filled(node))
        self.nodes += [self._named(each) | self._work(each) for each in self._sources.values()]

    def _named(self, record) -> dict:
        model = type(record)._meta.concrete_model
        return {"@type": TYPES[model], "@id": self.identity(record), "name": name_of(record)}

    def _told(self, record) -> dict:
        """What schema.org has words for."""
        node: dict = {}
        if getattr(record, "latitude", None) is not None:
            node["geo"] = {"@type": "GeoCoordinates", "latitude": record.latitude, "longitude": record.longitude}
        match record:
            case Park():
                node |= {
                    "alternateName": _others(record, [each.name for each in _rows(record, "names")]),
                    "identifier": [
                        _property(each.get_scheme_display(), each.value) for each in _rows(record, "identifiers")
                    ],
                    "containedInPlace": [
                        self._named(each) for name in ("host", "part_of") if (each := _loaded(record, name))
                    ],
                    "sameAs": record.website,
                    "subjectOf": [
                        self._named(each.agreement)
                        for each in _rows(record, "agreements")
                        if _loaded(each, "agreement")
                    ],
                }
            case Division():
                scheme = "GB/T 2260" if record.code.isdigit() else "ISO 3166-1"
                parent = _loaded(record, "parent")
                node |= {
                    "alternateName": _others(record),
                    "identifier": _property(scheme, record.code),
                    "containedInPlace": self._named(parent) if parent else None,
                }
            case Body():
                division = _loaded(record, "division")
                node |= {
                    "alternateName": _others(record),
                    "areaServed": self._named(division) if division else None,
                }
            case Agreement():
                begins = record.effective_from or record.signed_on
                node |= {
                    "dateCreated": record.signed_on,
                    "temporalCoverage": f"{begins}/{record.expires_on or '..'}" if begins else "",
                    "creator": [
                        self._named(party)
                        for row in _rows(record, "parties")
                        if (party := _loaded(row, "body") or _loaded(row, "division"))
                    ],
                    "isBasedOn": [
                        self._named(link.earlier)
                        for link in _rows(record, "links_to_earlier")
                        if _loaded(link, "earlier")
                    ],
                }
        return node

    def _work(self, source) -> dict:
        """A source as the work that it is."""
        return _filled(
            {
                "@type": ["CreativeWork", "prov:Entity"],
                "publisher": {"@type": "Organization", "name": source.publisher},
                "datePublished": source.published_on,
                "inLanguage": source.language,
                "sameAs": source.url,
                "archivedAt": source.archived_url,
            }
        )

    def _own_facts(self, record) -> list[dict]:
        """The record's own fields of which a source speaks by name."""
        citations, found = _citations(record), []
        spoken_of = {same_fact(each.field)[0] for each in citations if each.field}
        for name in filled_fields(record) if spoken_of else ():
            if name in spoken_of:
                field = record._meta.get_field(name)
                value = getattr(record, f"get_{name}_display")() if field.choices else getattr(record, field.attname)
                value = name_of(named) if (named := _loaded(record, name)) else value
                evidence = self._evidence(citations, ("", *same_fact(name)))
                found.append(_property(capfirst(field.verbose_name), value) | {"@type": FACT} | evidence)
        return found

    def _facts(self, record) -> list[dict]:
        """The rows that are told as facts, each with the anchor that it has on the page."""
        found = []
        for relation in getattr(record, "facts", ()):
            for fact in _rows(record, relation):
                if not isinstance(fact, ParkAgreement) or _loaded(fact, "agreement"):
                    name, value = _value_of(fact)
                    node = _property(name, value) | {
                        "@type": FACT,
                        "@id": f"{self.address(record)}#{anchor_of(fact)}",
                        "description": told_period(fact.since, fact.until) if hasattr(fact, "since") else "",
                    }
                    found.append(_filled(node) | self._evidence(_citations(fact)))
        return found

    def _evidence(self, citations: list[Citation], fields: tuple[str, ...] | None = None) -> dict:
        """What a fact was derived from; and what sources state instead, as its alternates (PROV-O, `alternateOf`)."""
        node: dict = {}
        for citation in citations:
            if fields is not None and citation.field not in fields:
                continue
            source = _loaded(citation, "source")
            if source is None:
                continue
            self._sources[source.pk] = source
            there = {"@id": self.identity(source)}
            if citation.stance == Citation.Stance.SUPPORTS:
                node.setdefault("prov:wasDerivedFrom", [])
                if there not in node["prov:wasDerivedFrom"]:
                    node["prov:wasDerivedFrom"].append(there)
            else:
                other = {"@type": "prov:Entity", "name": citation.stated_value or citation.note}
                node.setdefault("prov:alternateOf", []).append(other | {"prov:wasDerivedFrom": there})
        return node


def _property(name, value) -> dict:
    return {"@type": "PropertyValue", "name": str(name), "value": str(value)}


def _value_of(fact) -> tuple[str, str]:
    """What a fact is called, and what it says."""
    match fact:
        case CoManagementRole():
            return fact.get_function_display(), _party(fact)
        case BenefitShare():
            percent = "" if fact.percent is None else f"{fact.percent.normalize():f} %"
            return fact.get_subject_display(), " · ".join(filter(None, (_party(fact), percent)))
        case Observation():
            indicator = _loaded(fact, "indicator")
            amount = "" if fact.value is None else f"{fact.value.normalize():f} {indicator.unit if indicator else ''}"
            name = name_of(indicator) if indicator else fact._meta.verbose_name
            return f"{name} · {fact.period} · {fact.get_kind_display()}", amount.strip()
        case Event():
            text = told(fact, "text")
            return f"{fact.get_kind_display()} · {fact.date}", text.text if text else fact.date
    name = fact.get_kind_display() if hasattr(fact, "get_kind_display") else fact._meta.verbose_name
    for stem in ("text", "summary", "name"):
        if hasattr(fact, f"{stem}_en") and (text := told(fact, stem)):
            return capfirst(name), text.text
    named = next(
        (each for path in ("industry", "agreement", "official", "earlier") if (each := _loaded(fact, path))), None
    )
    return capfirst(name), name_of(named) if named else getattr(fact, "name", "") or _party(fact)


def _party(fact) -> str:
    return " · ".join(name_of(each) for path in ("body", "division") if (each := _loaded(fact, path)))


def _others(record, names: Iterable[str] = ()) -> list[str]:
    """Its names but for the one that it is told by."""
    both = [record.name_en, record.name_zh, *names]
    return [name for name in dict.fromkeys(both) if name and name != name_of(record)]


def _loaded(row, name: str):
    """What a row refers to, where that has been read."""
    field = next((each for each in row._meta.concrete_fields if each.name == name and each.is_relation), None)
    return getattr(row, name) if field and field.is_cached(row) else None


def _rows(record, name: str) -> Iterable:
    return rows_of(record, name) if is_loaded(record, name) else ()


def _citations(record) -> list[Citation]:
    return list(_rows(record, "citations"))


def _filled(node: dict) -> dict:
    return {name: value for name, value in node.items() if value not in (None, "", [], {})}
