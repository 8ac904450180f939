"""The baseline: parks as one ModelViewSet with nested serializers, everything prefetched, written as the manuals do.

It tells the park and all its facts, and of what is around them the keys and names. It counts no evidence, keeps no
history, cites nothing, has no entity tags, and searches the two names of today only: all that is work it is spared.
"""

from django.urls import include, path
from django_filters.rest_framework import CharFilter, FilterSet
from rest_framework import routers, serializers, viewsets

from agreements.models import Agreement
from cities.models import Body, Division
from parks import models


def telling(told: type, *names: str, **nested) -> type[serializers.ModelSerializer]:
    """A plain ModelSerializer of the named fields, and of `nested` ones by their serializers."""
    meta = type("Meta", (), {"model": told, "fields": [*names, *nested]})
    return type(f"{told.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": meta, **nested})


DivisionSerializer = telling(Division, "code", "name_en", "name_zh", "level", "kind")
BodySerializer = telling(Body, "slug", "name_en", "name_zh")
AgreementSerializer = telling(Agreement, "slug", "title_en", "title_zh")
ParkReferenceSerializer = telling(models.Park, "slug", "name_en", "name_zh")
PARTY = {"division": DivisionSerializer(), "body": BodySerializer(), "agreement": AgreementSerializer()}
PERIOD = ("since", "until")
FACTS = {
    "names": telling(models.ParkName, "id", "name", "language", "kind", *PERIOD),
    "identifiers": telling(models.ParkIdentifier, "id", "scheme", "value"),
    "sites": telling(
        models.ParkSite,
        *("id", "name_en", "name_zh", "area", "latitude", "longitude", *PERIOD),
        division=DivisionSerializer(),
    ),
    "roles": telling(models.CoManagementRole, "id", "function", "standing", *PERIOD, "note", **PARTY),
    "shares": telling(
        models.BenefitShare,
        *("id", "subject", "percent", "basis", "base_year", "amount", "entity", "standing", "condition", *PERIOD),
        **PARTY,
    ),
    "industries": telling(
        models.ParkIndustry,
        *("id", "tier", "rank", "as_of", *PERIOD),
        code=serializers.CharField(source="industry.code"),
        name_en=serializers.CharField(source="industry.name_en"),
        name_zh=serializers.CharField(source="industry.name_zh"),
    ),
    "observations": telling(
        models.Observation,
        *("id", "period", "kind", "value", "value_high", "precision", "growth_percent"),
        *("cumulative", "cumulative_since", "scope", "as_stated"),
        indicator=serializers.CharField(source="indicator.code"),
        unit=serializers.CharField(source="indicator.unit"),
    ),
    "events": telling(models.Event, "id", "kind", "date", "text_en", "text_zh"),
    "remarks": telling(models.Remark, "id", "kind", "text_en", "text_zh"),
    "agreements": telling(
        models.ParkAgreement,
        "id",
        slug=serializers.CharField(source="agreement.slug"),
        title_en=serializers.CharField(source="agreement.title_en"),
        title_zh=serializers.CharField(source="agreement.title_zh"),
        signed_on=serializers.CharField(source="agreement.signed_on"),
    ),
}
ParkSerializer = telling(
    models.Park,
    *("slug", "name_en", "name_zh", "is_programme", "status", "established", "closed", "crosses"),
    *("latitude", "longitude", "website", "summary_en", "summary_zh", "industry_formula"),
    host=DivisionSerializer(read_only=True),
    part_of=ParkReferenceSerializer(read_only=True),
    successor=ParkReferenceSerializer(read_only=True),
    **{name: serializer(many=True, read_only=True) for name, serializer in FACTS.items()},
)


class ParkFilter(FilterSet):
    # The first digits of the host's code: 32 for all of Jiangsu.
    within = CharFilter("host__code", "startswith")

    class Meta:
        model = models.Park
        fields = ["status", "host"]


class ParkViewSet(viewsets.ModelViewSet):
    queryset = models.Park.objects.select_related("host", "part_of", "successor").prefetch_related(
        *("names", "identifiers", "sites__division", "events", "remarks", "agreements__agreement"),
        *("roles__division", "roles__body", "roles__agreement", "industries__industry", "observations__indicator"),
        *("shares__division", "shares__body", "shares__agreement"),
    )
    serializer_class = ParkSerializer
    filterset_class = ParkFilter
    search_fields = ["name_en", "name_zh"]
    lookup_field = "slug"


router = routers.SimpleRouter()
router.register("parks", ParkViewSet)
urlpatterns = [path("", include(router.urls))]
