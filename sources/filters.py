from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.rest.filters import RecordFilter, Where
from core.rest.parameters import Text
from sources.models import Citation, Source
from sources.serializers import target_of


class SourceFilter(RecordFilter):
    q = Where(
        Text(_("Part of the title, publisher or address.")),
        lambda text, on: Q(title__icontains=text) | Q(publisher__icontains=text) | Q(url__icontains=text),
        alone=True,
    )

    class Meta:
        model = Source
        fields = ["slug", "publisher", "published_on", "language", "kind", "reprint_of"]


class TargetParameter(Text):
    """A record that can be cited, told as kind:key."""

    def read(self, text):
        return target_of(text)


def cites(record, on):
    return Q(content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk))


class CitationFilter(RecordFilter):
    target = Where(
        TargetParameter(_("What is cited, as kind:key: park:jiangyin-jingjiang, co-management-role:17.")), cites
    )

    class Meta:
        model = Citation
        fields = ["id", "source", "field", "stance", "confidence"]
