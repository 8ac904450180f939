"""Permalinks: the same bytes for good, and how to cite a record by one."""

import re

import pytest

from agreements.models import Agreement
from cities.models import Division
from core.history import change
from core.models import Change
from parks.models import Park
from tests.factories import make_agreement, make_agreement_link, make_citation, make_park, make_role, make_source

V1 = "/api/v1/"
PARK = f"{V1}parks/suxitong/"


def permalink(response):
    return re.fullmatch(r'<(.+)>; rel="cite-as"', response["Link"])[1]


@pytest.fixture
def park(db):
    with change():
        park = make_park("suxitong", name_en="One")
        make_citation(make_role(park, agreement=make_agreement("treaty"), since="2003"))
    return park


@pytest.mark.parametrize("query", ["", "?on=2005&expand=citations", "?fields=slug,host,changed"])
def test_a_permalink_answers_the_same_bytes_whatever_comes_later(reader, park, query):
    live = reader.get(PARK + query)
    link = permalink(live)
    before = reader.get(link)
    assert (before.status_code, before.content, before["ETag"]) == (200, live.content, live["ETag"])
    assert permalink(before) == link
    with change():
        Park.objects.update(name_en="Two")
        Division.objects.update(name_en="Renamed")
        make_role(park, "FINANCE")
    assert reader.get(link).content == before.content
    with change():
        park.delete()
        Agreement.objects.all().delete()
    assert reader.get(PARK).status_code == 404
    after = reader.get(link)
    assert (after.content, after["ETag"], after["Link"]) == (before.content, before["ETag"], before["Link"])
    assert reader.get(link, headers={"If-None-Match": before["ETag"]}).status_code == 304


def test_a_permalink_tells_what_others_are_called_as_the_answer_did(reader, park):
    with change():
        Division.objects.filter(code="321282").update(name_en="Renamed")
        newer = make_agreement("newer", signed_on="2024")
        make_agreement_link(newer, Agreement.objects.get(slug="treaty"), kind="SUPERSEDES")
    for path in (PARK, f"{V1}agreements/treaty/?on=2025", f"{V1}co-management-roles/{park.roles.get().id}/"):
        live = reader.get(path)
        assert reader.get(permalink(live)).content == live.content
    assert reader.get(PARK).json()["host"]["name_en"] == "Renamed"


def test_a_permalink_to_a_fact_tells_its_citations(reader, park):
    role = f"{V1}co-management-roles/{park.roles.get().id}/?expand=citations"
    for _citation in range(2):
        live = reader.get(role)
        assert reader.get(permalink(live)).content == live.content
        with change():
            make_citation(park.roles.get(), source=make_source(), field="function")
    assert len(live.json()["citations"]) == 2


def test_a_permalink_is_told_in_the_language_it_was_given_in_whoever_follows_it(reader, park):
    Agreement.objects.update(signed_on="2023")
    treaty = f"{V1}agreements/treaty/?on=2010"
    links, told = [], []
    for language in ("en", "zh-hans"):
        live = reader.get(treaty, headers={"accept-language": language})
        links.append(permalink(live))
        told.append(live.content)
        for other in ("en", "zh-hans", "fr"):
            back = reader.get(links[-1], headers={"accept-language": other})
            assert (back.content, back["ETag"], permalink(back)) == (live.content, live["ETag"], links[-1])
    assert told[0] != told[1]
    assert ["lang=zh-hans" in link for link in links] == [False, True]
    assert permalink(reader.get(f"{treaty}&lang=zh-hans")) == links[1]
    assert reader.get(f"{treaty}&lang=fr").json()["errors"][0]["parameter"] == "lang"


def test_a_record_says_how_to_cite_it(reader, park):
    told = reader.get(f"{PARK}citation/").json()
    at = Change.objects.latest("id").at
    assert told["permalink"] == permalink(reader.get(PARK))
    assert told["text"] == f"One. Park registry, {at:%Y-%m-%d}. {told['permalink']}"
    assert told["csl_json"] == {
        "id": "park:suxitong",
        "type": "entry",
        "title": "One",
        "container-title": "Park registry",
        "issued": {"date-parts": [[at.year, at.month, at.day]]},
        "URL": told["permalink"],
    }
    known = told["permalink"].partition("known=")[2].replace("%3A", ":")
    with change():
        Park.objects.update(name_en="Two")
    assert reader.get(f"{PARK}citation/").json()["text"].startswith("Two.")
    assert reader.get(f"{PARK}citation/", {"known": known}).json() == told


def test_facts_agreements_and_divisions_are_cited_too(reader, park):
    for path, title in [
        (f"co-management-roles/{park.roles.get().id}", f"co-management-role:{park.roles.get().id}"),
        ("agreements/treaty", Agreement.objects.get().title_en),
        ("county-level-cities/321282", "Division 321282"),
    ]:
        told = reader.get(f"{V1}{path}/citation/").json()
        assert told["csl_json"]["title"] == title
        assert reader.get(told["permalink"]).content == reader.get(f"{V1}{path}/").content


def test_what_is_not_there_cannot_be_cited(reader, park):
    assert reader.get(f"{V1}parks/no-such/citation/").status_code == 404
    assert reader.get(f"{PARK}citation/?style=apa").status_code == 400
