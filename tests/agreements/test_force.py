"""Whether an agreement is in force on a day, and why."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.force import Force, ForcePeriod, InForce, Reason, Why, in_force, period_in_force, with_superseding
from agreements.models import Agreement, AgreementLink
from core.dates import Certainty, certainty
from tests.days import LONG_AGO, NEVER, days_of, known, partial_dates
from tests.factories import make_agreement, make_agreement_link

pytestmark = pytest.mark.django_db


def loaded(agreement) -> Agreement:
    return with_superseding(Agreement.objects).get(pk=agreement.pk)


def answer(on, **dates):
    told = in_force(loaded(make_agreement(**dates)), on)
    return told.answer, [(reason.why, reason.date) for reason in told.reasons]


@pytest.mark.parametrize(
    ("dates", "on", "expected"),
    [
        ({"signed_on": "2003-08-29"}, "2003-08-29", (Force.YES, [])),
        ({"signed_on": "2003-08-29"}, "2003-08-28", (Force.NO, [(Why.NOT_SIGNED, "2003-08-29")])),
        ({"signed_on": "2003"}, "2003-08-28", (Force.POSSIBLE, [(Why.NOT_SIGNED, "2003")])),
        ({"signed_on": "2003-08-29"}, "2003", (Force.POSSIBLE, [(Why.NOT_SIGNED, "2003-08-29")])),
        (
            {"signed_on": "2003", "effective_from": "2004-01-01"},
            "2003-12-31",
            (Force.NO, [(Why.NOT_EFFECTIVE, "2004-01-01")]),
        ),
        # It reaches back before its signing.
        ({"signed_on": "2003-08", "effective_from": "2003-01-01"}, "2003-02-01", (Force.YES, [])),
        ({"signed_on": "2003", "expires_on": "2013-08-29"}, "2013-08-28", (Force.YES, [])),
        ({"signed_on": "2003", "expires_on": "2013-08-29"}, "2013-08-29", (Force.NO, [(Why.EXPIRED, "2013-08-29")])),
        ({"signed_on": "2003", "expires_on": "2013"}, "2013-05-01", (Force.POSSIBLE, [(Why.EXPIRED, "2013")])),
        # It ended on the day it began, so that it was in force on none.
        (
            {"signed_on": "2003-08-29", "expires_on": "2003-08-29"},
            "2003",
            (Force.NO, [(Why.EXPIRED, "2003-08-29")]),
        ),
        ({"effective_from": "2003"}, "2004-01-01", (Force.POSSIBLE, [(Why.UNSIGNED, "")])),
        ({"effective_from": "2003"}, "2002-01-01", (Force.NO, [(Why.NOT_EFFECTIVE, "2003")])),
        ({}, "2004-01-01", (Force.POSSIBLE, [(Why.UNDATED, "")])),
        ({"expires_on": "2003"}, "2004-01-01", (Force.NO, [(Why.EXPIRED, "2003")])),
        ({"signed_on": "2003-08-29", "term_years": 10}, "2013-08-28", (Force.YES, [])),
        (
            {"signed_on": "2003-08-29", "term_years": 10},
            "2013-08-29",
            (Force.POSSIBLE, [(Why.TERM_OVER, "2013-08-29")]),
        ),
        ({"signed_on": "2003", "term_years": 10}, "2013-05", (Force.POSSIBLE, [(Why.TERM_OVER, "2013")])),
        # The term runs from the day it takes effect.
        ({"signed_on": "2003", "effective_from": "2004", "term_years": 10}, "2013-05", (Force.YES, [])),
        ({"signed_on": "2004-02-29", "term_years": 1}, "2005-02-28", (Force.YES, [])),
        ({"signed_on": "2004-02-29", "term_years": 1}, "2005-03", (Force.POSSIBLE, [(Why.TERM_OVER, "2005-03-01")])),
        ({"signed_on": "2003", "term_years": 32767}, "2013-05", (Force.YES, [])),
        # A stated end counts, not the term.
        ({"signed_on": "2003", "expires_on": "2033", "term_years": 10}, "2020", (Force.YES, [])),
    ],
)
def test_the_dates_of_an_agreement_say_whether_it_is_in_force_and_why(dates, on, expected):
    assert answer(on, **dates) == expected


@pytest.mark.parametrize(
    ("later", "on", "expected"),
    [
        ({"signed_on": "2010-06-01"}, "2010-05-31", Force.YES),
        ({"signed_on": "2010-06-01"}, "2010-06-01", Force.NO),
        # Until the later one takes effect, the earlier one holds.
        ({"signed_on": "2010-06-01", "effective_from": "2011"}, "2010-12-31", Force.YES),
        ({"signed_on": "2010-06-01", "effective_from": "2011"}, "2011-06-01", Force.POSSIBLE),
        ({"signed_on": "2010-06-01", "effective_from": "2011"}, "2011-12-31", Force.NO),
        ({"signed_on": "2010"}, "2010-06-01", Force.POSSIBLE),
        # Superseded it stays, whatever becomes of the later one.
        ({"signed_on": "2010", "expires_on": "2011"}, "2015", Force.NO),
        # This one was never in force, so it ended nothing.
        ({"signed_on": "2010-06-01", "expires_on": "2010-06-01"}, "2015", Force.YES),
        # Nobody knows whether it was signed, or when.
        ({"effective_from": "2010"}, "2009", Force.YES),
        ({"effective_from": "2010"}, "2015", Force.POSSIBLE),
        ({}, "2004", Force.POSSIBLE),
    ],
)
def test_an_agreement_holds_until_the_one_that_supersedes_it_takes_effect(later, on, expected):
    earlier, later = make_agreement(signed_on="2003"), make_agreement("later", **later)
    make_agreement_link(later, earlier, kind="SUPERSEDES")
    told = in_force(loaded(earlier), on)
    assert told.answer == expected
    assert Agreement.objects.filter(pk=earlier.pk).in_force(on).exists() == (expected != Force.NO)
    assert [(reason.why, reason.by) for reason in told.reasons] == (
        [] if expected == Force.YES else [(Why.SUPERSEDED, later)]
    )


def test_one_superseded_on_the_day_it_was_signed_was_never_in_force():
    earlier, later = make_agreement(signed_on="2003-08-29"), make_agreement(signed_on="2003-08-29")
    make_agreement_link(later, earlier, kind="SUPERSEDES")
    for on in ("2003", "2003-08-28", "2003-08-29", "2004"):
        assert in_force(loaded(earlier), on).answer == Force.NO
    assert [each.slug for each in Agreement.objects.in_force("2003")] == [later.slug]
    assert period_in_force(loaded(earlier)) == ForcePeriod("", "", (later,), never=True)


def test_what_was_never_in_force_is_told_so():
    earlier = make_agreement(signed_on="2010")
    later = make_agreement(title_en="New treaty", signed_on="2010", effective_from="2005")
    make_agreement_link(later, earlier, kind="SUPERSEDES")
    at_once = make_agreement(signed_on="2003-08-29", expires_on="2003-08-29")
    told = {
        each: [reason.sentence(each) for reason in in_force(loaded(each), "2012").reasons]
        for each in (earlier, at_once)
    }
    assert told == {
        earlier: ["It was never in force: it was superseded by New treaty by the day it began (2005)."],
        at_once: ["It was never in force: it expired by the day it began (2003-08-29)."],
    }
    assert period_in_force(loaded(earlier)) == ForcePeriod("", "", (later,), never=True)
    assert period_in_force(loaded(at_once)) == ForcePeriod("", "", never=True)
    # Nobody knows whether what would have superseded it was signed.
    perhaps = make_agreement(signed_on="2010")
    make_agreement_link(make_agreement(title_en="Draft", effective_from="2005"), perhaps, kind="SUPERSEDES")
    assert period_in_force(loaded(perhaps)).never is False
    assert [reason.sentence(perhaps) for reason in in_force(loaded(perhaps), "2012").reasons] == [
        "It was perhaps superseded by then, by Draft (2005)."
    ]
    # In the year in which it began it may have been in force for some days.
    short = make_agreement(signed_on="2003", expires_on="2003")
    assert period_in_force(loaded(short)) == ForcePeriod("2003", "2003")
    assert [reason.sentence(short) for reason in in_force(loaded(short), "2005").reasons] == ["It had expired: 2003."]


def test_a_term_that_is_over_tells_by_what_it_was_renewed():
    earlier = make_agreement(signed_on="2003", term_years=10)
    renewal = make_agreement("renewal", title_en="Second treaty", signed_on="2012-12", effective_from="2013-08")
    make_agreement_link(renewal, earlier, kind="RENEWS")
    make_agreement_link(make_agreement(signed_on="2014"), earlier, kind="AMENDS")
    assert in_force(loaded(earlier), "2010") == InForce(Force.YES)
    told = in_force(loaded(earlier), "2020")
    assert told == InForce(Force.POSSIBLE, (Reason(Why.RENEWED, False, "2013", renewal),))
    assert told.reasons[0].sentence(earlier) == (
        "The term of 10 years runs out 2013; it was renewed by Second treaty (2013-08)."
    )
    # A renewal of which no date is known.
    undated = make_agreement(title_en="Third treaty")
    make_agreement_link(undated, earlier, kind="RENEWS")
    assert [reason.sentence(earlier) for reason in in_force(loaded(earlier), "2020").reasons] == [
        "The term of 10 years runs out 2013; it was renewed by Second treaty (2013-08).",
        "The term of 10 years runs out 2013; it was renewed by Third treaty (undated).",
    ]


@pytest.mark.parametrize(
    ("expires_on", "superseded", "until"),
    [
        ("2013", "2013-04", "2013"),
        ("2013-04", "2013", "2013"),
        # From the first of January on it may have ended, and by the end of that month it had.
        ("2013", "2013-01", "2013-01"),
        ("2013", "2012-12-31", "2012-12-31"),
        ("2013-01-01", "2012", "2012"),
        ("2013", "", "2013"),
        ("", "2013-04", "2013-04"),
    ],
)
def test_the_period_says_no_more_than_is_known_of_its_end(expires_on, superseded, until):
    earlier = make_agreement(signed_on="2003", expires_on=expires_on)
    if superseded:
        make_agreement_link(make_agreement(signed_on=superseded), earlier, kind="SUPERSEDES")
    period = period_in_force(loaded(earlier))
    assert period.until == until
    for month in ("2012-11", "2012-12", "2013-01", "2013-03", "2013-04", "2013-12", "2014-01"):
        if certainty(period.since, period.until, month) == Certainty.CERTAIN:
            assert in_force(loaded(earlier), month).answer == Force.YES


@pytest.mark.parametrize("kind", ["RENEWS", "AMENDS", "IMPLEMENTS"])
def test_links_of_other_kinds_end_nothing(kind):
    earlier = make_agreement(signed_on="2003")
    make_agreement_link(make_agreement(signed_on="2010"), earlier, kind=kind)
    assert in_force(loaded(earlier), "2015") == InForce(Force.YES)
    assert period_in_force(loaded(earlier)) == ForcePeriod("2003", "")


def test_all_that_makes_the_answer_no_is_told_and_nothing_less_sure():
    earlier, later = make_agreement(signed_on="2003", expires_on="2013"), make_agreement(signed_on="2010")
    make_agreement_link(later, earlier, kind="SUPERSEDES")
    make_agreement_link(make_agreement(), earlier, kind="SUPERSEDES")
    assert in_force(loaded(earlier), "2015-01-01") == InForce(
        Force.NO, (Reason(Why.EXPIRED, True, "2013"), Reason(Why.SUPERSEDED, True, "2010", later))
    )


def test_the_period_ends_with_what_comes_first():
    earlier = make_agreement(signed_on="2003-08-29", expires_on="2013")
    planned = make_agreement(effective_from="2004")
    later = make_agreement(signed_on="2010", effective_from="2011-01")
    for each in (planned, later):
        make_agreement_link(each, earlier, kind="SUPERSEDES")
    assert period_in_force(loaded(earlier)) == ForcePeriod("2003-08-29", "2011-01", (planned, later))
    assert period_in_force(loaded(later)) == ForcePeriod("2011-01", "")


def test_reasons_are_sentences():
    earlier = make_agreement(signed_on="2003", term_years=10)
    later = make_agreement(title_en="New treaty")
    make_agreement_link(later, earlier, kind="SUPERSEDES")
    assert [reason.sentence(earlier) for reason in in_force(loaded(earlier), "2014-01-01").reasons] == [
        "The term of 10 years runs out 2013, renewal unknown.",
        "It was perhaps superseded by then, by New treaty (undated).",
    ]


# --- Held against trying every day, and against the queryset ----------------------------------------------------------


@st.composite
def agreements(draw):
    dates = {name: draw(partial_dates) for name in ("signed_on", "effective_from", "expires_on")}
    return {**dates, "term_years": draw(st.sampled_from([None, 1]))}


def by_days(agreement, laters, on) -> Force:
    """The answer found by trying each day that each date can mean."""

    def begins(each):
        return each.effective_from or each.signed_on

    def lasts(each):
        starts, ends = days_of(begins(each), LONG_AGO), days_of(each.expires_on, NEVER)
        return not (begins(each) and each.expires_on) or max(ends) > min(starts)

    starts = days_of(begins(agreement), LONG_AGO)
    sure = [days_of(agreement.expires_on, NEVER)]
    sure += [days_of(begins(each), NEVER) for each in laters if lasts(each) and each.signed_on]
    unsure = [days_of(begins(each), LONG_AGO) for each in laters if lasts(each) and not each.signed_on]
    if agreement.term_years and not agreement.expires_on and begins(agreement):
        unsure.append([date(day.year + 1, day.month, 1) + timedelta(day.day - 1) for day in starts])
    asked = days_of(on, LONG_AGO)
    if not any(min(starts) <= day and all(max(ends) > day for ends in sure) for day in asked):
        return Force.NO
    always = all(max(starts) <= day and all(min(ends) > day for ends in [*sure, *unsure]) for day in asked)
    return Force.YES if always and agreement.signed_on else Force.POSSIBLE


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(agreements(), min_size=1, max_size=4), on=known)
def test_answer_and_queryset_agree_with_each_other_and_with_trying_every_day(rows, on):
    with transaction.atomic():
        made = []
        for row in rows:
            # The database takes none that expires before it begins.
            with suppress(ValidationError):
                agreement = Agreement(slug=f"a-{len(made)}", title_en="A", **row)
                agreement.validate_constraints()
                made.append(agreement)
        Agreement.objects.bulk_create(made)
        # Each is superseded by all that come after it.
        AgreementLink.objects.bulk_create(
            AgreementLink(later=later, earlier=earlier, kind="SUPERSEDES")
            for place, earlier in enumerate(made)
            for later in made[place + 1 :]
        )
        answers = {each.slug: in_force(each, on) for each in with_superseding(Agreement.objects.all())}
        told = {slug: each.answer for slug, each in answers.items()}
        reasons = {slug: each.reasons for slug, each in answers.items()}
        periods = {each.slug: period_in_force(each) for each in with_superseding(Agreement.objects.all())}
        found = set(Agreement.objects.in_force(on).values_list("slug", flat=True))
        transaction.set_rollback(True)
    assert told == {each.slug: by_days(each, made[place + 1 :], on) for place, each in enumerate(made)}
    assert found == {slug for slug, force in told.items() if force != Force.NO}
    for slug, period in periods.items():
        # The period tells neither that it was over while perhaps it was not, nor that it was not while perhaps it was.
        held = None if period.never else certainty(period.since, period.until, on)
        assert held is not None or told[slug] == Force.NO
        beside_dates = [
            each.why in (Why.UNSIGNED, Why.UNDATED, Why.TERM_OVER) or (each.by and not each.by.signed_on)
            for each in reasons[slug]
        ]
        assert held != Certainty.CERTAIN or told[slug] == Force.YES or all(beside_dates)
