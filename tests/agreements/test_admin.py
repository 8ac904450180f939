"""The pages of agreements and officials."""

import pytest

from agreements.models import Agreement, Official
from sources.models import Citation
from tests.admin import errors_of, list_of, page_of, save
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_agreement_party,
    make_clause,
    make_division,
    make_official,
    make_post,
    make_signatory,
    make_source,
    make_statement,
)
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


def make_full_agreement(number: int) -> Agreement:
    """An agreement with `number` facts of each kind."""
    agreement = make_agreement(signed_on="2023-09-12")
    for count in range(number):
        official = make_official()
        post = make_post(official, division="320200")
        make_agreement_party(agreement, division=f"32020{count + 1}")
        make_signatory(agreement, official, post=post, division="320200")
        make_clause(agreement, number=count + 1)
        make_agreement_link(agreement)
        make_statement(official, agreement=agreement, post=post)
    return agreement


def test_an_agreement_is_recorded_with_its_parties_and_clauses_and_cited(editor):
    source = make_source()
    make_division("320200")
    make_division("321200")
    answer = save(
        editor,
        list_of(Agreement, "add"),
        slug="pact",
        title_en="Pact",
        signed_on="2023-09-12",
        **{
            "parties-TOTAL_FORMS": "2",
            "parties-0-division": "320200",
            "parties-1-division": "321200",
            "clauses-TOTAL_FORMS": "1",
            "clauses-0-number": "1",
            "clauses-0-kind": "GOAL",
            "clauses-0-text_en": "One park.",
        },
        edit_source=source.pk,
    )
    assert answer.status_code == 302
    agreement = Agreement.objects.get(slug="pact")
    assert [party.division_id for party in agreement.parties.all()] == ["320200", "321200"]
    assert Citation.objects.filter(source=source).count() == 4


def test_the_page_asks_as_often_for_three_facts_of_each_kind_as_for_one(editor, django_assert_num_queries):
    for number in (1, 3):
        agreement = make_full_agreement(number)
        editor.get(page_of(agreement))
        # session, person, permissions of the person and of groups; the agreement, its version; in six tabs how many
        # rows, in all but the last their citations too
        with django_assert_num_queries(22):
            page = editor.get(page_of(agreement))
        assert [len(rows.formset.initial_forms) for rows in page.context["inline_admin_formsets"]] == [number] * 5 + [0]


def test_the_list_asks_as_often_for_three_agreements_as_for_one(editor, django_assert_num_queries):
    for number in (1, 3):
        while Agreement.objects.count() < number:
            make_agreement_party(make_agreement())
        editor.get(list_of(Agreement))
        # session, person, permissions of the person and of groups; how many, the agreements, parties, divisions
        with django_assert_num_queries(8):
            editor.get(list_of(Agreement))


def test_agreements_are_filtered_by_party_and_day(editor):
    first, second = make_agreement("first", signed_on="2003"), make_agreement("second", signed_on="2023-09-12")
    make_agreement_party(first, division="320281")
    make_agreement_party(second, division="321282")
    for query, slugs in {
        "party=320281": ["first"],
        "signed_on_from=2023": ["second"],
        "signed_on_to=2003-05": ["first"],
        "q=second": ["second"],
    }.items():
        page = editor.get(f"{list_of(Agreement)}?{query}")
        assert [agreement.slug for agreement in page.context["cl"].result_list] == slugs, query


@pytest.mark.parametrize(
    ("typed_in", "error"),
    [
        ({"signed_on": "2003-13"}, "“2003-13” is not a date."),
        ({"signed_on": "2023", "expires_on": "2003"}, "It cannot expire before it is signed or takes effect."),
        ({"term_years": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"term_years": "100000000000000000000"}, "Ensure this value is less than or equal to"),
    ],
)
def test_a_bad_value_is_a_form_error_beside_a_link_that_looks_at_it(editor, typed_in, error):
    agreement, earlier = make_agreement(signed_on="2023"), make_agreement(signed_on="2003")
    link = {"links_to_earlier-TOTAL_FORMS": "1", "links_to_earlier-0-earlier": earlier.pk}
    answer = save(editor, page_of(agreement), **typed_in, **link, **{"links_to_earlier-0-kind": "RENEWS"})
    assert any(told.startswith(error) for told in errors_of(answer))
    assert not agreement.links_to_earlier.exists()


def test_links_make_no_circle(editor):
    link = make_agreement_link()
    rows = {
        "links_to_earlier-TOTAL_FORMS": "1",
        "links_to_earlier-0-earlier": link.later.pk,
        "links_to_earlier-0-kind": "RENEWS",
    }
    told = errors_of(save(editor, page_of(link.earlier), **rows))
    assert told == ["This agreement itself builds on the later one: links make no circle."]


def test_another_officials_post_is_refused(editor):
    statement, post = make_statement(), make_post()
    told = errors_of(save(editor, page_of(statement), post=post.pk))
    assert told == ["This post is another official's. Choose one of the official's own posts."]


def test_a_post_that_a_signature_needs_is_not_deleted(editor):
    signatory = make_signatory(post=make_post(make_official("mayor")), official=make_official("other"))
    official = signatory.post.official
    answer = save(editor, page_of(official), **{"posts-0-DELETE": "on"})
    assert answer.status_code == 200
    assert "would require deleting the following protected related objects" in errors_of(answer)[0]
    assert Official.objects.get(slug="mayor").posts.count() == 1
