import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from agreements.models import Agreement, AgreementLink, Post, Statement
from core.dates import Certainty
from tests.days import held_by_days
from tests.factories import (
    make_agreement,
    make_agreement_link,
    make_agreement_party,
    make_clause,
    make_official,
    make_park_agreement,
    make_park_statement,
    make_post,
    make_role,
    make_signatory,
    make_source,
    make_statement,
)


@pytest.mark.parametrize(
    ("signed_on", "effective_from", "expires_on", "on", "expected"),
    [
        ("2003-08-29", "", "", "2003-08-28", False),
        ("2003-08-29", "", "", "2003-08-29", True),
        # It takes effect later, or earlier, than it is signed.
        ("2003-08-29", "2004-01-01", "", "2003-12-31", False),
        ("2003-08-29", "2003-01-01", "", "2003-02-01", True),
        # Half-open: on the day on which it expires it no longer holds.
        ("2003", "", "2013-08-29", "2013-08-28", True),
        ("2003", "", "2013-08-29", "2013-08-29", False),
        # Dates not exact enough to tell: possibly in force.
        ("2003", "", "", "2003-01-01", True),
        ("2003", "", "2013-02", "2013-02-27", True),
        ("2003", "", "2013-02", "2013-02-28", False),
        # Nothing known of when it began or ended.
        ("", "", "", "1990-01-01", True),
        ("", "", "2003", "2004-01-01", False),
        # A reduced day asks whether on any of its days.
        ("2003-08-29", "", "", "2003", True),
        ("2003-08-29", "", "", "2003-07", False),
        ("2003-08-29", "", "2003-08-29", "2003", False),
    ],
)
@pytest.mark.django_db
def test_an_agreement_is_in_force_from_its_effect_or_else_its_signing_until_it_expires(
    signed_on, effective_from, expires_on, on, expected
):
    # A term that has run out ends nothing by itself.
    make_agreement(signed_on=signed_on, effective_from=effective_from, expires_on=expires_on, term_years=1)
    assert Agreement.objects.in_force(on).exists() is expected


@pytest.mark.django_db
def test_in_force_agrees_with_trying_every_day():
    dates = ["", "2003", "2003-02", "2003-02-28", "2003-12-31", "2004-02", "2004"]
    made = {}
    for signed_on in dates:
        for effective_from in dates:
            for expires_on in dates:
                agreement = Agreement(
                    slug=f"a-{len(made)}",
                    title_en="A",
                    signed_on=signed_on,
                    effective_from=effective_from,
                    expires_on=expires_on,
                )
                try:
                    agreement.validate_constraints()
                except ValidationError:
                    continue
                made[agreement.slug] = agreement
    Agreement.objects.bulk_create(made.values())
    for on in ("2003-01-01", "2003-02", "2003-02-27", "2003-02-28", "2003", "2003-12-31", "2004-02-29"):
        assert set(Agreement.objects.in_force(on).values_list("slug", flat=True)) == {
            slug
            for slug, each in made.items()
            if held_by_days(each.effective_from or each.signed_on, each.expires_on, on)
        }


# --- Links ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "earlier"), [("2005", "2003"), ("2003", "2003"), ("2003", "2003-08"), ("", "2003"), ("2003", "")]
)
@pytest.mark.django_db
def test_a_later_agreement_may_be_linked_to_one_not_known_to_be_signed_after_it(later, earlier):
    AgreementLink(
        later=make_agreement(signed_on=later), earlier=make_agreement(signed_on=earlier), kind="RENEWS"
    ).full_clean()


@pytest.mark.parametrize(("later", "earlier"), [("2003", "2004"), ("2003-08-28", "2003-08-29"), ("2003-02", "2003-03")])
@pytest.mark.django_db
def test_a_link_to_an_agreement_signed_afterwards_is_refused(later, earlier):
    with pytest.raises(ValidationError) as refused:
        AgreementLink(
            later=make_agreement(signed_on=later), earlier=make_agreement(signed_on=earlier), kind="RENEWS"
        ).full_clean()
    assert refused.value.message_dict == {"earlier": ["It was signed after the later agreement."]}


@pytest.mark.parametrize(
    ("signed_on", "told"),
    [
        ("2001", "It builds on “first”, signed on 2003, and cannot be signed before that."),
        ("2011", "“last”, signed on 2010-05, builds on it: it cannot be signed after that."),
        ("2010-06", "“last”, signed on 2010-05, builds on it: it cannot be signed after that."),
        ("2010", None),
        ("2003", None),
        ("", None),
    ],
)
@pytest.mark.django_db
def test_the_date_of_a_linked_agreement_stays_between_those_of_the_others(signed_on, told):
    agreement = make_agreement(signed_on="2005")
    make_agreement_link(agreement, make_agreement("first", signed_on="2003"))
    make_agreement_link(make_agreement("last", signed_on="2010-05"), agreement, kind="AMENDS")
    agreement.signed_on = signed_on
    if told is None:
        agreement.full_clean()
        return
    with pytest.raises(ValidationError) as refused:
        agreement.full_clean()
    assert refused.value.message_dict == {"signed_on": [f"{told} Correct that date, or the link, first."]}


@pytest.mark.django_db
def test_links_make_no_circle_however_long():
    first, second, third, fourth = (make_agreement() for _ in range(4))
    make_agreement_link(second, first)
    make_agreement_link(third, second, kind="AMENDS")
    closing = make_agreement_link(fourth, third, kind="IMPLEMENTS")
    for later, earlier in ((first, second), (first, third), (first, fourth)):
        with pytest.raises(ValidationError) as refused:
            AgreementLink(later=later, earlier=earlier, kind="SUPERSEDES").full_clean()
        assert list(refused.value.message_dict) == ["earlier"]
    # Two ways to the same agreement are no circle, and a link does not stand in its own way.
    AgreementLink(later=fourth, earlier=first, kind="RENEWS").full_clean()
    closing.full_clean()
    closing.later, closing.earlier = first, fourth
    closing.full_clean()


@pytest.mark.django_db
def test_a_circle_that_is_there_already_ends_the_search():
    first, second = make_agreement(), make_agreement()
    make_agreement_link(second, first)
    make_agreement_link(first, second)
    AgreementLink(later=make_agreement(), earlier=first, kind="RENEWS").full_clean()


@pytest.mark.django_db
def test_a_link_without_both_agreements_is_told_what_is_missing():
    with pytest.raises(ValidationError) as refused:
        AgreementLink(later=make_agreement(), kind="RENEWS").full_clean()
    assert list(refused.value.message_dict) == ["earlier"]


# --- Officials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [make_signatory, make_statement])
@pytest.mark.django_db
def test_who_signs_or_speaks_does_so_in_a_post_of_their_own(make):
    official, agreement = make_official(), make_agreement()
    record = make(official=official, agreement=agreement, post=make_post(official))
    record.full_clean()
    record.post = None
    record.full_clean()
    record.post = make_post()
    with pytest.raises(ValidationError) as refused:
        record.full_clean()
    assert list(refused.value.message_dict) == ["post"]


@pytest.mark.django_db
def test_one_person_holds_posts_in_both_cities_at_once():
    official = make_official()
    posts = [
        make_post(official, title_en="Vice mayor", division="320281", since="2003"),
        make_post(official, title_en="Director", division="321282", since="2003-08", until="2005"),
    ]
    assert list(Post.objects.held_on("2004-01-01")) == posts
    assert [post.certainty_on("2006") for post in posts] == [Certainty.CERTAIN, None]


@pytest.mark.django_db
def test_an_agreement_takes_its_own_facts_with_it_and_stays_while_others_refer_to_it():
    agreement = make_agreement()
    facts = [make_agreement_party(agreement), make_clause(agreement), make_signatory(agreement)]
    make_agreement_link(agreement, make_agreement())
    agreement.delete()
    assert [type(fact).objects.count() for fact in facts] == [0, 0, 0]
    assert AgreementLink.objects.count() == 0
    named, ground, earlier = make_park_agreement().agreement, make_agreement(), make_agreement()
    make_role(agreement=ground)
    make_agreement_link(make_agreement(), earlier)
    for kept in (named, ground, earlier):
        with pytest.raises(ProtectedError):
            kept.delete()


@pytest.mark.django_db
def test_a_statement_stays_while_a_park_names_it():
    named = make_park_statement()
    with pytest.raises(ProtectedError):
        named.statement.delete()
    named.park.delete()
    named.statement.delete()
    assert not Statement.objects.exists()


@pytest.mark.django_db
def test_records_of_agreements_are_told_in_words():
    agreement = make_agreement(title_en="Framework", signed_on="2003")
    assert str(agreement) == "Framework (2003)"
    assert str(make_agreement(title_en="Framework")) == "Framework (undated)"
    link = make_agreement_link(agreement, make_agreement("old"))
    assert str(link) == f"{agreement.slug} renews old"
    assert str(make_clause(agreement, text_en="", text_zh="甲" * 100)) == "1. " + "甲" * 77
    assert str(make_statement(outlet=make_source(), summary_en="Both gain.")) == "Both gain."
    assert str(make_official(name_en="Du Xiaogang", name_zh="杜小刚")) == "Du Xiaogang 杜小刚"
