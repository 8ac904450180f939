"""Who fails too often at a password waits (django-axes), and learns nothing from it about who has a login here.

Failures count for a name from an address, and for an address whatever the name; never for a name alone, so that nobody
locks a person out from elsewhere. Names that nobody has are counted like any other.
"""

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm


class Attempts(AxesDatabaseHandler):
    """Failed logins in the database, so that all processes count the same; they go when they count no more."""

    def get_failures(self, request, credentials=None) -> int:
        """What counts against `settings.AXES_FAILURE_LIMIT`, that of one name: of an address, what is beyond its own
        larger limit.
        """
        of_name, of_address = (
            sum(attempts.values_list("failures_since_start", flat=True))
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(of_name, of_address - settings.LOGIN_FAILURES_PER_ADDRESS + settings.AXES_FAILURE_LIMIT)

    def reset_user_attempts(self, request, credentials=None) -> int:
        """After a login only what that name had failed is forgotten: a login of one's own must not buy more guesses."""
        of_name, _of_address = self.filter_user_attempts(request, credentials)
        return of_name.delete()[0]

    def seconds_to_wait(self, request, credentials=None) -> int:
        """Until the newest failure that counts is forgotten."""
        newest = max(
            (
                time
                for attempts in self.get_user_attempts(request, credentials)
                for time in attempts.values_list("attempt_time", flat=True)
            ),
            default=timezone.now(),
        )
        return max(1, round((newest - get_cool_off_threshold(request)).total_seconds()))


def locked_out(request, response, credentials):
    """The page for whoever has to wait, whether or not the last password was right."""
    seconds = Attempts().seconds_to_wait(request, credentials)
    context = {**site.each_context(request), "title": _("Too many attempts"), "minutes": -(-seconds // 60)}
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    return TemplateResponse(request, "admin/locked_out.html", context, status=429, headers=headers).render()


class LoginForm(AuthenticationForm):
    def confirm_login_allowed(self, user):
        """A right password of somebody who may not come in is a failure like a wrong one: else it could be told by
        never being locked out.
        """
        try:
            super().confirm_login_allowed(user)
        except ValidationError:
            user_login_failed.send(__name__, credentials={"username": user.get_username()}, request=self.request)
            raise


def password_form(request):
    """The form with which a person changes their password; whoever found an open session may not guess the old one."""

    class PasswordForm(AdminOwnPasswordChangeForm):
        def clean_old_password(self):
            old = self.cleaned_data["old_password"]
            if authenticate(request, username=self.user.get_username(), password=old) != self.user:
                raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
            return old

    return PasswordForm
