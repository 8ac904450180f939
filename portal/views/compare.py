"""Parks beside each other."""

from portal.views.page import Page


class CompareView(Page):
    template = "portal/compare.html"
