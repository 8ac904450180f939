from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.rest.filters import RecordFilter, Where, part_of_text
from core.rest.parameters import Flag, NotAmong, Text, WholeNumber
from sources.evidence import has_disputed, has_uncited, has_voices, same_fact
from sources.models import Citation, Source
from sources.serializers import cited_kinds, target_of


class CitedFilter(RecordFilter):
    """The filters of records that rest on sources, those of how well they do among them."""

    @classmethod
    def get_filters(cls):
        model = cls._meta.model
        return super().get_filters() if model is None else {**by_evidence(model), **super().get_filters()}


def by_evidence(model) -> dict[str, Where]:
    """Filters by what its `evidence` says of a record, and by how many voices support it and its facts."""
    return {
        "disputed": Where(
            Flag(_("Whether some source disputes a value of the record or of one of its facts.")),
            lambda asked, on: has_disputed(model) if asked else ~has_disputed(model),
            alone=True,
        ),
        "uncited": Where(
            Flag(_("Whether the record or one of its facts rests on no source.")),
            lambda asked, on: has_uncited(model) if asked else ~has_uncited(model),
            alone=True,
        ),
        "min_sources": Where(
            WholeNumber(
                1,
                100,
                _("At least so many sources support it and its facts together; a reprint is one with its original."),
            ),
            lambda sources, on: has_voices(model, sources),
            alone=True,
        ),
    }


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


class CitedField(Text):
    """A field that a citation can speak of; where `target` is asked for too, one of what is cited there."""

    def check(self, name, asked):
        targets = [asked["target"]] if "target" in asked else asked.get("target__in", [])
        models = {type(target) for target in targets} or cited_kinds().values()
        allowed = sorted({field for model in models for field in model.citable_fields()})
        if name not in allowed:
            raise NotAmong(name, allowed)


class CitationFilter(RecordFilter):
    target = Where(
        TargetParameter(_("What is cited, as kind:key: park:jiangyin-jingjiang, co-management-role:17.")), cites
    )
    field = Where(
        CitedField(_("The field it speaks of; empty for the whole record.")),
        lambda name, on: Q(field=name),
        unknown=Q(field=""),
    )
    speaks_of = Where(
        CitedField(_("It speaks of this field or of the whole record: all that says something of the field.")),
        lambda name, on: Q(field__in=["", *same_fact(name)]),
        alone=True,
    )

    class Meta:
        model = Citation
        fields = ["id", "source", "stance", "confidence"]
