"""The page of a park."""

from django.db.models import Prefetch

from agreements.models import AgreementLink
from parks.models import Park
from portal.views.records import RecordPage


class ParkPage(RecordPage):
    model = Park
    template = "portal/park.html"

    def records(self):
        later = AgreementLink.objects.select_related("later")
        return (
            Park.objects.with_facts()
            .with_citations()
            .prefetch_related(Prefetch("agreements__agreement__links_from_later", later))
        )
