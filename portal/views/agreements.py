"""The pages of agreements and of those who signed them."""

from agreements.models import Agreement, Official
from portal.views.records import RecordPage


class AgreementPage(RecordPage):
    model = Agreement
    template = "portal/agreement.html"


class OfficialPage(RecordPage):
    model = Official
    template = "portal/official.html"
