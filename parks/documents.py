from core.documents import document
from parks.views import ParkViewSet
from sources.evidence import with_citations

document(with_citations(ParkViewSet.queryset), ParkViewSet.serializer_class)
