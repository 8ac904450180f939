"""What every view of the API does alike: strict parameters, formats, conditional requests, limits, permissions."""

from contextlib import ExitStack

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404
from django.utils.translation import activate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from core.dates import Dated, held
from core.documents import Documented, documented
from core.history import current_change, label_of
from core.known import known_at
from core.models import Change
from core.rest.caching import is_anonymous
from core.rest.citing import CiteSerializer, cite, cited_instant, permalink
from core.rest.conditional import etag_of, is_known, not_modified, with_version
from core.rest.errors import Busy
from core.rest.pagination import Newest, Pages
from core.rest.parameters import Choice, Day, Fields, Instant, Names, Ordering, Text, read_parameters
from core.rest.references import address_of, key_of, record_ever
from core.rest.renderers import BrowsableRenderer, LinesRenderer, StreamRenderer
from core.rest.serializers import ChangeNote, RecordSerializer
from core.rest.streaming import CHUNK, PAGES_ELSEWHERE, Streamed
from core.rest.told import Told
from core.settling import is_settled, newest_instant

KNOWN = Instant(_("An instant: the registry is told as it had recorded things by then."), past=True)
LANG = Choice(
    settings.LANGUAGES,
    _("The language of what is told in words. If not given: the reader's; with `known` English, the same for all."),
)
# What is asked with these is told of the tables themselves, not of documents.
RENDERED_ANEW = {"on", "known", "expand"}

# The parameters of each view of records, of its list, its streamed list and one record.
_parameters: dict[tuple[type, str, bool], dict[str, Text]] = {}


class ApiView(APIView):
    """A view of the API. `parameters` are all that its query may have."""

    parameters: dict[str, Text] = {}
    # Whether `known` can be asked.
    looks_back = False
    # Whether answers tell of the registry alone, and can be kept until that changes (see `core.rest.caching`).
    kept = True
    # Whether a cache in front may tell them again for a while (see `core.rest.shared`).
    shared = True
    asked: dict
    # Of the one record that the answer tells, if it does.
    version: int | None = None

    def initial(self, request, *args, **kwargs):
        if not hasattr(self, request.method.lower()):
            raise MethodNotAllowed(request.method)
        if request.method not in SAFE_METHODS:
            current_change().origin = Change.Origin.API
        super().initial(request, *args, **kwargs)
        known, given = self.known_parameters(), request.query_params
        # Before the other parameters: those that are keys name records as of then.
        instant = self.told_early("known", given, known)
        if lang := self.told_early("lang", given, known) or (instant and settings.LANGUAGE_CODE):
            # Whoever follows a permalink is told the same, whatever language they read.
            activate(lang)
        if instant and not is_settled(instant):
            raise Busy(_("An edit that began by then is still being written. Try again in a second."))
        self.looking_back.enter_context(known_at(instant))
        self.asked = read_parameters(given, known, self.hints())

    def dispatch(self, request, *args, **kwargs):
        self.looking_back = ExitStack()
        return super().dispatch(request, *args, **kwargs)

    def told_early(self, name, given, known):
        """What one parameter asks for; None also where it is refused, which is told with all else that is wrong."""
        try:
            return known[name].clean(given[name]) if name in known and name in given else None
        except ValidationError:
            return None

    def handle_exception(self, exc):
        self.looking_back.__exit__(type(exc), exc, exc.__traceback__)
        return super().handle_exception(exc)

    @property
    def default_response_headers(self):
        # Of who asks, only whether a shared cache may keep the answer, and the limits, depend.
        return {**super().default_response_headers, "Vary": "Accept, Accept-Language, Authorization, Cookie"}

    def known_parameters(self) -> dict[str, Text]:
        if self.request.method not in ("GET", "HEAD"):
            return {}
        return {**self.parameters, "known": KNOWN, "lang": LANG} if self.looks_back else self.parameters

    def hints(self) -> dict[str, str]:
        """What to say of parameters that there are elsewhere, but not here."""
        return {}

    def get_renderers(self):
        extra = [BrowsableRenderer] if settings.API_BROWSABLE else []
        return [*super().get_renderers(), *(renderer() for renderer in (*self.beside_json(), *extra))]

    def beside_json(self) -> tuple[type[StreamRenderer], ...]:
        """The formats that there are here beside JSON."""
        return ()

    def check_throttles(self, request):
        self.throttles = self.get_throttles()
        super().check_throttles(request)

    def get_throttles(self):
        return getattr(self, "throttles", None) or super().get_throttles()

    def finalize_response(self, request, response, *args, **kwargs):
        self.looking_back.close()
        response = super().finalize_response(request, response, *args, **kwargs)
        for throttle in getattr(self, "throttles", ()):
            for name, value in throttle.headers().items():
                response[name] = value
        if request.method in ("GET", "HEAD"):
            # May be kept, and not told again unasked: any moment something may be written.
            response["Cache-Control"] = "no-cache" if is_anonymous(request) else "private, no-cache"
        response.kept = self.kept and isinstance(getattr(response, "accepted_renderer", None), JSONRenderer)
        response.shared = self.shared
        if isinstance(response, Response) and response.status_code in (200, 201) and request.method != "OPTIONS":
            response.add_post_render_callback(self.tag)
        return response

    def tag(self, response):
        """Give the answer its entity tag, and leave the answer out for a reader who has it."""
        response["ETag"] = self.etag(response)
        if self.request.method not in ("GET", "HEAD") or getattr(self.request, "is_told_whole", False):
            return None
        return not_modified(response) if is_known(self.request, response["ETag"]) else None

    def etag(self, response) -> str:
        return etag_of(response.content, self.version)


class RecordViewSet(Streamed, ApiView, GenericViewSet):
    """The records of one kind: list, read, and for those who may: make, change and delete.

    A subclass says what there is (`queryset`, with all that telling a record needs), how it is told
    (`serializer_class`) and what can be asked of the list (`filterset_class`, `ordering_fields`).
    """

    serializer_class: type[RecordSerializer]
    filterset_class = None
    ordering_fields: tuple[str, ...] = ()
    # Whether `on` can be asked: the records, or facts in them, are dated.
    dated = False
    # What can be told beside each record.
    expansions: tuple[str, ...] = ()
    looks_back = True
    pagination_class = Pages
    note_class = ChangeNote
    # What tells one record beside JSON.
    record_renderers: tuple[type[StreamRenderer], ...] = ()

    @property
    def route(self) -> str:
        return self.serializer_class.route

    @property
    def key(self) -> str:
        return key_of(self.queryset.model)

    def beside_json(self):
        action = getattr(self, "action", None)
        # What OPTIONS tells is what may be read here.
        reading = getattr(self, "action_map", {}).get("get") if action == "metadata" else action
        told = {
            "list": self.list_renderers,
            "retrieve": self.record_renderers,
            "changes": Streamed.list_renderers,
        }
        return told.get(reading, ())

    def known_parameters(self):
        if self.action not in ("list", "retrieve"):
            known = super().known_parameters()
            paged = () if self.pages(known) else Newest.parameters
            return {name: each for name, each in known.items() if name not in paged}
        asked = type(self), self.action, self.is_streamed
        # The same for each request, and more work to make than to read.
        if asked not in _parameters:
            _parameters[asked] = self._known_parameters()
        return _parameters[asked]

    def _known_parameters(self):
        names, told_with = self.serializer_class.told_fields(), self.told_with()
        known = {
            **super().known_parameters(),
            "fields": Fields(names, told_with, _("Tell only these fields of each record.")),
            "omit": Fields(names, told_with, _("Tell all fields but these.")),
        }
        if self.expansions:
            known["expand"] = Names(self.expansions, _("Tell these too, in full."))
        if self.dated:
            known["on"] = Day(
                _("A day, month or year: only what held then is told, each dated fact with its `certainty`.")
            )
        if self.action == "list":
            known |= self.filterset_class.known() if self.filterset_class else {}
            known["ordering"] = Ordering([self.key, *self.ordering_fields])
            known |= self.pages(Pages.parameters)
        return known

    def told_with(self) -> dict[str, str]:
        """The fields that are told only with a parameter that this list has, and how that is written."""
        written = {name: f"expand={name}" for name in self.expansions} | ({"on": "on"} if self.dated else {})
        asked = self.serializer_class.asked_fields()
        return {name: written[what] for name, what in asked.items() if what in written}

    def hints(self):
        if getattr(self, "action", None) != "list":
            return super().hints()
        paged = dict.fromkeys(PAGES_ELSEWHERE, _("Pages are asked for by limit and offset: limit=50&offset=100."))
        address = address_of({}, self.route).rstrip("/")
        return {**paged, "format": _("The format is the suffix of the address: %s.csv") % address, **super().hints()}

    # --- Reading

    def list(self, request, *args, **kwargs):
        documents = self.documents()
        records = self.queryset.model.objects.all() if documents else self.get_queryset()
        records = self.in_order(self.filtered(records))
        if self.is_streamed:
            serializer = self.get_serializer()
            return self.stream(lambda: self.rows(records, documents, serializer), serializer)
        if documents is None:
            page = self.paginate_queryset(records)
            return self.get_paginated_response(self.get_serializer(page, many=True).data)
        page = self.paginate_queryset(records.values_list("pk"))
        texts = [text for batch in documents.read(key for (key,) in page) for text in batch]
        response = self.get_paginated_response([])
        response.data = Told(request, self.told_alone()).within(response.data, texts)
        return response

    def retrieve(self, request, *args, **kwargs):
        asked = "known" not in self.asked and hasattr(request, "settled_until")
        # Who looked for a kept answer has asked already.
        instant = request.settled_until if asked else cited_instant()
        documents = self.documents()
        response, newest = self.tell_document(documents) if documents else (self.tell(self.get_object()), None)
        # Not where another edit came in while the record was read.
        if instant and instant == (newest or newest_instant()):
            # RFC 8574: where to find just this, for good
            response["Link"] = f'<{permalink(request.build_absolute_uri(), instant)}>; rel="cite-as"'
        return response

    @extend_schema(responses=CiteSerializer)
    @action(detail=True, parameters={}, pagination_class=None)
    def citation(self, request, **kwargs):
        """How to cite the record as it is recorded now, or with `known` as it was by then: a permalink that keeps
        answering the same, the citation in words, and as CSL-JSON.
        """
        instant = cited_instant()
        # Of what was not there yet, there is nothing to cite.
        record = self.find(self.queryset.model.objects.all())
        if instant is None:
            raise Busy()
        address = request.build_absolute_uri(address_of({}, self.route, getattr(record, self.key)))
        return Response(CiteSerializer(cite(record, address, instant)).data)

    def documents(self) -> Documented | None:
        """What keeps documents of these records, where those answer what is asked."""
        return None if self.asked.keys() & RENDERED_ANEW else documented().get(label_of(self.queryset.model))

    def told_alone(self) -> set[str] | None:
        """The fields to which `fields` and `omit` confine a document; None: it is told whole."""
        if not self.asked.keys() & {"fields", "omit"}:
            return None
        return {name for name in self.serializer_class.told_fields() if self.reads(name)}

    def filtered(self, records):
        filters = self.filterset_class.base_filters if self.filterset_class else {}
        for name in filters.keys() & self.asked.keys():
            records = filters[name].filter(records, self.asked[name], self.asked.get("on"))
        if "on" in self.asked and issubclass(records.model, Dated):
            records = records.filter(held(self.asked["on"]))
        return records

    def in_order(self, records):
        """A total order: what was asked for, then the key. What is not known comes last, on every engine."""
        names = self.asked.get("ordering") or records.query.order_by or records.model._meta.ordering
        order = []
        for name in names:
            field = records.model._meta.get_field(name.lstrip("-"))
            if field.null:
                descending, last = name.startswith("-"), {"nulls_last": True}
                expression = models.F(field.name)
                order.append(expression.desc(**last) if descending else expression.asc(**last))
            else:
                order.append(f"{name}__{key_of(field.related_model)}" if field.is_relation else name)
                if field.unique:
                    # Nothing is equal then, and more to sort by would only keep the database from using its index.
                    return records.order_by(*order)
        return records.order_by(*order, "pk")

    def rows(self, records, documents, serializer):
        """What is told of all `records`, as a stream renders it."""
        if documents is None:
            return (serializer.to_representation(record) for record in records.iterator(chunk_size=CHUNK))
        keys = records.values_list("pk", flat=True).iterator(chunk_size=CHUNK)
        told, read = Told(self.request, self.told_alone()), documents.read(keys)
        if isinstance(self.request.accepted_renderer, LinesRenderer):
            return (told.joined(batch, "\n") for batch in read if batch)
        return (told.alone(text) for batch in read for text in batch)

    def get_object(self):
        return self.find(with_version(self.get_queryset()))

    def find(self, records):
        key = self.kwargs[self.lookup_field]
        record = records.filter(**{self.key: key}).first()
        if record is None:
            raise Http404(self.why_not_found(key))
        return record

    def why_not_found(self, key):
        model = self.queryset.model
        told = {"kind": model._meta.verbose_name, "key": key}
        if hasattr(self, "changes") and record_ever(model, key):
            return _(
                "The %(kind)s “%(key)s” was deleted. Who did so, and what was told there before: %(address)schanges/"
            ) % {**told, "address": address_of({}, self.route, key)}
        return _("There is no %(kind)s “%(key)s”.") % told

    def get_serializer_context(self):
        context = super().get_serializer_context()
        if getattr(self, "swagger_fake_view", False):
            return {**context, "describing": True}
        asked = getattr(self, "asked", {})
        return {**context, "on": asked.get("on"), **dict.fromkeys(asked.get("expand", ()), True)}

    def get_serializer(self, *args, **kwargs):
        serializer = super().get_serializer(*args, **kwargs)
        asked = getattr(self, "asked", {})
        if "fields" in asked or "omit" in asked:
            fields = getattr(serializer, "child", serializer).fields
            for name in [name for name in fields if not self.reads(name)]:
                fields.pop(name)
        return serializer

    def reads(self, name: str) -> bool:
        """Whether the answer is made of a field: it tells it, or the format needs it."""
        return self.tells(name) or name in getattr(self.request.accepted_renderer, "needs", ())

    def tells(self, name: str) -> bool:
        """Whether `fields` and `omit` leave a field in. What another parameter adds is told beside the `fields`, unless
        these name some of what it adds.
        """
        asked = getattr(self, "asked", {})
        told_when, chosen = self.serializer_class.told_when, asked.get("fields", (name,))
        if name in told_when and not any(told_when.get(each) == told_when[name] for each in chosen):
            chosen = (name,)
        return name in chosen and name not in asked.get("omit", ())

    def tell(self, record, code=status.HTTP_200_OK):
        """The answer that tells one record, tagged with its version."""
        response = Response(self.get_serializer(record).data, status=code)
        self.version = record.version or 0
        return response

    def tell_document(self, documents):
        """The same from the record's document; and the registry's newest instant, where that was read with it."""
        key = self.kwargs[self.lookup_field]
        if self.queryset.model._meta.proxy:
            # It tells only some of them.
            self.find(self.queryset.model.objects.all())
        text, newest = documents.find(self.key, key)
        if text is None:
            raise Http404(self.why_not_found(key))
        return self.tell_text(text), newest

    def tell_text(self, text, code=status.HTTP_200_OK):
        self.version = text.version
        return Response(Told(self.request, self.told_alone()).alone(text), status=code)
