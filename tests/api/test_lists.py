"""What all lists have in common: strict parameters, pages, order, and as many queries for three records as for one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import (
    make_body,
    make_citation,
    make_division,
    make_event,
    make_indicator,
    make_industry,
    make_observation,
    make_official,
    make_park,
    make_post,
    make_remark,
    make_role,
    make_share,
    make_source,
    make_statement,
    make_whole_park,
)

# What makes one more record of each list, and the queries of a page that is told of the tables: the records with all
# that they refer to, and one for each list inside them; of what is cited, the citations of it and of all its facts.
LISTS = {
    # the divisions, with parent and successor
    "divisions": (lambda: _division("6101"), 2),
    "provinces": (lambda: make_division(f"{_number(11):02}0000"), 2),
    "cities": (lambda: make_division(f"61{_number(1):02}00"), 2),
    "county-level-cities": (lambda: make_division(f"6101{_number(81)}"), 2),
    # the bodies, with their division
    "bodies": (lambda: make_body(division="320281"), 2),
    # the parks; the eleven kinds of facts; the divisions, agreements, industries, indicators and statements that these
    # refer to; who made the statements, in which post and where
    "parks": (make_whole_park, 21),
    # the facts, each with park and parties
    "co-management-roles": (lambda: make_role(make_park(), body=make_body()), 2),
    "benefit-shares": (lambda: make_share(make_park()), 2),
    "observations": (lambda: make_observation(make_park()), 2),
    "events": (lambda: make_event(make_park()), 2),
    "remarks": (lambda: make_remark(make_park()), 2),
    "industries": (make_industry, 1),
    "indicators": (make_indicator, 1),
    # the agreements; parties, signatories, clauses, links to earlier and from later, statements; which parks they
    # concern, and the parks
    "agreements": (make_whole_park, 15),
    # the officials; their posts
    "officials": (lambda: make_post(make_official(), division="320281"), 4),
    "statements": (lambda: make_statement(), 2),
    # the sources, with what they are a reprint of
    "sources": (lambda: make_source(reprint_of=make_source()), 1),
    # the citations, with their sources; the parks and the roles that are cited
    "citations": (lambda: (make_citation(make_park()), make_citation(make_role(make_park()))), 3),
}
# Of these there are documents: with citations they are told of the tables, and agreements those of the later links too.
DOCUMENTED = dict.fromkeys(("divisions", "provinces", "cities", "county-level-cities", "parks"), 0) | {"agreements": 1}


def _number(first):
    return first + next(factories._numbers) % 9


def _division(prefix):
    return make_division(f"{prefix}{_number(1):02}")


def queries_of(client, path):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code == 200, body
    # but for what is asked once for each revision of the registry
    return sum("max(at)" not in each["sql"] for each in queries), response


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_the_database_as_often_for_three_records_as_for_one(reader, name):
    make, expected = LISTS[name]
    path = f"/api/v1/{name}/"
    if name in DOCUMENTED:
        path, expected = f"{path}?expand=citations", expected + DOCUMENTED[name]
    make()
    # what is only asked once in the life of a process, such as content types, is not counted
    reader.get(path)
    counted = {}
    for wanted in (1, 3):
        for _more in range(wanted - 1):
            make()
        counted[wanted], response = queries_of(reader, path)
        assert response.json()["count"] >= wanted
    assert counted == {1: expected, 3: expected}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("name", DOCUMENTED)
def test_documents_are_read_in_one_query_after_the_keys(reader, name):
    make, _expected = LISTS[name]
    make(), make(), make()
    reader.get(f"/api/v1/{name}/?limit=500")
    with CaptureQueriesContext(connection) as queries:
        reader.get(f"/api/v1/{name}/?limit=100")
    assert len([each for each in queries if "core_change" not in each["sql"]]) == 2


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx"])
def test_a_stream_asks_as_often_for_three_records_as_for_one(reader, name, form):
    make, expected = LISTS[name]
    path = f"/api/v1/{name}.{form}"
    if name in DOCUMENTED:
        path, expected = f"{path}?expand=citations", expected + DOCUMENTED[name]
    make()
    reader.get(f"/api/v1/{name}/")
    # for the tag, the query of the registry's revision
    first, _response = queries_of(reader, path)
    make(), make()
    third, _response = queries_of(reader, path)
    assert (first, third) == (expected + 1, expected + 1)


@pytest.mark.parametrize("name", ["parks", "agreements", "officials", "co-management-roles", "divisions"])
def test_expanding_citations_asks_as_often_for_three_records_as_for_one(reader, name):
    make, _expected = LISTS[name]
    make()
    reader.get(f"/api/v1/{name}/?expand=citations")
    first, _response = queries_of(reader, f"/api/v1/{name}/?expand=citations")
    make(), make()
    third, _response = queries_of(reader, f"/api/v1/{name}/?expand=citations")
    assert first == third


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_a_total_order_and_takes_every_order_it_offers(reader, name):
    make, _expected = LISTS[name]
    make(), make(), make()
    allowed = refused(reader.get(f"/api/v1/{name}/?ordering=x"))["ordering"]["allowed"]
    assert allowed
    whole = reader.get(f"/api/v1/{name}/").json()
    for order in allowed:
        rows = reader.get(f"/api/v1/{name}/", {"ordering": order}).json()["results"]
        pages = [
            reader.get(f"/api/v1/{name}/", {"ordering": order, "limit": 1, "offset": n}).json()["results"][0]
            for n in range(len(rows))
        ]
        assert pages == rows
        assert sorted(each["url"] for each in rows) == sorted(each["url"] for each in whole["results"])


def refused(response):
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    return {each["parameter"]: each for each in response.json()["errors"]}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=1e2", "limit"),
        ("limit=１", "limit"),
        ("limit=", "limit"),
        ("limit=5&limit=6", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999999999", "offset"),
        ("ordering=", "ordering"),
        ("ordering=colour", "ordering"),
        ("ordering=--slug", "ordering"),
        ("fields=colour", "fields"),
        ("fields=", "fields"),
        ("omit=colour", "omit"),
        ("expand=everything", "expand"),
        ("on=yesterday", "on"),
        ("on=2003-13", "on"),
        ("format=json", "format"),
        ("%00=1", "\0"),
    ],
)
def test_a_parameter_that_is_not_known_or_not_good_is_refused_by_name(reader, db, name, query, parameter):
    assert parameter in refused(reader.get(f"/api/v1/{name}/?{query}"))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("host=999999", "host"),
        ("host=Jingjiang", "host"),
        ("host=%00", "host"),
        ("host__in=321282,", "host__in"),
        ("host__in=321282,000000", "host__in"),
        ("host__in=" + ",".join(str(code) for code in range(320501, 320552)), "host__in"),
        ("host__gte=321282", "host__gte"),
        ("within=Jiangsu", "within"),
        ("status=OPEN", "status"),
        ("status=", "status"),
        ("status__in=ACTIVE,OPEN", "status__in"),
        ("function=DANCING", "function"),
        ("span=GALAXY", "span"),
        ("industry=no-such", "industry"),
        ("agreement=no-such", "agreement"),
        ("established=2003-13", "established"),
        ("established__gte=20030", "established__gte"),
        ("established__lte=", "established__lte"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("bbox=nan,31,121,32", "bbox"),
        ("bbox=0,0,1e999,1", "bbox"),
        ("bbox=0,10,1,5", "bbox"),
        ("bbox=-181,0,1,1", "bbox"),
        ("q=", "q"),
        ("q=%00", "q"),
        ("q=" + "x" * 201, "q"),
        ("disputed=yes", "disputed"),
        ("on=", "on"),
        ("part_of=no-such", "part_of"),
    ],
)
def test_a_bad_value_of_a_park_filter_is_refused_by_name(reader, query, parameter):
    make_park("suxitong")
    assert refused(reader.get(f"/api/v1/parks/?{query}")).keys() == {parameter}


def test_a_refusal_names_the_nearest_parameter_and_the_allowed_values(reader, db):
    told = refused(reader.get("/api/v1/parks/?statis=ACTIVE&status=OPEN&ordering=nmae_en"))
    assert told["statis"]["nearest"] == "status"
    assert "Did you mean “status”?" in told["statis"]["detail"]
    assert told["status"]["allowed"] == ["PROPOSED", "ACTIVE", "MERGED", "CLOSED"]
    assert "Did you mean “name_en”?" in told["ordering"]["detail"]


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("/api/v1/observations/", "value__gte=much", "value__gte"),
        ("/api/v1/observations/", "value__gte=1e999999", "value__gte"),
        ("/api/v1/observations/", "period__gte=2003-08", "period__gte"),
        ("/api/v1/observations/", "id=99999999999999999999", "id"),
        ("/api/v1/co-management-roles/", "id__in=1,x", "id__in"),
        ("/api/v1/co-management-roles/", "park=1", "park"),
        ("/api/v1/citations/", "target=suxitong", "target"),
        ("/api/v1/citations/", "target=park:no-such", "target"),
        ("/api/v1/agreements/", "party=1", "party"),
        ("/api/v1/divisions/", "level=VILLAGE", "level"),
        ("/api/v1/search/", "", "q"),
        ("/api/v1/search/", "q=", "q"),
        ("/api/v1/search/", "q=x&kind=park", "kind"),
        ("/api/v1/", "q=x", "q"),
        ("/api/v1/parks/suxitong/", "limit=1", "limit"),
        ("/api/v1/parks/suxitong/", "on=2003-00", "on"),
        ("/api/v1/parks/suxitong/co-management/", "on=now", "on"),
        ("/api/v1/parks/suxitong/co-management/", "at=2003", "at"),
        ("/api/v1/parks/suxitong/changes/", "limit=x", "limit"),
        ("/api/v1/parks.csv", "limit=5", "limit"),
        ("/api/v1/parks.ndjson", "offset=5", "offset"),
    ],
)
def test_bad_parameters_elsewhere_are_refused_by_name(reader, path, query, parameter):
    make_park("suxitong")
    assert refused(reader.get(f"{path}?{query}")).keys() == {parameter}


def test_pages_and_formats_as_others_have_them_are_answered_with_how_they_are_here(reader, db):
    told = refused(reader.get("/api/v1/parks/?page=2&page_size=10&format=csv&provnce=320000"))
    assert told["page"]["detail"] == "page: Pages are asked for by limit and offset: limit=50&offset=100."
    assert told["page_size"]["detail"].endswith("limit=50&offset=100.")
    assert told["format"]["detail"] == "format: The format is the suffix of the address: /api/v1/parks.csv"
    # nothing here is near to it
    assert told["provnce"]["detail"] == "provnce: There is no such parameter here. See the allowed ones."
    for parameter, problem in told.items():
        assert "nearest" not in problem, parameter


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx", "geojson"])
@pytest.mark.parametrize("parameter", ["limit", "offset", "page"])
def test_a_whole_list_says_that_it_has_no_pages(reader, db, form, parameter):
    [problem] = refused(reader.get(f"/api/v1/parks.{form}?{parameter}=5")).values()
    assert problem["detail"] == (
        f"{parameter}: This format always holds the whole list. Filter it, or take pages of JSON."
    )
    assert "nearest" not in problem


@pytest.mark.parametrize(
    ("text", "sought"),
    [("Wuxi", "Wuxi"), ("32", "32"), ("3202", "3202"), ("无锡", "%E6%97%A0%E9%94%A1"), ("a&b", "a%26b")],
)
@pytest.mark.parametrize("parameter", ["partner", "host", "within", "host__in"])
def test_a_division_told_by_name_is_answered_with_how_to_find_its_code(reader, db, parameter, text, sought):
    [problem] = refused(reader.get("/api/v1/parks/", {parameter: text})).values()
    assert problem["detail"] == (
        f"{parameter}: There is no division “{text}”. "
        f"Write the six-digit code, such as 320200 (find it at /api/v1/divisions/?q={sought})."
    )


def test_writing_takes_no_parameters(editor):
    assert refused(editor.post("/api/v1/parks/?fields=slug", {})).keys() == {"fields"}


def test_pages_lead_to_each_other(reader):
    for number in range(5):
        make_park(f"park-{number}")
    told = reader.get("/api/v1/parks/?limit=2&offset=2&status=ACTIVE").json()
    assert (told["count"], [each["slug"] for each in told["results"]]) == (5, ["park-2", "park-3"])
    assert told["next"] == "http://testserver/api/v1/parks/?limit=2&offset=4&status=ACTIVE"
    assert told["previous"] == "http://testserver/api/v1/parks/?limit=2&status=ACTIVE"
    assert reader.get(told["next"]).json()["next"] is None


def test_pages_of_a_query_in_bare_utf_8_lead_to_each_other(reader):
    for number in range(2):
        make_park(f"park-{number}", name_zh=f"江阴{number}")
    # as curl sends what is typed, and WSGI passes it on
    told = reader.get("/api/v1/parks/?limit=1", QUERY_STRING="q=江阴&limit=1".encode().decode("latin-1")).json()
    assert told["next"] == "http://testserver/api/v1/parks/?limit=1&offset=1&q=%E6%B1%9F%E9%98%B4"
    assert reader.get(told["next"]).json()["previous"] == told["next"].replace("&offset=1", "")
