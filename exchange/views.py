"""Imports over the API: a file is sent and checked, then applied as it was shown, and can be undone."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from core.rest.errors import Conflict
from core.rest.pagination import OffsetPages
from core.rest.parameters import Choice
from core.rest.parsers import StrictJSONParser
from core.rest.references import address_of
from core.rest.streaming import CHUNK, Streamed
from core.rest.views import ApiView
from exchange import downloads
from exchange.imports import running
from exchange.imports.places import file_of, report_of
from exchange.imports.report import OUTCOMES, ReportLines
from exchange.models import Import
from exchange.serializers import (
    ApplyingSerializer,
    ImportSerializer,
    ReportLineSerializer,
    SentSerializer,
    UndoingSerializer,
)
from exchange.tables import tables

State = Import.State
FORM = Choice([("csv", ""), ("xlsx", "")], _("As what: csv if not given."))
OUTCOME = Choice([(each, "") for each in OUTCOMES], _("Only lines of which this is said."))


class MayImport(BasePermission):
    """Who may see imports, and make them; what each writes takes the permissions for that besides."""

    def has_permission(self, request, view):
        verb = "view" if request.method in SAFE_METHODS else "add"
        return request.user.is_authenticated and request.user.has_perm(f"exchange.{verb}_import")


class ReportPages(OffsetPages):
    """Pages of a report, of which its import knows how many lines there are."""

    def get_count(self, queryset):
        return len(queryset)


class ImportViewSet(Streamed, ApiView, GenericViewSet):
    """Files of records that people had checked, and what became of them, the newest first."""

    queryset = Import.objects.select_related("person")
    serializer_class = ImportSerializer
    permission_classes = [MayImport]
    pagination_class = OffsetPages
    lookup_value_regex = "[1-9][0-9]{0,17}"
    route = "import"
    # Of one person's work, and of files beside the database.
    kept = shared = False

    def get_parsers(self):
        # Only a new import comes as a form.
        return [MultiPartParser() if self.action_map.get("post") == "create" else StrictJSONParser()]

    def known_parameters(self):
        paged = self.request.method in ("GET", "HEAD") and getattr(self, "action", "") == "list"
        return {**super().known_parameters(), **(self.pages(OffsetPages.parameters) if paged else {})}

    def beside_json(self):
        action = getattr(self, "action", None)
        # What OPTIONS tells is what may be read here.
        reading = getattr(self, "action_map", {}).get("get") if action == "metadata" else action
        return super().beside_json() if reading == "list" else ()

    def get_queryset(self):
        # Another may be at work on the same; PostgreSQL locks no row of an outer join.
        return Import.objects.all() if self.request.method in SAFE_METHODS else Import.objects.select_for_update()

    def list(self, request, *args, **kwargs):
        if self.is_streamed:
            serializer, uploads = self.get_serializer(), self.queryset.all()
            return self.stream(
                lambda: map(serializer.to_representation, uploads.iterator(chunk_size=CHUNK)), serializer
            )
        page = self.paginate_queryset(self.queryset.all())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request, *args, **kwargs):
        return self.tell(self.get_object())

    @extend_schema(request={"multipart/form-data": SentSerializer}, responses={201: ImportSerializer})
    def create(self, request, *args, **kwargs):
        """Send a file of records, as a form. It is checked: what applying it would do is told line by line at `rows`,
        and nothing is written. The address of the new import is told as `Location`.
        """
        sent = SentSerializer(data=request.data, context=self.get_serializer_context())
        sent.is_valid(raise_exception=True)
        told = sent.validated_data
        options = {name: told[name] for name in ("sheet", "encoding", "separator") if told.get(name)}
        upload = running.send(
            tables()[told["kind"]],
            told["file"],
            name=told["file"].name,
            person=request.user,
            source=told.get("source", ""),
            reason=told.get("change_reason", ""),
            **options,
        )
        response = self.tell(upload, status.HTTP_201_CREATED)
        response["Location"] = address_of(self.get_serializer_context(), self.route, upload.pk)
        return response

    @extend_schema(responses=ReportLineSerializer(many=True))
    @action(detail=True, pagination_class=ReportPages, parameters={**OffsetPages.parameters, "outcome": OUTCOME})
    def rows(self, request, **kwargs):
        """What was last said of each line of the file: new, changed and how, unchanged, or wrong and why."""
        upload = self.get_object()
        self.demand_file(report_of(upload))
        page = self.paginate_queryset(ReportLines(upload, self.asked.get("outcome", "")))
        return self.get_paginated_response(ReportLineSerializer(page, many=True).data)

    @extend_schema(responses=OpenApiTypes.BINARY)
    @action(detail=True, parameters={"form": FORM, "outcome": OUTCOME}, pagination_class=None)
    def report(self, request, **kwargs):
        """The same as a table to be looked at."""
        upload = self.get_object()
        self.demand_file(report_of(upload))
        return downloads.report(upload, self.asked.get("form", "csv"), self.asked.get("outcome", ""))

    @extend_schema(responses=OpenApiTypes.BINARY)
    @action(detail=True, url_path="bad-rows", parameters={}, pagination_class=None)
    def bad_rows(self, request, **kwargs):
        """The lines that are wrong, in the format of the file, each with what is wrong beside it: to be mended and sent
        again.
        """
        upload = self.get_object()
        self.demand_file(report_of(upload), file_of(upload))
        return downloads.bad_rows(upload)

    @extend_schema(responses=OpenApiTypes.BINARY)
    @action(detail=True, parameters={}, pagination_class=None)
    def file(self, request, **kwargs):
        """The file as it came."""
        upload = self.get_object()
        self.demand_file(file_of(upload))
        return downloads.sent_file(upload)

    @extend_schema(request=ApplyingSerializer, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request, **kwargs):
        """Write what the file says, as one change: all of it, or nothing where a line is wrong; with `only_good`, the
        lines that are right. What is done is what `rows` told, or it is refused.
        """
        upload, told = self.get_object(), self.read(ApplyingSerializer)
        self.demand_file(file_of(upload))
        if upload.errors and not told["only_good"]:
            told_of = {"count": upload.errors, "address": f"{address_of({}, self.route, upload.pk)}rows/?outcome=error"}
            refusal = ngettext(
                "%(count)d line is wrong, so nothing was written: see %(address)s, or ask for only_good.",
                "%(count)d lines are wrong, so nothing was written: see %(address)s, or ask for only_good.",
                upload.errors,
            )
            raise Conflict(refusal % told_of)
        upload.person, upload.reason = request.user, told.get("change_reason") or upload.reason
        self.attempt(running.apply, upload, only_good=told["only_good"], expect=upload.digest)
        return self.tell(upload)

    @extend_schema(request=UndoingSerializer, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request, **kwargs):
        """Put everything back to how it was before the import, as one change. For stewards: it takes the permissions
        that restoring takes.
        """
        upload, told = self.get_object(), self.read(UndoingSerializer)
        self.attempt(running.undo, upload, person=request.user, reason=told.get("change_reason", ""))
        return self.tell(upload)

    def get_object(self):
        upload = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if upload is None:
            told = {"kind": Import._meta.verbose_name, "key": self.kwargs["pk"]}
            raise Http404(_("There is no %(kind)s “%(key)s”.") % told)
        return upload

    def read(self, serializer_class) -> dict:
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def attempt(self, do, upload, **told):
        """Do it; what stands in its way is no mistake in the body."""
        try:
            do(upload, **told)
        except ValidationError as refused:
            conflict = Conflict(" ".join(refused.messages[:1]))
            conflict.errors = [{"pointer": "#", "detail": message} for message in refused.messages]
            raise conflict from None

    def demand_file(self, *paths):
        if not all(path.exists() for path in paths):
            raise Http404(_("The files of this import are no longer kept."))

    def tell(self, upload, code=status.HTTP_200_OK):
        return Response(self.get_serializer(upload).data, status=code)
