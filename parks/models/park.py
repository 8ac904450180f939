"""The park itself: what it is called, where it lies, which agreements concern it, which statements speak of it."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agreements.models import Agreement, Statement
from cities.models import Division
from core.constraints import PeriodsDoNotOverlap
from core.dates import Dated, DatedQuerySet, PartialDateField, not_before
from core.locks import take_turns
from core.models import RecordManager
from core.numbers import TOO_LARGE, ExactDecimalField, below_limit
from core.places import Located
from parks.querysets import ParkQuerySet, province_of
from parks.wording import PARK
from sources.models import CitedRecord

# Beside the slug and the host, which have an index anyhow.
SORTED_BY = ("name_en", "name_zh", "status", "established", "closed")


class Park(Located, CitedRecord):
    """An industrial park that two or more governments, or bodies for them, run across an administrative border."""

    class Status(models.TextChoices):
        PROPOSED = "PROPOSED", _("proposed")
        # nor is that for a park at work the one for a person who may log in
        ACTIVE = "ACTIVE", pgettext_lazy("park", "active")
        MERGED = "MERGED", _("merged")
        CLOSED = "CLOSED", _("closed")

    slug = models.SlugField(
        _("slug"), max_length=120, unique=True, help_text=_("Its lasting name in addresses; never changes.")
    )
    name_en = models.CharField(_("English name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=100, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ACTIVE)
    host = models.ForeignKey(
        Division,
        models.PROTECT,
        verbose_name=_("host"),
        related_name="hosted_parks",
        help_text=_("The division it lies in, or mainly lies in."),
    )
    is_programme = models.BooleanField(
        _("programme"),
        default=False,
        help_text=_("It covers several parks, or is a cooperation without bounds of its own."),
    )
    established = PartialDateField(_("established"))
    closed = PartialDateField(_("closed"))
    successor = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("merged into"), null=True, blank=True, related_name="predecessors"
    )
    part_of = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("part of"), null=True, blank=True, related_name="parts"
    )
    crosses = models.CharField(
        _("crosses"), max_length=100, blank=True, help_text=_("A natural barrier between the partners: Yangtze River.")
    )
    industry_formula = models.CharField(
        _("industry formula"), max_length=40, blank=True, help_text=_("As the park itself puts it: 5+1.")
    )
    website = models.URLField(_("website"), max_length=300, blank=True, validators=[URLValidator(["http", "https"])])
    summary_en = models.TextField(_("English summary"), blank=True)
    summary_zh = models.TextField(_("Chinese summary"), blank=True)

    objects = RecordManager.from_queryset(ParkQuerySet)()

    identity = ("slug",)
    named_by = ("name_en", "name_zh", "names__name")
    wording = PARK
    facts = (
        "names",
        "identifiers",
        "sites",
        "roles",
        "shares",
        "industries",
        "observations",
        "events",
        "remarks",
        "agreements",
        "statements",
    )

    class Meta:
        verbose_name = _("park")
        verbose_name_plural = _("parks")
        ordering = ["slug"]
        # One for each order that lists offer, with the key that decides between equals; those of a province by slug.
        indexes = [
            *(models.Index(name=f"park_by_{name}", fields=[name, "id"]) for name in SORTED_BY),
            # With the host itself PostgreSQL counts in it: it never sees that the digits are all there is to know.
            models.Index(province_of("host"), "slug", "host", name="park_by_province"),
        ]
        constraints = [
            *Located.Meta.constraints,
            models.CheckConstraint(
                name="park_is_not_closed_before_it_is_established",
                condition=not_before("closed", "established"),
                violation_error_message=_("It cannot close before it is established."),
            ),
            models.CheckConstraint(
                name="park_is_not_its_own_successor",
                condition=Q(successor=None) | ~Q(successor=F("id")),
                violation_error_message=_("A park cannot be merged into itself."),
            ),
            models.CheckConstraint(
                name="park_is_not_part_of_itself",
                condition=Q(part_of=None) | ~Q(part_of=F("id")),
                violation_error_message=_("A park cannot be part of itself."),
            ),
        ]

    def __str__(self):
        return self.name_en

    def clean(self):
        """Following `successor` or `part_of` never comes back to the park."""
        for name, sentence in (
            ("successor", _("That park was itself merged into this one, directly or by way of others.")),
            ("part_of", _("That park is itself part of this one, directly or by way of others.")),
        ):
            seen, reached = set(), getattr(self, f"{name}_id")
            if reached == self.pk:
                # The constraint has a sentence for that.
                continue
            if reached:
                take_turns(f"parks.{name}")
            while reached and reached not in seen and self.pk:
                if reached == self.pk:
                    raise ValidationError({name: sentence})
                seen.add(reached)
                reached = Park.objects.filter(pk=reached).values_list(f"{name}_id", flat=True).first()


class ParkName(Dated, CitedRecord):
    """A name of a park in one language over some period. All are searched and matched."""

    class Kind(models.TextChoices):
        # the Chinese for it is not that for a person in office
        OFFICIAL = "OFFICIAL", pgettext_lazy("name", "official")
        SHORT = "SHORT", _("short")
        FORMER = "FORMER", _("former")
        ALTERNATIVE = "ALTERNATIVE", _("alternative")
        # One committee may carry the name plates of several zones at once.
        PLATE = "PLATE", _("further name plate")
        TRANSLITERATION = "TRANSLITERATION", _("transliteration")
        MISTRANSLATION = "MISTRANSLATION", _("mistranslation")

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="names")
    name = models.CharField(_("name"), max_length=200, db_index=True)
    language = models.CharField(_("language"), max_length=20, help_text=_("BCP 47: en, zh, zh-Latn for pinyin."))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.OFFICIAL)

    objects = RecordManager.from_queryset(DatedQuerySet)()

    identity = ("park", "name", "language", "kind", "since")
    belongs_to = "park"

    class Meta:
        verbose_name = _("name")
        verbose_name_plural = _("names")
        ordering = ["id"]
        constraints = [
            *Dated.Meta.constraints,
            UniqueConstraint(
                fields=["park", "name", "language", "kind", "since"],
                name="park_name_is_recorded_once",
                violation_error_message=_("This name is recorded already from the same date."),
            ),
            PeriodsDoNotOverlap(
                fields=["park", "name", "language", "kind"],
                name="park_name_is_recorded_once_at_a_time",
                violation_error_message=_("This name is recorded already for a period that overlaps this one."),
            ),
        ]

    def __str__(self):
        return self.name


class ParkIdentifier(CitedRecord):
    """A code under which a catalogue or database keeps a park. One park may have several of one scheme."""

    class Scheme(models.TextChoices):
        CATALOGUE_2006 = "CATALOGUE_2006", _("catalogue of development zones, 2006")
        CATALOGUE_2018 = "CATALOGUE_2018", _("catalogue of development zones, 2018")
        NBS = "NBS", _("statistical code")
        WIKIDATA = "WIKIDATA", _("Wikidata")
        OTHER = "OTHER", _("other")

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="identifiers")
    scheme = models.CharField(_("scheme"), max_length=16, choices=Scheme)
    value = models.CharField(_("value"), max_length=60)

    identity = ("scheme", "value")
    belongs_to = "park"

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        ordering = ["scheme", "value"]
        constraints = [
            UniqueConstraint(
                fields=["scheme", "value"],
                name="identifier_names_one_park",
                violation_error_message=_("This identifier is recorded already, for this park or another."),
            ),
        ]

    def __str__(self):
        return f"{self.scheme}:{self.value}"


class ParkSite(Located, Dated, CitedRecord):
    """One tract of a park that lies on several tracts or straddles a border."""

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="sites")
    name_en = models.CharField(_("English name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=100, blank=True)
    division = models.ForeignKey(Division, models.PROTECT, verbose_name=_("division"), related_name="sites")
    area = ExactDecimalField(_("area in km²"), decimal_places=4, null=True, blank=True)

    objects = RecordManager.from_queryset(DatedQuerySet)()

    identity = ("park", "division", "name_en", "since")
    belongs_to = "park"

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["id"]
        constraints = [
            *Located.Meta.constraints,
            *Dated.Meta.constraints,
            models.CheckConstraint(
                name="site_area_is_positive",
                condition=Q(area=None) | Q(area__gt=0),
                violation_error_message=_("An area is more than 0 km²."),
            ),
            models.CheckConstraint(
                name="site_area_lies_below_a_quadrillion",
                condition=below_limit("area"),
                violation_error_message=TOO_LARGE,
            ),
            UniqueConstraint(
                fields=["park", "division", "name_en", "since"],
                name="site_is_recorded_once",
                violation_error_message=_("This site is recorded already from the same date."),
            ),
        ]

    def __str__(self):
        return self.name_en


class ParkAgreement(CitedRecord):
    """That an agreement concerns a park."""

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="agreements")
    agreement = models.ForeignKey(Agreement, models.PROTECT, verbose_name=_("agreement"), related_name="parks")

    identity = ("park", "agreement")
    belongs_to = "park"

    class Meta:
        verbose_name = _("agreement about the park")
        verbose_name_plural = _("agreements about the park")
        ordering = ["id"]
        constraints = [
            UniqueConstraint(
                fields=["park", "agreement"],
                name="agreement_is_named_once_for_a_park",
                violation_error_message=_("This agreement is named for the park already."),
            ),
        ]

    def __str__(self):
        return str(self.agreement)


class ParkStatement(CitedRecord):
    """That a statement speaks of a park."""

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="statements")
    statement = models.ForeignKey(Statement, models.PROTECT, verbose_name=_("statement"), related_name="parks")

    identity = ("park", "statement")
    belongs_to = "park"

    class Meta:
        verbose_name = _("statement about the park")
        verbose_name_plural = _("statements about the park")
        ordering = ["id"]
        constraints = [
            UniqueConstraint(
                fields=["park", "statement"],
                name="statement_is_named_once_for_a_park",
                violation_error_message=_("This statement is named for the park already."),
            ),
        ]

    def __str__(self):
        return str(self.statement)
