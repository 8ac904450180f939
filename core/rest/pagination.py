"""Pages of lists, by limit and offset; of deep ones by the record that they follow; of what grows at its start, by what
they are older than.
"""

import json
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, JSONSerializer, Signer
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.rest import parameters
from core.rest.counting import count_of
from core.rest.errors import BadParameters
from core.rest.positions import after, terms_of

DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET = 50, 500, 10_000_000
# A page that ends beyond so many records is deep.
SHALLOW = 1000
# What may change from one page of a list to the next: which of its records are told, and how (`f`: the format).
OF_ONE_PAGE = {"limit", "offset", "after", "fields", "omit", "expand", "lang", "f"}


class OffsetPages(LimitOffsetPagination):
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
        self.view, self.request = view, request
        self.limit, self.offset = self.get_limit(request), self.get_offset(request)
        page = list(queryset[self.offset : self.offset + self.limit])
        # With a page that is not full the list ends, and nothing is left to count.
        is_last = len(page) < self.limit and (page or not self.offset)
        self.count = self.offset + len(page) if is_last else self.get_count(queryset)
        self.display_page_controls = self.count > self.limit
        return page

    def get_count(self, queryset):
        return queryset.count() if "known" in self.view.asked else count_of(queryset, self.view.request)

    def get_limit(self, request):
        return self.view.asked.get("limit", DEFAULT_LIMIT)

    def get_offset(self, request):
        return self.view.asked.get("offset", 0)

    def get_next_link(self):
        return self._page(offset=self.offset + self.limit) if self.offset + self.limit < self.count else None

    def get_previous_link(self):
        return self._page(offset=max(0, self.offset - self.limit)) if self.offset > 0 else None

    def _page(self, **where):
        # From the query as it was read: what came as bare UTF-8, as curl sends it, is escaped here.
        query = {name: text for name, text in self.request.query_params.items() if name not in ("offset", "after")}
        query |= {"limit": self.limit} | {name: value for name, value in where.items() if value}
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


class After(parameters.Text):
    """The place in a list that `next` of a deep page leads to."""

    def __init__(self, help_text=""):
        super().__init__(help_text)
        # It holds values of the record that was told last, such as its names.
        self.max_length = None

    def check(self, value, asked):
        if "offset" in asked:
            raise ValidationError(_("Give this or offset, not both."))


class Pages(OffsetPages):
    """Pages of records in a total order. Beyond the first thousand, `next` goes on `after` the last record told.

    So the thousandth page costs what the second does, and nothing is told twice or left out while others write. What it
    follows is found by its place in the order, also when it has been deleted since.
    """

    parameters = {
        **OffsetPages.parameters,
        "after": After(_("Only what follows the last record of a page: see `next` of that one. Not with `offset`.")),
    }

    def paginate_queryset(self, queryset, request, view=None):
        self.view, self.request, self.last = view, request, None
        self.limit, self.offset, values = self.get_limit(request), self.get_offset(request), None
        if "after" in view.asked:
            self.offset, *values = self._place(view.asked["after"])
        self.is_deep = bool(values) or self.offset + self.limit > SHALLOW
        if not self.is_deep:
            return super().paginate_queryset(queryset, request, view)
        self.count = self.get_count(queryset)
        terms = terms_of(queryset)
        sorted_by = [term.path for term in terms]
        rows = queryset.prefetch_related(None)
        # An index alone answers this, where to tell what is left out would take as long as to tell it.
        values = values or next(iter(rows.values_list(*sorted_by)[self.offset - 1 : self.offset]), None)
        found = self._following(rows.values_list("pk", *sorted_by), terms, values) if values else []
        if len(found) > self.limit:
            self.last = found[self.limit - 1][1:]
        keys = [key for key, *_values in found[: self.limit]]
        if queryset._fields == ("pk",):
            # No more is asked of them, as where documents are told.
            return [(key,) for key in keys]
        # Sorted here: asked for these few in order, SQLite may walk the whole index of the order to look for them.
        read = {record.pk: record for record in queryset.order_by().filter(pk__in=keys)}
        return [read[key] for key in keys if key in read]

    def _following(self, keys, terms, values):
        """The keys of the page and one more if there is one, each with what it is sorted by."""
        found = []
        for condition in after(terms, values):
            found += keys.filter(condition)[: self.limit + 1 - len(found)]
            if len(found) > self.limit:
                break
        return found

    def get_next_link(self):
        if self.last:
            place = [self.offset + self.limit, *self.last]
            return self._page(after=self._signer().sign_object(place, serializer=Place, compress=True))
        return None if self.is_deep else super().get_next_link()

    def _place(self, token):
        """The number of records before the page, and by what the last of them is sorted."""
        try:
            return self._signer().unsign_object(token)
        except BadSignature:
            told = _("It leads nowhere in this list. Take it from `next` as it is, or begin without it.")
            raise BadParameters([{"parameter": "after", "detail": f"after: {told}"}]) from None

    def _signer(self):
        """Signs for this list alone, as it is filtered and sorted: a place is in no other, and nobody makes one up."""
        given = self.request.query_params.items()
        asked = sorted((name, text) for name, text in given if name not in OF_ONE_PAGE)
        return Signer(sep="~", salt=f"{self.request.path}?{urlencode(asked)}")


class Place(JSONSerializer):
    """Writes a place in a list. Numbers with decimals are texts there, as in the answers."""

    def dumps(self, obj):
        return json.dumps(obj, separators=(",", ":"), default=str).encode()


class Newest(OffsetPages):
    """The newest first, page by page: the next page is what is older than the last one told.

    So nothing is told twice or left out while others write. `before` is the id that the page is older than.
    """

    parameters = {
        "limit": OffsetPages.parameters["limit"],
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
