"""The pages of divisions and bodies."""

from cities.models import Body, Division
from portal.views.records import RecordPage


class DivisionPage(RecordPage):
    model = Division
    key = "code"
    template = "portal/division.html"


class BodyPage(RecordPage):
    model = Body
    template = "portal/body.html"
