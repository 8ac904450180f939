"""Lists told whole, while they are read, in the formats that are streams (`core.rest.renderers.StreamRenderer`)."""

from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.known import known_at
from core.rest.conditional import etag_of_revision, is_known, not_modified
from core.rest.pagination import Newest, Pages
from core.rest.renderers import LinesRenderer, StreamRenderer, TableRenderer, WorkbookRenderer

# What is read at once.
CHUNK = 500
# What other APIs have where this one has `limit` and `offset`.
PAGES_ELSEWHERE = ("page", "page_size", "per_page")


class Streamed:
    """A view whose list is told page by page as JSON, and whole in other formats."""

    list_renderers: tuple[type[StreamRenderer], ...] = (TableRenderer, LinesRenderer, WorkbookRenderer)

    def beside_json(self):
        return self.list_renderers

    @property
    def is_streamed(self) -> bool:
        return isinstance(getattr(self.request, "accepted_renderer", None), StreamRenderer)

    def pages(self, parameters: dict) -> dict:
        """The parameters of pages, where the answer has some."""
        return {} if self.is_streamed else parameters

    def hints(self):
        if not self.is_streamed:
            return super().hints()
        whole = _("This format always holds the whole list. Filter it, or take pages of JSON.")
        return dict.fromkeys((*Pages.parameters, *Newest.parameters, *PAGES_ELSEWHERE), whole)

    @property
    def list_name(self) -> str:
        """The last word of the list's address: `co-management-roles`."""
        return self.request.path.rstrip("/").rsplit("/", 1)[-1].split(".")[0]

    def stream(self, rows: Callable[[], Iterator], serializer):
        """The answer that holds what `rows` gives, each as `serializer` tells it, when somebody reads the answer."""
        renderer, request = self.request.accepted_renderer, self.request
        # Of what tells people by names, which can change unseen, there is no tag that holds.
        told = timezone.localdate().isoformat() if self.kept else uuid4().hex
        etag = etag_of_revision(request, renderer.format, told)
        response = StreamingHttpResponse(
            # A server would read the whole list for a HEAD too, to throw it away.
            self._parts(rows if request.method == "GET" else lambda: iter(()), serializer),
            content_type=renderer.content_type,
            headers={
                "ETag": etag,
                "Content-Disposition": f'{renderer.disposition}; filename="{self.list_name}.{renderer.format}"',
            },
        )
        return not_modified(response) if is_known(request, etag) else response

    def _parts(self, rows, serializer):
        """The parts of a streamed answer: read, and looked back for, when the view has long returned."""
        # A reader who leaves early must leave no row unread behind.
        with (
            known_at(self.asked.get("known")),
            closing(self.request.accepted_renderer.stream(rows(), serializer, self)) as parts,
        ):
            yield from parts
