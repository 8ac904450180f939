"""With which account of the office a person logs in."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class OfficeAccount(models.Model):
    """The account at an OpenID provider with which a person logs in.

    The provider knows a person by the subject, for good; names and addresses change, and are given to others (OpenID
    Connect Core 1.0, 5.7).
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="office_account", verbose_name=_("person")
    )
    issuer = models.CharField(
        _("issuer"), max_length=255, help_text=_("The address of the provider, as in OIDC_ISSUER.")
    )
    subject = models.CharField(
        _("subject identifier"), max_length=255, help_text=_("How the provider knows the person: the claim sub.")
    )

    class Meta:
        verbose_name = _("office account")
        verbose_name_plural = _("office accounts")
        constraints = [
            models.UniqueConstraint(
                name="office_account_is_one_persons",
                fields=["issuer", "subject"],
                violation_error_message=_("This account is somebody else's already."),
            ),
        ]

    def __str__(self):
        return f"{self.subject} ({self.issuer})"
