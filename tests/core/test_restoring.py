"""Restoring: back to exactly what was recorded, as a change of its own."""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from agreements.models import Agreement, AgreementLink, Official, Statement
from core.history import change, record_models
from core.models import Change, Version
from core.rest.references import record_ever
from core.restoring import restore
from parks.models import CoManagementRole, Park
from sources.models import Citation
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_agreement_party,
    make_citation,
    make_clause,
    make_division,
    make_event,
    make_observation,
    make_official,
    make_park,
    make_park_agreement,
    make_post,
    make_role,
    make_share,
    make_signatory,
    make_source,
    make_statement,
)

pytestmark = pytest.mark.django_db


def now():
    return Change.objects.order_by("-at").first().at


def everything():
    return {model: list(model._base_manager.order_by("pk").values()) for model in record_models()}


@pytest.fixture
def park():
    """A park with facts of several kinds, some cited."""
    park = make_park("north", established="2003")
    role = make_role(park, since="2003")
    make_citation(role, field="since")
    make_citation(park, field="established", stance="DISPUTES", stated_value="1992")
    make_share(park, percent="60")
    make_park_agreement(park, make_agreement("treaty"))
    return park


def test_a_deleted_park_comes_back_with_all_its_facts_and_citations(park):
    before, instant, key = everything(), now(), park.pk
    with change():
        park.delete()
    assert not Park.objects.exists()
    with change(reason="Deleted by mistake"):
        restore(Park, key, instant)
    assert everything() == before
    assert Change.objects.first().reason == "Deleted by mistake"


def test_edits_additions_and_removals_are_all_undone(park):
    before, instant = everything(), now()
    with change():
        Park.objects.update(established="1992", name_en="Other")
        park.roles.all().delete()
        make_event(park)
        make_citation(park, field="host", source=Citation.objects.first().source)
    with change():
        written = restore(Park, park.pk, instant)
    # the park, the role with its citation, the event, the new citation
    assert written == 5
    assert everything() == before


def test_restoring_can_itself_be_undone(park):
    instant = now()
    with change():
        Park.objects.update(name_en="Other")
    edited, edited_at = everything(), now()
    with change():
        restore(Park, park.pk, instant)
    with change():
        restore(Park, park.pk, edited_at)
    assert everything() == edited


def test_one_fact_is_restored_with_its_citations_and_nothing_else(park):
    role, instant = park.roles.get(), now()
    key = role.pk
    with change():
        Park.objects.update(name_en="Other")
        role.delete()
    with change():
        assert restore(CoManagementRole, key, instant) == 2
    assert (CoManagementRole.objects.get().since, Park.objects.get().name_en) == ("2003", "Other")
    assert Citation.objects.filter(field="since").get().target == CoManagementRole.objects.get()


def test_restoring_what_is_as_it_was_writes_nothing(park):
    changes = Change.objects.count()
    with change():
        assert restore(Park, park.pk, now()) == 0
    assert Change.objects.count() == changes


def test_a_moment_before_the_record_is_refused(park):
    first = Change.objects.order_by("at").first().at - timedelta(seconds=1)
    with pytest.raises(ValidationError, match=r"not recorded at that moment\. Choose a later one"):
        restore(Park, park.pk, first)


def test_from_the_moment_when_it_was_deleted_an_earlier_one_is_asked_for(park):
    before, role, key = everything(), park.roles.get().pk, park.pk
    with change():
        park.delete()
    deleted = now()
    for instant in (deleted, deleted + timedelta(seconds=1)):
        for model, each in ((Park, key), (CoManagementRole, role)):
            with pytest.raises(ValidationError, match=r"deleted by that moment\. Choose an earlier one"):
                restore(model, each, instant)
    with change():
        restore(Park, key, deleted - timedelta(microseconds=1))
    assert everything() == before


def test_a_reference_lost_since_is_named_and_nothing_is_written(park):
    instant, key = now(), park.pk
    with change():
        park.delete()
        make_agreement("other")
        type(make_agreement("treaty-2")).objects.filter(slug="treaty").delete()
    before = everything()
    with pytest.raises(ValidationError) as refused, change():
        restore(Park, key, instant)
    [link] = Version.objects.filter(model="parks.parkagreement", operation="DELETED")
    assert refused.value.messages == [
        f"agreement about the park {link.key} refers to agreement treaty, which has been deleted since. "
        "Restore that first."
    ]
    assert everything() == before


def test_a_slug_taken_since_is_refused(park):
    instant, key = now(), park.pk
    with change():
        park.delete()
    make_park("north")
    before = everything()
    with pytest.raises(ValidationError, match="taken"), change():
        restore(Park, key, instant)
    assert everything() == before


def test_a_deleted_park_is_found_by_its_slug(park):
    key = str(park.pk)
    with change():
        park.delete()
    assert str(record_ever(Park, "north").pk) == key
    assert record_ever(Park, "south") is None


def test_a_circle_with_what_was_changed_since_is_refused():
    other = make_park("other")
    park = make_park("north", part_of=other)
    instant = now()
    with change():
        Park.objects.filter(pk=park.pk).update(part_of=None)
    with change():
        Park.objects.filter(pk=other.pk).update(part_of=park)
    before = everything()
    with pytest.raises(ValidationError, match="is itself part of this one"), change():
        restore(Park, park.pk, instant)
    assert everything() == before


def test_dates_of_linked_agreements_are_compared_when_all_are_back():
    with change():
        agreement = make_agreement(signed_on="2001")
        link = make_agreement_link(agreement, make_agreement(signed_on="1999"))
    instant = now()
    with change():
        Agreement.objects.filter(pk=agreement.pk).update(signed_on="2010")
        AgreementLink.objects.update(earlier=make_agreement(signed_on="2004"))
    with change():
        restore(Agreement, agreement.pk, instant)
    link.refresh_from_db()
    assert (Agreement.objects.get(pk=agreement.pk).signed_on, link.earlier.signed_on) == ("2001", "1999")


def test_a_date_that_contradicts_a_link_made_since_is_refused():
    with change():
        agreement = make_agreement(signed_on="2004")
    instant = now()
    with change():
        Agreement.objects.update(signed_on="2001")
        make_agreement_link(make_agreement("newer", signed_on="2003"), agreement)
    before = everything()
    with pytest.raises(ValidationError, match="“newer”, signed on 2003, builds on it"), change():
        restore(Agreement, agreement.pk, instant)
    assert everything() == before


def test_rows_that_exchanged_places_exchange_them_again():
    """Each stands in the way of another: one has to make room before the other can come back."""
    with change():
        park, agreement = make_park("north"), make_agreement("treaty")
        ours = make_share(park, percent=60)
        theirs = make_share(park, percent=40, division="321282")
        made_first = make_clause(agreement, number=1, text_en="one")
        made_second = make_clause(agreement, number=2, text_en="two")
        first, second = make_role(park, since="2000", until="2008"), make_role(park, since="2008")
        for row in (ours, made_first, second):
            make_citation(row, source=make_source())
    before, instant = everything(), now()
    with change():
        for row, values in (
            (ours, {"percent": 30}),
            (theirs, {"percent": 60}),
            (ours, {"percent": 40}),
            (made_first, {"number": 3}),
            (made_second, {"number": 1}),
            (made_first, {"number": 2}),
            (first, {"until": "2005"}),
            (second, {"since": "2005"}),
        ):
            type(row).objects.filter(pk=row.pk).update(**values)
    edited, edited_at = everything(), now()
    for at, expected in ((instant, before), (edited_at, edited), (instant, before)):
        with change():
            assert restore(Park, park.pk, at) == 4
            assert restore(Agreement, agreement.pk, at) == 2
        assert everything() == expected


def test_what_was_added_since_makes_room_for_what_comes_back():
    park = make_park("north")
    share = make_share(park, percent=70)
    before, instant = everything(), now()
    with change():
        park.shares.update(percent=50)
        make_share(park, percent=50, division="321282")
    with change():
        restore(Park, park.pk, instant)
    assert everything() == before
    # It had to make no room for others, so it was only changed.
    assert Version.objects.filter(key=str(share.pk), operation="DELETED").count() == 0


def test_only_rows_in_each_others_way_are_taken_out(park):
    agreement = make_agreement()
    one, two = make_clause(agreement, number=1), make_clause(agreement, number=2)
    make_agreement_party(agreement)
    instant = now()
    with change():
        agreement.parties.update(division=make_division("321282"))
        for row, number in ((one, 3), (two, 1), (one, 2)):
            type(row).objects.filter(pk=row.pk).update(number=number)
    with change():
        restore(Agreement, agreement.pk, instant)
    written = Version.objects.filter(change=Change.objects.latest("id")).order_by("model", "operation")
    assert list(written.values_list("model", "operation")) == [
        ("agreements.agreementparty", "CHANGED"),
        *[("agreements.clause", "CREATED")] * 2,
        *[("agreements.clause", "DELETED")] * 2,
    ]


def test_rows_added_since_go_whichever_refers_to_the_other():
    with change():
        official = make_official("wang")
        statement = make_statement(official)
    before, instant = everything(), now()
    with change():
        post = make_post(official, title_en="Mayor")
        make_statement(official, post=post, outlet=statement.outlet, said_on="2004")
        Statement.objects.filter(pk=statement.pk).update(post=post)
    with change():
        assert restore(Official, official.pk, instant) == 3
    assert everything() == before


def test_what_refers_to_a_row_that_would_go_is_named_and_nothing_is_written():
    with change():
        official = make_official("wang")
    instant = now()
    with change():
        post = make_post(official, title_en="Mayor")
    for slug in ("one", "two"):
        make_signatory(make_agreement(slug), official, post=post)
    before = everything()
    with pytest.raises(ValidationError) as refused, change():
        restore(Official, official.pk, instant)
    assert refused.value.messages == [
        f"The post “Mayor” would go, but signatory “{slug}, wang, SIGNED” refers to it. Change that first."
        for slug in ("one", "two")
    ]
    assert everything() == before


def test_a_fact_that_moved_to_another_record_stays_there_until_it_goes_from_there(park):
    other, role = make_park("south"), park.roles.get()
    before, instant = everything(), now()
    with change():
        CoManagementRole.objects.filter(pk=role.pk).update(park=other)
    moved, moved_at = everything(), now()
    for model, key in ((Park, park.pk), (CoManagementRole, role.pk)):
        with pytest.raises(ValidationError) as refused, change():
            restore(model, key, instant)
        assert refused.value.messages == [
            f"co-management role {role.pk} belongs to park south now and is not taken from there. "
            "Delete it there first."
        ]
        assert everything() == moved
    # Of the one that it came to, it was added since.
    with change():
        assert restore(Park, other.pk, instant) == 2
    assert not Citation.objects.filter(field="since").exists()
    with change():
        assert restore(Park, other.pk, moved_at) == 2
    assert everything() == moved
    with change():
        restore(Park, other.pk, instant)
    with change():
        restore(Park, park.pk, instant)
    assert everything() == before


def test_a_citation_that_speaks_of_another_record_now_is_not_taken_from_there(park):
    cited = Citation.objects.get(field="established")
    role, before, instant = park.roles.get(), everything(), now()
    for target, named in ((make_park("south"), "park south"), (role, f"co-management role {role.pk}")):
        with change():
            Citation.objects.filter(pk=cited.pk).update(
                content_type=ContentType.objects.get_for_model(target), object_id=str(target.pk)
            )
        moved = everything()
        for model, key in ((Park, park.pk), (Citation, cited.pk)):
            with pytest.raises(ValidationError) as refused, change():
                restore(model, key, instant)
            assert refused.value.messages == [
                f"citation {cited.pk} belongs to {named} now and is not taken from there. Delete it there first."
            ]
            assert everything() == moved
    with change():
        Citation.objects.filter(pk=cited.pk).delete()
        Park.objects.filter(slug="south").delete()
    with change():
        restore(Citation, cited.pk, instant)
    assert everything() == before


def test_every_row_that_goes_with_a_record_is_a_fact_of_it():
    """Restoring a record brings back its facts: what goes with anything else would be lost."""
    cascading = {
        (model, field.name)
        for model in record_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.remote_field.on_delete is models.CASCADE
    }
    facts = {(model, model.belongs_to) for model in record_models() if model.belongs_to not in ("", "target")}
    # A statement is a fact of its official, who stays as long as it is there.
    assert facts - cascading == {(Statement, "official")}
    assert cascading <= facts


# The facts of a record by name, each with what is corrected of them.
CORRECTED = {
    Park: {"roles": {"note": "!"}, "shares": {"percent": 1}, "events": {"text_zh": "!"}, "observations": {"value": 1}},
    Agreement: {"clauses": {"text_zh": "一"}, "signatories": {"capacity": "WITNESSED"}},
    Official: {"posts": {"title_zh": "书记"}, "statements": {"summary_zh": "共赢"}},
}


def make_records_with(count):
    """A park, an agreement and an official with `count` facts of each kind in CORRECTED, all cited."""
    park, agreement, official = make_park(), make_agreement(), make_official()
    for number in range(1, count + 1):
        period = {"since": f"{2000 + number}", "until": f"{2000 + number}"}
        for fact in (
            make_role(park, agreement=agreement, **period),
            make_share(park, **period),
            make_event(park, date=f"{2000 + number}"),
            make_observation(park),
            make_clause(agreement, number=number),
            make_signatory(agreement),
            make_post(official, division=make_division("320281"), since=f"{2000 + number}"),
            make_statement(official),
        ):
            make_citation(fact)
    return park, agreement, official


def lose(facts, _corrected):
    facts.all().delete()


def correct(facts, corrected):
    facts.update(**corrected)


@pytest.mark.parametrize(("spoil", "rows_each"), [(lose, 2), (correct, 1)])
def test_it_asks_the_database_as_often_for_three_facts_of_each_kind_as_for_one(spoil, rows_each):
    asked = []
    for count in (1, 3):
        records = make_records_with(count)
        instant = now()
        with change():
            for record in records:
                for name, corrected in CORRECTED[type(record)].items():
                    spoil(getattr(record, name), corrected)
        with CaptureQueriesContext(connection) as queries, change():
            written = sum(restore(type(record), record.pk, instant) for record in records)
        assert written == 8 * count * rows_each
        asked.append(len(queries))
    assert asked[0] == asked[1]
