from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from core.rest.changes import WithChanges
from core.rest.errors import BadParameters
from core.rest.pagination import Pages
from core.rest.parameters import Day, Text
from core.rest.views import ApiView
from parks import filters, serializers
from parks.comanagement import held_functions, matrix
from parks.models import BenefitShare, CoManagementRole, Event, Indicator, Industry, Observation, Park, Remark
from parks.search import load, search
from sources.views import CitedViewSet

SLUG, NUMBER = "[-a-zA-Z0-9_]+", "[1-9][0-9]{0,17}"


class ParkViewSet(WithChanges, CitedViewSet):
    """Industrial parks that several governments run together, each whole: with all its facts."""

    queryset = Park.objects.with_facts().with_span().with_last_change()
    serializer_class = serializers.ParkSerializer
    filterset_class = filters.ParkFilter
    ordering_fields = ("name_en", "name_zh", "status", "host", "established", "closed")
    lookup_field = "slug"
    lookup_value_regex = SLUG
    dated = True

    def get_queryset(self):
        """With `on`, the span too is that of the day."""
        on = getattr(self, "asked", {}).get("on")
        return super().get_queryset().with_span(on) if on else super().get_queryset()

    def with_citations(self, records):
        # They come with the facts, since the counts of evidence need them.
        return records

    @extend_schema(responses=serializers.MatrixSerializer)
    @action(
        detail=True,
        url_path="co-management",
        parameters={"on": Day(_("The day, month or year asked about; today if not given."))},
        pagination_class=None,
    )
    def co_management(self, request, **kwargs):
        """Who held which function on a day: yes or maybe, what nobody held, and what more than one party did."""
        park = self.find(Park.objects.all())
        on = self.asked.get("on") or timezone.localdate().isoformat()
        held = matrix(park.roles.select_related("division", "body"), on)
        functions = list(dict.fromkeys([*held_functions(), *held.holders]))
        told = {
            "on": on,
            "functions": [{"function": each, "holders": held.holders.get(each, [])} for each in functions],
            "gaps": held.gaps,
            "overlaps": held.overlaps,
            "partners": held.partners,
        }
        return Response(serializers.MatrixSerializer(told, context=self.get_serializer_context()).data)


class CoManagementRoleViewSet(WithChanges, CitedViewSet):
    """Who runs what in which park, since when and under which agreement: one row a role."""

    queryset = CoManagementRole.objects.select_related("park", "division", "body", "agreement")
    serializer_class = serializers.CoManagementRoleSerializer
    filterset_class = filters.CoManagementRoleFilter
    ordering_fields = ("park", "function", "division", "since", "until")
    lookup_field = "id"
    lookup_value_regex = NUMBER
    dated = True


class BenefitShareViewSet(WithChanges, CitedViewSet):
    """Who gets which part of what from a park: one row a share."""

    queryset = BenefitShare.objects.select_related("park", "division", "body", "agreement")
    serializer_class = serializers.BenefitShareSerializer
    filterset_class = filters.BenefitShareFilter
    ordering_fields = ("park", "subject", "division", "percent", "since", "until")
    lookup_field = "id"
    lookup_value_regex = NUMBER
    dated = True


class ObservationViewSet(WithChanges, CitedViewSet):
    """Figures of parks: one row for an indicator and a period."""

    queryset = Observation.objects.select_related("park", "indicator")
    serializer_class = serializers.ObservationSerializer
    filterset_class = filters.ObservationFilter
    ordering_fields = ("park", "indicator", "period", "kind", "value", "growth_percent")
    lookup_field = "id"
    lookup_value_regex = NUMBER


class EventViewSet(WithChanges, CitedViewSet):
    """What happened to parks, and when."""

    queryset = Event.objects.select_related("park").order_by("id")
    serializer_class = serializers.EventSerializer
    filterset_class = filters.EventFilter
    ordering_fields = ("park", "kind", "date")
    lookup_field = "id"
    lookup_value_regex = NUMBER


class RemarkViewSet(WithChanges, CitedViewSet):
    """What is worth keeping about parks: distinctions, mechanisms, challenges."""

    queryset = Remark.objects.select_related("park")
    serializer_class = serializers.RemarkSerializer
    filterset_class = filters.RemarkFilter
    ordering_fields = ("park", "kind")
    lookup_field = "id"
    lookup_value_regex = NUMBER


class IndustryViewSet(CitedViewSet):
    """The lines of business that parks name as theirs."""

    queryset = Industry.objects.all()
    serializer_class = serializers.IndustrySerializer
    filterset_class = filters.IndustryFilter
    ordering_fields = ("name_en", "name_zh")
    lookup_field = "code"
    lookup_value_regex = SLUG
    expansions = ()


class IndicatorViewSet(CitedViewSet):
    """What is measured or counted in parks, each with its unit."""

    queryset = Indicator.objects.all()
    serializer_class = serializers.IndicatorSerializer
    filterset_class = filters.IndicatorFilter
    ordering_fields = ("name_en", "name_zh", "unit")
    lookup_field = "code"
    lookup_value_regex = SLUG
    expansions = ()


class SearchView(ApiView, GenericAPIView):
    """Parks, divisions and agreements by any name in any language, best match first."""

    serializer_class = serializers.FoundSerializer
    pagination_class = Pages
    parameters = {
        "q": Text(_("What to look for: every word has to be in some name. Chinese, English, pinyin, old names.")),
        **Pages.parameters,
    }

    @extend_schema(responses=serializers.FoundSerializer(many=True))
    def get(self, request, **kwargs):
        if "q" not in self.asked:
            raise BadParameters([{"parameter": "q", "detail": str(_("q: Say what to look for."))}])
        text = " ".join(self.asked["q"].split())
        found = load(self.paginate_queryset(search(text)), text)
        return self.get_paginated_response(self.get_serializer(found, many=True).data)
