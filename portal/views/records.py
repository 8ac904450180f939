"""The pages of single records."""

from django.http import Http404

from core.models import Record
from portal.views.page import Page


class RecordPage(Page):
    """One record, found by its key in the address: `self.record`."""

    model: type[Record]
    key = "slug"
    looks_back = True

    def records(self):
        """The records, with all that the page tells of one."""
        return self.model.objects.all()

    def tell(self):
        self.record = self.records().filter(**{self.key: self.kwargs["key"]}).first()
        if self.record is None:
            raise Http404
        return {"record": self.record}
