"""What governments have signed with each other, who signed it, and what was said of it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from agreements.querysets import AgreementQuerySet
from agreements.wording import AGREEMENT
from cities.models import Body, Division, Party
from core.dates import Dated, DatedQuerySet, PartialDate, PartialDateField, not_before
from core.locks import take_turns
from core.models import RecordManager
from core.uniqueness import or_none
from sources.models import CitedRecord, Source


class Agreement(CitedRecord):
    """A document in which two or more parties bind themselves, signed, planned or only known from reports."""

    class Kind(models.TextChoices):
        FRAMEWORK = "FRAMEWORK", _("framework")
        CONSTRUCTION = "CONSTRUCTION", _("construction and development")
        COOPERATION = "COOPERATION", _("cooperation")
        BENEFIT_SHARING = "BENEFIT_SHARING", _("benefit sharing")
        OTHER = "OTHER", _("other")

    slug = models.SlugField(_("slug"), max_length=120, unique=True, help_text=_("Its lasting name in addresses."))
    title_en = models.CharField(_("English title"), max_length=300)
    title_zh = models.CharField(_("Chinese title"), max_length=200, blank=True)
    title_is_descriptive = models.BooleanField(
        _("title is descriptive"), default=False, help_text=_("No source gives a title; ours describes the agreement.")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.OTHER)
    signed_on = PartialDateField(_("signed on"))
    effective_from = PartialDateField(_("effective from"), help_text=_("Blank: from the day it was signed."))
    expires_on = PartialDateField(_("expires on"), help_text=_("The first day on which it no longer holds."))
    term_years = models.PositiveSmallIntegerField(_("term in years"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=100, blank=True, help_text=_("Where it was signed."))
    summary_en = models.TextField(_("English summary"), blank=True)
    summary_zh = models.TextField(_("Chinese summary"), blank=True)

    objects = RecordManager.from_queryset(AgreementQuerySet)()

    identity = ("slug",)
    named_by = ("title_en", "title_zh")
    wording = AGREEMENT
    facts = ("parties", "signatories", "clauses", "links_to_earlier", "statements")

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="agreement_does_not_expire_before_it_takes_effect",
                condition=not_before("expires_on", "effective_from") & not_before("expires_on", "signed_on"),
                violation_error_message=_("It cannot expire before it is signed or takes effect."),
            ),
        ]

    def __str__(self):
        undated = _("undated")
        return f"{self.title_en} ({self.signed_on or undated})"

    def clean(self):
        """Signed neither before an agreement that it builds on, nor after one that builds on it."""
        if self.pk is None or not self.signed_on:
            return
        take_turns("agreements.links")
        for link in self.links_to_earlier.select_related("earlier"):
            if _was_signed_after(link.earlier, self):
                sentence = _(
                    "It builds on “%(other)s”, signed on %(date)s, and cannot be signed before that. "
                    "Correct that date, or the link, first."
                )
                raise ValidationError(
                    {"signed_on": sentence % {"other": link.earlier.slug, "date": link.earlier.signed_on}}
                )
        for link in self.links_from_later.select_related("later"):
            if _was_signed_after(self, link.later):
                sentence = _(
                    "“%(other)s”, signed on %(date)s, builds on it: it cannot be signed after that. "
                    "Correct that date, or the link, first."
                )
                raise ValidationError(
                    {"signed_on": sentence % {"other": link.later.slug, "date": link.later.signed_on}}
                )


class AgreementParty(Party, CitedRecord):
    """One side of an agreement."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, verbose_name=_("agreement"), related_name="parties")

    identity = ("agreement", "division", "body")
    belongs_to = "agreement"

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["id"]
        constraints = [
            *Party.Meta.constraints,
            UniqueConstraint(
                "agreement",
                or_none("division"),
                or_none("body"),
                name="party_signs_an_agreement_once",
                violation_error_message=_("This party of the agreement is recorded already."),
            ),
        ]

    def __str__(self):
        return self.party_name()


class AgreementLink(CitedRecord):
    """How a later agreement stands to an earlier one."""

    class Kind(models.TextChoices):
        RENEWS = "RENEWS", _("renews")
        AMENDS = "AMENDS", _("amends")
        SUPERSEDES = "SUPERSEDES", _("supersedes")
        IMPLEMENTS = "IMPLEMENTS", _("implements")

    later = models.ForeignKey(Agreement, models.CASCADE, verbose_name=_("later"), related_name="links_to_earlier")
    earlier = models.ForeignKey(Agreement, models.PROTECT, verbose_name=_("earlier"), related_name="links_from_later")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)

    identity = ("later", "earlier", "kind")
    belongs_to = "later"

    class Meta:
        verbose_name = _("link to an earlier agreement")
        verbose_name_plural = _("links to earlier agreements")
        ordering = ["id"]
        constraints = [
            UniqueConstraint(
                fields=["later", "earlier", "kind"],
                name="agreements_are_linked_once_in_one_way",
                violation_error_message=_("These two agreements are linked in this way already."),
            ),
            models.CheckConstraint(
                name="agreement_is_not_linked_to_itself",
                condition=~Q(later=F("earlier")),
                violation_error_message=_("An agreement cannot be linked to itself."),
            ),
        ]

    def __str__(self):
        return f"{self.later.slug} {self.get_kind_display()} {self.earlier.slug}"

    def clean(self):
        """The later one is not signed before the earlier one, and no chain of links comes back to where it began."""
        if self.later_id is None or self.earlier_id is None:
            return
        take_turns("agreements.links")
        # Read again: it may have changed while we waited for our turn.
        earlier = Agreement.objects.filter(pk=self.earlier_id).first()
        if earlier is not None and _was_signed_after(earlier, self.later):
            raise ValidationError({"earlier": _("It was signed after the later agreement.")})
        seen, reached = set(), {self.earlier_id}
        others = AgreementLink.objects.exclude(pk=self.pk)
        while reached - seen:
            seen |= reached
            reached = set(others.filter(later__in=reached).values_list("earlier_id", flat=True))
        if self.later_id in seen:
            raise ValidationError(
                {"earlier": _("This agreement itself builds on the later one: links make no circle.")}
            )


class Clause(CitedRecord):
    """One thing that an agreement says."""

    class Kind(models.TextChoices):
        GOAL = "GOAL", _("goal")
        COMMITMENT = "COMMITMENT", _("commitment")
        GOVERNANCE = "GOVERNANCE", _("governance")
        BENEFIT = "BENEFIT", _("benefit")

    agreement = models.ForeignKey(Agreement, models.CASCADE, verbose_name=_("agreement"), related_name="clauses")
    number = models.PositiveSmallIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    text_en = models.TextField(_("English text"), blank=True)
    text_zh = models.TextField(_("Chinese text"), blank=True)

    identity = ("agreement", "number")
    belongs_to = "agreement"

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["number", "id"]
        constraints = [
            UniqueConstraint(
                fields=["agreement", "number"],
                name="clause_number_is_used_once",
                violation_error_message=_("The agreement has a clause of this number already."),
            ),
            models.CheckConstraint(
                name="clause_says_something",
                condition=~Q(text_en="", text_zh=""),
                violation_error_message=_("Give the text in English, in Chinese, or in both."),
            ),
        ]

    def __str__(self):
        return f"{self.number}. {self.text_en or self.text_zh}"[:80]


class Official(CitedRecord):
    """A person who holds or held public posts, and signs or speaks in them."""

    slug = models.SlugField(_("slug"), max_length=120, unique=True, help_text=_("Its lasting name in addresses."))
    name_en = models.CharField(_("English name"), max_length=100, help_text=_("Family name first: Du Xiaogang."))
    name_zh = models.CharField(_("Chinese name"), max_length=50, blank=True)

    identity = ("slug",)
    facts = ("posts",)

    class Meta:
        verbose_name = _("official")
        verbose_name_plural = _("officials")
        ordering = ["slug"]

    def __str__(self):
        return f"{self.name_en} {self.name_zh}".strip()


class Post(Dated, CitedRecord):
    """A post held by an official for some period. One person can hold posts in both cities at once."""

    official = models.ForeignKey(Official, models.CASCADE, verbose_name=_("official"), related_name="posts")
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=100, blank=True)
    division = models.ForeignKey(
        Division, models.PROTECT, verbose_name=_("division"), null=True, blank=True, related_name="posts"
    )
    body = models.ForeignKey(Body, models.PROTECT, verbose_name=_("body"), null=True, blank=True, related_name="posts")

    objects = RecordManager.from_queryset(DatedQuerySet)()

    identity = ("official", "title_en", "division", "body", "since")
    belongs_to = "official"

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["official_id", "since", "id"]
        constraints = [
            *Dated.Meta.constraints,
            UniqueConstraint(
                "official",
                "title_en",
                or_none("division"),
                or_none("body"),
                "since",
                name="post_is_recorded_once",
                violation_error_message=_("This post is recorded already."),
            ),
        ]

    def __str__(self):
        return self.title_en


class Signatory(Party, CitedRecord):
    """A person who signed or witnessed an agreement, in which post and for whom."""

    class Capacity(models.TextChoices):
        SIGNED = "SIGNED", _("signed")
        WITNESSED = "WITNESSED", _("witnessed")

    agreement = models.ForeignKey(Agreement, models.CASCADE, verbose_name=_("agreement"), related_name="signatories")
    official = models.ForeignKey(Official, models.PROTECT, verbose_name=_("official"), related_name="signatures")
    post = models.ForeignKey(
        Post, models.PROTECT, verbose_name=_("post"), null=True, blank=True, related_name="signatures"
    )
    capacity = models.CharField(_("capacity"), max_length=10, choices=Capacity, default=Capacity.SIGNED)

    identity = ("agreement", "official", "capacity")
    belongs_to = "agreement"

    class Meta:
        verbose_name = _("signatory")
        verbose_name_plural = _("signatories")
        ordering = ["id"]
        constraints = [
            *Party.Meta.constraints,
            UniqueConstraint(
                fields=["agreement", "official", "capacity"],
                name="official_signs_an_agreement_once",
                violation_error_message=_("This person's signature is recorded already."),
            ),
        ]

    def __str__(self):
        return str(self.official)

    def clean(self):
        _post_is_of(self)


class Statement(CitedRecord):
    """What an official said in public of an agreement or a park, as one outlet reported it, in our own words."""

    official = models.ForeignKey(Official, models.PROTECT, verbose_name=_("official"), related_name="statements")
    post = models.ForeignKey(
        Post, models.PROTECT, verbose_name=_("post"), null=True, blank=True, related_name="statements"
    )
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, verbose_name=_("agreement"), null=True, blank=True, related_name="statements"
    )
    outlet = models.ForeignKey(
        Source, models.PROTECT, verbose_name=_("outlet"), related_name="statements", help_text=_("Who reported it.")
    )
    summary_en = models.TextField(_("English summary"))
    summary_zh = models.TextField(_("Chinese summary"), blank=True)
    said_on = PartialDateField(_("said on"))

    identity = ("official", "agreement", "outlet", "said_on")
    belongs_to = "official"

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["id"]
        constraints = [
            UniqueConstraint(
                "official",
                or_none("agreement"),
                "outlet",
                "said_on",
                name="statement_is_recorded_once_per_outlet_and_day",
                violation_error_message=_(
                    "This outlet's report of that day is recorded already: put both into one summary."
                ),
            ),
        ]

    def __str__(self):
        return self.summary_en[:80]

    def clean(self):
        _post_is_of(self)


def _was_signed_after(one: Agreement, other: Agreement) -> bool:
    """Whether `one` was certainly signed after `other`."""
    one, other = PartialDate(one.signed_on), PartialDate(other.signed_on)
    return bool(one and other) and one.earliest > other.latest


def _post_is_of(record):
    if record.post_id and record.official_id and record.post.official_id != record.official_id:
        raise ValidationError({"post": _("This post is another official's. Choose one of the official's own posts.")})
