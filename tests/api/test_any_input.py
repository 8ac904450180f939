"""Whatever is sent is answered: with a record, or with a problem document, never with a failure of ours."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.test_lists import LISTS
from tests.factories import make_whole_park

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["2003-13", "9999-99-99", "NaN", "1e999", "\0", "🚢", "‮"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXT | st.sampled_from(["id", "slug", "code", "division"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(document, at=()):
    """The path of every value in a document."""
    yield at
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in inner:
        yield from places(value, (*at, name))


def with_value(document, place, value):
    if not place:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[place[0]] = with_value(copy[place[0]], place[1:], value)
    return copy


def is_answered(response):
    assert response.status_code < 500
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == response.status_code
        assert response.status_code != 400 or problem["detail"]


@pytest.mark.parametrize("kind", ["parks", "agreements"])
def test_any_value_at_any_place_of_a_record_is_answered(steward, kind):
    park = make_whole_park()
    slug = park.slug if kind == "parks" else park.agreements.get().agreement.slug
    path = f"/api/v1/{kind}/{slug}/"
    told = steward.get(path).json()
    every_place = sorted(places(told), key=str)

    @SETTINGS
    @given(place=st.sampled_from(every_place), value=VALUES)
    def try_one(place, value):
        body = json.dumps(with_value(told, place, value))
        is_answered(steward.put(path, body, content_type="application/json", headers={"If-Match": "*"}))

    try_one()


@pytest.mark.parametrize("name", LISTS)
def test_any_value_of_any_parameter_is_answered(reader, db, name):
    allowed = reader.get(f"/api/v1/{name}/?no-such-parameter=1").json()["errors"][0]["allowed"]

    @SETTINGS
    @given(st.dictionaries(st.sampled_from(allowed), TEXT | st.integers().map(str), min_size=1, max_size=3))
    def try_one(query):
        is_answered(reader.get(f"/api/v1/{name}/?{urlencode(query, errors='surrogatepass')}"))

    try_one()


@SETTINGS
@given(st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_answered(steward, raw):
    is_answered(steward.post("/api/v1/parks/", raw, content_type="application/json"))


@SETTINGS
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_any_address_is_answered(reader, db, text):
    from urllib.parse import quote

    for path in (f"/api/v1/parks/{quote(text)}/", f"/api/{quote(text)}", f"/api/v1/divisions/{quote(text, safe='')}/"):
        response = reader.get(path)
        assert response.status_code in (200, 301, 400, 404)
