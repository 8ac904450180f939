"""What is worked out of the whole registry once for each state of it."""

from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from core.keeping import Kept, kept
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


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_threads_that_ask_at_once_wait_for_the_one_that_works_it_out():
    begun, gate, told = Event(), Event(), []

    def work_out():
        begun.set()
        assert gate.wait(10)
        return uuid4().hex

    def ask():
        try:
            told.append(kept("at-once", work_out).value)
        finally:
            connection.close()

    threads = [Thread(target=ask) for _each in range(3)]
    for each in threads:
        each.start()
    assert begun.wait(10)
    gate.set()
    for each in threads:
        each.join()
    assert len(told) == 3
    assert len({*told}) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_nobody_waits_while_what_takes_long_is_worked_out_again(settings, monkeypatch):
    settings.SLOW_COUNT_SECONDS = -1
    kept("again", lambda: "older")
    make_source()
    monkeypatch.setattr("core.keeping.SECONDS", 0)
    begun, gate, told = Event(), Event(), []

    def work_out():
        begun.set()
        assert gate.wait(10)
        return "newer"

    def ask():
        try:
            told.append(kept("again", work_out))
        finally:
            connection.close()

    thread = Thread(target=ask)
    thread.start()
    assert begun.wait(10)
    meanwhile = kept("again", work_out)
    assert (meanwhile.value, meanwhile.is_old) == ("older", True)
    gate.set()
    thread.join()
    assert (told[0].value, told[0].is_old) == ("newer", False)


def test_what_was_worked_out_before_the_clock_was_set_back_is_worked_out_anew():
    make_source()
    cache.set("sources", Kept("old", timezone.now() + timedelta(hours=1), None, is_slow=True), 7200)
    assert kept("sources", count).value == 1
