"""The admin site of the registry: its front page, and a guard before every page of it."""

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.apps import AdminConfig
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from config.sessions import end_in_time, waiting_for_no_copy


class RegistryAdminConfig(AdminConfig):
    default_site = "config.site.RegistrySite"


class RegistrySite(UnfoldAdminSite):
    def admin_view(self, view, cacheable=False):
        guarded = super().admin_view(view, cacheable)

        def without_nul(request, *args, **kwargs):
            # PostgreSQL keeps no NUL in text, so a query for one would fail.
            if any("\x00" in value for values in request.GET.lists() for value in [values[0], *values[1]]):
                messages.error(request, _("The address held a character that no record can hold."))
                return HttpResponseRedirect(request.path)
            return guarded(request, *args, **kwargs)

        return without_nul

    def get_urls(self):
        from exchange.exports import export_list

        # So named because the pages of records load what a list shows where an address is that of one.
        exports = path(
            "<slug:app>/<slug:model>/export.<slug:suffix>", self.admin_view(export_list), name="export_changelist"
        )
        # First, for a page of a record takes whatever is below its list.
        return [exports, *super().get_urls()]

    def password_change(self, request, extra_context=None):
        # Not above: their forms are Unfold's, which ask for this site.
        from django.contrib.auth.views import PasswordChangeView

        from config.logins import password_form

        request.current_app = self.name
        return PasswordChangeView.as_view(
            form_class=password_form(request),
            success_url=reverse("admin:password_change_done"),
            template_name=self.password_change_template or "registration/password_change_form.html",
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)

    def login(self, request, extra_context=None):
        context = {"has_sso": settings.SSO is not None, **(extra_context or {})}
        if request.method != "POST":
            return super().login(request, context)
        with waiting_for_no_copy():
            response = super().login(request, context)
        if response.status_code == 302:
            end_in_time(request.session)
        return response

    def logout(self, request, extra_context=None):
        ended = {}
        if settings.SSO:
            from config.sso.views import end_of

            ended = end_of(request)
        return super().logout(request, {**ended, **(extra_context or {})})

    def index(self, request, extra_context=None):
        from config.dashboard import dashboard

        return super().index(request, {"title": _("Dashboard"), **dashboard(request), **(extra_context or {})})
