"""Where the features API is found: addresses as the standard writes them, without a slash at the end."""

from django.urls import path, re_path

from exchange.features import views

app_name = "features"

urlpatterns = [
    path("", views.LandingView.as_view(), name="landing"),
    path("conformance", views.ConformanceView.as_view(), name="conformance"),
    path("api", views.ApiDescriptionView.as_view(), name="api"),
    path("collections", views.CollectionsView.as_view(), name="collections"),
    path("collections/<slug:collection>", views.CollectionView.as_view(), name="collection"),
    path("collections/<slug:collection>/schema", views.SchemaView.as_view(), name="schema"),
    path("collections/<slug:collection>/items", views.ItemsView.as_view(), name="items"),
    path("collections/<slug:collection>/items/<slug:feature>", views.ItemView.as_view(), name="item"),
    re_path("", views.nothing),
]
