from functools import reduce
from operator import or_

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.history import record_models
from core.rest.filters import RecordFilter, Where, part_of_text
from core.rest.parameters import Flag, Text, WholeNumber
from sources.evidence import disputed, supported, unsupported
from sources.models import Citation, CitedRecord, Source
from sources.serializers import target_of


class CitedFilter(RecordFilter):
    """The filters of records that rest on sources, those of how well they do among them."""

    @classmethod
    def get_filters(cls):
        model = cls._meta.model
        return super().get_filters() if model is None else {**by_evidence(model), **super().get_filters()}


def by_evidence(model) -> dict[str, Where]:
    """Filters by what sources say of a record or, where it has facts, of any of them."""

    def any_of(chosen) -> Q:
        facts = (Q(pk__in=chosen(fact).values(fact.belongs_to)) for fact in _facts_of(model))
        return reduce(or_, facts, Q(pk__in=chosen(model).values("pk")))

    return {
        "disputed": Where(
            Flag(_("Whether some source disputes a value of the record or of one of its facts.")),
            lambda asked, on: any_of(disputed) if asked else ~any_of(disputed),
            alone=True,
        ),
        "uncited": Where(
            Flag(_("Whether the record or one of its facts rests on no source.")),
            lambda asked, on: any_of(unsupported) if asked else ~any_of(unsupported),
            alone=True,
        ),
        "min_sources": Where(
            WholeNumber(
                1,
                100,
                _("At least so many sources support the record, in whole or in part; a reprint is one with it."),
            ),
            lambda sources, on: Q(pk__in=supported(model, sources).values("pk")),
            alone=True,
        ),
    }


def _facts_of(model) -> list[type[CitedRecord]]:
    cited = [each for each in record_models() if issubclass(each, CitedRecord) and each.belongs_to]
    return [each for each in cited if each._meta.get_field(each.belongs_to).related_model is model]


class SourceFilter(RecordFilter):
    q = part_of_text(_("Part of the title, publisher or address."), "title", "publisher", "url")

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
