"""The search."""

from portal.views.page import Page


class SearchView(Page):
    template = "portal/search.html"
