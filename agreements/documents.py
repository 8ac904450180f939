from agreements.views import AgreementViewSet
from core.documents import document
from sources.evidence import with_citations

document(with_citations(AgreementViewSet.queryset), AgreementViewSet.serializer_class)
