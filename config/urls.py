from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from exchange.reconcile.views import ReconcileView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("config.api")),
    path("ogc/", include("exchange.features.urls")),
    path("reconcile/", include("exchange.reconcile.urls")),
    # A client whose person left the stroke out would be led on, and lose what it posted.
    path("reconcile", ReconcileView.as_view()),
    # the language that a person chooses
    path("i18n/", include("django.conf.urls.i18n")),
    # Addresses without a language lead to the one that the reader prefers.
    *i18n_patterns(path("", include("portal.urls"))),
]

# Where programs ask (`SERVICE_PATHS`) they answer with problem documents, elsewhere with Django's pages.
handler400 = "core.rest.errors.handler400"
handler403 = "core.rest.errors.handler403"
handler404 = "core.rest.errors.handler404"
handler500 = "core.rest.errors.handler500"
