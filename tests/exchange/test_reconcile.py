"""The reconciliation service over HTTP: what each address answers, held against the official schemas."""

import json
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.models import Change
from tests.factories import (
    make_agreement,
    make_agreement_party,
    make_body,
    make_division,
    make_identifier,
    make_park,
    make_park_agreement,
    make_park_name,
    make_role,
)
from tests.people import logged_in, make_person
from tests.reconciling import SERVICE, extend, post, reconcile, valid

HOST = "http://testserver"


@pytest.fixture
def client(db):
    return Client()


@pytest.fixture
def park(db):
    jiangsu = make_division("320000", name_en="Jiangsu", name_zh="江苏省", pinyin="Jiangsu")
    taizhou = make_division("321200", name_en="Taizhou", name_zh="泰州市", pinyin="Taizhou", parent=jiangsu)
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", pinyin="Jingjiang", parent=taizhou)
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin")
    park = make_park(
        "jiangyin-jingjiang",
        name_en="Jiangyin-Jingjiang Industrial Park",
        name_zh="江苏江阴—靖江工业园区",
        established="2003-08-29",
        latitude="31.95",
        longitude="120.2",
    )
    make_park_name(park, "江阴经济开发区靖江园区", kind="FORMER", since="2003", until="2006")
    make_role(park, division="320281")
    return park


def best(result):
    return [(each["id"], each["score"], each["match"]) for each in result[:1]]


# --- The manifest ---------------------------------------------------------------------------------------------------


def test_manifest_tells_addresses_of_the_host_that_was_asked(client):
    manifest = valid("manifest", client.get(SERVICE, headers={"host": "localhost"}))
    own = "http://localhost/reconcile"
    assert manifest["versions"] == ["0.2"]
    assert manifest["batchSize"] == 1000
    assert [each["id"] for each in manifest["defaultTypes"]] == ["park", "division", "agreement"]
    assert manifest["identifierSpace"] == f"{own}/view/"
    assert manifest["view"] == {"url": f"{own}/view/{{{{id}}}}/"}
    assert manifest["preview"] == {"url": f"{own}/preview/{{{{id}}}}/", "width": 430, "height": 300}
    assert manifest["suggest"]["type"] == {"service_url": own, "service_path": "/suggest/type/"}
    assert manifest["extend"]["propose_properties"] == {"service_url": own, "service_path": "/properties/"}
    assert "logo" not in manifest


def test_every_address_of_the_manifest_answers(client, park):
    manifest = valid("manifest", client.get(SERVICE))
    suggest = manifest["suggest"]
    for each in [*suggest.values(), manifest["extend"]["propose_properties"]]:
        assert client.get(each["service_url"] + each["service_path"], {"prefix": "p"}).status_code == 200
    own = quote("park:jiangyin-jingjiang", safe="")
    entity = suggest["entity"]
    flyout = entity["flyout_service_url"] + entity["flyout_service_path"].replace("${id}", own)
    assert client.get(flyout).json()["id"] == "park:jiangyin-jingjiang"
    assert client.get(manifest["preview"]["url"].replace("{{id}}", own)).status_code == 200
    view = client.get(manifest["view"]["url"].replace("{{id}}", own))
    assert (view.status_code, view["Location"]) == (302, "/api/v1/parks/jiangyin-jingjiang/")
    assert client.get(manifest["documentation"]).status_code == 200
    assert client.get(manifest["schemaSpace"]).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Accept-Language": "zh-hans"}])
def test_manifest_is_valid_in_each_language(client, headers):
    assert valid("manifest", client.get(SERVICE, headers=headers))["name"]


# --- Queries --------------------------------------------------------------------------------------------------------


def test_a_form_to_the_address_without_its_last_stroke_is_answered_too(client, park):
    queries = {"queries": json.dumps({"q0": {"query": "江阴—靖江工业园区"}})}
    there = client.post(SERVICE.removesuffix("/"), queries, headers={"origin": "https://elsewhere.example"})
    assert there.status_code == 200
    assert there.json() == client.post(SERVICE, queries).json()
    assert there["Access-Control-Allow-Origin"] == "*"


def test_queries_are_answered_alike_by_get_and_by_form(client, park):
    batch = json.dumps({"q0": {"query": "江阴（靖江）工业园区", "type": "park"}})
    got = valid("reconciliation-result-batch", client.get(SERVICE, {"queries": batch}))
    assert got == valid("reconciliation-result-batch", post(client, queries=batch))
    assert got == {
        "q0": {
            "result": [
                {
                    "id": "park:jiangyin-jingjiang",
                    "name": "江苏江阴—靖江工业园区",
                    "description": "Jiangyin-Jingjiang Industrial Park · 靖江市 · Jingjiang · 2003-08-29",
                    "score": 91.4,
                    "match": True,
                    "type": [{"id": "park", "name": "Park"}],
                    "features": [{"id": "name", "value": 91.4}],
                }
            ]
        }
    }


def test_official_and_old_names_score_100_and_match(client, park):
    found = reconcile(
        client,
        official="江苏江阴—靖江工业园区",
        english="jiangyin jingjiang industrial park",
        old="江阴经济开发区靖江园区",
        traditional="江蘇江陰—靖江工業園區",
        pinyin="Jiangsu Jiangyin Jingjiang gongyeyuanqu",
        id="park:jiangyin-jingjiang",
    )
    wanted = ("park:jiangyin-jingjiang", 100, True)
    assert {name: best(result) for name, result in found.items()} == {name: [wanted] for name in found}


def test_two_records_of_one_name_match_neither_until_a_property_tells_them_apart(client):
    nanjing, xuzhou = (make_division(code, name_zh="鼓楼区", name_en="Gulou District") for code in ("320106", "350102"))
    make_division("320000")
    found = reconcile(
        client,
        name={"query": "鼓楼区", "type": "division"},
        and_province={"query": "鼓楼区", "type": ["division"], "properties": [{"pid": "province", "v": "320000"}]},
    )
    assert {(each["id"], each["score"], each["match"]) for each in found["name"]} == {
        (f"division:{nanjing.code}", 100, False),
        (f"division:{xuzhou.code}", 100, False),
    }
    assert [(each["id"], each["score"], each["match"]) for each in found["and_province"]] == [
        (f"division:{nanjing.code}", 100, True),
        (f"division:{xuzhou.code}", 80, False),
    ]


@pytest.mark.parametrize(
    ("pid", "value", "score", "feature"),
    [
        ("province", "江苏", 100, 1),
        ("province", {"id": "division:320000", "name": "x"}, 100, 1),
        ("province", "Zhejiang", 80, 0),
        ("host", "靖江", 100, 1),
        ("host", "Taizhou", 100, 1),
        ("host", "Jiangyin", 80, 0),
        ("partner", "江阴市", 100, 1),
        ("partner", ["Nowhere", "Jiangyin"], 100, 1),
        ("partner", "靖江市", 80, 0),
        ("established", 2003, 100, 1),
        ("established", "2003-08", 100, 1),
        ("established", "2003-08-29T00:00:00Z", 100, 1),
        ("established", "2004", 80, 0),
        ("closed", 2010, 94, 0.5),
        ("status", "active", 100, 1),
        ("latitude", 31.9501, 100, 1),
        ("names", "江阴经济开发区靖江园区", 100, 1),
        # what only agreements have is said of no park
        ("party", "江阴", 80, 0),
    ],
)
def test_a_property_moves_the_score(client, park, pid, value, score, feature):
    query = {"query": "Jiangyin-Jingjiang Industrial Park", "properties": [{"pid": pid, "v": value}]}
    [found] = reconcile(client, q=query)["q"][:1]
    assert (found["score"], found["features"]) == (
        score,
        [{"id": "name", "value": 100}, {"id": pid, "value": feature}],
    )


def test_properties_that_agree_make_no_match_of_a_likeness(client, park):
    properties = [{"pid": "host", "v": "靖江"}, {"pid": "partner", "v": "江阴"}, {"pid": "established", "v": "2003"}]
    found = reconcile(client, name="江阴清江工业园区", all={"query": "江阴清江工业园区", "properties": properties})
    name, with_all = found["name"][0], found["all"][0]
    assert name["score"] < with_all["score"] < 90
    assert not with_all["match"]


def test_properties_alone_find_records_and_match_none(client, park):
    make_park("elsewhere", host="110105")
    agreement = make_agreement(signed_on="2003-02-15")
    make_agreement_party(agreement, body=make_body(division="320281"))
    found = reconcile(
        client,
        park={"type": "park", "properties": [{"pid": "partner", "v": "江阴"}, {"pid": "established", "v": "2003"}]},
        host={"type": "park", "properties": [{"pid": "province", "v": {"id": "division:320000"}}]},
        agreement={
            "type": "agreement",
            "properties": [{"pid": "party", "v": "江阴市"}, {"pid": "signed_on", "v": 2003}],
        },
        none={"type": "park", "properties": [{"pid": "established", "v": "in spring"}]},
    )
    assert {name: best(result) for name, result in found.items()} == {
        "park": [("park:jiangyin-jingjiang", 50, False)],
        "host": [("park:jiangyin-jingjiang", 50, False)],
        "agreement": [(f"agreement:{agreement.slug}", 50, False)],
        "none": [],
    }


def test_a_title_that_any_agreement_may_have_is_not_taken_without_a_party(client):
    agreement = make_agreement(title_en="Cooperation Agreement", title_zh="合作协议")
    make_agreement_party(agreement, division=make_division("320281", name_zh="江阴市"))
    found = reconcile(
        client,
        title="合作协议",
        with_party={"query": "合作协议", "properties": [{"pid": "party", "v": "江阴市"}]},
    )
    own = f"agreement:{agreement.slug}"
    assert (best(found["title"]), best(found["with_party"])) == ([(own, 100, False)], [(own, 100, True)])


def test_limit_and_types_are_kept_to(client, park):
    for number in range(7):
        make_park(f"p{number}", name_en=f"Jiangyin-Jingjiang Logistics Park {number}")
    make_agreement(title_en="Agreement of Jiangyin and Jingjiang")
    name = "Jiangyin-Jingjiang Industrial Park"
    found = reconcile(
        client,
        plain={"query": name, "type": "park"},
        two={"query": name, "type": "park", "limit": 2},
        many={"query": name, "type": "park", "limit": 1000},
        agreements={"query": name, "type": ["agreement"]},
    )
    assert {key: len(result) for key, result in found.items()} == {"plain": 5, "two": 2, "many": 8, "agreements": 1}
    assert all(result == sorted(result, key=lambda each: -each["score"]) for result in found.values())


def test_an_edit_a_second_ago_is_found(client, park):
    assert reconcile(client, q="Riverside Works")["q"] == []
    park.name_en = "Riverside Works"
    park.save()
    assert best(reconcile(client, q="Riverside Works")["q"]) == [("park:jiangyin-jingjiang", 100, True)]
    park.names.all().delete()
    park.roles.all().delete()
    park.delete()
    assert reconcile(client, q="Riverside Works")["q"] == []


# --- Data extension -------------------------------------------------------------------------------------------------


def test_extension_tells_values_of_every_sort(client, park):
    make_identifier(park, "S329100")
    make_role(park, function="FINANCE", division="320200")
    agreement = make_agreement(title_en="Pact", title_zh="协议", term_years=20, signed_on="2003-02")
    make_park_agreement(park, agreement)
    ids = ["park:jiangyin-jingjiang", f"agreement:{agreement.slug}", "park:nothing", "nonsense"]
    answer = extend(
        client,
        ids,
        "host",
        ("partner", {"lang": "zh"}),
        ("names", {"limit": "1"}),
        "established",
        "latitude",
        "agreements",
        "signed_on",
        "term_years",
        "identifiers",
    )
    division = {"id": "division", "name": "Division"}
    assert answer["meta"] == [
        {"id": "host", "name": "host", "type": division},
        {"id": "partner", "name": "partner", "type": division},
        {"id": "names", "name": "all names"},
        {"id": "established", "name": "established"},
        {"id": "latitude", "name": "latitude"},
        {"id": "agreements", "name": "agreements", "type": {"id": "agreement", "name": "Agreement"}},
        {"id": "signed_on", "name": "signed on"},
        {"id": "term_years", "name": "term in years"},
        {"id": "identifiers", "name": "identifiers"},
    ]
    empty = {each["id"]: [] for each in answer["meta"]}
    assert answer["rows"] == {
        "park:jiangyin-jingjiang": {
            **empty,
            "host": [{"id": "division:321282", "name": "Jingjiang"}],
            "partner": [{"id": "division:320281", "name": "江阴市"}, {"id": "division:320200", "name": "区划320200"}],
            "names": [{"str": "江阴经济开发区靖江园区"}],
            "established": [{"date": "2003-08-29T00:00:00Z"}],
            "latitude": [{"float": 31.95}],
            "agreements": [{"id": f"agreement:{agreement.slug}", "name": "Pact"}],
            "identifiers": [{"str": "S329100"}],
        },
        f"agreement:{agreement.slug}": {**empty, "signed_on": [{"str": "2003-02"}], "term_years": [{"int": 20}]},
        "park:nothing": empty,
        "nonsense": empty,
    }


def test_every_property_of_every_type_can_be_had_and_asked_for(client, park):
    agreement = make_agreement()
    own = {"park": "park:jiangyin-jingjiang", "division": "division:321282", "agreement": f"agreement:{agreement.slug}"}
    for kind, each in own.items():
        proposed = valid("data-extension-property-proposal", client.get(f"{SERVICE}properties/", {"type": kind}))
        assert proposed["type"] == kind
        ids = [one["id"] for one in proposed["properties"]]
        assert list(extend(client, [each], *ids)["rows"][each]) == ids
        reconcile(client, **{pid: {"type": kind, "properties": [{"pid": pid, "v": ["x", 1, True]}]} for pid in ids})


def test_as_many_queries_for_three_records_as_for_one(client):
    parks = [make_park(name_en=f"Riverside Works {name}", host="321282") for name in "ABC"]
    for park in parks:
        make_role(park, division="320281")
    properties = [{"pid": pid, "v": "x"} for pid in ("host", "partner", "established")]

    def asked(count):
        with CaptureQueriesContext(connection) as told:
            queries = {park.slug: {"query": park.name_en, "properties": properties} for park in parks[:count]}
            assert [len(result) for result in reconcile(client, **queries).values()] == [3] * count
        return len(told)

    assert asked(3) == asked(1)


# --- Suggestions ----------------------------------------------------------------------------------------------------


def test_suggest_finds_records_by_part_of_a_name_and_by_id(client, park):
    def suggested(**query):
        answer = valid("suggest-entities-response", client.get(f"{SERVICE}suggest/entity/", query))
        return [each["id"] for each in answer["result"]]

    assert suggested(prefix="jingj") == ["park:jiangyin-jingjiang", "division:321282"][::-1]
    assert suggested(prefix="jingj", type="park") == ["park:jiangyin-jingjiang"]
    assert suggested(prefix="jingj", cursor=1) == ["park:jiangyin-jingjiang"]
    assert suggested(prefix="靖江园区") == ["park:jiangyin-jingjiang"]
    assert suggested(prefix="park:jiangyin-jingjiang") == ["park:jiangyin-jingjiang"]
    assert suggested(prefix="") == suggested(prefix="—") == suggested(prefix="jingj", cursor=9) == []


def test_suggest_tells_types_and_properties(client, db):
    types = valid("suggest-types-response", client.get(f"{SERVICE}suggest/type/", {"prefix": "par"}))
    assert types == {"result": [{"id": "park", "name": "Park"}]}
    query = {"prefix": "sig"}
    properties = valid("suggest-properties-response", client.get(f"{SERVICE}suggest/property/", query))
    assert [each["id"] for each in properties["result"]] == ["signed_on"]
    of_parks = client.get(f"{SERVICE}suggest/property/", {**query, "type": "park"}).json()
    assert of_parks == {"result": []}


# --- The preview ----------------------------------------------------------------------------------------------------


def test_preview_escapes_and_may_stand_in_a_frame(client, park):
    park.name_en = "<script>alert('x')</script>"
    park.save()
    answer = client.get(f"{SERVICE}preview/park:jiangyin-jingjiang/")
    page = answer.content.decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "江阴市" not in page
    assert "Jiangyin" in page
    assert "X-Frame-Options" not in answer
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    chinese = client.get(f"{SERVICE}preview/park:jiangyin-jingjiang/", headers={"Accept-Language": "zh-hans"})
    assert "江阴市" in chinese.content.decode()
    flyout = client.get(f"{SERVICE}flyout/park:jiangyin-jingjiang/").json()
    assert "<script" not in flyout["html"]
    assert client.get("/admin/login/")["X-Frame-Options"] == "DENY"


# --- Who may ask, and how often -------------------------------------------------------------------------------------


def test_any_site_may_ask(client, park):
    for answer in (
        client.get(SERVICE, headers={"Origin": "https://refine.example"}),
        client.post(SERVICE, {"queries": "{}"}, headers={"Origin": "https://refine.example"}),
        client.get(f"{SERVICE}suggest/entity/", {"prefix": "x"}, headers={"Origin": "https://refine.example"}),
    ):
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*")
        assert "Access-Control-Allow-Credentials" not in answer


def test_a_form_from_another_site_is_answered_and_writes_nothing(park, django_assert_num_queries):
    person = logged_in(make_person("editors"))
    person.handler.enforce_csrf_checks = True
    changes = Change.objects.count()
    # the session and the person, and no transaction
    with django_assert_num_queries(0):
        assert Client(enforce_csrf_checks=True).post(SERVICE, {"queries": "{}"}).json() == {}
    with django_assert_num_queries(2):
        assert person.post(SERVICE, {"queries": "{}"}).json() == {}
    assert Change.objects.count() == changes


def test_the_limits_are_those_of_the_api(client, settings):
    settings.API_REQUESTS_PER_MINUTE = {"anonymous": 2, "token": 9}
    assert client.get(SERVICE)["RateLimit"].startswith('"anonymous";r=1;')
    client.get("/api/v1/parks/")
    refused = client.get(SERVICE)
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert refused["Retry-After"]


# --- Bad input ------------------------------------------------------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("queries", "pointers"),
    [
        ("", {}),
        ("{", {}),
        ("[]", {}),
        ("null", {}),
        ('{"a": NaN}', {}),
        (DEEP, {}),
        ('{"a": {"query": "x"}, "a": {"query": "y"}}', {}),
        ('{"a": 1}', {"#/a"}),
        ('{"a": {}}', {"#/a/query"}),
        ('{"a": {"query": 1}}', {"#/a/query"}),
        ('{"a": {"query": "x\\u0000"}}', {"#/a/query"}),
        ('{"a": {"query": "\\ud800"}}', {"#/a/query"}),
        (json.dumps({"a": {"query": "x" * 401}}), {"#/a/query"}),
        ('{"a": {"query": "x", "limit": 0}}', {"#/a/limit"}),
        ('{"a": {"query": "x", "limit": 1e999}}', {"#/a/limit"}),
        ('{"a": {"query": "x", "limit": "3"}}', {"#/a/limit"}),
        ('{"a": {"query": "x", "type": "city"}}', {"#/a/type"}),
        ('{"a": {"query": "x", "type": {"id": "park"}}}', {"#/a/type"}),
        ('{"a": {"query": "x", "type_strict": "maybe"}}', {"#/a/type_strict"}),
        ('{"a": {"query": "x", "typ": "park"}}', {"#/a/typ"}),
        ('{"a": {"query": "x", "properties": {}}}', {"#/a/properties"}),
        ('{"a": {"query": "x", "properties": [{"pid": "host"}]}}', {"#/a/properties/0"}),
        ('{"a": {"query": "x", "properties": [{"pid": "hots", "v": 1}]}}', {"#/a/properties/0/pid"}),
        (
            '{"a": {"query": "x", "type": "division", "properties": [{"pid": "partner", "v": 1}]}}',
            {"#/a/properties/0/pid"},
        ),
        ('{"a": {"query": "x", "properties": [{"pid": "host", "v": {"name": "x"}}]}}', {"#/a/properties/0/v"}),
        ('{"a": {"query": "x", "properties": [{"pid": "host", "v": null}]}}', {"#/a/properties/0/v"}),
    ],
)
def test_a_bad_query_is_refused_with_its_place(client, queries, pointers):
    for answer in (
        post(client, queries=queries),
        *([] if len(queries) > 1000 else [client.get(SERVICE, {"queries": queries})]),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), answer.content
        assert {each["pointer"] for each in answer.json().get("errors", [])} == set(pointers)
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("{}", {"#/ids", "#/properties"}),
        ('{"ids": [1], "properties": []}', {"#/ids"}),
        ('{"ids": [], "properties": [{"id": "nope"}]}', {"#/properties/0/id"}),
        ('{"ids": [], "properties": ["host"]}', {"#/properties/0"}),
        ('{"ids": [], "properties": [{"id": "host", "settings": {"limit": "x"}}]}', {"#/properties/0/settings/limit"}),
        ('{"ids": [], "properties": [], "type": "park"}', {"#/type"}),
    ],
)
def test_a_bad_extension_is_refused_with_its_place(client, query, pointers):
    answer = post(client, extend=query)
    assert answer.status_code == 400
    assert {each["pointer"] for each in answer.json()["errors"]} == pointers


def test_a_batch_that_is_too_long_is_refused(client):
    queries = json.dumps({str(number): {"query": "x"} for number in range(1001)})
    answer = post(client, queries=queries)
    assert (answer.status_code, answer.json()["detail"]) == (413, "These are 1001 queries. Send at most 1000 at once.")
    nameless = json.dumps({str(number): {"properties": [{"pid": "host", "v": "x"}]} for number in range(51)})
    assert post(client, queries=nameless).status_code == 413
    long = json.dumps({str(number): {"query": "x" * 400} for number in range(251)})
    assert post(client, queries=long).status_code == 413
    cells = {"ids": [f"park:{number}" for number in range(1000)], "properties": [{"id": "host"}] * 21}
    assert post(client, extend=json.dumps(cells)).status_code == 413
    large = client.post(SERVICE, "queries=" + "x" * 10_000_000, content_type="application/x-www-form-urlencoded")
    assert (large.status_code, large["Content-Type"]) == (413, "application/problem+json")


def test_a_body_that_is_no_form_is_refused(client):
    for body, kind in [
        ('{"queries": {}}', "application/json"),
        ("x", "text/plain"),
        ("--x", "multipart/form-data; boundary=y"),
    ]:
        answer = client.post(SERVICE, body, content_type=kind)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("suggest/entity/?prefix=x&cursor=-1", 400),
        ("suggest/entity/?prefix=x&cursor=a", 400),
        ("suggest/entity/?prefix=x&type=city", 400),
        ("suggest/entity/?prefix=%00", 400),
        (f"suggest/entity/?prefix={'x' * 500}", 400),
        ("properties/?type=city", 400),
        ("properties/?limit=0", 400),
        ("preview/park:nope/", 404),
        ("preview/nope/", 404),
        ("view/division:999999/", 404),
        ("flyout/park:%00/", 404),
        ("nothing/", 404),
    ],
)
def test_other_addresses_refuse_what_makes_no_sense(client, path, status):
    answer = client.get(f"{SERVICE}{path}")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content


def test_only_what_is_meant_for_it_is_allowed(client):
    assert client.delete(SERVICE).status_code == 405
    assert client.post(f"{SERVICE}suggest/entity/").status_code == 405
    assert client.put(SERVICE).status_code == 405
