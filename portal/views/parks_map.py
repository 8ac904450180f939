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
        parks, zoom = self.choose(), self.asked.get("zoom", 4)
        marks = clusters(self.directory, parks, tuple(map(float, self.asked.get("bbox", WORLD))), zoom)
        keys = self.directory.keys
        alone = {keys[mark.places[0]]: mark for mark in marks if len(mark.places) == 1}
        together = [mark for mark in marks if len(mark.places) > 1]
        named = {mark: mark.places[:TOLD] for mark in together if mark.is_one_spot or zoom >= CLOSE}
        wanted = {*alone, *(keys[place] for places in named.values() for place in places)}
        found = Park.objects.only("slug", "name_en", "name_zh", "status", "host").in_bulk(wanted)
        features = [self._cluster(mark, [found[keys[place]] for place in named.get(mark, ())]) for mark in together]
        features += [self._park(found[key], mark) for key, mark in alone.items()]
        return {"type": "FeatureCollection", "features": [*features, *_partners(found, alone)]}

    def _park(self, park, mark):
        is_own = self.directory.at_own_place >> mark.places[0] & 1
        told = {"kind": "park", "name": name_of(park), "address": _page(park), "status": park.status}
        return _point(mark.longitude, mark.latitude, told | {"place": "own" if is_own else "division"})

    def _cluster(self, mark: Cluster, parks):
        told = {"kind": "cluster", "count": len(mark.places), "bbox": mark.box}
        if parks:
            told["parks"] = [{"name": name_of(park), "address": _page(park)} for park in parks]
        if len(parks) < len(mark.places) and parks:
            told["address"] = self.address(**self._spot(mark, parks[0]))
        return _point(mark.longitude, mark.latitude, told)

    def _spot(self, mark, park) -> dict[str, str]:
        """What the list asks for to have the parks of a cluster: those that stand at their division by that."""
        if mark.is_one_spot and not self.directory.at_own_place >> mark.places[0] & 1:
            return {"host": park.host_id}
        return {"bbox": ",".join(map(str, mark.box))}


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
