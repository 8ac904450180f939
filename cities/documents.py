from cities.views import DivisionViewSet
from core.documents import document
from sources.evidence import with_citations

document(with_citations(DivisionViewSet.queryset), DivisionViewSet.serializer_class)
