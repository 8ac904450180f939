"""Whatever is asked of the features API is answered: with features, or with what is wrong, never with a failure."""

from datetime import date, timedelta
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.features.parameters import BBOX, DATETIME
from tests.factories import make_division, make_park, make_site
from tests.rest import get

OGC = "/ogc/collections"
SETTINGS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
NUMBERS = st.one_of(
    st.floats(-180, 180).map(str), st.sampled_from(["-0", "1e-9", "180.0000001", "NaN", "inf", "", "1_0", "٣"])
)
TIMES = st.sampled_from(
    ["..", "", "2003", "2003-08", "2003-08-29", "2003-08-29T00:00:00Z", "2003-02-29", "2003-08-29T00:00Z", "0000", "/"]
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.one_of(
    TEXTS,
    st.lists(NUMBERS, min_size=3, max_size=7).map(",".join),
    st.lists(TIMES, min_size=1, max_size=3).map("/".join),
    st.integers().map(str),
)


def is_answered(response):
    assert response.status_code in (200, 400, 404), response.content
    if response.status_code != 200:
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["detail"]


@pytest.mark.parametrize("name", ["parks", "sites"])
def test_any_value_of_any_parameter_is_answered(reader, db, name):
    make_site(make_park(latitude="31.98", longitude="120.27"))
    allowed = reader.get(f"{OGC}/{name}/items?xyzzy=1").json()["errors"][0]["allowed"]
    # a page is told in HTML, and what is wrong too: see the tests of pages
    parameters = st.sampled_from(sorted({*allowed, "xyzzy"} - {"f"}))
    often = st.sampled_from(["bbox", "datetime", "limit", "offset", "after", "known"])

    @SETTINGS
    @given(st.dictionaries(often | parameters, VALUES, min_size=1, max_size=3))
    def try_one(query):
        is_answered(reader.get(f"{OGC}/{name}/items?{urlencode(query)}"))

    try_one()


@SETTINGS
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_any_address_is_answered(reader, db, text):
    for path in (
        f"{OGC}/{quote(text, safe='')}",
        f"{OGC}/parks/items/{quote(text)}",
        f"{OGC}/sites/items/{quote(text)}",
    ):
        response = reader.get(path)
        assert response.status_code in (200, 301, 400, 404), response.content


@given(VALUES)
def test_what_is_read_of_a_box_is_one_within_the_world(text):
    if box := cleaned(BBOX, text):
        west, south, east, north = box
        assert all(-180 <= each <= 180 for each in (west, east))
        assert -90 <= south <= north <= 90


@given(VALUES | st.tuples(st.dates(), st.sampled_from(["", "T10:00:00Z"])).map(lambda day: f"{day[0]}{day[1]}"))
def test_what_is_read_of_a_time_is_days_in_order(text):
    if days := cleaned(DATETIME, text):
        assert days.first is None or days.last is None or days.first <= days.last
        assert days.first or days.last


def cleaned(parameter, text):
    from django.core.exceptions import ValidationError

    try:
        return parameter.clean(text)
    except ValidationError:
        return None


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(-180, 180), st.integers(-90, 90)), min_size=1, max_size=8),
    st.tuples(st.integers(-180, 180), st.integers(-180, 180), st.integers(-90, 90), st.integers(-90, 90)),
    st.integers(0, 8),
)
def test_a_box_keeps_just_what_lies_in_it(reader, db, points, box, own):
    """`own` of the points are of parks, the others of the divisions that host them."""
    from cities.models import Division
    from parks.models import Park

    Park.objects.all().delete()
    west, east, south, north = box[0], box[1], min(box[2:]), max(box[2:])
    expected = []
    for number, (longitude, latitude) in enumerate(points):
        place, host = {"latitude": latitude, "longitude": longitude}, make_division(f"3202{number + 11}")
        Division.objects.filter(pk=host.pk).update(**(place if number >= own else {"latitude": 0, "longitude": 0}))
        make_park(f"park-{number}", host=host.code, **(place if number < own else {}))
        in_longitude = west <= longitude <= east if west <= east else longitude >= west or longitude <= east
        if in_longitude and south <= latitude <= north:
            expected.append(f"park-{number}")
    features = get(reader, f"{OGC}/parks/items", bbox=f"{west},{south},{east},{north}")["features"]
    assert [each["id"] for each in features] == expected
    for each in features:
        assert each["geometry"]["coordinates"] == list(map(float, points[int(each["id"][5:])]))


@given(st.dates(date(1000, 1, 1)), st.integers(0, 10_000))
def test_an_interval_is_read_as_its_first_and_last_day(first, days):
    last = first + timedelta(days=min(days, (date.max - first).days))
    read = DATETIME.clean(f"{first}T00:00:00Z/{last}T23:59:59+08:00")
    assert (read.first, read.last) == (first, last)
