"""The list of parks and their map."""

from portal.views.page import Page


class ParksView(Page):
    template = "portal/parks.html"
