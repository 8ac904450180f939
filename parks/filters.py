import re

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement
from cities.filters import division
from cities.querysets import within
from core.history import label_of
from core.rest import changes
from core.rest.filters import RecordFilter, Where, WhereRow, part_of_names, part_of_text
from core.rest.parameters import Box, Choice, Key, Text
from parks.models import BenefitShare, CoManagementRole, Event, Indicator, Industry, Observation, Park, Remark
from parks.querysets import Span, hosted_within
from sources.filters import CitedFilter


def among(parks) -> Q:
    """The parks of another query, as a condition that can be joined with others and turned round."""
    return Q(pk__in=parks.values("pk"))


UNKNOWN = "unknown"


def decade_of(established: str) -> str:
    """The first year of the decade that a partial date lies in: "1990"; or UNKNOWN."""
    return f"{established[:3]}0" if established else UNKNOWN


class Decade(Text):
    """The first year of ten, or `unknown`."""

    schema = {"type": "string", "pattern": f"^([1-9][0-9]{{2}}0|{UNKNOWN})$"}

    def read(self, text):
        if text != UNKNOWN and not re.fullmatch(r"[1-9][0-9]{2}0", text):
            self.refuse(_("“%(value)s” is no decade. Write its first year, such as 1990, or unknown."), text)
        return text


def established_in(decade: str) -> Q:
    if decade == UNKNOWN:
        return Q(established="")
    return Q(established__gte=decade, established__lte=f"{decade[:3]}9-12-31")


class ParkFilter(CitedFilter):
    q = part_of_names(_("Every word is in some name: Chinese, English, pinyin, short, old."), Park)
    within = Where(
        division(_("The division that the host is or lies in: 320000 for all of Jiangsu.")),
        lambda above, on: hosted_within(above.code),
    )
    partner = Where(
        division(_("A division that runs or ran something in the park, itself or through a body of its own.")),
        lambda partner, on: among(Park.objects.run_by(partner.code, on)),
    )
    division = Where(
        division(_("A division that hosts the park or runs or ran something in it.")),
        lambda party, on: among(Park.objects.of_division(party.code, on)),
    )
    function = Where(
        Choice(CoManagementRole.Function.choices, _("A function of which it is known who holds or held it.")),
        lambda function, on: among(Park.objects.with_function(function, on)),
    )
    span = Where(
        Choice(Span.choices, _("The highest boundary between the host and the co-managers.")),
        lambda span, on: among(Park.objects.spanning(span, on=on)),
        any_of=lambda spans, on: among(Park.objects.spanning(*spans, on=on)),
    )
    industry = Where(
        Key(Industry, "code", _("An industry that the park names or named among its own.")),
        lambda industry, on: among(Park.objects.in_industry(industry.code, on)),
    )
    agreement = Where(
        Key(Agreement, "slug", _("An agreement that concerns the park.")),
        lambda agreement, on: among(Park.objects.under(agreement.slug)),
    )
    decade = Where(
        Decade(_("The decade it was established in, by its first year: 1990 for 1990 to 1999; or unknown.")),
        lambda decade, on: established_in(decade),
    )
    bbox = Where(
        Box(_("west,south,east,north in degrees; a west that is east of the east spans 180°.")),
        lambda box, on: among(Park.objects.in_box(*box)),
        alone=True,
    )

    class Meta:
        model = Park
        fields = [
            "slug",
            "name_en",
            "name_zh",
            "is_programme",
            "host",
            "status",
            "established",
            "closed",
            "part_of",
            "successor",
        ]


class FactFilter(CitedFilter):
    within = Where(
        division(_("The division that the park's host is or lies in.")),
        lambda above, on: within(above.code, "park__host__code"),
    )


class CoManagementRoleFilter(FactFilter):
    class Meta:
        model = CoManagementRole
        fields = ["id", "park", "function", "division", "body", "standing", "agreement", "since", "until"]


class BenefitShareFilter(FactFilter):
    class Meta:
        model = BenefitShare
        fields = [
            "id",
            "park",
            "subject",
            "division",
            "body",
            "percent",
            "basis",
            "entity",
            "standing",
            "agreement",
            "since",
            "until",
        ]


class ObservationFilter(FactFilter):
    class Meta:
        model = Observation
        fields = ["id", "park", "indicator", "period", "kind", "value", "growth_percent", "cumulative", "scope"]


class EventFilter(FactFilter):
    class Meta:
        model = Event
        fields = ["id", "park", "kind", "date"]


class RemarkFilter(FactFilter):
    q = part_of_text(_("Part of the text, in Chinese or English."), "text_en", "text_zh")

    class Meta:
        model = Remark
        fields = ["id", "park", "kind"]


class VocabularyFilter(RecordFilter):
    q = part_of_text(_("Part of a name, in Chinese or English."), "name_en", "name_zh")


class IndustryFilter(VocabularyFilter):
    class Meta:
        model = Industry
        fields = ["code"]


class IndicatorFilter(VocabularyFilter):
    class Meta:
        model = Indicator
        fields = ["code", "unit"]


class ChangeFilter(changes.ChangeFilter):
    park = WhereRow(
        changes.OfRecord(Park, _("Changes of this park and its facts, also of one that has been deleted.")),
        lambda parks, on: Q(root_model=label_of(Park), root_key__in=[str(park.pk) for park in parks]),
    )

    class Meta(changes.ChangeFilter.Meta):
        pass
