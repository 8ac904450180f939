"""The two kinds of feature: parks, and the sites that some of them lie on."""

from collections import defaultdict

from django.utils.translation import gettext_lazy as _

from cities.filters import division
from cities.models import Province
from cities.querysets import province_code, within
from core.dates import held_between
from core.rest.filters import Where
from core.rest.parameters import Key
from exchange.features.collections import NONE, OWN, Collection, Property, provinces_of
from parks.filters import ParkFilter
from parks.lifetime import existed_between
from parks.models import CoManagementRole, Observation, Park, ParkSite
from parks.querysets import Span, hosted_within
from sources.filters import CitedFilter

# The figures of a whole park that a map is made with, in km².
AREAS = ("planned_area", "built_area")
BETWEEN = "; "

DATE = _("A year, month or day, as exact as known; blank where it is not known.")
NAMES = {"name_en": Property(_("English name")), "name_zh": Property(_("Chinese name"))}
PROVINCE = {
    "province": Property(_("province"), _("Its code (GB/T 2260); blank for a foreign state.")),
    "province_en": Property(_("province, in English")),
    "province_zh": Property(_("province, in Chinese")),
}
URL = Property(_("address"), _("The park in the REST API, with all its facts."), format="uri")


def position(at_division) -> Property:
    told = _("Whose coordinates the point has: its own, for want of them those of the division, or none are known.")
    choices = (OWN, _("its own")), (at_division, _("of the division")), (NONE, _("not known"))
    return Property(_("position"), told, choices=choices)


class ParkFeatureFilter(ParkFilter):
    province = Where(
        Key(Province, "code", _("The province that the host lies in: 320000 for Jiangsu.")),
        lambda province, on: hosted_within(province.code),
    )

    class Meta(ParkFilter.Meta):
        fields = [*ParkFilter.Meta.fields, "crosses", "website"]


class SiteFilter(CitedFilter):
    province = Where(
        Key(Province, "code", _("The province that the site lies in: 320000 for Jiangsu.")),
        lambda province, on: within(province.code, "division__code"),
    )
    within = Where(
        division(_("The division that the site lies in, or one above it.")),
        lambda above, on: within(above.code, "division__code"),
    )

    class Meta:
        model = ParkSite
        fields = ["id", "park", "name_en", "name_zh", "division", "area", "since", "until"]


class Parks(Collection):
    name, key = "parks", "slug"
    title = _("Parks")
    description = _(
        "Industrial parks that several governments run together, as points: at their own coordinates where these are "
        "known, else at those of the division that hosts them, which the property position says."
    )
    model, filterset = Park, ParkFeatureFilter
    division, at_division, since = "host", "host division", "established"
    properties = {
        **NAMES,
        "status": Property(_("status"), choices=tuple(Park.Status.choices)),
        "established": Property(_("established"), DATE),
        "closed": Property(_("closed"), DATE),
        "is_programme": Property(
            _("programme"),
            _("It covers several parks, or is a cooperation without bounds of its own."),
            type="boolean",
        ),
        "host": Property(_("host"), _("The code (GB/T 2260) of the division it lies in, or mainly lies in.")),
        "host_en": Property(_("host, in English")),
        "host_zh": Property(_("host, in Chinese")),
        **PROVINCE,
        "span": Property(
            _("span"), _("The highest boundary between the host and the co-managers."), choices=tuple(Span.choices)
        ),
        "partners": Property(_("partners"), _("Codes of the divisions that run or ran something in the park.")),
        "partners_en": Property(_("partners, in English"), _("Bodies that belong to no division are told too.")),
        "partners_zh": Property(_("partners, in Chinese"), _("Bodies that belong to no division are told too.")),
        "planned_area": Property(_("planned area"), _("In km², as last recorded for the whole park."), type="number"),
        "built_area": Property(_("built area"), _("In km², as last recorded for the whole park."), type="number"),
        "part_of": Property(_("part of"), _("The id of that park.")),
        "successor": Property(_("merged into"), _("The id of that park.")),
        "crosses": Property(_("crosses"), _("A natural barrier between the partners: Yangtze River.")),
        "website": Property(_("website"), format="uri"),
        "position": position(at_division),
        "url": URL,
    }
    columns = ("host", "province", "status", "established", "closed", "position")

    def records(self):
        return Park.objects.select_related("host", "part_of", "successor").with_span().order_by("slug")

    def there(self, days):
        return existed_between(*days)

    def rows(self, records, parks):
        keys = [park.pk for park in records]
        partners, areas = _partners(keys), _areas(keys)
        provinces = provinces_of(park.host for park in records)
        return [
            {
                "name_en": park.name_en,
                "name_zh": park.name_zh,
                **_placed(park.host, "host"),
                **_in_province(park.host, provinces),
                **partners[park.pk],
                **{area: areas.get((park.pk, area)) for area in AREAS},
                "status": park.status,
                "established": park.established,
                "closed": park.closed,
                "is_programme": park.is_programme,
                "span": park.span,
                "part_of": park.part_of.slug if park.part_of else "",
                "successor": park.successor.slug if park.successor else "",
                "crosses": park.crosses,
                "website": park.website,
                "position": self.position(park),
                "url": f"{parks}{park.slug}/",
            }
            for park in records
        ]


class Sites(Collection):
    name, key = "sites", "id"
    title = _("Sites")
    description = _(
        "Tracts of parks that lie on several tracts or straddle a border, as points: at their own coordinates where "
        "these are known, else at those of the division that they lie in, which the property position says."
    )
    model, filterset = ParkSite, SiteFilter
    division, at_division, since = "division", "division", "since"
    properties = {
        **NAMES,
        "park": Property(_("park"), _("The id of that park.")),
        "park_en": Property(_("park, in English")),
        "park_zh": Property(_("park, in Chinese")),
        "division": Property(_("division"), _("The code (GB/T 2260) of the division it lies in.")),
        "division_en": Property(_("division, in English")),
        "division_zh": Property(_("division, in Chinese")),
        **PROVINCE,
        "area": Property(_("area in km²"), type="number"),
        "since": Property(_("since"), DATE),
        "until": Property(_("until"), DATE),
        "position": position(at_division),
        "url": URL,
    }
    columns = ("park", "division", "area", "since", "until", "position")

    def records(self):
        return ParkSite.objects.select_related("park", "division").order_by("id")

    def there(self, days):
        return held_between(*days)

    def rows(self, records, parks):
        provinces = provinces_of(site.division for site in records)
        return [
            {
                "name_en": site.name_en,
                "name_zh": site.name_zh,
                "park": site.park.slug,
                "park_en": site.park.name_en,
                "park_zh": site.park.name_zh,
                **_placed(site.division, "division"),
                **_in_province(site.division, provinces),
                "area": None if site.area is None else float(site.area),
                "since": site.since,
                "until": site.until,
                "position": self.position(site),
                "url": f"{parks}{site.park.slug}/",
            }
            for site in records
        ]


def _placed(division, name):
    return {name: division.code, f"{name}_en": division.name_en, f"{name}_zh": division.name_zh}


def _in_province(division, provinces):
    province = provinces.get(province_code(division.code))
    return _placed(province, "province") if province else dict.fromkeys(PROVINCE, "")


def _partners(parks: list[int]) -> dict[int, dict]:
    """Of each park, the divisions that have or had a role in it, themselves or through a body of their own; a body that
    belongs to none by its own name. Each once, in the order of their first roles.
    """
    roles = CoManagementRole.objects.filter(park__in=parks).order_by("id")
    paths = [f"{path}{name}" for path in ("division__", "body__division__") for name in ("code", "name_en", "name_zh")]
    found = defaultdict(dict)
    for park, *told in roles.values_list("park", *paths, "body__name_en", "body__name_zh"):
        own, behind, body = told[:3], told[3:6], ["", *told[6:]]
        found[park][tuple(own if own[0] else behind if behind[0] else body)] = None
    columns = ("partners", "partners_en", "partners_zh")
    return {
        park: {
            column: BETWEEN.join(filter(None, told))
            for column, told in zip(columns, zip(*found[park], strict=True) if park in found else [()] * 3, strict=True)
        }
        for park in parks
    }


def _areas(parks: list[int]) -> dict[tuple[int, str], float]:
    """The last figures of AREAS, by park and indicator."""
    found = Observation.objects.filter(
        park__in=parks,
        indicator__code__in=AREAS,
        indicator__unit="km²",
        kind=Observation.Kind.ACTUAL,
        scope="",
        value__isnull=False,
    )
    # The last one stays.
    rows = found.order_by("period", "id").values_list("park", "indicator__code", "value")
    return {(park, indicator): float(value) for park, indicator, value in rows}


COLLECTIONS: dict[str, Collection] = {each.name: each for each in (Parks(), Sites())}
