"""Parks beside each other, and the net that they make of cities."""

from portal.views.page import Page


class CompareView(Page):
    template = "portal/compare.html"


class NetworkView(Page):
    template = "portal/network.html"
