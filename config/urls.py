from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from exchange.reconcile.views import ReconcileView

urlpatterns = [
    # until there are pages for readers
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/", include("config.api")),
    path("ogc/", include("exchange.features.urls")),
    path("reconcile/", include("exchange.reconcile.urls")),
    # A client whose person left the stroke out would be led on, and lose what it posted.
    path("reconcile", ReconcileView.as_view()),
    # the language that a person chooses
    path("i18n/", include("django.conf.urls.i18n")),
]

# Where programs ask (`SERVICE_PATHS`) they answer with problem documents, elsewhere with Django's pages.
handler400 = "core.rest.errors.handler400"
handler403 = "core.rest.errors.handler403"
handler404 = "core.rest.errors.handler404"
handler500 = "core.rest.errors.handler500"
