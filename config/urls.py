from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    # the language that a person chooses
    path("i18n/", include("django.conf.urls.i18n")),
]
