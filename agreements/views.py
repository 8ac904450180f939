from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from agreements.filters import AgreementFilter, OfficialFilter, StatementFilter
from agreements.lineage import lineage
from agreements.models import Agreement, Official, Statement
from agreements.serializers import AgreementSerializer, LineageSerializer, OfficialSerializer, StatementSerializer
from core.history import with_last_change
from core.rest.changes import WithChanges
from core.rest.parameters import Day
from sources.evidence import with_citations, with_facts
from sources.views import CitedViewSet

SLUG = "[-a-zA-Z0-9_]+"


class AgreementViewSet(WithChanges, CitedViewSet):
    """What governments signed with each other. With `on`, those in force that day."""

    queryset = with_last_change(with_facts(Agreement.objects.all(), "links_from_later", "parks"))
    serializer_class = AgreementSerializer
    filterset_class = AgreementFilter
    ordering_fields = ("title_en", "title_zh", "kind", "signed_on", "effective_from", "expires_on")
    lookup_field = "slug"
    lookup_value_regex = SLUG
    dated = True

    def get_queryset(self):
        """The links of later agreements are facts of those, and yet told here with what is cited for them."""
        records = super().get_queryset()
        return with_citations(records, "links_from_later") if self.expands("citations") else records

    def filtered(self, records):
        records = super().filtered(records)
        return records.in_force(self.asked["on"]) if "on" in self.asked else records

    @extend_schema(responses=LineageSerializer)
    @action(
        detail=True,
        parameters={"on": Day(_("The day, month or year asked about; today if not given."))},
        pagination_class=None,
    )
    def lineage(self, request, **kwargs):
        """What the agreement renews, amends, supersedes or implements, and what does so to it, as far as links lead:
        each with when it is in force, and whether it was on the day asked about.
        """
        on = self.asked.get("on") or timezone.localdate().isoformat()
        told = {"on": on, "agreements": lineage(self.find(Agreement.objects.all()), on)}
        return Response(LineageSerializer(told, context=self.get_serializer_context()).data)


class OfficialViewSet(WithChanges, CitedViewSet):
    """People who hold or held public posts, and sign or speak in them."""

    queryset = with_facts(Official.objects.all())
    serializer_class = OfficialSerializer
    filterset_class = OfficialFilter
    ordering_fields = ("name_en", "name_zh")
    lookup_field = "slug"
    lookup_value_regex = SLUG
    dated = True


class StatementViewSet(CitedViewSet):
    """What officials said in public of agreements, as one outlet reported it, in our own words."""

    queryset = Statement.objects.select_related("official", "post", "agreement", "outlet")
    serializer_class = StatementSerializer
    filterset_class = StatementFilter
    ordering_fields = ("said_on",)
    lookup_field = "id"
    lookup_value_regex = "[1-9][0-9]{0,17}"
