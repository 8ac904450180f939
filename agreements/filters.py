from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement, AgreementParty, Official, Post, Signatory, Statement
from cities.filters import division
from cities.models import Body
from cities.querysets import by_division
from core.rest.filters import Where, part_of_names, part_of_text
from core.rest.parameters import Key
from sources.filters import CitedFilter


def has_party(condition: Q) -> Q:
    return Q(Exists(AgreementParty.objects.filter(condition, agreement=OuterRef("pk"))))


class AgreementFilter(CitedFilter):
    q = part_of_names(_("Every word is in some title, in Chinese, English or pinyin."), Agreement)
    party = Where(
        division(_("A division that is a party, itself or through a body of its own.")),
        lambda party, on: has_party(by_division(party.code)),
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


class OfficialFilter(CitedFilter):
    q = part_of_text(_("Part of the name, in Chinese or English."), "name_en", "name_zh")
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
