"""How well a record is evidenced: how many of its facts are cited, by one voice or more, disputed, or by nobody.

A fact is a filled field of the record itself, or a row that it tells as a fact (`CitedRecord.facts`): a role, a figure.
Such a row is one fact also by itself. A citation of a whole record speaks for each of its filled fields. Reprints of
one release are one voice.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache, reduce
from operator import or_

from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce

from core.loading import give, is_loaded, load_references, load_rows, loading, references_of, rows_of
from sources.models import Citation, CitedRecord

PLACE = ("latitude", "longitude")
# Of how many rows citations are asked for in one query: SQLite takes some 30,000 values.
AT_ONCE = 10_000

# --- Loading --------------------------------------------------------------------------------------------------------


def with_facts(records: QuerySet, *others: str, further: tuple[str, ...] = ()) -> QuerySet:
    """The same records with all their facts, each with what it refers to: a query for each kind of fact, and for each
    kind of record referred to.

    `others` names relations whose rows are told like facts, and are none. `further` names what is read in turn of what
    the facts refer to.
    """
    relations = _relations(records.model, others) + records.model.fact_relations()

    def load(found):
        load_references(load_references([*found, *load_rows(found, relations)]), further)

    paths = references_of(records.model)
    for relation in relations:
        paths.append(relation.name)
        for field in references_of(relation.related_model, but=relation.field.name):
            there = relation.related_model._meta.get_field(field).related_model
            beyond = [name for name in references_of(there) if name in further]
            paths += [f"{relation.name}__{path}" for path in (field, *(f"{field}__{name}" for name in beyond))]
    return loading(records, "with_facts", load, paths)


def with_citations(records: QuerySet, *others: str) -> QuerySet:
    """The same records with the citations and sources of each and of each of its facts; or of its rows of `others`.

    Asked after `with_facts`, it takes the rows from there.
    """
    relations = _relations(records.model, others) or records.model.fact_relations()

    def load(found):
        load_rows(found, [each for each in relations if not is_loaded(found[0], each.name)])
        rows = [row for each in relations for record in found for row in rows_of(record, each.name)]
        load_citations(rows if others else [*found, *rows])

    cited = ["citations__source", *(f"{each.name}__citations__source" for each in relations)]
    return loading(records, "_".join(["with_citations", *others]), load, cited[1:] if others else cited)


def _relations(model, names):
    return [model._meta.get_field(name) for name in names]


def load_citations(records: Iterable[CitedRecord]):
    """Give each of `records`, of any kinds, its citations with their sources: two queries, however many they are."""
    of_each = defaultdict(list)
    for record in records:
        of_each[ContentType.objects.get_for_model(record).pk, str(record.pk)].append(record)
    citations, keys = defaultdict(list), [*of_each]
    for start in range(0, len(keys), AT_ONCE):
        of_kind = defaultdict(list)
        for kind, key in keys[start : start + AT_ONCE]:
            of_kind[kind].append(key)
        asked = (Q(content_type=kind, object_id__in=of_this) for kind, of_this in of_kind.items())
        for citation in Citation.objects.filter(reduce(or_, asked)):
            citations[citation.content_type_id, citation.object_id].append(citation)
    load_references([each for found in citations.values() for each in found], ["source"])
    for key, cited in of_each.items():
        for record in cited:
            give(record, "citations", citations.get(key, []))


# --- Counting -------------------------------------------------------------------------------------------------------


def tally(record: CitedRecord) -> dict[str, int]:
    """`{"facts", "cited", "single_source", "disputed", "uncited"}` of `record`.

    A field that is empty is no fact, but is counted as disputed where a source says that it should not be.

    Reads what `with_citations` loads: load it with the rows, and no query is run.
    """
    own, disputed_though_empty = list(rows_of(record, "citations")), set()
    if record.belongs_to:
        evidence = [own]
    else:
        filled = filled_fields(record)
        evidence = [[each for each in own if _of(each) in ("", name)] for name in filled]
        disputed_though_empty = {_of(each) for each in own if _is_disputed([each])} - {"", *filled}
    evidence += [list(rows_of(fact, "citations")) for name in record.facts for fact in rows_of(record, name)]
    voices = [_voices(citations) for citations in evidence]
    return {
        "facts": len(evidence),
        "cited": sum(1 for each in voices if each),
        "single_source": sum(1 for each in voices if len(each) == 1),
        "disputed": sum(1 for citations in evidence if _is_disputed(citations)) + len(disputed_though_empty),
        "uncited": sum(1 for each in voices if not each),
    }


def support(fact: CitedRecord) -> dict[str, bool | int]:
    """`{"cited", "sources", "disputed"}` of one fact: `sources` is how many voices support it, as a whole or in part.

    Reads `citations` and each one's `source`: load both with the row, and no query is run.
    """
    citations = list(rows_of(fact, "citations"))
    voices = _voices(citations)
    return {"cited": bool(voices), "sources": len(voices), "disputed": _is_disputed(citations)}


def filled_fields(record: CitedRecord) -> list[str]:
    """The fields in which `record` states something; zero is something. Latitude and longitude are one fact."""
    values = {name: getattr(record, attribute) for name, attribute in _told_apart(type(record)).items()}
    return [name for name, value in values.items() if value is not None and value is not False and value != ""]


def same_fact(name: str) -> tuple[str, ...]:
    """The fields that state one fact with that of this name: who speaks of the longitude speaks of the place."""
    return PLACE if name in PLACE else (name,)


@cache
def _told_apart(model) -> dict[str, str]:
    """The fields that can be cited, a place once, each with the attribute that holds its value."""
    names = (name for name in model.citable_fields() if same_fact(name)[0] == name)
    return {name: model._meta.get_field(name).attname for name in names}


def _of(citation):
    """The field that a citation speaks of."""
    return same_fact(citation.field)[0]


def _voices(citations) -> set[int]:
    """Who supports the fact, a reprint counted as what it reprints."""
    return {citation.source.voice for citation in citations if citation.stance == Citation.Stance.SUPPORTS}


def _is_disputed(citations) -> bool:
    return any(citation.stance == Citation.Stance.DISPUTES for citation in citations)


# --- Choosing rows, each by what is cited for itself ----------------------------------------------------------------


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
    """The rows of `model` that state something, in whatever field, that no source supports."""
    citations = Citation.objects.supporting().filter(
        content_type=ContentType.objects.get_for_model(model), object_id=Cast(OuterRef("pk"), CharField())
    )
    lacking = Q()
    for name in _told_apart(model):
        lacking |= _filled(model._meta.get_field(name)) & ~Exists(citations.filter(field__in=same_fact(name)))
    # Most rows are cited whole, and then no field of theirs need be looked at.
    return model.objects.filter(~Exists(citations.filter(field="")), lacking)


def with_uncited_fields(model: type[CitedRecord]):
    """The rows of `unsupported_in_part`, each with how many of its own `fields` that are."""
    supports = _cited_beside(model, Citation.Stance.SUPPORTS)
    return unsupported_in_part(model).annotate(
        fields=_how_many(
            _filled(model._meta.get_field(name)) & ~Exists(supports.filter(field__in=same_fact(name)))
            for name in _told_apart(model)
        )
    )


def with_disputed_fields(model: type[CitedRecord]):
    """The rows of `disputed`, each with how many of its own `fields` that are: who disputes all of it, those filled."""
    disputes = _cited_beside(model, Citation.Stance.DISPUTES)
    return disputed(model).annotate(
        fields=_how_many(
            Q(Exists(disputes.filter(field__in=same_fact(name))))
            | (_filled(model._meta.get_field(name)) & Exists(disputes.filter(field="")))
            for name in _told_apart(model)
        )
    )


def _cited_beside(model, stance):
    """The citations of the row that a subquery stands beside."""
    content_type = ContentType.objects.get_for_model(model)
    return Citation.objects.order_by().filter(
        content_type=content_type, object_id=Cast(OuterRef("pk"), CharField()), stance=stance
    )


def _how_many(conditions):
    """In how many of `conditions` a row is."""
    return sum((Case(When(each, then=1), default=0) for each in conditions), Value(0))


def _filled(field):
    if isinstance(field, BooleanField):
        return Q(**{field.name: True})
    if field.null:
        return Q(**{f"{field.name}__isnull": False})
    return ~Q(**{field.name: ""}) if field.empty_strings_allowed else Q()


def supported(model: type[CitedRecord], sources: int):
    """The rows of `model` that at least so many sources support, in whole or in part; reprints are one with theirs."""
    voices = Count(Coalesce("source__reprint_of", "source"), distinct=True)
    cited = _cited_keys(model, Citation.Stance.SUPPORTS).annotate(voices=voices).filter(voices__gte=sources)
    return _with_key(model).filter(key_as_text__in=cited.values("object_id"))


# --- Choosing records, each with all its facts ----------------------------------------------------------------------


def has_disputed(model: type[CitedRecord]) -> Q:
    """Records of which `tally` counts something disputed."""
    return _any_of(disputed(model), disputed)


def disputed_records(model: type[CitedRecord]) -> set:
    """The keys of the records of `has_disputed`: from the few citations that dispute, where that looks at all rows."""
    of_kind = defaultdict(list)
    disputes = Citation.objects.filter(stance=Citation.Stance.DISPUTES).order_by()
    for kind, key in disputes.values_list("content_type", "object_id"):
        of_kind[kind].append(key)
    found = set()
    for rows, owner in ((model, "pk"), *((fact.related_model, fact.field.attname) for fact in model.fact_relations())):
        keys = of_kind[ContentType.objects.get_for_model(rows).pk]
        for start in range(0, len(keys), AT_ONCE):
            some = rows.objects.order_by().filter(pk__in=keys[start : start + AT_ONCE])
            found.update(some.values_list(owner, flat=True))
    return found - {None}


def has_uncited(model: type[CitedRecord]) -> Q:
    """Records of which `tally` counts something uncited."""
    return _any_of(unsupported(model) if model.belongs_to else unsupported_in_part(model), unsupported)


def _any_of(own, chosen: Callable[[type[CitedRecord]], QuerySet]) -> Q:
    """The records in `own`, and those that have a fact `chosen` from its model."""
    found = Q(pk__in=own.values("pk"))
    for fact in own.model.fact_relations():
        # A statement may be about no agreement, and SQL takes none for an unknown one.
        of_some = chosen(fact.related_model).filter(**{f"{fact.field.name}__isnull": False})
        found |= Q(pk__in=of_some.values(fact.field.name))
    return found


def has_voices(model: type[CitedRecord], at_least: int) -> Q:
    """Records that at least so many voices support, each of them the record or any of its facts, whole or in part."""
    rows = [_owned(model, "pk")]
    rows += [_owned(fact.related_model, fact.field.attname) for fact in model.fact_relations()]
    voice = Coalesce("source__reprint_of", "source")
    voices = Citation.objects.supporting().order_by().values("content_type_id", "object_id", voice=voice)
    # By hand, since Django groups no union: one join of all rows with all citations, whatever the number of records.
    row, of_rows = rows[0].union(*rows[1:], all=True).query.sql_with_params()
    told, of_voices = voices.query.sql_with_params()
    owners = (
        f"SELECT owner FROM ({row}) AS fact JOIN ({told}) AS told"
        " ON told.content_type_id = fact.cited_kind AND told.object_id = fact.key_as_text"
        " GROUP BY owner HAVING COUNT(DISTINCT voice) >= %s"
    )
    return Q(pk__in=RawSQL(owners, [*of_rows, *of_voices, at_least]))  # nosec B611 # made by Django above


def _owned(model, owner):
    """Of each row of `model`, how citations name it and the key of the record that it is of."""
    kind = Value(ContentType.objects.get_for_model(model).pk, IntegerField())
    return _with_key(model).order_by().values("key_as_text", cited_kind=kind, owner=F(owner))
