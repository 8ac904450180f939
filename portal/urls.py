"""The public pages: each address begins with its language."""

from django.urls import path

from portal.views.about import AboutView
from portal.views.agreements import AgreementPage, AgreementsView, OfficialPage
from portal.views.changes import ChangesView
from portal.views.compare import CompareView
from portal.views.divisions import BodyPage, DivisionPage, DivisionsView
from portal.views.feeds import DivisionFeed, Feed, ParkFeed
from portal.views.home import HomeView
from portal.views.network import NetworkView
from portal.views.park import ParkPage
from portal.views.parks import ParksView
from portal.views.parks_map import ParksMapView
from portal.views.search import SearchView, SuggestView
from portal.views.sources import SourcePage, SourcesView

app_name = "portal"
urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("parks/", ParksView.as_view(), name="parks"),
    # Not beneath the parks, where any word may be the slug of one.
    path("map/", ParksMapView.as_view(), name="parks-map"),
    path("parks/<str:key>/", ParkPage.as_view(), name="park"),
    path("divisions/", DivisionsView.as_view(), name="divisions"),
    path("divisions/<str:key>/", DivisionPage.as_view(), name="division"),
    path("bodies/<str:key>/", BodyPage.as_view(), name="body"),
    path("agreements/", AgreementsView.as_view(), name="agreements"),
    path("agreements/<str:key>/", AgreementPage.as_view(), name="agreement"),
    path("officials/<str:key>/", OfficialPage.as_view(), name="official"),
    path("sources/", SourcesView.as_view(), name="sources"),
    path("sources/<str:key>/", SourcePage.as_view(), name="source"),
    path("compare/", CompareView.as_view(), name="compare"),
    path("network/", NetworkView.as_view(), name="network"),
    path("search/", SearchView.as_view(), name="search"),
    path("search/suggest/", SuggestView.as_view(), name="suggest"),
    path("changes.atom", Feed.as_view(), name="feed"),
    path("parks/<str:key>/changes.atom", ParkFeed.as_view(), name="park-feed"),
    path("divisions/<str:key>/changes.atom", DivisionFeed.as_view(), name="division-feed"),
    path("changes/", ChangesView.as_view(), name="changes"),
    path("about/", AboutView.as_view(), name="about"),
]
