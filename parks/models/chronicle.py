"""What happened to a park, and what is said of it that no other fact can hold."""

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from core.dates import PartialDateField
from parks.models.park import Park
from sources.models import CitedRecord


class Event(CitedRecord):
    """Something that happened to a park on a day, as exact as known."""

    class Kind(models.TextChoices):
        PROPOSED = "PROPOSED", _("proposed")
        AGREED = "AGREED", _("agreed")
        APPROVED = "APPROVED", _("approved")
        PLANNED = "PLANNED", _("plan adopted")
        FOUNDED = "FOUNDED", _("founded")
        UNVEILED = "UNVEILED", _("unveiled")
        CONSTRUCTION = "CONSTRUCTION", _("construction begun")
        OPENED = "OPENED", _("opened")
        RENAMED = "RENAMED", _("renamed")
        UPGRADED = "UPGRADED", _("upgraded")
        DESIGNATED = "DESIGNATED", _("designated")
        REORGANISED = "REORGANISED", _("reorganised")
        EXTENDED = "EXTENDED", _("extended")
        MERGED = "MERGED", _("merged")
        CLOSED = "CLOSED", _("closed")
        OTHER = "OTHER", _("other")

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="events")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    date = PartialDateField(_("date"))
    # Short, since they are part of the natural key: an index entry of PostgreSQL holds some 2,700 bytes.
    text_en = models.CharField(_("English text"), max_length=400, blank=True)
    text_zh = models.CharField(_("Chinese text"), max_length=400, blank=True)

    identity = ("park", "kind", "date", "text_en", "text_zh")
    belongs_to = "park"

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["date", "id"]
        constraints = [
            models.CheckConstraint(
                name="event_is_dated_or_described",
                condition=~Q(date="", text_en="", text_zh=""),
                violation_error_message=_("Give a date, a text, or both."),
            ),
            UniqueConstraint(
                fields=["park", "kind", "date", "text_en", "text_zh"],
                name="event_is_recorded_once",
                violation_error_message=_("This event is recorded already."),
            ),
        ]

    def __str__(self):
        return f"{self.date} {self.get_kind_display()}".strip()


class Remark(CitedRecord):
    """Something worth keeping about a park: a distinction, how its partners work together, a problem."""

    class Kind(models.TextChoices):
        DISTINCTION = "DISTINCTION", _("distinction")
        MECHANISM = "MECHANISM", _("mechanism")
        CHALLENGE = "CHALLENGE", _("challenge")
        GOAL = "GOAL", _("goal")
        OTHER = "OTHER", _("other")

    park = models.ForeignKey(Park, models.CASCADE, verbose_name=_("park"), related_name="remarks")
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    text_en = models.CharField(_("English text"), max_length=400, blank=True)
    text_zh = models.CharField(_("Chinese text"), max_length=400, blank=True)

    identity = ("park", "kind", "text_en", "text_zh")
    belongs_to = "park"

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="remark_says_something",
                condition=~Q(text_en="", text_zh=""),
                violation_error_message=_("Give the text in English, in Chinese, or in both."),
            ),
            UniqueConstraint(
                fields=["park", "kind", "text_en", "text_zh"],
                name="remark_is_recorded_once",
                violation_error_message=_("This remark is recorded already."),
            ),
        ]

    def __str__(self):
        return (self.text_en or self.text_zh)[:80]
