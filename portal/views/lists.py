"""Lists of what is not a park, and what the registry says of itself."""

from portal.views.page import Page


class AgreementsView(Page):
    template = "portal/agreements.html"


class SourcesView(Page):
    template = "portal/sources.html"


class ChangesView(Page):
    template = "portal/changes.html"


class AboutView(Page):
    template = "portal/about.html"
