"""The front page."""

from portal.views.page import Page


class HomeView(Page):
    """What the registry is, how much it knows, and what changed last."""

    template = "portal/home.html"
