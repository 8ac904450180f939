"""How agreements are told: with their parties, signatories, clauses, links both ways, statements and parks."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agreements.force import Force, Why, in_force
from agreements.models import Agreement, AgreementLink, AgreementParty, Clause, Official, Post, Signatory, Statement
from core.rest.references import Reference, reference_to
from sources.serializers import CitedFactSerializer, CitedRecordSerializer


class AgreementReference(Reference):
    model = Agreement
    route = "agreement"
    tells = ("title_en", "title_zh", "signed_on")


class OfficialReference(Reference):
    model = Official
    route = "official"


class PostReference(Reference):
    """A post has no address of its own: it is told with its official."""

    model = Post
    tells = ("title_en", "title_zh")

    def to_representation(self, post):
        return {"id": post.id, **{name: getattr(post, name) for name in self.tells}}


class PartySerializer(CitedFactSerializer):
    class Meta:
        model = AgreementParty
        fields = ["id", "division", "body"]


class SignatorySerializer(CitedFactSerializer):
    class Meta:
        model = Signatory
        fields = ["id", "official", "post", "division", "body", "capacity"]


class ClauseSerializer(CitedFactSerializer):
    class Meta:
        model = Clause
        fields = ["id", "number", "kind", "text_en", "text_zh"]


class LinkToEarlierSerializer(CitedFactSerializer):
    class Meta:
        model = AgreementLink
        fields = ["id", "kind", "earlier"]


class LinkFromLaterSerializer(CitedFactSerializer):
    class Meta:
        model = AgreementLink
        fields = ["id", "kind", "later"]


class StatementOfAgreementSerializer(CitedFactSerializer):
    class Meta:
        model = Statement
        fields = ["id", "official", "post", "outlet", "summary_en", "summary_zh", "said_on"]


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "slug": {"type": "string"},
                "name_en": {"type": "string"},
                "name_zh": {"type": "string"},
                "url": {"type": "string", "format": "uri"},
            },
        },
    }
)
class ParksOfAgreement(serializers.Field):
    """The parks that an agreement concerns. They are written with the parks, which this app knows nothing of."""

    def __init__(self):
        super().__init__(read_only=True)

    def to_representation(self, rows):
        parks = [row.park for row in rows.all()]
        return [reference_to(type(park)).told(park, self.context) for park in parks]


IN_FORCE = {
    "type": "object",
    "description": "Told when asked with `on`: whether it was in force, and what speaks against that.",
    "properties": {
        "answer": {"type": "string", "enum": Force.values},
        "reason": {"type": "string", "description": "In words; empty for a plain yes."},
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "why": {"type": "string", "enum": Why.values},
                    "sure": {"type": "boolean", "description": "Whether this alone makes the answer no."},
                    "date": {"type": "string"},
                    "by": {"type": ["string", "null"], "description": "The slug of what superseded or renewed it."},
                },
                "required": ["why", "sure", "date", "by"],
            },
        },
    },
    "required": ["answer", "reason", "reasons"],
}


@extend_schema_field(IN_FORCE)
class InForceField(serializers.Field):
    """Whether an agreement is in force on the day asked about, and why."""

    def __init__(self, **kwargs):
        super().__init__(**{"source": "*", "read_only": True, **kwargs})

    def to_representation(self, agreement):
        return told_in_force(agreement, in_force(agreement, self.context["on"]))


def told_in_force(agreement, answer) -> dict:
    reasons = [
        {"why": each.why, "sure": each.sure, "date": each.date, "by": each.by and each.by.slug}
        for each in answer.reasons
    ]
    sentences = " ".join(str(each.sentence(agreement)) for each in answer.reasons)
    return {"answer": answer.answer, "reason": sentences, "reasons": reasons}


class LinkSerializer(serializers.Serializer):
    """A later agreement that renews, amends, supersedes or implements an earlier one."""

    kind = serializers.ChoiceField(AgreementLink.Kind.choices)
    later = serializers.CharField(source="later.slug")
    earlier = serializers.CharField(source="earlier.slug")


class KinSerializer(serializers.Serializer):
    """One agreement of a lineage."""

    agreement = AgreementReference(read_only=True)
    generation = serializers.IntegerField(
        help_text=_("How many links away: below zero for what it builds on, above zero for what builds on it.")
    )
    links = LinkSerializer(many=True, help_text=_("The links that lead to it."))
    since = serializers.CharField(source="period.since", help_text=_("From when it is in force; empty when unknown."))
    until = serializers.CharField(source="period.until", help_text=_("Until when, as far as known."))
    never_in_force = serializers.BooleanField(
        source="period.never", help_text=_("It expired or was superseded by the day it began, and so has no period.")
    )
    superseded_by = AgreementReference(source="period.superseded_by", many=True, read_only=True)
    in_force = serializers.SerializerMethodField()

    @extend_schema_field(IN_FORCE)
    def get_in_force(self, kin):
        return told_in_force(kin.agreement, kin.in_force)


class LineageSerializer(serializers.Serializer):
    """The chain that an agreement stands in."""

    on = serializers.CharField()
    agreements = KinSerializer(many=True)


class AgreementSerializer(CitedRecordSerializer):
    route = "agreement"
    told_when = {**CitedRecordSerializer.told_when, "in_force": "on"}
    in_force = InForceField()
    parties = PartySerializer(many=True, required=False)
    signatories = SignatorySerializer(many=True, required=False)
    clauses = ClauseSerializer(many=True, required=False)
    links = LinkToEarlierSerializer(many=True, required=False, source="links_to_earlier")
    later = LinkFromLaterSerializer(many=True, read_only=True, source="links_from_later")
    statements = StatementOfAgreementSerializer(many=True, read_only=True)
    parks = ParksOfAgreement()
    created = serializers.DateTimeField(read_only=True)
    changed = serializers.DateTimeField(read_only=True)

    class Meta:
        model = Agreement
        fields = [
            "slug",
            "title_en",
            "title_zh",
            "title_is_descriptive",
            "kind",
            "signed_on",
            "effective_from",
            "expires_on",
            "term_years",
            "in_force",
            "place",
            "summary_en",
            "summary_zh",
            "parties",
            "signatories",
            "clauses",
            "links",
            "later",
            "statements",
            "parks",
            "evidence",
            "created",
            "changed",
        ]


class PostSerializer(CitedFactSerializer):
    class Meta:
        model = Post
        fields = ["id", "title_en", "title_zh", "division", "body", "since", "until"]


class OfficialSerializer(CitedRecordSerializer):
    route = "official"
    posts = PostSerializer(many=True, required=False)

    class Meta:
        model = Official
        fields = ["slug", "name_en", "name_zh", "posts"]


class StatementSerializer(CitedRecordSerializer):
    route = "statement"

    class Meta:
        model = Statement
        fields = ["id", "official", "post", "agreement", "outlet", "summary_en", "summary_zh", "said_on"]
