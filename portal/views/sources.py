"""The pages of sources."""

from portal.views.records import RecordPage
from sources.models import Source


class SourcePage(RecordPage):
    model = Source
    template = "portal/source.html"
