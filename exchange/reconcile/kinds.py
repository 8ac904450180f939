"""The kinds of record that the reconciliation service knows, and what it tells of each."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement
from cities.models import Division
from core.models import Record
from core.names import among
from core.rest.references import key_of
from exchange.reconcile.properties import Dates, Entities, Numbers, Partners, Property, Provinces, Texts
from parks.models import Park


@dataclass(frozen=True)
class Kind:
    """A type of the service: one kind of record, known by `park:<slug>`."""

    id: str
    model: type[Record]
    name: Promise
    route: str
    # The fields of the names in English and Chinese, and what else the description tells, as query paths.
    names: tuple[str, str]
    beside: tuple[str, ...]
    properties: tuple[Property, ...]

    @cached_property
    def key(self) -> str:
        return key_of(self.model)

    @cached_property
    def by_id(self) -> dict[str, Property]:
        return {each.id: each for each in self.properties}

    def told(self) -> dict[str, str]:
        return {"id": self.id, "name": str(self.name)}

    def entities(self, keys) -> dict[object, "Entity"]:
        """The records with these primary keys, by these."""
        columns = self.model._base_manager.filter(among(self.model, keys)).values_list(
            "pk", self.key, *self.names, *self.beside
        )
        return {
            pk: Entity(self, str(key), english, chinese, tuple(filter(None, beside)))
            for pk, key, english, chinese, *beside in columns
        }

    def keys_of(self, ids) -> dict[str, object]:
        """The primary key of each record with one of these slugs or codes."""
        found = self.model._base_manager.filter(**{f"{self.key}__in": list(ids)})
        return {str(key): pk for key, pk in found.values_list(self.key, "pk")}


@dataclass(frozen=True)
class Entity:
    """A record as the service tells it."""

    kind: Kind
    key: str
    english: str
    chinese: str
    beside: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.kind.id}:{self.key}"

    def name(self, *, chinese: bool | None = None) -> str:
        """In Chinese, in English, or in the reader's language, where it has a name there."""
        if chinese is None:
            chinese = (get_language() or "").startswith("zh")
        return (self.chinese if chinese else self.english) or self.english or self.chinese

    def description(self, *, chinese: bool | None = None) -> str:
        """The name in the other language, where it lies, since when."""
        name = self.name(chinese=chinese)
        other = self.english if name == self.chinese else self.chinese
        return " · ".join(filter(None, dict.fromkeys([other, *map(str, self.beside)])))


PARK = Kind(
    "park",
    Park,
    _("Park"),
    "park",
    ("name_en", "name_zh"),
    ("host__name_zh", "host__name_en", "established"),
    (
        Entities("host", _("host"), _("The division it lies in, or one above that."), "host__code", within=True),
        Provinces("province", _("host province"), _("The province it lies in."), "host__code"),
        Partners(
            "partner",
            _("partner"),
            _("A division other than the host that has or had a role in it, or one above that."),
            "roles__division__code",
            "roles__body__division__code",
            within=True,
        ),
        Dates("established", _("established"), _("The year, month or day."), "established"),
        Dates("closed", _("closed"), _("The year, month or day."), "closed"),
        Texts("status", _("status"), _("PROPOSED, ACTIVE, MERGED or CLOSED."), "status"),
        Texts("name_en", _("English name"), "", "name_en"),
        Texts("name_zh", _("Chinese name"), "", "name_zh"),
        Texts("names", _("all names"), _("Of any language, kind and time."), "names__name"),
        Texts("identifiers", _("identifiers"), _("Codes of catalogues and databases."), "identifiers__value"),
        Texts("industries", _("industries"), _("Codes."), "industries__industry__code"),
        Entities(
            "agreements", _("agreements"), _("Those that concern it."), "agreements__agreement__slug", of="agreement"
        ),
        Entities("part_of", _("part of"), "", "part_of__slug", of="park"),
        Entities("successor", _("merged into"), "", "successor__slug", of="park"),
        Numbers("latitude", _("latitude"), _("Degrees."), "latitude"),
        Numbers("longitude", _("longitude"), _("Degrees."), "longitude"),
        Texts("website", _("website"), "", "website"),
    ),
)
DIVISION = Kind(
    "division",
    Division,
    _("Division"),
    "division",
    ("name_en", "name_zh"),
    ("parent__name_zh", "parent__name_en", "code"),
    (
        Entities("parent", _("parent"), _("The division above it, or one above that."), "parent__code", within=True),
        Provinces("province", _("province"), _("The province it lies in."), "code"),
        Texts("level", _("level"), _("NATION, PROVINCE, PREFECTURE or COUNTY."), "level"),
        Texts("kind", _("kind"), _("Such as COUNTY_LEVEL_CITY."), "kind"),
        Texts("code", _("code"), _("GB/T 2260; of a state, ISO 3166-1."), "code"),
        Texts("name_en", _("English name"), "", "name_en"),
        Texts("name_zh", _("Chinese name"), "", "name_zh"),
        Texts("pinyin", _("pinyin"), "", "pinyin"),
        Dates("abolished", _("abolished"), _("The year, month or day."), "abolished"),
        Entities("successor", _("successor"), "", "successor__code"),
        Numbers("latitude", _("latitude"), _("Degrees."), "latitude"),
        Numbers("longitude", _("longitude"), _("Degrees."), "longitude"),
    ),
)
AGREEMENT = Kind(
    "agreement",
    Agreement,
    _("Agreement"),
    "agreement",
    ("title_en", "title_zh"),
    ("signed_on", "place"),
    (
        Entities(
            "party",
            _("party"),
            _("A division that is a party, itself or through a body of its own."),
            "parties__division__code",
            "parties__body__division__code",
        ),
        Dates("signed_on", _("signed on"), _("The year, month or day."), "signed_on"),
        Dates("effective_from", _("effective from"), _("The year, month or day."), "effective_from"),
        Dates("expires_on", _("expires on"), _("The first day on which it no longer holds."), "expires_on"),
        Numbers("term_years", _("term in years"), "", "term_years"),
        Texts("kind", _("kind"), _("Such as FRAMEWORK."), "kind"),
        Texts("place", _("place"), _("Where it was signed."), "place"),
        Texts("title_en", _("English title"), "", "title_en"),
        Texts("title_zh", _("Chinese title"), "", "title_zh"),
        Entities("parks", _("parks"), _("Those that it concerns."), "parks__park__slug", of="park"),
    ),
)
KINDS = {kind.id: kind for kind in (PARK, DIVISION, AGREEMENT)}
OF_MODEL = {kind.model: kind for kind in KINDS.values()}


def entities_by_id(ids) -> dict[str, Entity]:
    """The records of these ids, by id; of those that there are not, none."""
    keys: dict[str, set[str]] = {}
    for each in ids:
        kind, colon, key = each.partition(":")
        # No database of ours keeps a NUL.
        if colon and kind in KINDS and "\0" not in key:
            keys.setdefault(kind, set()).add(key)
    found = {}
    for kind, own in keys.items():
        for entity in KINDS[kind].entities(KINDS[kind].keys_of(own).values()).values():
            found[entity.id] = entity
    return found
