"""What a cache in front may tell again, for how long, and of whom."""

import time

import pytest
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from core.rest.shared import shared_cache
from tests.factories import make_park
from tests.people import client_of, logged_in, make_person

V1 = "/api/v1/"
PARK, PAGE = f"{V1}parks/suzhou-suqian/", "/en/parks/suzhou-suqian/"
LIMITS = {"RateLimit", "RateLimit-Policy"}

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def bound(settings):
    settings.SHARED_CACHE = 12
    make_park("suzhou-suqian", name_en="Suzhou Suqian")


def cache_control(client, path, **options):
    return client.get(path, **options)["Cache-Control"]


def test_strangers_answers_are_shared_within_the_bound_and_browsers_still_ask():
    # Of 12 seconds one goes for the cache's clock, one for what the making took, and the rest is halved.
    told = "public, max-age=0, must-revalidate, s-maxage=5, stale-while-revalidate=5"
    shared_ones = [PARK, f"{V1}parks/", f"{V1}search/?q=su", PAGE, "/en/", "/en/changes.atom", "/ogc/collections"]
    # the second time from memory
    for path in [*shared_ones, *shared_ones]:
        response = Client().get(path)
        assert (response.status_code, response["Cache-Control"]) == (200, told), path
        assert LIMITS & {*response.headers} == set()
        again = Client().get(path, HTTP_IF_NONE_MATCH=response["ETag"])
        assert (again.status_code, again["Cache-Control"]) == (304, told), path
    suggested = cache_control(Client(), "/en/search/suggest/?q=su")
    assert suggested == "public, max-age=60, must-revalidate, s-maxage=5, stale-while-revalidate=5"


def test_what_took_long_is_shared_for_less(settings, rf):
    def answer(_request):
        time.sleep(1.05)
        response = HttpResponse("")
        response.shared = True
        return response

    settings.SHARED_CACHE = 4
    told = shared_cache(answer)(rf.get(PAGE))["Cache-Control"]
    assert told == "public, max-age=0, must-revalidate, s-maxage=1, stale-while-revalidate=0"
    settings.SHARED_CACHE = 3
    assert "Cache-Control" not in shared_cache(answer)(rf.get(PAGE))


def test_nothing_is_shared_of_somebody_of_errors_of_streams_or_of_what_programs_follow():
    person = make_person("editors")
    for path in (PARK, PAGE):
        for client in (client_of(person), logged_in(person)):
            assert "s-maxage" not in cache_control(client, path), path
        assert "s-maxage" not in cache_control(Client(), path, HTTP_COOKIE="sessionid=made-up")
    for path in (
        f"{V1}parks/none/",
        f"{V1}parks/?none=1",
        f"{V1}parks.csv",
        f"{V1}changes/",
        f"{PARK}changes/",
        "/en/parks/none/",
    ):
        response = APIClient().get(path)
        assert "s-maxage" not in response["Cache-Control"], path
    assert {*APIClient().get(f"{V1}changes/").headers} >= LIMITS
    assert "s-maxage" not in APIClient().options(PARK).get("Cache-Control", "")


def test_by_default_a_cache_in_front_asks_each_time(settings):
    settings.SHARED_CACHE = 0
    assert cache_control(APIClient(), PARK) == "no-cache"
    assert cache_control(Client(), PAGE) == "public, max-age=0, must-revalidate"
