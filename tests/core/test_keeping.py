"""What is worked out of the whole registry once for each state of it."""

import pytest

from core.keeping import kept
from sources.models import Source
from tests.factories import make_source

pytestmark = pytest.mark.django_db


def count() -> int:
    return Source.objects.count()


def test_a_value_is_worked_out_once_for_each_state():
    worked_out = []
    for _again in range(2):
        known = kept("sources", lambda: worked_out.append(count()))
        assert (len(worked_out), known.is_old) == (1, False)
    make_source()
    kept("sources", lambda: worked_out.append(count()))
    assert worked_out == [0, 1]


def test_what_takes_long_is_told_of_an_older_state_and_says_so(settings):
    settings.SLOW_COUNT_SECONDS = -1
    assert kept("sources", count).value == 0
    make_source()
    known = kept("sources", count)
    assert (known.value, known.is_slow, known.is_old) == (0, True, True)


def test_values_of_other_names_are_others():
    assert [kept(name, lambda name=name: name).value for name in ("one", "other")] == ["one", "other"]
