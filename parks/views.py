from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from cities import views as cities
from core.bulk import batches
from core.rest import changes
from core.rest.changes import WithChanges
from core.rest.pagination import OffsetPages, Pages
from core.rest.parameters import Choice, Day, Flag, Key, Period, Words, require
from core.rest.streaming import CHUNK, Streamed
from core.rest.views import ApiView
from parks import answers, filters, serializers
from parks.comanagement import audited, finding, matrix, to_tell
from parks.geojson import FeaturesRenderer
from parks.lifetime import existed, existence
from parks.models import BenefitShare, CoManagementRole, Event, Indicator, Industry, Observation, Park, Remark
from parks.search import load, search
from parks.shares import shares_on
from parks.totals import Attribution, totals
from sources.views import CitedViewSet, SourcedViewSet

ON = Day(_("The day, month or year asked about; today if not given."))
SLUG, NUMBER = "[-a-zA-Z0-9_]+", "[1-9][0-9]{0,17}"


def today() -> str:
    return timezone.localdate().isoformat()


class ParkViewSet(WithChanges, CitedViewSet):
    """Industrial parks that several governments run together, each whole: with all its facts. With `on`, those that
    existed that day.
    """

    queryset = Park.objects.with_facts().with_span().with_last_change()
    serializer_class = serializers.ParkSerializer
    filterset_class = filters.ParkFilter
    ordering_fields = ("name_en", "name_zh", "status", "host", "established", "closed")
    list_renderers = (*CitedViewSet.list_renderers, FeaturesRenderer)
    record_renderers = (FeaturesRenderer,)
    lookup_field = "slug"
    lookup_value_regex = SLUG
    dated = True

    def get_queryset(self):
        """With `on`, the span too is that of the day."""
        on = getattr(self, "asked", {}).get("on")
        return super().get_queryset().with_span(on) if on else super().get_queryset()

    def filtered(self, records):
        records = super().filtered(records)
        return records.filter(existed(self.asked["on"])) if "on" in self.asked else records

    @extend_schema(responses=answers.MatrixSerializer)
    @action(detail=True, url_path="co-management", parameters={"on": ON}, pagination_class=None)
    def co_management(self, request, **kwargs):
        """Who held which function on a day, by which agreement and how well evidenced: yes or maybe; what nobody held,
        and what more than one party did.
        """
        park, on = self.find(Park.objects.all()), self.asked.get("on") or today()
        held = matrix(park, to_tell(park.roles.all()), on)
        return Response(answers.MatrixSerializer(held, context={**self.get_serializer_context(), "day": on}).data)

    @extend_schema(responses=answers.SharesSerializer)
    @action(
        detail=True,
        parameters={"on": Period(_("The day, month, quarter, half-year or year asked about; today if not given."))},
        pagination_class=None,
    )
    def shares(self, request, **kwargs):
        """Who got what from the park in a time: phases, increments and floors told apart, what is unknown told so."""
        park, on = self.find(Park.objects.all()), self.asked.get("on") or today()
        shares = park.shares.select_related("division", "body", "agreement")
        told = {"on": on, "existed": existence(park, on), "splits": shares_on(park, shares, on)}
        return Response(answers.SharesSerializer(told, context=self.get_serializer_context()).data)


class WithTotals:
    """A view of divisions that also tells totals of figures over each."""

    @extend_schema(responses=answers.TotalsSerializer)
    @action(
        detail=True,
        parameters={
            "indicator": Key(Indicator, "code", _("What is added up. Needed.")),
            "alone": Flag(_("Only the division itself, without what lies within it.")),
            "period": Period(_("As figures have it: 2022, 2022-H1, 2022-Q3, 2022-08. Needed.")),
            "attribution": Choice(
                Attribution.choices,
                _("Whose a park's figure is: its host's (if not given), each partner's, or by statistical credit."),
            ),
        },
        pagination_class=None,
    )
    def totals(self, request, **kwargs):
        """The total of an indicator over the division and all within it, or with `alone` over only itself: each park
        counted once, and what was left out and why.
        """
        division = self.find(self.queryset.model.objects.all())
        require(self.asked, "indicator", "period")
        attribution = self.asked.get("attribution", Attribution.HOST)
        alone = self.asked.get("alone", False)
        total = totals(division, self.asked["indicator"], self.asked["period"], attribution, alone=alone)
        return Response(answers.TotalsSerializer(total, context=self.get_serializer_context()).data)


class DivisionViewSet(WithTotals, cities.DivisionViewSet):
    __doc__ = cities.DivisionViewSet.__doc__


class ProvinceViewSet(WithTotals, cities.ProvinceViewSet):
    __doc__ = cities.ProvinceViewSet.__doc__


class CityViewSet(WithTotals, cities.CityViewSet):
    __doc__ = cities.CityViewSet.__doc__


class CountyLevelCityViewSet(WithTotals, cities.CountyLevelCityViewSet):
    __doc__ = cities.CountyLevelCityViewSet.__doc__


class AuditView(Streamed, ApiView, GenericAPIView):
    """What of each park nobody held on a day, and what two parties held at once."""

    serializer_class = answers.AuditSerializer
    filterset_class = filters.ParkFilter
    pagination_class = Pages
    looks_back = True

    def known_parameters(self):
        own = {**super().known_parameters(), "on": ON}
        return own | self.filterset_class.known() | self.pages(Pages.parameters)

    @extend_schema(responses=answers.AuditSerializer(many=True))
    def get(self, request, **kwargs):
        on, parks = self.asked.get("on") or today(), Park.objects.all()
        for name in self.filterset_class.base_filters.keys() & self.asked.keys():
            parks = self.filterset_class.base_filters[name].filter(parks, self.asked[name], on)
        parks, serializer = audited(on, parks).order_by("slug"), self.get_serializer()

        def told(page):
            return (serializer.to_representation(finding(park, on)) for park in page)

        if self.is_streamed:
            return self.stream(lambda: told(parks.iterator(chunk_size=CHUNK)), serializer)
        return self.get_paginated_response([*told(self.paginate_queryset(parks))])


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


class IndustryViewSet(SourcedViewSet):
    """The lines of business that parks name as theirs."""

    queryset = Industry.objects.all()
    serializer_class = serializers.IndustrySerializer
    filterset_class = filters.IndustryFilter
    ordering_fields = ("name_en", "name_zh")
    lookup_field = "code"
    lookup_value_regex = SLUG


class IndicatorViewSet(SourcedViewSet):
    """What is measured or counted in parks, each with its unit."""

    queryset = Indicator.objects.all()
    serializer_class = serializers.IndicatorSerializer
    filterset_class = filters.IndicatorFilter
    ordering_fields = ("name_en", "name_zh", "unit")
    lookup_field = "code"
    lookup_value_regex = SLUG


class ChangesView(changes.ChangesView):
    """Every change of the registry, newest first: who, when, why, from which source, and what."""

    filterset_class = filters.ChangeFilter


class ChangeRowsView(changes.ChangeRowsView):
    """All rows that one change changed, or those of a kind, park or record, in the order in which they were written."""

    filterset_class = filters.ChangeFilter


class SearchView(Streamed, ApiView, GenericAPIView):
    """Parks, divisions and agreements by any name in any language, best match first."""

    serializer_class = serializers.FoundSerializer
    pagination_class = OffsetPages
    parameters = {
        "q": Words(_("What to look for: every word has to be in some name. Chinese, English, pinyin, old names.")),
    }

    def known_parameters(self):
        return super().known_parameters() | self.pages(OffsetPages.parameters)

    @extend_schema(responses=serializers.FoundSerializer(many=True))
    def get(self, request, **kwargs):
        require(self.asked, "q")
        text = " ".join(self.asked["q"])
        found, serializer = search(text), self.get_serializer()

        def told(page):
            return map(serializer.to_representation, load(page, text))

        if self.is_streamed:
            rows = found.iterator(CHUNK) if hasattr(found, "iterator") else found
            return self.stream(lambda: chain.from_iterable(map(told, batches(rows, CHUNK))), serializer)
        return self.get_paginated_response([*told(self.paginate_queryset(found))])
