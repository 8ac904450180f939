"""The pages of single records."""

from core.models import Record
from portal.missing import Missing, can_be_key
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
        key = self.kwargs["key"]
        self.record = self.records().filter(**{self.key: key}).first() if can_be_key(key) else None
        if self.record is None:
            raise Missing(self.model, key)
        return {"record": self.record}
