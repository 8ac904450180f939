"""Lists of what is not a park."""

from portal.views.page import Page


class AgreementsView(Page):
    template = "portal/agreements.html"


class SourcesView(Page):
    template = "portal/sources.html"
