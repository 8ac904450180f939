"""In front of the admin's own addresses, where single sign-on is set up."""

from django.urls import path

from config.sso.views import Begin, Callback

urlpatterns = [
    path("admin/sso/", Begin.as_view(), name="sso"),
    path("admin/sso/callback/", Callback.as_view(), name="sso-callback"),
]
