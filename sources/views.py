from django.db.models import QuerySet

from core.history import current_change
from core.rest.views import WritableRecordViewSet
from core.rest.writing import demand
from sources.actions import cite_change
from sources.filters import CitationFilter, SourceFilter
from sources.models import Citation, Source
from sources.serializers import CitationSerializer, CitedChangeNote, SourceSerializer


class CitedViewSet(WritableRecordViewSet):
    """Records that rest on sources: a change of them can say which, and cites it."""

    expansions = ("citations",)
    note_class = CitedChangeNote

    def get_queryset(self):
        records = super().get_queryset()
        return self.with_citations(records) if "citations" in self.asked.get("expand", ()) else records

    def with_citations(self, records: QuerySet) -> QuerySet:
        """The same records with the citations of each, and of each fact that is told in it."""
        return records.prefetch_related("citations__source")

    def after_write(self, told):
        super().after_write(told)
        if source := told.get("source"):
            demand(self.request.user, Citation, add=[source])
            current_change().source = source.slug
            cite_change(
                source=source,
                locator=told.get("source_locator", ""),
                confidence=told.get("source_confidence", Citation.Confidence.HIGH),
            )


class SourceViewSet(WritableRecordViewSet):
    """What the registry knows its facts from: articles, government pages, catalogues, yearbooks."""

    queryset = Source.objects.select_related("reprint_of")
    serializer_class = SourceSerializer
    filterset_class = SourceFilter
    ordering_fields = ("title", "publisher", "published_on", "kind")
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"


class CitationViewSet(WritableRecordViewSet):
    """What a source says of a record or of one field of it, in support of what is recorded or against it."""

    queryset = Citation.objects.select_related("source").prefetch_related("target")
    serializer_class = CitationSerializer
    filterset_class = CitationFilter
    ordering_fields = ("field", "stance", "confidence")
    lookup_field = "id"
    lookup_value_regex = "[1-9][0-9]{0,17}"
