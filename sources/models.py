"""Where the registry knows its facts from."""

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core.dates import PartialDateField
from core.locks import take_turns
from core.models import Record, RecordManager


class Source(Record):
    """Something published that states facts: an article, a government page, a catalogue, a yearbook."""

    class Kind(models.TextChoices):
        ARTICLE = "ARTICLE", _("article")
        GOVERNMENT = "GOVERNMENT", _("government page")
        CATALOGUE = "CATALOGUE", _("catalogue")
        STATISTICS = "STATISTICS", _("statistics")
        COMPANY = "COMPANY", _("company page")
        REFERENCE = "REFERENCE", _("reference work")
        OTHER = "OTHER", _("other")

    slug = models.SlugField(_("slug"), max_length=120, unique=True, help_text=_("Its lasting name in addresses."))
    title = models.CharField(_("title"), max_length=300)
    publisher = models.CharField(_("publisher"), max_length=200)
    url = models.URLField(_("address"), max_length=600, blank=True, validators=[URLValidator(["http", "https"])])
    published_on = PartialDateField(_("published on"))
    language = models.CharField(_("language"), max_length=20, blank=True, help_text=_("BCP 47, such as en or zh."))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.ARTICLE)
    reprint_of = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("reprint of"),
        null=True,
        blank=True,
        related_name="reprints",
        help_text=_("Copies of one release count as one voice."),
    )
    archived_url = models.URLField(
        _("archived address"), max_length=600, blank=True, validators=[URLValidator(["http", "https"])]
    )
    note = models.TextField(_("note"), blank=True)

    identity = ("slug",)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="source_is_not_a_reprint_of_itself",
                condition=models.Q(reprint_of=None) | ~models.Q(reprint_of=models.F("id")),
                violation_error_message=_("A source cannot be a reprint of itself."),
            ),
        ]

    def __str__(self):
        return f"{self.title} ({self.publisher})"

    @property
    def voice(self) -> int:
        """The key of what it is a copy of, else its own: copies of one text are one voice."""
        return self.reprint_of_id or self.pk

    def clean(self):
        """A reprint names the original itself, so that all copies of it count as one voice."""
        if self.reprint_of is None:
            return
        take_turns("sources.reprint_of")
        if self.reprint_of.reprint_of_id is not None:
            raise ValidationError({"reprint_of": _("That source is a reprint itself: choose the original.")})
        if self.pk and self.reprints.exists():
            raise ValidationError(
                {"reprint_of": _("Other sources are recorded as reprints of this one: give them its original first.")}
            )


class CitationQuerySet(models.QuerySet):
    def of(self, record: Record):
        """The citations of `record` itself, not of its facts."""
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk))

    def supporting(self):
        return self.filter(stance=Citation.Stance.SUPPORTS)

    def disputing(self):
        return self.filter(stance=Citation.Stance.DISPUTES)


class Citation(Record):
    """What one source says of one record or of one field of it: in support of what is recorded, or against it."""

    class Stance(models.TextChoices):
        SUPPORTS = "SUPPORTS", _("supports")
        DISPUTES = "DISPUTES", _("disputes")

    class Confidence(models.TextChoices):
        HIGH = "HIGH", _("high")
        MEDIUM = "MEDIUM", _("medium")
        LOW = "LOW", _("low")

    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"), related_name="citations")
    content_type = models.ForeignKey(ContentType, models.PROTECT, verbose_name=_("kind of record"), related_name="+")
    object_id = models.CharField(_("key of the record"), max_length=40)
    target = GenericForeignKey("content_type", "object_id")
    field = models.CharField(
        _("field"), max_length=60, blank=True, help_text=_("The field it speaks of; blank for the whole record.")
    )
    stance = models.CharField(_("stance"), max_length=8, choices=Stance, default=Stance.SUPPORTS)
    stated_value = models.CharField(
        _("stated value"), max_length=300, blank=True, help_text=_("What the source says, where it differs.")
    )
    locator = models.CharField(_("locator"), max_length=120, blank=True, help_text=_("Where in the source: ¶2, p. 14."))
    quote = models.CharField(_("quote"), max_length=500, blank=True)
    confidence = models.CharField(_("confidence"), max_length=6, choices=Confidence, default=Confidence.HIGH)
    note = models.TextField(_("note"), blank=True)

    objects = RecordManager.from_queryset(CitationQuerySet)()

    identity = ("source", "content_type", "object_id", "field", "stance", "locator")
    belongs_to = "target"

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["content_type", "object_id", "field"], name="citation_of_target"),
            # Few dispute, and after each edit it is asked which.
            models.Index(
                fields=["content_type", "object_id"],
                condition=models.Q(stance="DISPUTES"),
                name="citation_that_disputes",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="who_disputes_says_what_instead",
                condition=~models.Q(stated_value="") | ~models.Q(note="") | ~models.Q(stance="DISPUTES"),
                violation_error_message=_("Say what the source states instead, or in the note what it disputes."),
            ),
            models.UniqueConstraint(
                name="citation_is_recorded_once",
                fields=["source", "content_type", "object_id", "field", "stance", "locator"],
                violation_error_message=_("This source is already cited here for the same field and place."),
            ),
        ]

    def __str__(self):
        return f"{self.source_id} {self.get_stance_display()} {self.object_id} {self.field}".strip()

    def clean(self):
        """The target is a record that can be cited, and the field one of its own."""
        model = self.content_type.model_class() if self.content_type_id else None
        if model is None:
            return
        # A proxy's citations are those of the model it stands for, or they would be found under neither.
        if not issubclass(model, CitedRecord) or model._meta.proxy:
            raise ValidationError({"content_type": _("Records of this kind are not cited.")})
        if model.is_key(self.object_id):
            model.keep(self.object_id)
        # Asked again: it may have been deleted while we waited for it.
        if not model.is_key(self.object_id):
            raise ValidationError({"object_id": _("There is no such record to cite.")})
        if self.field and self.field not in model.citable_fields():
            allowed = ", ".join(model.citable_fields())
            raise ValidationError({"field": _("There is no field of this name. Choose one of: %s.") % allowed})


class CitedRecord(Record):
    """A record whose values come from sources: it has citations, which go when it goes."""

    # What it tells in rows of their own, by the names that it gives them: it is as well evidenced as they are.
    facts: tuple[str, ...] = ()

    citations = GenericRelation(Citation, verbose_name=_("citations"))

    class Meta:
        abstract = True

    @classmethod
    def fact_relations(cls) -> list[models.ManyToOneRel]:
        """What leads to each kind of `facts`: its `related_model`, and the `field` that says whose fact a row is."""
        return [cls._meta.get_field(name) for name in cls.facts]

    @classmethod
    def is_key(cls, text: str) -> bool:
        """Whether a record has this primary key, written exactly as a citation keeps it."""
        try:
            return str(cls._base_manager.values_list("pk", flat=True).filter(pk=text).first()) == text
        except ValueError:
            return False

    @classmethod
    def keep(cls, *keys: str) -> set[str]:
        """Keep the records of these keys, and those they belong to, from being deleted before this transaction ends.
        The keys of those that are there.
        """
        if not transaction.get_connection().in_atomic_block:
            return set()
        rows = cls._base_manager.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        if not cls.belongs_to:
            return {str(key) for (key,) in rows.values_list("pk")}
        owner = cls._meta.get_field(cls.belongs_to)
        kept = dict(rows.values_list("pk", owner.attname))
        owners = owner.related_model._base_manager.select_for_update(no_key=True)
        list(owners.filter(pk__in=set(kept.values())).order_by("pk").values_list("pk"))
        return {str(key) for key in kept}

    @classmethod
    def citable_fields(cls) -> list[str]:
        """The fields a citation can speak of: all but the keys."""
        keys = (cls._meta.pk.name, "slug", cls.belongs_to)
        return [field.name for field in cls._meta.concrete_fields if field.name not in keys]
