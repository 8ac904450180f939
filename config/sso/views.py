"""To the provider and back. Whoever does not come in is told why, and what to do."""

from django.contrib.admin import site
from django.contrib.auth import BACKEND_SESSION_KEY
from django.http import HttpResponseForbidden
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from config.sessions import end_in_time
from config.sso import BACKEND
from config.sso.provider import LOG, Refused, description, setting

# Status, and what is told.
REFUSALS = {
    "lost": (
        400,
        _("This login has been used already, took too long, or was begun in another browser. Begin it again."),
    ),
    "denied": (
        403,
        _(
            "The login at your office was broken off or refused there. Begin it again; if it is refused again, ask "
            "whoever looks after your office's accounts."
        ),
    ),
    "group": (
        403,
        _(
            "Your office knows you, but you are in none of the groups that may work here. Ask whoever looks after your "
            "office's accounts to put you into one, then begin again. To read the registry you need no login."
        ),
    ),
    "inactive": (
        403,
        _("Your account here has been switched off. If that is a mistake, tell whoever runs this registry."),
    ),
    "superuser": (
        403,
        _("You may do everything here, and nobody may who is let in by others. Log in with your password."),
    ),
    "token": (
        403,
        _(
            "What your office's login service sent does not prove who you are. Begin again; if it happens again, tell "
            "whoever runs this registry: the log says what was wrong."
        ),
    ),
    "unreachable": (
        503,
        _(
            "Your office's login service cannot be reached, or is not set up as this registry expects. Try again in a "
            "minute; if it lasts, tell whoever runs this registry: the log says what was wrong."
        ),
    ),
}


def refuse(request, refusal: Refused):
    LOG.warning("A login with an office account was refused: %s", refusal)
    status, told = REFUSALS[refusal.why]
    context = {**site.each_context(request), "title": _("Not logged in"), "told": told}
    return TemplateResponse(request, "admin/sso_refused.html", context, status=status)


@method_decorator(never_cache, "dispatch")
class Begin(OIDCAuthenticationRequestView):
    get_settings = staticmethod(setting)
    # its parent's looks for the provider, where no refusal could be told
    __init__ = View.__init__

    def get(self, request):
        try:
            OIDCAuthenticationRequestView.__init__(self)
            return super().get(request)
        except Refused as refusal:
            return refuse(request, refusal)


@method_decorator(never_cache, "dispatch")
class Callback(OIDCAuthenticationCallbackView):
    get_settings = staticmethod(setting)

    def get(self, request):
        begun, state = request.session.get("oidc_states", {}), request.GET.get("state")
        try:
            if state not in begun or not ("code" in request.GET or "error" in request.GET):
                raise Refused("lost")
            if "error" in request.GET:
                del begun[state]
                request.session.modified = True
                raise Refused("denied")
            return super().get(request)
        except Refused as refusal:
            return refuse(request, refusal)

    def login_success(self):
        response = super().login_success()
        end_in_time(self.request.session)
        return response

    def login_failure(self):
        """Only whoever is locked out comes here; `axes.middleware` tells them so instead."""
        return HttpResponseForbidden()


def end_of(request) -> dict:
    """For the page after a logout: where to log out of the office account too, if it was one (OpenID Connect
    RP-Initiated Logout 1.0, 2).
    """
    if request.session.get(BACKEND_SESSION_KEY) != BACKEND:
        return {}
    try:
        address = description().get("end_session_endpoint")
    except Refused:
        address = None
    office = setting("OIDC_RP_CLIENT_ID")
    return {"is_office_account": True, "logout_there": address and f"{address}?{urlencode({'client_id': office})}"}
