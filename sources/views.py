from core.history import current_change
from core.rest.editing import WritableRecordViewSet
from core.rest.views import RecordViewSet
from core.rest.writing import demand
from sources.actions import cite_change
from sources.evidence import with_citations
from sources.filters import CitationFilter, SourceFilter
from sources.models import Citation, Source
from sources.serializers import CitationSerializer, CitedChangeNote, SourceSerializer


class EvidencedViewSet(RecordViewSet):
    """Records that are told with how well they are evidenced and, when asked, with their citations."""

    expansions = ("citations",)

    def get_queryset(self):
        records = super().get_queryset()
        return with_citations(records) if self.tells("evidence") or self.expands("citations") else records

    def expands(self, name: str) -> bool:
        return name in getattr(self, "asked", {}).get("expand", ())


class SourcedViewSet(WritableRecordViewSet):
    """Records of which a change can say from which source it comes, and cites it."""

    note_class = CitedChangeNote

    def after_write(self, told):
        super().after_write(told)
        if source := told.get("source"):
            demand(self.request.user, Citation, add=[source])
            current_change().source = source.slug
            cited = cite_change(
                source=source,
                locator=told.get("source_locator", ""),
                confidence=told.get("source_confidence", Citation.Confidence.HIGH),
            )
            demand(self.request.user, Citation, change=cited.turned, delete=cited.replaced)


class CitedViewSet(EvidencedViewSet, SourcedViewSet):
    """Records that rest on sources."""


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
