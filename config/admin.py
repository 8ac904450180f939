"""People, groups and API tokens in the admin: the pages that belong to no app of the registry."""

from datetime import timedelta

from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group, User
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox import admin as knox_admin
from knox.models import AuthToken, get_digest_token
from knox.settings import CONSTANTS
from unfold.admin import ModelAdmin, StackedInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from config.sso.models import OfficeAccount
from core.admin.lists import DeclaredQueries

# Both apps register pages of their own when they are imported.
for page in (auth_admin.UserAdmin, auth_admin.GroupAdmin, knox_admin.AuthTokenAdmin):
    admin.site.unregister(next(model for model, each in admin.site._registry.items() if type(each) is page))


class OfficeAccountInline(StackedInline):
    """With which account of the office a person logs in: to give somebody theirs who is here already, or another."""

    model = OfficeAccount
    extra = 0


@admin.register(User)
class PersonAdmin(DeclaredQueries, auth_admin.UserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff", "last_login")
    list_filter = (("is_active", BooleanRadioFilter), ("groups", AutocompleteSelectFilter))
    list_filter_submit = True
    autocomplete_fields = ("groups",)
    filter_horizontal = ()
    # What a person may do comes from the groups they are in, never from a permission of their own.
    fieldsets = tuple(
        (title, {**options, "fields": tuple(name for name in options["fields"] if name != "user_permissions")})
        for title, options in auth_admin.UserAdmin.fieldsets
    )
    show_full_result_count = False
    actions = None

    def get_inlines(self, request, obj):
        return [OfficeAccountInline] if settings.SSO and obj else []

    def has_delete_permission(self, request, obj=None):
        """Who has edited is made inactive instead: the history says who."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.changes.exists())


@admin.register(Group)
class GroupAdmin(DeclaredQueries, auth_admin.GroupAdmin, ModelAdmin):
    show_full_result_count = False
    actions = None


@admin.register(AccessAttempt)
class AttemptAdmin(DeclaredQueries, ModelAdmin):
    """Failed logins while they count. Superusers alone see them, and delete those of whoever shall not wait."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "path_info")
    search_fields = ("username", "ip_address")
    fields = readonly_fields = (*list_display, "user_agent")
    ordering = ("-attempt_time",)
    show_full_result_count = False
    actions = ("delete_selected",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class TokenForm(forms.ModelForm):
    """A new token: for whom and how long. The token itself is made here and nowhere kept."""

    days = forms.IntegerField(
        label=_("Days it lasts"),
        min_value=1,
        max_value=3650,
        initial=365,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("After these it has to be made anew."),
    )

    def save(self, commit=True):
        digest, self.token = get_digest_token()
        self.instance.digest = digest
        self.instance.token_key = self.token[: CONSTANTS.TOKEN_KEY_LENGTH]
        self.instance.expiry = timezone.now() + timedelta(days=self.cleaned_data["days"])
        return super().save(commit)


@admin.register(AuthToken)
class TokenAdmin(DeclaredQueries, ModelAdmin):
    """Tokens can be made, seen without their secret, and taken back: one's own, or as superuser everybody's.

    Whoever holds a person's token writes in that person's name, so nobody else makes one for them.
    """

    form = TokenForm
    list_display = ("start", "user", "created", "expiry")
    list_select_related = ("user",)
    search_fields = ("token_key", "user__username")
    autocomplete_fields = ("user",)
    readonly_fields = ("start", "user", "created", "expiry")
    ordering = ("-created",)
    show_full_result_count = False
    actions = None

    def get_queryset(self, request):
        tokens = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

    def get_fields(self, request, obj=None):
        if obj:
            return self.readonly_fields
        return ("user", "days") if request.user.is_superuser else ("days",)

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else ()

    def has_change_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not request.user.is_superuser:
            obj.user = request.user
        super().save_model(request, obj, form, change)
        request.token_made = form.token

    def response_add(self, request, obj, post_url_continue=None):
        """The token, this once: neither a message nor a cache keeps it."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("API token made"),
            "opts": self.opts,
            "token": request.token_made,
            "made": obj,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/token_made.html", context, headers={"Cache-Control": "no-store"})

    def add_view(self, request, form_url="", extra_context=None):
        # its only answer shows the token
        shown = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(request, form_url, {**shown, **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        # its name in words is its digest, which tells nobody anything
        shown = {"subtitle": None, "show_history": False}
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    @display(description=_("begins with"))
    def start(self, token):
        return f"{token.token_key}…"
