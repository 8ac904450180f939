"""How a park is told, whole: with all its facts. Each kind of fact is also told by itself, in `facts`."""

from typing import Literal

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agreements.models import Agreement, Statement
from agreements.serializers import OfficialReference, PostReference
from core.dates import Certainty
from core.rest.references import AddressOfReference, KeyOnly, Reference, reference_to
from core.rest.serializers import RecordSerializer
from parks.lifetime import existence
from parks.models import (
    BenefitShare,
    CoManagementRole,
    Event,
    Indicator,
    Industry,
    Observation,
    Park,
    ParkAgreement,
    ParkIdentifier,
    ParkIndustry,
    ParkName,
    ParkSite,
    ParkStatement,
    Remark,
)
from parks.querysets import Span
from sources.serializers import CitedChangeNote, CitedFactSerializer, CitedRecordSerializer, SourceReference


def told_existence(certainty) -> Literal["yes", "maybe", "no"]:
    """Whether a park existed, as the API says it."""
    return {Certainty.CERTAIN: "yes", Certainty.POSSIBLE: "maybe", None: "no"}[certainty]


class ParkReference(Reference):
    model = Park
    route = "park"


class ParkNameSerializer(CitedFactSerializer):
    class Meta:
        model = ParkName
        fields = ["id", "name", "language", "kind", "since", "until"]


class ParkIdentifierSerializer(CitedFactSerializer):
    class Meta:
        model = ParkIdentifier
        fields = ["id", "scheme", "value"]


class ParkSiteSerializer(CitedFactSerializer):
    class Meta:
        model = ParkSite
        fields = ["id", "name_en", "name_zh", "division", "area", "latitude", "longitude", "since", "until"]


class RoleSerializer(CitedFactSerializer):
    class Meta:
        model = CoManagementRole
        fields = ["id", "function", "division", "body", "standing", "agreement", "since", "until", "note"]


class ShareSerializer(CitedFactSerializer):
    class Meta:
        model = BenefitShare
        fields = [
            "id",
            "subject",
            "division",
            "body",
            "percent",
            "basis",
            "base_year",
            "amount",
            "entity",
            "standing",
            "condition",
            "agreement",
            "since",
            "until",
        ]


class ParkIndustrySerializer(CitedFactSerializer):
    shorthand = "code"
    code = KeyOnly(Industry, source="industry")
    name_en = serializers.CharField(source="industry.name_en", read_only=True)
    name_zh = serializers.CharField(source="industry.name_zh", read_only=True)
    url = AddressOfReference("industry", source="industry")

    class Meta:
        model = ParkIndustry
        fields = ["id", "code", "name_en", "name_zh", "tier", "rank", "as_of", "since", "until", "url"]


class ParkObservationSerializer(CitedFactSerializer):
    indicator = KeyOnly(Indicator)
    unit = serializers.CharField(source="indicator.unit", read_only=True)

    class Meta:
        model = Observation
        fields = [
            "id",
            "indicator",
            "period",
            "kind",
            "value",
            "value_high",
            "precision",
            "unit",
            "growth_percent",
            "cumulative",
            "cumulative_since",
            "scope",
            "as_stated",
        ]


class ParkEventSerializer(CitedFactSerializer):
    class Meta:
        model = Event
        fields = ["id", "kind", "date", "text_en", "text_zh"]


class ParkRemarkSerializer(CitedFactSerializer):
    class Meta:
        model = Remark
        fields = ["id", "kind", "text_en", "text_zh"]


class ParkAgreementSerializer(CitedFactSerializer):
    shorthand = "slug"
    slug = KeyOnly(Agreement, source="agreement")
    title_en = serializers.CharField(source="agreement.title_en", read_only=True)
    title_zh = serializers.CharField(source="agreement.title_zh", read_only=True)
    signed_on = serializers.CharField(source="agreement.signed_on", read_only=True)
    url = AddressOfReference("agreement", source="agreement")

    class Meta:
        model = ParkAgreement
        fields = ["id", "slug", "title_en", "title_zh", "signed_on", "url"]


class ParkStatementSerializer(CitedFactSerializer):
    statement = KeyOnly(Statement)
    official = OfficialReference(source="statement.official", read_only=True)
    post = PostReference(source="statement.post", read_only=True, allow_null=True)
    outlet = SourceReference(source="statement.outlet", read_only=True)
    summary_en = serializers.CharField(source="statement.summary_en", read_only=True)
    summary_zh = serializers.CharField(source="statement.summary_zh", read_only=True)
    said_on = serializers.CharField(source="statement.said_on", read_only=True)
    url = AddressOfReference("statement", source="statement")

    class Meta:
        model = ParkStatement
        fields = ["id", "statement", "official", "post", "outlet", "summary_en", "summary_zh", "said_on", "url"]


class ParkSerializer(CitedRecordSerializer):
    route = "park"
    told_when = {**CitedRecordSerializer.told_when, "existed": "on"}
    existed = serializers.SerializerMethodField(
        help_text=_("Told when asked with `on`: whether the park existed then: `yes`, `maybe` or `no`.")
    )
    names = ParkNameSerializer(many=True, required=False)
    identifiers = ParkIdentifierSerializer(many=True, required=False)
    sites = ParkSiteSerializer(many=True, required=False)
    roles = RoleSerializer(many=True, required=False)
    shares = ShareSerializer(many=True, required=False)
    industries = ParkIndustrySerializer(many=True, required=False)
    observations = ParkObservationSerializer(many=True, required=False)
    events = ParkEventSerializer(many=True, required=False)
    remarks = ParkRemarkSerializer(many=True, required=False)
    agreements = ParkAgreementSerializer(many=True, required=False)
    statements = ParkStatementSerializer(many=True, required=False)
    span = serializers.ChoiceField(Span.choices, read_only=True)
    created = serializers.DateTimeField(read_only=True)
    changed = serializers.DateTimeField(read_only=True)

    class Meta:
        model = Park
        fields = [
            "slug",
            "name_en",
            "name_zh",
            "names",
            "identifiers",
            "is_programme",
            "status",
            "established",
            "closed",
            "existed",
            "part_of",
            "successor",
            "host",
            "sites",
            "span",
            "crosses",
            "latitude",
            "longitude",
            "website",
            "summary_en",
            "summary_zh",
            "industry_formula",
            "industries",
            "roles",
            "shares",
            "observations",
            "events",
            "remarks",
            "agreements",
            "statements",
            "evidence",
            "created",
            "changed",
        ]

    def get_existed(self, park) -> Literal["yes", "maybe", "no"]:
        return told_existence(existence(park, self.context["on"]))


class FactOfParkSerializer(CitedRecordSerializer):
    """A fact as a row of its own, which says of which park it is."""

    def get_field_names(self, declared_fields, info):
        names = super().get_field_names(declared_fields, info)
        return [*names[:2], "park", *names[2:]]


class CoManagementRoleSerializer(FactOfParkSerializer, RoleSerializer):
    route = "co-management-role"


class BenefitShareSerializer(FactOfParkSerializer, ShareSerializer):
    route = "benefit-share"


class ObservationSerializer(FactOfParkSerializer, ParkObservationSerializer):
    route = "observation"


class EventSerializer(FactOfParkSerializer, ParkEventSerializer):
    route = "event"


class RemarkSerializer(FactOfParkSerializer, ParkRemarkSerializer):
    route = "remark"


class IndustrySerializer(CitedChangeNote, RecordSerializer):
    route = "industry"

    class Meta:
        model = Industry
        fields = ["code", "name_en", "name_zh"]


class IndicatorSerializer(CitedChangeNote, RecordSerializer):
    route = "indicator"

    class Meta:
        model = Indicator
        fields = ["code", "name_en", "name_zh", "unit"]


class FoundSerializer(serializers.Serializer):
    """A record that a search found."""

    kind = serializers.ChoiceField(["park", "division", "agreement"])
    match = serializers.ChoiceField(
        ["exact", "start", "part", "words"],
        help_text=_("Whether the text is a whole name, its start, a part of it, or only each word is in some name."),
    )
    matched = serializers.CharField(help_text=_("The name that was found."))
    record = serializers.SerializerMethodField()

    @extend_schema_field({"type": "object", "description": "Its key, names and address."})
    def get_record(self, found):
        return reference_to(type(found.record)).told(found.record, self.context)
