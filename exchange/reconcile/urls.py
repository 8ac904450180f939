"""Where the service is. It is added to a client by the first address."""

from django.urls import path

from exchange.reconcile import views

app_name = "reconcile"
urlpatterns = [
    path("", views.ReconcileView.as_view(), name="service"),
    path("suggest/entity/", views.SuggestEntityView.as_view(), name="suggest-entity"),
    path("suggest/type/", views.SuggestTypeView.as_view(), name="suggest-type"),
    path("suggest/property/", views.SuggestPropertyView.as_view(), name="suggest-property"),
    path("properties/", views.ProposeView.as_view(), name="properties"),
    path("view/<str:id>/", views.ViewView.as_view(), name="view"),
    path("preview/<str:id>/", views.PreviewView.as_view(), name="preview"),
    path("flyout/<str:id>/", views.FlyoutView.as_view(), name="flyout"),
]
