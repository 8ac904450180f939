"""The chain of agreements that one stands in, both ways."""

from itertools import pairwise

import pytest

from agreements.force import Force, ForcePeriod
from agreements.lineage import lineage
from agreements.models import AgreementLink
from core.history import change
from core.known import known_at
from core.models import Change
from tests.factories import make_agreement, make_agreement_link

pytestmark = pytest.mark.django_db


def told(agreement, on="2020-01-01"):
    return [
        (kin.agreement.slug, kin.generation, [(link.later.slug, link.kind, link.earlier.slug) for link in kin.links])
        for kin in lineage(agreement, on)
    ]


@pytest.fixture
def chain(db):
    """framework 1999 <- pact 2003 <- renewal 2013 <- plan 2014; the renewal also amends the framework."""
    framework = make_agreement("framework", signed_on="1999")
    pact = make_agreement("pact", signed_on="2003-02-15", expires_on="2033")
    renewal = make_agreement("renewal", signed_on="2013", effective_from="2014-01")
    plan = make_agreement("plan", signed_on="2014-05")
    make_agreement_link(pact, framework, kind="IMPLEMENTS")
    make_agreement_link(renewal, pact, kind="SUPERSEDES")
    make_agreement_link(renewal, framework, kind="AMENDS")
    make_agreement_link(plan, renewal, kind="IMPLEMENTS")
    # Another that implements the same framework is none of theirs; nor is what nothing links.
    make_agreement_link(make_agreement("cousin", signed_on="2005"), framework, kind="IMPLEMENTS")
    make_agreement("stranger")
    return {each.slug: each for each in (framework, pact, renewal, plan)}


def test_the_lineage_runs_both_ways_to_its_ends_in_order_of_date(chain):
    assert told(chain["renewal"]) == [
        ("framework", -1, [("pact", "IMPLEMENTS", "framework"), ("renewal", "AMENDS", "framework")]),
        ("pact", -1, [("renewal", "SUPERSEDES", "pact")]),
        ("renewal", 0, []),
        ("plan", 1, [("plan", "IMPLEMENTS", "renewal")]),
    ]
    assert told(chain["pact"]) == [
        ("framework", -1, [("pact", "IMPLEMENTS", "framework")]),
        ("pact", 0, []),
        ("renewal", 1, [("renewal", "SUPERSEDES", "pact")]),
        ("plan", 2, [("plan", "IMPLEMENTS", "renewal")]),
    ]
    assert [slug for slug, *_rest in told(chain["framework"])] == ["framework", "pact", "cousin", "renewal", "plan"]


def test_each_tells_its_period_and_whether_it_is_in_force(chain):
    found = {kin.agreement.slug: (kin.period, kin.in_force.answer) for kin in lineage(chain["plan"], "2014-01-10")}
    assert found == {
        "framework": (ForcePeriod("1999", ""), Force.YES),
        # It would have run until 2033.
        "pact": (ForcePeriod("2003-02-15", "2014-01", (chain["renewal"],)), Force.POSSIBLE),
        "renewal": (ForcePeriod("2014-01", ""), Force.POSSIBLE),
        "plan": (ForcePeriod("2014-05", ""), Force.NO),
    }


def test_what_superseded_an_ancestor_counts_though_it_is_no_part_of_the_lineage(chain):
    make_agreement_link(make_agreement("other", signed_on="2001"), chain["framework"], kind="SUPERSEDES")
    found = {kin.agreement.slug: kin.in_force.answer for kin in lineage(chain["pact"], "2010")}
    assert found["framework"] == Force.NO
    assert "other" not in found


def test_undated_agreements_come_last():
    old, undated, new = make_agreement("z-old", signed_on="2001"), make_agreement("undated"), make_agreement("new")
    make_agreement_link(undated, old)
    make_agreement_link(new, undated)
    assert told(new) == [
        ("z-old", -2, [("undated", "RENEWS", "z-old")]),
        ("undated", -1, [("new", "RENEWS", "undated")]),
        ("new", 0, []),
    ]


def test_an_agreement_alone_is_its_whole_lineage():
    assert told(make_agreement("alone")) == [("alone", 0, [])]


def test_a_circle_that_no_form_lets_in_ends_where_it_began():
    a, b, c = (make_agreement(slug, signed_on=f"200{n}") for n, slug in enumerate("abc"))
    for later, earlier in ((b, a), (c, b), (a, c)):
        AgreementLink.objects.create(later=later, earlier=earlier, kind="RENEWS")
    assert told(a) == [
        ("a", 0, []),
        ("b", 1, [("b", "RENEWS", "a")]),
        ("c", -1, [("a", "RENEWS", "c")]),
    ]


@pytest.mark.parametrize("length", [1, 3, 30])
def test_a_long_chain_takes_as_many_queries_as_a_short_one(django_assert_num_queries, length):
    made = [make_agreement(signed_on=str(1950 + number)) for number in range(length + 1)]
    for earlier, later in pairwise(made):
        make_agreement_link(later, earlier, kind="SUPERSEDES")
    # The links, the agreements, what supersedes them.
    with django_assert_num_queries(3):
        found = lineage(made[length // 2], "2020")
    assert [kin.agreement for kin in found] == made
    assert [kin.in_force.answer for kin in found] == [Force.NO] * length + [Force.YES]


def test_the_lineage_as_the_registry_had_recorded_it(chain):
    before = Change.objects.order_by("-at").first().at
    with change():
        AgreementLink.objects.filter(later=chain["renewal"]).delete()
    assert told(chain["renewal"])[0] == ("renewal", 0, [])
    with known_at(before):
        assert [slug for slug, *_rest in told(chain["renewal"])] == ["framework", "pact", "renewal", "plan"]
