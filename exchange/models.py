"""What came into the registry in files."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import Change


class Import(models.Model):
    """One file of records that somebody had checked or applied, and what became of it.

    The file itself and the report, a line a row, lie in the folder of the setting IMPORT_FILES (see
    `exchange.imports.places`).
    """

    class State(models.TextChoices):
        # At work; or broken off, where nobody is at work on it.
        BEGUN = "BEGUN", _("begun")
        CHECKED = "CHECKED", _("checked")
        APPLIED = "APPLIED", _("applied")
        PARTLY_APPLIED = "PARTLY_APPLIED", _("partly applied")
        UNDONE = "UNDONE", _("undone")
        FAILED = "FAILED", _("failed")

    kind = models.CharField(_("kind of record"), max_length=60, help_text=_("The name of the table, such as parks."))
    name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    bytes = models.BigIntegerField(_("bytes"), default=0)
    format = models.CharField(_("format"), max_length=10, blank=True)
    options = models.JSONField(
        _("options"), default=dict, blank=True, help_text=_("How it is read: format, sheet, encoding, separator.")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("person"),
        null=True,
        blank=True,
        related_name="imports",
    )
    # By slug, as changes keep it.
    source = models.CharField(_("source"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    state = models.CharField(pgettext_lazy("of an import", "state"), max_length=14, choices=State, default=State.BEGUN)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    # What is to be told though nothing is wrong: columns that are passed over, hidden rows.
    notes = models.JSONField(_("notes"), default=list, blank=True)
    # Of the outcome of each row, in no language: tells whether what was shown is still what would be done.
    digest = models.CharField(_("digest of the report"), max_length=64, blank=True)
    change = models.ForeignKey(
        Change, models.PROTECT, verbose_name=_("change"), null=True, blank=True, related_name="imports"
    )
    undone_by = models.ForeignKey(
        Change, models.PROTECT, verbose_name=_("undone by"), null=True, blank=True, related_name="imports_undone"
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        # What has been sent stays as it is; applying and undoing go by the permissions on the records themselves.
        default_permissions = ("add", "view")

    def __str__(self):
        return f"{self.name} ({self.kind})"

    @property
    def counts(self) -> dict[str, int]:
        """How many lines had each outcome."""
        return {"new": self.new, "changed": self.changed, "unchanged": self.unchanged, "error": self.errors}

    @property
    def is_in_force(self) -> bool:
        """Whether it wrote something that has not been undone."""
        return self.change_id is not None and self.state != self.State.UNDONE
