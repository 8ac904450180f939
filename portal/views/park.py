"""The page of a park."""

from parks.models import Park
from portal.views.records import RecordPage


class ParkPage(RecordPage):
    model = Park
    template = "portal/park.html"
