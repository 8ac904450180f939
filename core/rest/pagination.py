"""Pages of lists, by limit and offset; of what grows at its start, by what they are older than."""

from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.rest import parameters

DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET = 50, 500, 10_000_000


class Pages(LimitOffsetPagination):
    """`limit` records from the one numbered `offset`. The view has read both: a bad one was refused, never mended."""

    default_limit = DEFAULT_LIMIT
    max_limit = MAX_LIMIT
    parameters = {
        "limit": parameters.WholeNumber(
            1, MAX_LIMIT, help_text=_("How many to tell at most: 50 if not given, 500 at most.")
        ),
        "offset": parameters.WholeNumber(0, MAX_OFFSET, help_text=_("How many to leave out at the start.")),
    }

    def paginate_queryset(self, queryset, request, view=None):
        self.view = view
        return super().paginate_queryset(queryset, request, view)

    def get_limit(self, request):
        return self.view.asked.get("limit", DEFAULT_LIMIT)

    def get_offset(self, request):
        return self.view.asked.get("offset", 0)

    def get_next_link(self):
        return self._page_from(self.offset + self.limit) if self.offset + self.limit < self.count else None

    def get_previous_link(self):
        return self._page_from(max(0, self.offset - self.limit)) if self.offset > 0 else None

    def _page_from(self, offset):
        # From the query as it was read: what came as bare UTF-8, as curl sends it, is escaped here.
        query = self.request.query_params.dict() | {"limit": self.limit, "offset": offset}
        if not offset:
            del query["offset"]
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode(sorted(query.items()))}")

    # The view tells its parameters to the schema, and these among them.
    def get_schema_operation_parameters(self, view):
        return []

    def get_paginated_response_schema(self, schema):
        page = {"type": ["string", "null"], "format": "uri", "example": None}
        properties = {
            "count": {"type": "integer", "example": 1},
            "next": {**page, "description": _("The next page, if there is one.")},
            "previous": {**page, "description": _("The page before, if there is one.")},
            "results": schema,
        }
        return {"type": "object", "required": list(properties), "properties": properties}


class Newest(Pages):
    """The newest first, page by page: the next page is what is older than the last one told.

    So nothing is told twice or left out while others write. `before` is the id that the page is older than.
    """

    parameters = {
        "limit": Pages.parameters["limit"],
        "before": parameters.WholeNumber(
            1, 2**63 - 1, help_text=_("Only what is older than the one of this id: see `next`.")
        ),
    }

    def paginate_queryset(self, queryset, request, view=None):
        self.view, self.request = view, request
        self.count = queryset.count()
        self.limit, before = self.get_limit(request), view.asked.get("before")
        older = queryset.filter(id__lt=before) if before else queryset
        found = list(older.order_by("-id")[: self.limit + 1])
        self.last = found[self.limit - 1].id if len(found) > self.limit else None
        return found[: self.limit]

    def get_next_link(self):
        return replace_query_param(self.request.build_absolute_uri(), "before", self.last) if self.last else None

    def get_paginated_response(self, data):
        return Response({"count": self.count, "next": self.get_next_link(), "results": data})

    def get_paginated_response_schema(self, schema):
        described = super().get_paginated_response_schema(schema)
        described["properties"].pop("previous")
        return {**described, "required": list(described["properties"])}
