"""Sources and citations over REST."""

import pytest

from sources.models import Citation
from sources.serializers import cited_kinds
from tests.factories import make_citation, make_division, make_park, make_role, make_source
from tests.rest import HOST, get, patch, refused, send

SOURCES, CITATIONS = "/api/v1/sources/", "/api/v1/citations/"


def test_a_source_is_told_with_its_own_address_beside_ours(reader):
    make_source("reprint", url="https://example.org/a", reprint_of=make_source("daily", published_on="2023-09"))
    assert get(reader, f"{SOURCES}reprint/") == {
        "slug": "reprint",
        "url": f"{HOST}/sources/reprint/",
        "title": "Title of reprint",
        "publisher": "Daily",
        "address": "https://example.org/a",
        "archived_address": "",
        "published_on": "",
        "language": "",
        "kind": "ARTICLE",
        "reprint_of": {
            "slug": "daily",
            "title": "Title of daily",
            "publisher": "Daily",
            "published_on": "2023-09",
            "url": f"{HOST}/sources/daily/",
        },
        "note": "",
    }
    assert [each["slug"] for each in get(reader, SOURCES, reprint_of="daily")["results"]] == ["reprint"]
    assert [each["slug"] for each in get(reader, SOURCES, q="example.org")["results"]] == ["reprint"]
    assert [each["slug"] for each in get(reader, SOURCES, published_on__gte="2023-09-30")["results"]] == ["daily"]


def test_a_source_is_made_and_its_address_has_to_be_one(editor):
    new = {"slug": "daily", "title": "T", "publisher": "P", "address": "https://example.org/报"}
    assert editor.post(SOURCES, new).status_code == 201
    response = editor.post(SOURCES, {**new, "slug": "other", "address": "ftp://example.org"})
    assert refused(response) == {"#/address": "Enter a valid URL."}


def test_a_citation_is_told_and_found_by_what_it_cites(reader):
    park = make_park("suxitong")
    role = make_role(park)
    of_name = make_citation(park, source=make_source("daily"), field="name_en", locator="¶1")
    of_role = make_citation(role, stance="DISPUTES", stated_value="1999")
    of_host = make_citation(make_division("321282"))
    assert get(reader, f"{CITATIONS}{of_name.id}/") == {
        "id": of_name.id,
        "url": f"{HOST}/citations/{of_name.id}/",
        "target": "park:suxitong",
        "source": {
            "slug": "daily",
            "title": "Title of daily",
            "publisher": "Daily",
            "published_on": "",
            "url": f"{HOST}/sources/daily/",
        },
        "field": "name_en",
        "stance": "SUPPORTS",
        "stated_value": "",
        "locator": "¶1",
        "quote": "",
        "confidence": "HIGH",
        "note": "",
    }
    for query, expected in [
        ({"target": "park:suxitong"}, of_name),
        ({"target": "park:suxitong", "field": "name_en"}, of_name),
        ({"target": f"co-management-role:{role.id}"}, of_role),
        ({"target": "division:321282"}, of_host),
        ({"stance": "DISPUTES"}, of_role),
        ({"source": "daily"}, of_name),
    ]:
        assert [each["id"] for each in get(reader, CITATIONS, **query)["results"]] == [expected.id]
    assert get(reader, CITATIONS, target="park:suxitong", field="")["results"] == []


def test_a_citation_is_made_changed_and_put_back(editor):
    park = make_park("suxitong")
    make_source("daily")
    response = editor.post(CITATIONS, {"source": "daily", "target": "park:suxitong", "field": "name_en"})
    assert response.status_code == 201, response.json()
    citation = Citation.objects.get()
    assert citation.target == park
    path, told = f"{CITATIONS}{citation.id}/", response.json()
    told["locator"] = "p. 14"
    assert editor.put(path, told, headers={"If-Match": response["ETag"]}).json() == told
    again = editor.post(
        CITATIONS, {"source": "daily", "target": "park:suxitong", "field": "name_en", "locator": "p. 14"}
    )
    assert (again.status_code, again.json()["errors"]) == (
        400,
        [{"pointer": "#", "detail": "This source is already cited here for the same field and place."}],
    )
    assert editor.delete(path, headers={"If-Match": "*"}).status_code == 204


def test_what_a_citation_cites_never_changes(editor):
    park = make_park("suxitong")
    make_park("other")
    citation = make_citation(park, source=make_source("daily"), field="name_en")
    path, stays = f"{CITATIONS}{citation.id}/", "This never changes: it stays “park:suxitong”."
    for target in ("park:other", f"co-management-role:{make_role(park).id}"):
        assert refused(patch(editor, path, {"target": target})) == {"#/target": stays}
        assert refused(send(editor, "put", path, {"source": "daily", "target": target})) == {"#/target": stays}
    assert Citation.objects.get(pk=citation.pk).target == park
    assert patch(editor, path, {"target": "park:suxitong", "locator": "¶2"}).status_code == 200
    assert Citation.objects.get(pk=citation.pk).locator == "¶2"


def test_citations_are_found_by_the_field_and_with_it_by_what_speaks_of_the_whole_record(reader):
    park, source = make_park("suxitong"), make_source("daily")
    fields = ("", "established", "latitude", "longitude", "name_en")
    made = {field: make_citation(park, source=source, field=field).id for field in fields}
    for query, expected in [
        ({"field": "established"}, ["established"]),
        ({"field": ""}, [""]),
        ({"field__ne": ""}, ["established", "latitude", "longitude", "name_en"]),
        ({"field__ne": "established"}, ["", "latitude", "longitude", "name_en"]),
        ({"field__in": "established,name_en"}, ["established", "name_en"]),
        ({"speaks_of": "established"}, ["", "established"]),
        ({"speaks_of": "latitude"}, ["", "latitude", "longitude"]),
        ({"speaks_of": "longitude", "field__ne": ""}, ["latitude", "longitude"]),
        ({"speaks_of": "status"}, [""]),
    ]:
        for target in ({"target": "park:suxitong"}, {}):
            found = [each["id"] for each in get(reader, CITATIONS, **query, **target)["results"]]
            assert found == [made[field] for field in expected], query


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"field": "estblished"}, "There is no “estblished” here. Did you mean “established”?"),
        ({"speaks_of": "percnt"}, "There is no “percnt” here. Did you mean “percent”?"),
        ({"field": "nonsense"}, "There is no “nonsense” here."),
        ({"field__ne": "slug"}, "There is no “slug” here."),
        ({"field__in": "established,estblished"}, "There is no “estblished” here. Did you mean “established”?"),
        ({"field": "park"}, "There is no “park” here."),
        # of a role, not of a park
        ({"field": "function", "target": "park:suxitong"}, "There is no “function” here."),
        ({"field": "nme_en", "target": "park:suxitong"}, "There is no “nme_en” here. Did you mean “name_en”?"),
        ({"field": "estblished", "target": "division:321282"}, "There is no “estblished” here."),
        ({"field__in": "established,percent", "target": "park:suxitong"}, "There is no “percent” here."),
        ({"speaks_of": "until", "target__in": "park:suxitong,division:321282"}, "There is no “until” here."),
    ],
)
def test_a_field_that_is_not_cited_is_refused(reader, query, told):
    make_park("suxitong")
    response = reader.get(CITATIONS, query)
    [error] = response.json()["errors"]
    [name, *_rest] = query
    assert (response.status_code, error["parameter"]) == (400, name)
    assert error["detail"] == f"{name}: {told}"
    targets = query.get("target") or query.get("target__in")
    asked = {each.split(":")[0] for each in targets.split(",")} if targets else cited_kinds()
    assert error["allowed"] == sorted({field for kind in asked for field in cited_kinds()[kind].citable_fields()})


def test_a_field_of_any_of_the_targets_will_do(reader):
    role = make_role(make_park("suxitong"))
    wanted = make_citation(role, field="function")
    for query in ({"target__in": f"park:suxitong,co-management-role:{role.id}"}, {"target__ne": "park:suxitong"}):
        assert [each["id"] for each in get(reader, CITATIONS, field="function", **query)["results"]] == [wanted.id]
