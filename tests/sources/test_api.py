"""Sources and citations over REST."""

from sources.models import Citation
from tests.factories import make_citation, make_division, make_park, make_role, make_source
from tests.rest import HOST, get

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
    refused = editor.post(SOURCES, {**new, "slug": "other", "address": "ftp://example.org"})
    assert (refused.status_code, refused.json()["errors"]) == (
        400,
        [{"pointer": "#/address", "detail": "Enter a valid URL."}],
    )


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
