"""Whatever valid edits a record and its facts go through, restoring brings back exactly what there was."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.models import Agreement, Official
from core.dates import PartialDateField
from core.history import change, record_models
from core.models import Change
from core.restoring import restore
from parks.models import Park
from sources.models import Citation, Source
from tests.factories import (
    make_citation,
    make_clause,
    make_post,
    make_role,
    make_share,
    make_statement,
    make_whole_park,
)

pytestmark = pytest.mark.django_db

RESTORED = datetime(2024, 1, 1, tzinfo=UTC)


def everything():
    return {model: list(model._base_manager.order_by("pk").values()) for model in record_models()}


def make_records() -> dict:
    """A park, an agreement and an official, each with rows of every kind and several that could change places."""
    with change():
        park = make_whole_park()
        agreement, official = Agreement.objects.get(parks__park=park), Official.objects.get(posts__isnull=False)
        make_clause(agreement, number=2)
        make_share(park, percent=60, since="2013")
        make_share(park, percent=40, since="2013", division="321282")
        make_role(park, "LAND", since="2003", until="2005")
        make_role(park, "LAND", since="2005")
        post = make_post(official, title_en="Secretary", division="321282", since="2003")
        make_statement(official, agreement=agreement, outlet=Source.objects.first(), post=post, said_on="2003")
        for fact in (park.roles.first(), park.shares.first(), agreement.clauses.first(), post):
            make_citation(fact, source=Source.objects.first())
    Change.objects.update(at=RESTORED)
    return {Park: park, Agreement: agreement, Official: official}


def facts_of(record) -> list[models.QuerySet]:
    """The facts of each kind, and the citations of the record and of them all."""
    kinds = [each for each in record_models() if each.belongs_to and issubclass_of(each, record)]
    rows = [each._base_manager.filter(**{each.belongs_to: record}) for each in kinds]
    cited = models.Q(pk=None)
    for model, keys in [
        (type(record), [record.pk]),
        *((each.model, each.values_list("pk", flat=True)) for each in rows),
    ]:
        content_type = ContentType.objects.get_for_model(model)
        cited |= models.Q(content_type=content_type, object_id__in=[str(key) for key in keys])
    return [*rows, Citation.objects.filter(cited)]


def issubclass_of(model, record):
    return model.belongs_to != "target" and model._meta.get_field(model.belongs_to).related_model is type(record)


def few_values(field) -> st.SearchStrategy:
    """So few that rows get into each other's way."""
    if field.choices:
        return st.sampled_from([value for value, _label in field.choices][:2])
    if isinstance(field, models.ForeignKey):
        keys = list(field.related_model._base_manager.order_by("pk").values_list("pk", flat=True)[:4])
        return st.sampled_from(keys + [None] * field.null)
    if isinstance(field, PartialDateField):
        return st.sampled_from(["", "2003", "2005", "2008"])
    if isinstance(field, models.DecimalField):
        return st.sampled_from([40, 50, 60] + [None] * field.null)
    if isinstance(field, models.PositiveSmallIntegerField):
        return st.sampled_from([1, 2, 3])
    if isinstance(field, models.BooleanField):
        return st.booleans()
    return st.sampled_from(["", "a", "b"])


def edit(data, record):
    """One valid write to the record or its facts; anything else raises and is undone."""
    way = data.draw(st.sampled_from(["change", "change", "exchange", "exchange", "add", "delete", "delete all"]))
    if way == "delete all":
        record.delete()
        return
    rows = data.draw(st.sampled_from([type(record)._base_manager.filter(pk=record.pk), *facts_of(record)]))
    model, found = rows.model, list(rows.order_by("pk"))
    owned = {model._meta.pk.name, model.belongs_to, "slug", "content_type", "object_id"}
    fields = [field for field in model._meta.concrete_fields if field.name not in owned]
    if way == "add":
        if model is type(record) or model is Citation:
            return
        row = model(**{model.belongs_to: record}, **{each.attname: data.draw(few_values(each)) for each in fields})
        row.full_clean()
        row.save()
        return
    if not found:
        return
    row, field = data.draw(st.sampled_from(found)), data.draw(st.sampled_from(fields))
    if way == "delete" and model is not type(record):
        row.delete()
    elif way == "exchange" and len(found) > 1:
        other = data.draw(st.sampled_from([each for each in found if each != row]))
        theirs, own = getattr(other, field.attname), getattr(row, field.attname)
        # Past the collector, which would take their citations with them.
        rows.filter(pk__in=[row.pk, other.pk])._raw_delete(rows.db)
        for each, value in ((row, theirs), (other, own)):
            setattr(each, field.attname, value)
            each.full_clean(validate_unique=False, validate_constraints=False)
            each.save(force_insert=True)
    else:
        setattr(row, field.attname, data.draw(few_values(field)))
        row.full_clean()
        row.save()


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_valid_edits_of_a_record_are_undone_to_the_last_row(data):
    with transaction.atomic():
        records = make_records()
        before = everything()
        model = data.draw(st.sampled_from([*records]))
        for _change in range(data.draw(st.integers(1, 6))):
            with change(), suppress(ValidationError, IntegrityError), transaction.atomic():
                edit(data, model.objects.get(pk=records[model].pk))
            if not model.objects.filter(pk=records[model].pk).exists():
                break
        with change():
            restore(model, records[model].pk, RESTORED)
        assert everything() == before
        transaction.set_rollback(True)
