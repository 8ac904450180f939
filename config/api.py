"""The REST API, version 1: which resource is found where."""

from functools import cache

from django.http import HttpResponsePermanentRedirect
from django.urls import include, path, re_path, resolve
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView, DefaultRouter
from rest_framework.urlpatterns import format_suffix_patterns

from agreements.views import AgreementViewSet, OfficialViewSet, StatementViewSet
from cities.views import BodyViewSet
from core.rest.errors import problem, problem_response
from core.rest.schema import RegistrySchema
from core.rest.views import ApiView
from exchange.views import ImportViewSet
from parks import views as parks
from sources.views import CitationViewSet, SourceViewSet


class RootView(ApiView, APIRootView):
    """The resources of the registry, and where each is."""

    schema = RegistrySchema()

    @extend_schema(operation_id="root_retrieve", responses=OpenApiTypes.OBJECT)
    def get(self, request, *args, **kwargs):
        response = super().get(request, *args, **kwargs)
        response.data["audit"] = reverse("audit", request=request)
        response.data["changes"] = reverse("changes", request=request)
        response.data["search"] = reverse("search", request=request)
        return response


class SchemaView(SpectacularAPIView):
    """The description of the API (OpenAPI 3.1), as JSON or, asked for application/vnd.oai.openapi, as YAML."""

    renderer_classes = [JSONRenderer, OpenApiYamlRenderer]

    def _get_schema_response(self, request):
        return Response(schema_in(get_language()))


@cache
def schema_in(language):
    """Made once for each language: it follows from the code alone, and takes seconds."""
    return SchemaView.generator_class().get_schema(request=None, public=True)


@csrf_exempt
def nothing(request):
    """There is nothing at this address; where only the last slash is missing, the way there."""
    slashed = f"{request.path}/"
    if request.path.endswith("/") or resolve(slashed).func is nothing:
        return problem_response(problem(404, _("There is nothing at this address. See what there is at /api/v1/.")))
    if request.method in ("GET", "HEAD"):
        query = request.META.get("QUERY_STRING")
        return HttpResponsePermanentRedirect(f"{slashed}?{query}" if query else slashed)
    return problem_response(problem(404, _("Addresses end in a slash: write %s") % slashed))


router = DefaultRouter()
router.APIRootView = RootView
for prefix, viewset, name in [
    ("divisions", parks.DivisionViewSet, "division"),
    ("provinces", parks.ProvinceViewSet, "province"),
    ("cities", parks.CityViewSet, "city"),
    ("county-level-cities", parks.CountyLevelCityViewSet, "county-level-city"),
    ("bodies", BodyViewSet, "body"),
    ("parks", parks.ParkViewSet, "park"),
    ("co-management-roles", parks.CoManagementRoleViewSet, "co-management-role"),
    ("benefit-shares", parks.BenefitShareViewSet, "benefit-share"),
    ("observations", parks.ObservationViewSet, "observation"),
    ("events", parks.EventViewSet, "event"),
    ("remarks", parks.RemarkViewSet, "remark"),
    ("industries", parks.IndustryViewSet, "industry"),
    ("indicators", parks.IndicatorViewSet, "indicator"),
    ("agreements", AgreementViewSet, "agreement"),
    ("officials", OfficialViewSet, "official"),
    ("statements", StatementViewSet, "statement"),
    ("sources", SourceViewSet, "source"),
    ("citations", CitationViewSet, "citation"),
    ("imports", ImportViewSet, "import"),
]:
    router.register(prefix, viewset, name)

views = [
    path("co-management/audit/", parks.AuditView.as_view(), name="audit"),
    path("changes/", parks.ChangesView.as_view(), name="changes"),
    path("changes/<int:id>/rows/", parks.ChangeRowsView.as_view(), name="change-rows"),
    path("search/", parks.SearchView.as_view(), name="search"),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="api-root")),
    path("v1/", include(format_suffix_patterns(views))),
    path("v1/", include(router.urls)),
    path("schema/", SchemaView.as_view(), name="schema"),
    # the page has no template for what OPTIONS would tell
    path(
        "docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", http_method_names=["get", "head"]), name="docs"
    ),
    re_path("", nothing),
]
