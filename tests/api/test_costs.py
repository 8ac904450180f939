"""A small request costs little, whatever is in it; and odd ones are answered in words of the API's own."""

import time

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken
from rest_framework.test import APIClient

from core.models import Version
from parks.models import Park
from sources.models import Citation
from tests.factories import make_agreement, make_division, make_park, make_source

PARKS = "/api/v1/parks/"
NEW = {"slug": "new", "name_en": "New", "host": "321282"}


@pytest.fixture(autouse=True)
def divisions(db):
    make_division("320281")
    make_division("321282")


def errors_of(answer, status=400):
    assert answer.status_code == status, answer.content
    return {each.get("pointer", each.get("parameter")): each["detail"] for each in answer.json()["errors"]}


def test_ten_of_very_many_unknown_fields_are_told(editor):
    began = time.monotonic()
    told = errors_of(editor.post(PARKS, {**NEW, "nme_en": "", **{f"name_{number}": 1 for number in range(100_000)}}))
    assert time.monotonic() - began < 10
    assert len(told) == 11
    assert told["#/nme_en"] == "There is no such field. Did you mean “name_en”?"
    assert told["#"] == "99991 more fields are not known."


def test_what_was_meant_is_guessed_ten_times_a_body(editor):
    told = errors_of(editor.post(PARKS, {**NEW, "remarks": [{"knd": "CHALLENGE", "text_en": "x"}] * 20}))
    told = {detail for pointer, detail in told.items() if pointer.endswith("/knd")}
    assert told == {"There is no such field.", "There is no such field. Did you mean “kind”?"}


def test_a_list_has_at_most_as_many_rows_as_the_description_says(editor, reader, settings):
    rows = [{"kind": "CHALLENGE", "text_en": f"Text {number}"} for number in range(201)]
    assert errors_of(editor.post(PARKS, {**NEW, "remarks": rows})) == {
        "#/remarks": "A list has at most 200 rows. Write more of them one by one, each to its own address."
    }
    assert editor.post(PARKS, {**NEW, "remarks": rows[:200]}).status_code == 201
    described = reader.get("/api/schema/", headers={"accept": "application/json"}).json()["components"]["schemas"]
    assert described["ParkRequest"]["properties"]["remarks"]["maxItems"] == settings.API_ROWS_PER_LIST == 200


def test_ten_of_very_many_unknown_parameters_are_told(reader):
    answer = reader.get(PARKS, {f"stats{number}": 1 for number in range(200)})
    assert list(errors_of(answer)) == [f"stats{number}" for number in range(10)]
    assert len(answer.content) < 20_000


@pytest.mark.parametrize("number", ["٣", "３", "三", "²", "१२"])
def test_numbers_are_written_with_the_digits_of_ascii(editor, reader, number):
    told = {"term_years": number, "slug": "treaty", "title_en": "Treaty"}
    wanted = "Write the number with the digits 0 to 9."
    assert errors_of(editor.post("/api/v1/agreements/", told)) == {"#/term_years": wanted}
    told = {**NEW, "latitude": number, "longitude": "1_0"}
    assert errors_of(editor.post(PARKS, told)) == {
        "#/latitude": wanted,
        "#/longitude": "A valid number is required.",
    }
    assert reader.get("/api/v1/observations/", {"value_min": number}).status_code == 400


@pytest.mark.parametrize("number", [3, "3", " 3 ", "3.0"])
def test_numbers_may_be_written_as_text(editor, number):
    told = {"term_years": number, "slug": "treaty", "title_en": "Treaty"}
    assert editor.post("/api/v1/agreements/", told).json()["term_years"] == 3


def test_who_may_not_cite_names_no_source_of_a_change():
    source, person = make_source("daily"), User.objects.create_user("adds-parks")
    person.user_permissions.add(Permission.objects.get(codename="add_park"))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(person)[1]}")
    before = Version.objects.count()
    answer = client.post(PARKS, {**NEW, "source": source.slug}, format="json")
    assert (answer.status_code, answer.json()["detail"]) == (403, "You lack the permission “sources.add_citation”.")
    assert (Version.objects.count(), Citation.objects.count()) == (before, 0)
    assert client.post(PARKS, NEW, format="json").status_code == 201


def test_a_park_that_goes_while_a_fact_of_it_is_posted_is_told_by_its_slug(editor):
    park, agreement, gone = make_park("north"), make_agreement("treaty"), []

    def delete_first(execute, sql, params, many, context):
        # What another does between the reading of the body and the writing of the fact.
        if 'FROM "parks_park" WHERE "parks_park"."id" =' in sql and not gone:
            gone.append(park)
            Park.objects.filter(pk=park.pk).delete()
            agreement.delete()
        return execute(sql, params, many, context)

    body = {"park": "north", "function": "LAND", "division": "320281", "agreement": "treaty"}
    with connection.execute_wrapper(delete_first):
        answer = editor.post("/api/v1/co-management-roles/", body)
    assert gone
    assert errors_of(answer) == {
        "#/park": "There is no park “north”.",
        "#/agreement": "There is no agreement “treaty”.",
    }


def test_fields_that_are_only_read_may_be_sent_back(editor):
    park = make_park("north")
    told = editor.get(f"{PARKS}{park.slug}/")
    sent = {**told.json(), "url": "elsewhere", "crosses": "Tai Hu"}
    answer = editor.put(f"{PARKS}{park.slug}/", sent, headers={"If-Match": told["ETag"]})
    assert (answer.status_code, answer.json()["crosses"], answer.json()["url"]) == (200, "Tai Hu", told.json()["url"])


def test_equal_values_are_asked_for_once_and_several_together(reader):
    make_park("north")
    spans = ",".join(["NONE", "COUNTY", "PREFECTURE"] * 16)
    with CaptureQueriesContext(connection) as captured:
        assert reader.get(PARKS, {"span__in": spans, "status__in": "ACTIVE,CLOSED,ACTIVE"}).json()["count"] == 1
    counted = captured[0]["sql"]
    # The span is worked out once, with each of its four boundaries, and not for each value.
    assert (counted.count("'NATION'"), counted.count("'ACTIVE'")) == (1, 1)
    many = ",".join(f"name-{number}" for number in range(51))
    # as the schema has it, equal ones among them too
    for each in (many, ",".join(["north"] * 51)):
        assert errors_of(reader.get(PARKS, {"slug__in": each})) == {"slug__in": "slug__in: Give at most 50 values."}
    assert reader.get(PARKS, {"slug__in": many.rpartition(",")[0]}).status_code == 200
