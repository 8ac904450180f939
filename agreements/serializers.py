"""How agreements are told: with their parties, signatories, clauses, links both ways, statements and parks."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

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


class AgreementSerializer(CitedRecordSerializer):
    route = "agreement"
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
