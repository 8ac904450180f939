"""Any filters together: the API by pages and its CSV tell the parks that a plain reading of the filters keeps."""

import csv
from contextlib import contextmanager
from datetime import date
from io import StringIO

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.rest.caching import ANSWERS
from core.rest.counting import COUNTS
from tests.days import DAYS, days_of, known, partial_dates
from tests.factories import make_division, make_park

pytestmark = pytest.mark.django_db
SETTINGS = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
PARKS = "/api/v1/parks"
STATUSES, HOSTS = ["PROPOSED", "ACTIVE", "MERGED", "CLOSED"], ["321282", "320281", "310115"]
parks = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(STATUSES),
            "host": st.sampled_from(HOSTS),
            "established": partial_dates,
            "is_programme": st.booleans(),
            "name_en": st.sampled_from(["North Harbour", "South Harbour", "North Hill"]),
        }
    ),
    min_size=1,
    max_size=8,
)


def several(values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=3).map(",".join)


# each filter: what may be asked, and whether a park is kept
FILTERS = {
    "status": (st.sampled_from(STATUSES), lambda park, asked: park["status"] == asked),
    "status__ne": (st.sampled_from(STATUSES), lambda park, asked: park["status"] != asked),
    "status__in": (several(STATUSES), lambda park, asked: park["status"] in asked.split(",")),
    "host": (st.sampled_from(HOSTS), lambda park, asked: park["host"] == asked),
    "host__in": (several(HOSTS), lambda park, asked: park["host"] in asked.split(",")),
    "host__ne": (st.sampled_from(HOSTS), lambda park, asked: park["host"] != asked),
    "within": (
        st.sampled_from(["320000", "321200", "310000"]),
        lambda park, asked: park["host"].startswith(asked.rstrip("0")),
    ),
    "is_programme": (
        st.sampled_from(["true", "false"]),
        lambda park, asked: park["is_programme"] == (asked == "true"),
    ),
    "q": (
        st.sampled_from(["north", "hill NORTH", "arbou", "west"]),
        lambda park, asked: all(word in park["name_en"].lower() for word in asked.lower().split()),
    ),
    "established": (partial_dates, lambda park, asked: park["established"] == asked),
    "established__ne": (partial_dates, lambda park, asked: park["established"] != asked),
    # on some day that both can mean
    "established__gte": (
        known,
        lambda park, asked: bool(park["established"]) and _days(park)[-1] >= days_of(asked, date.min)[0],
    ),
    "established__lte": (
        known,
        lambda park, asked: bool(park["established"]) and _days(park)[0] <= days_of(asked, date.max)[-1],
    ),
}
ORDERINGS = {
    "slug": lambda told: sorted(told, key=lambda park: park["slug"]),
    "-slug": lambda told: sorted(told, key=lambda park: park["slug"], reverse=True),
    "established,slug": lambda told: sorted(told, key=lambda park: (park["established"], park["slug"])),
    "status,-slug": lambda told: sorted(
        sorted(told, key=lambda park: park["slug"], reverse=True), key=lambda park: park["status"]
    ),
}


def _days(park):
    found = days_of(park["established"], date.min)
    assert set(found) <= set(DAYS)
    return found


@st.composite
def queries(draw) -> dict[str, str]:
    names = draw(st.lists(st.sampled_from([*FILTERS]), unique=True, max_size=4))
    return {name: draw(FILTERS[name][0]) for name in names}


@contextmanager
def recorded(told):
    # who asks as often would be asked to wait, and what is undone is kept by no cache
    for kept in (cache, ANSWERS, COUNTS):
        kept.clear()
    with transaction.atomic():
        for host in HOSTS:
            make_division(host)
        for park in told:
            make_park(**park)
        yield
        transaction.set_rollback(True)


@SETTINGS
@given(parks, st.lists(st.tuples(queries(), st.sampled_from([*ORDERINGS]), st.integers(1, 4)), min_size=2, max_size=4))
def test_pages_and_table_tell_the_parks_that_a_plain_reading_keeps(reader, told, asked):
    told = [{"slug": f"park-{number}", **park} for number, park in enumerate(told)]
    with recorded(told):
        for query, ordering, limit in asked:
            kept = [park for park in told if all(FILTERS[name][1](park, value) for name, value in query.items())]
            wanted = [park["slug"] for park in ORDERINGS[ordering](kept)]
            query |= {"ordering": ordering, "fields": "slug"}
            assert (query, by_pages(reader, {**query, "limit": limit}, len(wanted))) == (query, wanted)
            assert (query, by_table(reader, query)) == (query, wanted)


def by_pages(reader, query, total):
    page = reader.get(f"{PARKS}/", query)
    slugs = []
    while True:
        assert page.status_code == 200, page.content
        body = page.json()
        assert body["count"] == total
        assert len(body["results"]) <= query["limit"]
        slugs += [park["slug"] for park in body["results"]]
        if body["next"] is None:
            return slugs
        page = reader.get(body["next"])


def by_table(reader, query):
    response = reader.get(f"{PARKS}.csv", query)
    assert response.status_code == 200, response.content
    lines = response.getvalue().decode("utf-8-sig")
    return [row["slug"] for row in csv.DictReader(StringIO(lines))]


@SETTINGS
@given(
    st.data(),
    st.dictionaries(
        st.sampled_from([name for name in FILTERS if name != "q"]),
        st.text("0123456789-abcABC,=江 \u202e", min_size=1, max_size=12).filter(str.strip),
        min_size=1,
        max_size=3,
    ),
)
def test_bad_values_are_named_each_and_no_good_one(reader, data, query):
    make = {name: data.draw(FILTERS[name][0]) for name in FILTERS if name not in query}
    good = {name: value for name, value in make.items() if data.draw(st.booleans())}
    with recorded({"host": host} for host in HOSTS):
        alone = {name for name, value in query.items() if reader.get(f"{PARKS}/", {name: value}).status_code == 400}
        response = reader.get(f"{PARKS}/", good | query)
        named = [each["parameter"] for each in response.json().get("errors", ())]
        assert (response.status_code, sorted(named)) == (400 if alone else 200, sorted(alone))
        assert all(each["detail"].startswith(each["parameter"]) for each in response.json().get("errors", ()))
        assert reader.get(f"{PARKS}.csv", good | query).status_code == response.status_code
