"""What a park makes and how much of it: industries and figures, and the vocabularies they use."""

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from core.dates import Dated, DatedQuerySet, PartialDateField, PeriodField, not_before
from core.models import Record, RecordManager
from core.numbers import TOO_LARGE, ExactDecimalField, below_limit
from parks.models.park import Park
from sources.models import CitedRecord


class Industry(Record):
    """A line of business, as the parks themselves name theirs."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name_en = models.CharField(_("English name"), max_length=100)
    name_zh = models.CharField(_("Chinese name"), max_length=60, blank=True)

    identity = ("code",)

    class Meta:
        verbose_name = _("industry")
        verbose_name_plural = _("industries")
        ordering = ["code"]

    def __str__(self):
        return f"{self.name_en} {self.name_zh}".strip()


class ParkIndustry(Dated, CitedRecord):
    """That a park names an industry among its own, and in which place."""

    class Tier(models.TextChoices):
        LEADING = "LEADING", _("leading")
        EMERGING = "EMERGING", _("emerging")

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="industries")
    industry = models.ForeignKey(Industry, models.PROTECT, verbose_name=_("industry"), related_name="parks")
    tier = models.CharField(_("tier"), max_length=8, choices=Tier, default=Tier.LEADING)
    rank = models.PositiveSmallIntegerField(_("rank"), null=True, blank=True, help_text=_("1 for the first named."))
    as_of = PartialDateField(
        _("as of"), help_text=_("When it was last named: sources list the industries of a time, not since when.")
    )

    objects = RecordManager.from_queryset(DatedQuerySet)()

    identity = ("park", "industry", "since")
    belongs_to = "park"

    class Meta:
        verbose_name = _("industry of the park")
        verbose_name_plural = _("industries of the park")
        ordering = ["rank", "id"]
        constraints = [
            *Dated.Meta.constraints,
            UniqueConstraint(
                fields=["park", "industry", "since"],
                name="industry_is_named_once_for_a_park",
                violation_error_message=_("This industry is recorded already from the same date."),
            ),
        ]

    def __str__(self):
        return str(self.industry)


class Indicator(Record):
    """Something that is measured or counted, and its unit."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name_en = models.CharField(_("English name"), max_length=100)
    name_zh = models.CharField(_("Chinese name"), max_length=60, blank=True)
    unit = models.CharField(_("unit"), max_length=20, help_text=_("A base unit: CNY, km², persons."))

    identity = ("code",)

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["code"]

    def __str__(self):
        return f"{self.name_en} ({self.unit})"


class Observation(CitedRecord):
    """One figure of a park for one period: a result, a target or a forecast, in the indicator's base unit."""

    class Kind(models.TextChoices):
        ACTUAL = "ACTUAL", _("actual")
        TARGET = "TARGET", _("target")
        FORECAST = "FORECAST", _("forecast")

    class Precision(models.TextChoices):
        EXACT = "EXACT", _("exact")
        ABOUT = "ABOUT", _("about")
        AT_LEAST = "AT_LEAST", _("at least")
        AT_MOST = "AT_MOST", _("at most")

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="observations")
    indicator = models.ForeignKey(Indicator, models.PROTECT, verbose_name=_("indicator"), related_name="observations")
    period = PeriodField(_("period"), help_text=_("2022, 2022-H1, 2022-Q3, 2022-08 or 2022-08-29."))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.ACTUAL)
    value = ExactDecimalField(
        _("value"),
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("Blank when a source gives only the growth."),
    )
    value_high = ExactDecimalField(
        _("upper value"), decimal_places=4, null=True, blank=True, help_text=_("Of a range.")
    )
    precision = models.CharField(
        _("precision"),
        max_length=8,
        choices=Precision,
        default=Precision.EXACT,
        help_text=_("Whether the source says about so much, or more than that."),
    )
    growth_percent = ExactDecimalField(_("growth in percent"), decimal_places=4, null=True, blank=True)
    cumulative = models.BooleanField(
        _("cumulative"), default=False, help_text=_("A running total up to the end of the period.")
    )
    cumulative_since = PartialDateField(
        _("cumulative since"), help_text=_("Of a running total: when it began; blank when unknown.")
    )
    scope = models.CharField(
        _("scope"), max_length=120, blank=True, help_text=_("Blank for the whole park; else which part: start-up area.")
    )
    as_stated = models.CharField(
        _("as stated"), max_length=120, blank=True, help_text=_("As the source puts it: 405 亩.")
    )

    identity = ("park", "indicator", "period", "kind", "scope", "cumulative", "cumulative_since")
    belongs_to = "park"

    class Meta:
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        ordering = ["id"]
        indexes = [models.Index(fields=["indicator", "period"], name="observation_of_indicator")]
        constraints = [
            models.CheckConstraint(
                name="figure_says_something",
                condition=Q(value__isnull=False) | Q(growth_percent__isnull=False),
                violation_error_message=_("Give a value, a growth, or both."),
            ),
            models.CheckConstraint(
                name="figure_range_is_in_order",
                condition=Q(value_high=None) | Q(value__isnull=False, value_high__gte=models.F("value")),
                violation_error_message=_("A range needs a lower value that is not above the upper one."),
            ),
            models.CheckConstraint(
                name="only_a_running_total_has_a_beginning",
                condition=Q(cumulative_since="") | Q(cumulative=True),
                violation_error_message=_("Mark the figure as cumulative, or leave out since when it is."),
            ),
            models.CheckConstraint(
                name="running_total_does_not_begin_after_its_period",
                condition=not_before("period", "cumulative_since"),
                violation_error_message=_("A running total cannot begin after the period that it is of."),
            ),
            models.CheckConstraint(
                name="figure_lies_below_a_quadrillion",
                condition=below_limit("value", "value_high", "growth_percent"),
                violation_error_message=TOO_LARGE,
            ),
            UniqueConstraint(
                fields=["park", "indicator", "period", "kind", "scope", "cumulative", "cumulative_since"],
                name="figure_is_recorded_once",
                violation_error_message=_(
                    "This figure is recorded already: where sources disagree, cite the other one as disputing it."
                ),
            ),
        ]

    def __str__(self):
        return f"{self.indicator_id} {self.period}"
