"""Citing an edit: exactly what it changed."""

import pytest

from core.history import change
from sources.actions import Cited, cite_change
from sources.models import Citation
from tests.factories import make_park, make_role, make_source

pytestmark = pytest.mark.django_db


def cited():
    return list(Citation.objects.order_by("id").values_list("content_type__model", "object_id", "field", "locator"))


def test_a_new_row_is_cited_as_a_whole_and_a_changed_one_by_field():
    park, source = make_park(established="2003"), make_source()
    with change():
        park.established, park.crosses = "2004", "Yangtze River"
        park.save()
        role = make_role(park, division="321282")
        role.note = "Acting"
        role.save()
        cite_change(source=source, locator="¶2", confidence="LOW")
    assert cited() == [
        ("park", str(park.pk), "established", "¶2"),
        ("park", str(park.pk), "crosses", "¶2"),
        ("comanagementrole", str(role.pk), "", "¶2"),
    ]
    assert set(Citation.objects.values_list("confidence", flat=True)) == {"LOW"}


def test_a_row_moved_to_another_park_is_cited_for_what_changed_on_the_way():
    role, park, source = make_role(), make_park(), make_source()
    with change():
        role.park, role.note = park, "Acting"
        role.save()
        cite_change(source=source)
    assert cited() == [("comanagementrole", str(role.pk), "note", "")]


def test_nothing_changed_cites_nothing():
    park, source = make_park(), make_source()
    with change():
        park.save()
        assert cite_change(source=source) == Cited()
    assert cited() == []


def test_a_row_deleted_again_in_the_same_edit_is_not_cited():
    park, source = make_park(), make_source()
    with change():
        make_role(park, division="321282").delete()
        cite_change(source=source)
    assert cited() == []


def test_a_field_cited_already_from_the_same_place_is_left_as_it_is():
    park, source = make_park(), make_source()
    for name in ("One", "Two"):
        with change():
            park.name_en = name
            park.save()
            cite_change(source=source, locator="¶1")
    assert cited() == [("park", str(park.pk), "name_en", "¶1")]


def test_the_source_itself_and_new_citations_are_not_cited():
    with change():
        source = make_source()
        park = make_park()
        Citation.objects.create(source=source, target=park, field="host")
        cite_change(source=source)
    assert ("park", str(park.pk), "", "") in cited()
    assert {model for model, *_ in cited()} == {"park", "division"}


def test_a_row_taken_out_and_put_back_is_cited_for_what_changed():
    role, source = make_role(), make_source()
    with change():
        key = role.pk
        role.delete()
        make_role(role.park, pk=key, note="Acting")
        cite_change(source=source)
    assert cited() == [("comanagementrole", str(key), "note", "")]


def test_a_row_deleted_before_and_made_again_is_cited_as_a_whole():
    role, source = make_role(), make_source()
    key = role.pk
    role.delete()
    with change():
        make_role(role.park, pk=key)
        cite_change(source=source)
    assert cited() == [("comanagementrole", str(key), "", "")]


def test_an_edit_is_cited_in_as_many_queries_whatever_it_wrote(django_assert_num_queries):
    source = make_source()
    for count in (1, 3):
        park = make_park()
        roles = [make_role(park, since=f"{1990 + year}", until=f"{1990 + year}") for year in range(count)]
        with change():
            park.roles.update(note="Acting")
            for year in range(count):
                make_role(park, since=f"{2000 + year}", until=f"{2000 + year}")
            # the change under way, its versions, those before them (two queries), what spoke of the old values, what is
            # cited already, the citations in a savepoint (three)
            with django_assert_num_queries(9):
                assert len(cite_change(source=source).made) == len(roles) + count
