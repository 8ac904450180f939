"""Parks as marks on a map."""

from collections import defaultdict

from django.db.models.functions import Coalesce
from django.http import JsonResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cities.models import Division
from core.rest.parameters import Box, WholeNumber
from parks.clusters import Cluster, clusters
from parks.filters import ParkFilter
from parks.models import CoManagementRole, Park
from portal.telling import name_of
from portal.views.parks import ParksPage

WORLD = (-180.0, -90.0, 180.0, 90.0)
# From this zoom on, what still is one cluster tells its parks, and of so many.
CLOSE, TOLD = 11, 20


class ParksMapView(ParksPage):
    """The parks that meet what is asked for, as GeoJSON (RFC 7946) for a map that shows `bbox` at `zoom`.

    Those that stand alone have lines to their partners. Where many are near one another, a cluster counts them; where
    it cannot be taken apart, it names them.
    """

    parameters = {
        "bbox": Box(_("What the map shows: west,south,east,north in degrees.")),
        "zoom": WholeNumber(0, 22, _("How close, as web maps count it.")),
        "area": ParkFilter.known()["bbox"],
    }

    def _read(self):
        asked = super()._read()
        # On a map, the box of the list has another name.
        for told, source in ((self.filters, asked), (self.texts, self.given)):
            told.pop("bbox", None)
            if "area" in source:
                told["bbox"] = source["area"]
        return asked

    def render(self, template, context, status=200):
        kind = "application/geo+json" if status == 200 else "application/problem+json"
        return JsonResponse(context, status=status, content_type=kind, json_dumps_params={"ensure_ascii": False})

    def tell(self):
        chosen, zoom = self.choose(), self.asked.get("zoom", 4)
        box = tuple(map(float, self.asked.get("bbox", WORLD)))
        marks = clusters(chosen.directory, chosen.parks(), box, zoom)
        keys, at_own_place = chosen.directory.keys, chosen.directory.at_own_place
        alone = {keys[mark.places[0]]: mark for mark in marks if len(mark.places) == 1}
        together = [mark for mark in marks if len(mark.places) > 1]
        # By their keys: places are in the order in which the database happened to tell the parks.
        named = {
            mark: sorted(keys[place] for place in mark.places)[:TOLD]
            for mark in together
            if mark.is_one_spot or zoom >= CLOSE
        }
        wanted = {*alone, *(key for told in named.values() for key in told)}
        found = Park.objects.only("slug", "name_en", "name_zh", "status", "host").in_bulk(wanted)
        # One may be gone since.
        alone = {key: mark for key, mark in alone.items() if key in found}
        features = [
            self._cluster(
                mark,
                [found[key] for key in named.get(mark, ()) if key in found],
                _is_in(at_own_place, mark),
            )
            for mark in together
        ]
        features += [_park(mark, found[key], _is_in(at_own_place, mark)) for key, mark in alone.items()]
        return {"type": "FeatureCollection", "features": [*features, *_partners(found, alone)]}

    def _cluster(self, mark, parks, is_own):
        told = {"kind": "cluster", "count": len(mark.places), "bbox": mark.box}
        if parks:
            told["parks"] = [{"name": name_of(park), "address": _page(park)} for park in parks]
        if parks and len(parks) < len(mark.places):
            # Those that stand at their division are told by that.
            spot = {"bbox": ",".join(map(str, mark.box))}
            told["address"] = self.address(**({"host": parks[0].host_id} if mark.is_one_spot and not is_own else spot))
        return _point(mark.longitude, mark.latitude, told)


def _park(mark, park, is_own):
    told = {"kind": "park", "name": name_of(park), "address": _page(park), "status": park.status}
    return _point(mark.longitude, mark.latitude, told | {"place": "own" if is_own else "division"})


def _is_in(parks: int, mark: Cluster) -> bool:
    """Whether the first park of a mark is in the set."""
    return bool(parks >> mark.places[0] & 1)


def _point(longitude, latitude, properties):
    geometry = {"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _page(park):
    return reverse("portal:park", args=[park.slug])


def _partners(parks, alone):
    """Lines from parks to the divisions of their partners, and these."""
    roles = CoManagementRole.objects.filter(park__in=alone).order_by("park", "id")
    partners = defaultdict(dict)
    for park, code in roles.values_list("park", Coalesce("division", "body__division")):
        if code and code != parks[park].host_id:
            partners[code][park] = None
    for code, division in Division.objects.in_bulk(partners).items():
        if division.latitude is None:
            continue
        there = [float(division.longitude), float(division.latitude)]
        told = {"kind": "partner", "name": name_of(division), "address": reverse("portal:division", args=[code])}
        yield _point(*there, told)
        for park in partners[code]:
            line = [[alone[park].longitude, alone[park].latitude], there]
            yield {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": line},
                "properties": {"kind": "line", "park": parks[park].slug},
            }
