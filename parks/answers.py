"""How what the registry works out is told: who held what on a day, who got which share, totals that count once."""

from typing import Literal

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agreements.serializers import AgreementReference
from cities.serializers import BodyReference, DivisionReference
from core.dates import Certainty
from core.rest.references import KeyOnly
from core.rest.serializers import Number
from parks.comanagement import held_functions
from parks.models import BenefitShare, CoManagementRole, Indicator
from parks.serializers import ParkReference, told_existence
from parks.totals import Attribution, Why
from sources.serializers import SupportSerializer

EXISTED = _("Whether the park existed then: `yes`, `maybe` or `no`.")
FUNCTIONS = CoManagementRole.Function.choices


@extend_schema_field({"type": "string", "enum": ["yes", "maybe"]})
class Held(serializers.Field):
    """`yes`, or `maybe` where the dates are too inexact to tell."""

    def __init__(self, **kwargs):
        super().__init__(
            **{
                "source": "certainty",
                "help_text": _("`yes`, or `maybe` where the dates are too inexact to tell."),
                **kwargs,
            }
        )

    def to_representation(self, certainty):
        return "yes" if certainty == Certainty.CERTAIN else "maybe"


# --- Co-management ----------------------------------------------------------------------------------------------------


class HolderSerializer(serializers.Serializer):
    """A party that holds a function, and the role that says so."""

    division = DivisionReference(source="role.division", read_only=True, allow_null=True)
    body = BodyReference(source="role.body", read_only=True, allow_null=True)
    held = Held()
    role = serializers.IntegerField(source="role.id", help_text=_("The id of the co-management role that says so."))
    since = serializers.CharField(source="role.since")
    until = serializers.CharField(source="role.until")
    agreement = AgreementReference(source="role.agreement", read_only=True, allow_null=True)
    note = serializers.CharField(source="role.note")
    evidence = SupportSerializer()


class FunctionRowSerializer(serializers.Serializer):
    """Who holds one function."""

    function = serializers.ChoiceField(FUNCTIONS)
    holders = HolderSerializer(many=True)


class TogetherSerializer(serializers.Serializer):
    """Parties that hold one function at once."""

    function = serializers.ChoiceField(FUNCTIONS)
    held = Held(help_text=_("Whether they hold it at once for certain: `yes`, or `maybe`."))
    shared = serializers.BooleanField(help_text=_("On purpose: by the same agreement, or with the same note."))
    roles = serializers.SerializerMethodField(help_text=_("The ids of their roles."))

    def get_roles(self, together) -> list[int]:
        return [holder.role.id for holder in together.holders]


class FindingsSerializer(serializers.Serializer):
    """What is held by nobody, and by two at once."""

    gaps = serializers.ListField(child=serializers.CharField(), help_text=_("Functions that nobody is known to hold."))
    overlaps = serializers.ListField(
        child=serializers.CharField(),
        help_text=_("Functions that two parties hold at once, and no note or agreement says together."),
    )
    shared = serializers.ListField(
        child=serializers.CharField(), help_text=_("Functions that two parties hold together on purpose.")
    )
    together = TogetherSerializer(many=True, help_text=_("Who holds which of these at once."))


class MatrixSerializer(FindingsSerializer):
    """Function by party on a day: who holds what, what nobody holds, and what more than one does."""

    on = serializers.SerializerMethodField(help_text=_("The day, month or year asked about."))
    existed = serializers.SerializerMethodField(help_text=EXISTED)
    functions = serializers.SerializerMethodField()
    partners = HolderSerializer(many=True, help_text=_("Partners of whom no source says what they do."))

    def get_on(self, held) -> str:
        return self.context["day"]

    def get_existed(self, held) -> Literal["yes", "maybe", "no"]:
        return told_existence(held.existed)

    @extend_schema_field(FunctionRowSerializer(many=True))
    def get_functions(self, held):
        names = dict.fromkeys([*held_functions(), *held.holders])
        rows = [{"function": name, "holders": held.holders.get(name, [])} for name in names]
        return FunctionRowSerializer(rows, many=True, context=self.context).data


class AuditSerializer(FindingsSerializer):
    """What the audit finds of one park."""

    park = ParkReference(read_only=True)
    existed = Held(help_text=_("Whether the park existed then: `yes`, or `maybe`."))

    def to_representation(self, finding):
        found = FindingsSerializer(finding.matrix, context=self.context).data
        park = self.fields["park"].to_representation(finding.park)
        return {"park": park, "existed": self.fields["existed"].to_representation(finding.matrix.existed), **found}


# --- Shares -----------------------------------------------------------------------------------------------------------


class PartSerializer(serializers.Serializer):
    """One party's share."""

    share = serializers.IntegerField(source="share.id", help_text=_("The id of the benefit share that says so."))
    division = DivisionReference(source="share.division", read_only=True, allow_null=True)
    body = BodyReference(source="share.body", read_only=True, allow_null=True)
    held = Held()
    percent = Number(
        source="share.percent", max_digits=None, decimal_places=None, allow_null=True, help_text=_("Null when unknown.")
    )
    amount = Number(source="share.amount", max_digits=None, decimal_places=None, allow_null=True)
    agreement = AgreementReference(source="share.agreement", read_only=True, allow_null=True)
    since = serializers.CharField(source="share.since")
    until = serializers.CharField(source="share.until")


class PhaseSerializer(serializers.Serializer):
    """Shares that held at once."""

    held = Held()
    parts = PartSerializer(many=True)
    known = Number(
        max_digits=None,
        decimal_places=None,
        allow_null=True,
        help_text=_("The sum of the percents known; null for none."),
    )
    unknown = Number(
        max_digits=None,
        decimal_places=None,
        allow_null=True,
        help_text=_("The percent that nobody is known to get; null where that is itself unknown."),
    )
    complete = serializers.BooleanField(help_text=_("Whether it is known who gets all of it."))


class SplitSerializer(serializers.Serializer):
    """How one thing is divided: totals, increments and floors each by themselves."""

    subject = serializers.ChoiceField(BenefitShare.Subject.choices)
    basis = serializers.ChoiceField(BenefitShare.Basis.choices)
    base_year = serializers.CharField()
    entity = serializers.CharField()
    condition = serializers.CharField()
    standing = serializers.ChoiceField(BenefitShare._meta.get_field("standing").choices)
    phases = PhaseSerializer(many=True, help_text=_("More than one where the parts changed within the time."))


class SharesSerializer(serializers.Serializer):
    """Who gets what from a park in a time."""

    on = serializers.CharField()
    existed = serializers.SerializerMethodField(help_text=EXISTED)
    splits = SplitSerializer(many=True)

    def get_existed(self, told) -> Literal["yes", "maybe", "no"]:
        return told_existence(told["existed"])


# --- Totals -----------------------------------------------------------------------------------------------------------


class CountedSerializer(serializers.Serializer):
    """A park that counts, and with how much."""

    park = ParkReference(read_only=True)
    observation = serializers.IntegerField(source="observation.id", help_text=_("The id of the figure that counts."))
    percent = Number(max_digits=None, decimal_places=None, allow_null=True)
    value = Number(max_digits=None, decimal_places=None)
    held = Held(help_text=_("`maybe` where the division was perhaps a partner for part of the period only."))


class LeftOutSerializer(serializers.Serializer):
    """A park whose figure is left out, or part of it, and why."""

    park = ParkReference(read_only=True)
    why = serializers.ChoiceField(Why.choices)
    reason = serializers.CharField(source="why.label", help_text=_("The same in words."))
    observation = serializers.IntegerField(
        source="observation.id", default=None, allow_null=True, help_text=_("The id of the figure nearest to counting.")
    )
    value = Number(
        max_digits=None,
        decimal_places=None,
        allow_null=True,
        help_text=_("What of the figure is not known to be anybody's."),
    )
    within = ParkReference(
        read_only=True, allow_null=True, help_text=_("The park that it is part of, whose own figure counts.")
    )


class TotalsSerializer(serializers.Serializer):
    """The total of an indicator over a division, each park counted once, and what is left out."""

    division = DivisionReference(source="cell.division", read_only=True)
    alone = serializers.BooleanField(source="cell.alone", help_text=_("Without what lies within the division."))
    indicator = KeyOnly(Indicator, read_only=True)
    unit = serializers.CharField(source="indicator.unit")
    period = serializers.CharField()
    attribution = serializers.ChoiceField(Attribution.choices)
    value = Number(
        max_digits=None,
        decimal_places=None,
        allow_null=True,
        help_text=_("Null where no park counts, which is not zero."),
    )
    unattributed = Number(
        max_digits=None,
        decimal_places=None,
        allow_null=True,
        help_text=_("What is not known to be anybody's of the parks that lie here."),
    )
    counts_parks_for_several = serializers.BooleanField(
        help_text=_("A park may count for several divisions, whose totals then must not be added up.")
    )
    counted = CountedSerializer(many=True)
    left_out = LeftOutSerializer(many=True)
