"""Who runs what in a park, and who gets what from it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement
from cities.models import Party
from core.constraints import PercentsWithinTheWhole, PeriodsDoNotOverlap
from core.dates import Dated, DatedQuerySet, PartialDateField
from core.models import RecordManager
from core.numbers import TOO_LARGE, ExactDecimalField, below_limit
from core.uniqueness import or_none
from parks.models.park import Park
from sources.models import CitedRecord


class Standing(models.TextChoices):
    """Whether something only stands in a plan, or is in force."""

    PROPOSED = "PROPOSED", _("proposed")
    IN_FORCE = "IN_FORCE", _("in force")


class CoManagementRole(Party, Dated, CitedRecord):
    """One function in the running of a park, held by one party over some period.

    Two parties can hold one function together: that is two roles.
    """

    class Function(models.TextChoices):
        # Who decides on main matters: a joint committee, a conference of mayors.
        GOVERNANCE = "GOVERNANCE", _("governance (decides on main matters)")
        OPERATIONS = "OPERATIONS", _("operations")
        SOCIAL_MANAGEMENT = "SOCIAL_MANAGEMENT", _("social management")
        PLANNING = "PLANNING", _("planning")
        LAND = "LAND", _("land")
        INFRASTRUCTURE = "INFRASTRUCTURE", _("infrastructure")
        INVESTMENT_PROMOTION = "INVESTMENT_PROMOTION", _("investment promotion")
        FINANCE = "FINANCE", _("finance")
        TAXATION = "TAXATION", _("taxation")
        STATISTICS = "STATISTICS", _("statistics")
        PERSONNEL = "PERSONNEL", _("personnel")
        ENVIRONMENT = "ENVIRONMENT", _("environment")
        SAFETY = "SAFETY", _("safety")
        APPROVALS = "APPROVALS", _("approvals")
        TRUSTEESHIP = "TRUSTEESHIP", _("trusteeship (the whole administration)")
        # Sources often name the partners of a park and not who does what.
        PARTNER = "PARTNER", _("partner (function not stated)")
        OTHER = "OTHER", _("another function (see the note)")

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="roles")
    function = models.CharField(_("function"), max_length=20, choices=Function)
    standing = models.CharField(_("standing"), max_length=8, choices=Standing, default=Standing.IN_FORCE)
    agreement = models.ForeignKey(
        Agreement,
        models.PROTECT,
        verbose_name=_("agreement"),
        null=True,
        blank=True,
        related_name="roles",
        help_text=_("The document that gave it, where known."),
    )
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = RecordManager.from_queryset(DatedQuerySet)()

    identity = ("park", "function", "division", "body", "standing", "since")
    belongs_to = "park"

    class Meta:
        verbose_name = _("co-management role")
        verbose_name_plural = _("co-management roles")
        ordering = ["id"]
        indexes = [models.Index(fields=["function", "park"], name="role_of_function")]
        constraints = [
            *Party.Meta.constraints,
            *Dated.Meta.constraints,
            UniqueConstraint(
                "park",
                "function",
                or_none("division"),
                or_none("body"),
                "standing",
                "since",
                name="role_is_recorded_once",
                violation_error_message=_("This party's role is recorded already from the same date."),
            ),
            PeriodsDoNotOverlap(
                fields=["park", "function", "division", "body", "standing"],
                name="role_is_recorded_once_at_a_time",
                violation_error_message=_(
                    "This party's role is recorded already for a period that overlaps this one: "
                    "change that row, or end it first."
                ),
            ),
        ]

    def __str__(self):
        return self.get_function_display()


class BenefitShare(Party, Dated, CitedRecord):
    """The part of one kind of income or statistic that one party gets from a park, over some period.

    "Neither side takes revenue for ten years, then half each" is four of these.
    """

    class Subject(models.TextChoices):
        EQUITY = "EQUITY", _("equity")
        TAX_REVENUE = "TAX_REVENUE", _("tax revenue")
        LAND_REVENUE = "LAND_REVENUE", _("land revenue")
        RENT = "RENT", _("rent")
        REVENUE = "REVENUE", _("all revenue")
        PROFIT = "PROFIT", _("profit")
        INVESTMENT = "INVESTMENT", _("investment")
        GDP = "GDP", _("statistical credit for GDP")
        OUTPUT = "OUTPUT", _("statistical credit for output")
        STATISTICS = "STATISTICS", _("statistical credit in general")

    class Basis(models.TextChoices):
        TOTAL = "TOTAL", _("of the total")
        INCREMENT = "INCREMENT", _("of the increment over a base year")
        FLOOR = "FLOOR", _("a guaranteed amount")

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="shares")
    subject = models.CharField(_("subject"), max_length=12, choices=Subject)
    basis = models.CharField(_("basis"), max_length=9, choices=Basis, default=Basis.TOTAL)
    base_year = PartialDateField(_("base year"), help_text=_("Of an increment: the year it is counted from."))
    entity = models.CharField(
        _("of what"),
        max_length=200,
        blank=True,
        help_text=_("The company or fund it is a share of; blank for the park itself."),
    )
    percent = models.DecimalField(
        _("percent"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("0 to 100; blank when unknown."),
    )
    amount = ExactDecimalField(
        _("amount in CNY"), decimal_places=2, null=True, blank=True, help_text=_("Per year, in yuan.")
    )
    standing = models.CharField(_("standing"), max_length=8, choices=Standing, default=Standing.IN_FORCE)
    condition = models.CharField(_("condition"), max_length=300, blank=True)
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, verbose_name=_("agreement"), null=True, blank=True, related_name="shares"
    )

    objects = RecordManager.from_queryset(DatedQuerySet)()

    identity = ("park", "subject", "basis", "base_year", "entity", "division", "body", "standing", "since", "condition")
    belongs_to = "park"

    class Meta:
        verbose_name = _("benefit share")
        verbose_name_plural = _("benefit shares")
        ordering = ["id"]
        constraints = [
            *Party.Meta.constraints,
            *Dated.Meta.constraints,
            models.CheckConstraint(
                name="share_is_a_percentage",
                condition=Q(percent=None) | Q(percent__gte=0, percent__lte=100),
                violation_error_message=_("A share lies between 0 and 100 percent."),
            ),
            models.CheckConstraint(
                name="amount_of_a_share_lies_below_a_quadrillion",
                condition=below_limit("amount"),
                violation_error_message=TOO_LARGE,
            ),
            models.CheckConstraint(
                name="only_an_increment_has_a_base_year",
                condition=Q(base_year="") | Q(basis="INCREMENT"),
                violation_error_message=_("Say that it is a share of the increment, or leave out the base year."),
            ),
            UniqueConstraint(
                "park",
                "subject",
                "basis",
                "base_year",
                "entity",
                or_none("division"),
                or_none("body"),
                "standing",
                "since",
                "condition",
                name="share_is_recorded_once",
                violation_error_message=_("This party's share is recorded already from the same date."),
            ),
            PeriodsDoNotOverlap(
                fields=["park", "subject", "basis", "base_year", "entity", "division", "body", "standing", "condition"],
                name="share_is_recorded_once_at_a_time",
                violation_error_message=_(
                    "This party's share is recorded already for a period that overlaps this one: "
                    "change that row, or end it first."
                ),
            ),
            PercentsWithinTheWhole(
                fields=["park", "subject", "basis", "base_year", "entity", "standing", "condition"],
                name="shares_do_not_exceed_the_whole",
                violation_error_message=_(
                    "With this row, the shares would add up to more than 100 percent on some day."
                ),
            ),
        ]

    def __str__(self):
        return self.get_subject_display()
