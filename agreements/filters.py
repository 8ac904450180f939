from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement, AgreementParty, Official, Post, Signatory, Statement
from cities.filters import division
from cities.models import Body
from core.rest.filters import RecordFilter, Where
from core.rest.parameters import Key, Text
from sources.filters import CitedFilter


def has_party(condition: Q) -> Q:
    return Q(Exists(AgreementParty.objects.filter(condition, agreement=OuterRef("pk"))))


class AgreementFilter(CitedFilter):
    q = Where(
        Text(_("Part of the title, in Chinese or English.")),
        lambda text, on: Q(title_en__icontains=text) | Q(title_zh__icontains=text),
        alone=True,
    )
    party = Where(
        division(_("A division that is a party, itself or through a body of its own.")),
        lambda party, on: has_party(Q(division=party) | Q(body__division=party)),
    )
    body = Where(Key(Body, "slug", _("A body that is a party.")), lambda body, on: has_party(Q(body=body)))
    signatory = Where(
        Key(Official, "slug", _("An official who signed or witnessed it.")),
        lambda official, on: Q(Exists(Signatory.objects.filter(official=official, agreement=OuterRef("pk")))),
    )

    class Meta:
        model = Agreement
        fields = [
            "slug",
            "kind",
            "title_is_descriptive",
            "signed_on",
            "effective_from",
            "expires_on",
            "term_years",
            "place",
        ]


class OfficialFilter(RecordFilter):
    q = Where(
        Text(_("Part of the name, in Chinese or English.")),
        lambda text, on: Q(name_en__icontains=text) | Q(name_zh__icontains=text),
        alone=True,
    )
    division = Where(
        division(_("A division that the official holds or held a post in.")),
        lambda place, on: Q(Exists(Post.objects.filter(division=place, official=OuterRef("pk")))),
    )

    class Meta:
        model = Official
        fields = ["slug"]


class StatementFilter(CitedFilter):
    class Meta:
        model = Statement
        fields = ["id", "official", "agreement", "outlet", "said_on"]
