from cities.filters import BodyFilter, DivisionFilter
from cities.models import Body, City, CountyLevelCity, Division, Province
from cities.serializers import BodySerializer, DivisionSerializer
from core.rest.changes import WithChanges
from sources.views import CitedViewSet, EvidencedViewSet


class DivisionViewSet(WithChanges, CitedViewSet):
    """Administrative divisions by code (GB/T 2260; ISO 3166-1 for states), abolished ones included."""

    queryset = Division.objects.select_related("parent", "successor")
    serializer_class = DivisionSerializer
    filterset_class = DivisionFilter
    ordering_fields = ("name_en", "name_zh", "level", "abolished")
    lookup_field = "code"
    lookup_value_regex = "[0-9A-Z]{2,6}"


class KindOfDivisionViewSet(EvidencedViewSet):
    """Divisions of one kind, to read; they are written as `divisions`."""

    serializer_class = DivisionSerializer
    filterset_class = DivisionFilter
    ordering_fields = DivisionViewSet.ordering_fields
    lookup_field = "code"
    lookup_value_regex = DivisionViewSet.lookup_value_regex


class ProvinceViewSet(KindOfDivisionViewSet):
    """Provinces, municipalities, autonomous regions and special administrative regions, to read."""

    queryset = Province.objects.select_related("parent", "successor")


class CityViewSet(KindOfDivisionViewSet):
    """Cities of prefecture level, and the municipalities, to read."""

    queryset = City.objects.select_related("parent", "successor")


class CountyLevelCityViewSet(KindOfDivisionViewSet):
    """Cities of county level, to read."""

    queryset = CountyLevelCity.objects.select_related("parent", "successor")


class BodyViewSet(WithChanges, CitedViewSet):
    """Organisations that act beside or for a division: committees, zones, companies, foreign partners."""

    queryset = Body.objects.select_related("division")
    serializer_class = BodySerializer
    filterset_class = BodyFilter
    ordering_fields = ("name_en", "name_zh", "kind")
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"
