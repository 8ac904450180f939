from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps import views as sitemaps
from django.urls import include, path
from django.views.decorators.gzip import gzip_page

from exchange.reconcile.views import ReconcileView
from portal.sitemaps import SITEMAPS, robots

urlpatterns = [
    *([path("", include("config.sso.urls"))] if settings.SSO else []),
    path("admin/", admin.site.urls),
    path("api/", include("config.api")),
    path("ogc/", include("exchange.features.urls")),
    path("reconcile/", include("exchange.reconcile.urls")),
    # A client whose person left the stroke out would be led on, and lose what it posted.
    path("reconcile", ReconcileView.as_view()),
    path("robots.txt", robots, name="robots"),
    path(
        "sitemap.xml", gzip_page(sitemaps.index), {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap-piece"}, "sitemap"
    ),
    path("sitemap-<section>.xml", gzip_page(sitemaps.sitemap), {"sitemaps": SITEMAPS}, "sitemap-piece"),
    # the language that a person chooses
    path("i18n/", include("django.conf.urls.i18n")),
    # Addresses without a language lead to the one that the reader prefers.
    *i18n_patterns(path("", include("portal.urls"))),
]

# Where programs ask (`SERVICE_PATHS`) errors are told as problem documents, elsewhere as pages.
handler400 = "portal.views.refusals.handler400"
handler403 = "portal.views.refusals.handler403"
handler404 = "portal.views.refusals.handler404"
handler500 = "portal.views.refusals.handler500"
