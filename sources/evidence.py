"""How well a record is evidenced: how many of its facts are cited, by one voice or more, disputed, or by nobody.

A fact is a filled field of the record itself, or a row that belongs to it (a role, a figure). A citation of a whole
record speaks for each of its filled fields. Reprints of one release are one voice.
"""

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db.models import BooleanField, CharField, Count, Exists, OuterRef, Q
from django.db.models.functions import Cast, Coalesce

from sources.models import Citation, CitedRecord


def tally(record: CitedRecord, facts: Iterable[CitedRecord]) -> dict[str, int]:
    """`{"facts", "cited", "single_source", "disputed", "uncited"}` of `record` with its `facts`.

    Reads `citations` of each and each citation's `source`: load both with the rows, and no query is run.
    """
    evidence = [_of_field(record, name) for name in filled_fields(record)]
    evidence += [list(fact.citations.all()) for fact in facts]
    voices = [_voices(citations) for citations in evidence]
    return {
        "facts": len(evidence),
        "cited": sum(1 for each in voices if each),
        "single_source": sum(1 for each in voices if len(each) == 1),
        "disputed": sum(1 for citations in evidence if _is_disputed(citations)),
        "uncited": sum(1 for each in voices if not each),
    }


def support(fact: CitedRecord) -> dict[str, bool | int]:
    """`{"cited", "sources", "disputed"}` of one fact: `sources` is how many voices support it, as a whole or in part.

    Reads `citations` and each one's `source`: load both with the row, and no query is run.
    """
    citations = list(fact.citations.all())
    voices = _voices(citations)
    return {"cited": bool(voices), "sources": len(voices), "disputed": _is_disputed(citations)}


def filled_fields(record: CitedRecord) -> list[str]:
    """The fields in which `record` states something. Latitude and longitude are one fact."""
    return [
        name
        for name in record.citable_fields()
        if name != "longitude" and getattr(record, record._meta.get_field(name).attname) not in (None, "", False)
    ]


def _of_field(record, name):
    return [citation for citation in record.citations.all() if citation.field in ("", name)]


def _voices(citations) -> set[int]:
    """Who supports the fact, a reprint counted as what it reprints."""
    return {
        citation.source.reprint_of_id or citation.source_id
        for citation in citations
        if citation.stance == Citation.Stance.SUPPORTS
    }


def _is_disputed(citations) -> bool:
    return any(citation.stance == Citation.Stance.DISPUTES for citation in citations)


def _cited_keys(model, stance):
    content_type = ContentType.objects.get_for_model(model)
    return Citation.objects.filter(content_type=content_type, stance=stance).values("object_id")


def _with_key(model):
    # Citations keep the key as text, whatever its type.
    return model.objects.annotate(key_as_text=Cast("pk", CharField()))


def disputed(model: type[CitedRecord]):
    """The rows of `model` of which some source disputes a value."""
    return _with_key(model).filter(key_as_text__in=_cited_keys(model, Citation.Stance.DISPUTES))


def unsupported(model: type[CitedRecord]):
    """The rows of `model` that no source supports, not even in part."""
    return _with_key(model).exclude(key_as_text__in=_cited_keys(model, Citation.Stance.SUPPORTS))


def unsupported_in_part(model: type[CitedRecord]):
    """The rows of `model` that state something, in whatever field, that no source supports: what `tally` counts."""
    citations = Citation.objects.supporting().filter(
        content_type=ContentType.objects.get_for_model(model), object_id=Cast(OuterRef("pk"), CharField())
    )
    lacking = Q()
    for name in model.citable_fields():
        if name != "longitude":
            lacking |= _filled(model._meta.get_field(name)) & ~Exists(citations.filter(field__in=["", name]))
    return model.objects.filter(lacking)


def _filled(field):
    if isinstance(field, BooleanField):
        return Q(**{field.name: True})
    return Q(**{f"{field.name}__isnull": False}) if field.null else ~Q(**{field.name: ""})


def supported(model: type[CitedRecord], sources: int):
    """The rows of `model` that at least so many sources support, in whole or in part; reprints are one with theirs."""
    voices = Count(Coalesce("source__reprint_of", "source"), distinct=True)
    cited = _cited_keys(model, Citation.Stance.SUPPORTS).annotate(voices=voices).filter(voices__gte=sources)
    return _with_key(model).filter(key_as_text__in=cited.values("object_id"))
