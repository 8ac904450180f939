"""The pages of sources and citations."""

import re

import pytest

from sources.models import Citation, Source
from tests.admin import errors_of, list_of, page_of, save
from tests.factories import MAKERS, make_citation, make_park, make_role, make_source
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


def test_the_list_of_citations_asks_as_often_for_three_of_a_kind_as_for_one(editor, django_assert_num_queries):
    for number in (1, 3):
        while Citation.objects.count() < number:
            make_citation(make_role())
        editor.get(list_of(Citation))
        # session, person, permissions of the person and of groups; how many, the citations; the roles, their parks,
        # divisions
        with django_assert_num_queries(9):
            page = editor.get(list_of(Citation))
        assert len(page.context["cl"].result_list) == number


def test_every_kind_of_record_is_told_in_the_list_of_citations(editor):
    from sources.admin.evidence import cited_models

    for model in cited_models():
        make_citation(MAKERS[model]())
    page = editor.get(list_of(Citation))
    assert page.status_code == 200
    assert "—</td>" not in page.content.decode()


def test_a_citation_is_begun_from_the_record_it_is_for(editor):
    role, source = make_role(), make_source()
    address = f"{list_of(Citation, 'add')}?target=parks.comanagementrole:{role.pk}"
    assert save(editor, address, source=source.pk, field="function").status_code == 302
    assert Citation.objects.get().target == role


@pytest.mark.parametrize("target", ["", "x", "parks.park:", "parks.park:x", "auth.user:1", ":", "parks.nothing:1"])
def test_a_citation_of_nothing_is_no_crash(editor, target):
    address = f"{list_of(Citation, 'add')}?target={target}"
    assert editor.get(address).status_code == 200
    assert save(editor, address, source=make_source().pk).status_code == 200
    assert not Citation.objects.exists()


@pytest.mark.parametrize(
    ("typed_in", "error"),
    [
        ({"field": "nonsense"}, "There is no field of this name. Choose one of:"),
        ({"object_id": "999999"}, "There is no such record to cite."),
        ({"object_id": "abc"}, "There is no such record to cite."),
        ({"object_id": "\x00"}, "Null characters are not allowed."),
        ({"content_type": "999999"}, "Select a valid choice."),
        ({"source": ""}, "This field is required."),
    ],
)
def test_a_bad_citation_is_a_form_error(editor, typed_in, error):
    park, source = make_park(), make_source()
    address = f"{list_of(Citation, 'add')}?target=parks.park:{park.pk}"
    told = errors_of(save(editor, address, **{"source": source.pk, **typed_in}))
    assert any(each.startswith(error) for each in told), told
    assert not Citation.objects.exists()


def test_the_same_citation_twice_is_a_form_error(editor):
    citation = make_citation(make_park(), field="established")
    address = f"{list_of(Citation, 'add')}?target=parks.park:{citation.object_id}"
    told = errors_of(save(editor, address, source=citation.source.pk, field="established"))
    assert told == ["This source is already cited here for the same field and place."]


def test_a_source_is_not_a_reprint_of_itself(editor):
    source = make_source()
    assert errors_of(save(editor, page_of(source), reprint_of=source.pk)) == ["A source cannot be a reprint of itself."]


def test_a_source_that_is_cited_is_not_deleted():
    steward, citation = logged_in(make_person("stewards")), make_citation()
    steward.post(page_of(citation.source, "delete"), {"post": "yes"})
    assert Source.objects.count() == 1


def test_the_badge_counts_what_supports_the_row_and_copies_of_one_text_once(editor):
    release, row = make_source(), make_role()
    path = list_of(type(row))

    def told():
        page = editor.get(path).content.decode()
        return re.findall(r'<span class="evidence [^"]*" title="[^"]*">([^<]*)</span>', page)

    assert told() == ["uncited"]
    make_citation(row, source=make_source(), stance="DISPUTES")
    assert told() == ["uncited", "disputed"]
    make_citation(row, source=release)
    make_citation(row, source=make_source(reprint_of=release), field="since")
    assert told() == ["1 source", "disputed"]
    make_citation(row, source=make_source())
    assert told() == ["2 sources", "disputed"]
