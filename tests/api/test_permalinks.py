"""Permalinks: the same bytes for good, and how to cite a record by one."""

import re
import threading

import pytest
from django.db import connection, transaction

from agreements.models import Agreement
from cities.models import Division
from core.history import change
from core.models import Change
from core.rest.citing import is_settled
from parks.models import Park
from tests.factories import make_agreement, make_citation, make_division, make_park, make_role

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


def test_a_permalink_moves_with_the_record_only(reader, park):
    first = permalink(reader.get(PARK))
    with change():
        make_park("other")
    assert permalink(reader.get(PARK)) == first
    with change():
        Park.objects.filter(slug="suxitong").update(name_en="Two")
    assert permalink(reader.get(PARK)) != first


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


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_instant_is_settled_once_no_edit_that_began_before_it_is_open(reader):
    make_division("321282")
    if connection.vendor == "sqlite":
        make_park("suxitong")
        assert is_settled(Change.objects.latest("id").at)
        return
    written, done = threading.Event(), threading.Event()

    def slow_edit():
        try:
            with transaction.atomic():
                make_division("320281")
                written.set()
                done.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=slow_edit)
    writer.start()
    try:
        assert written.wait(20)
        with change():
            make_park("suxitong")
        at = Change.objects.latest("id").at
        assert not is_settled(at)
        assert "Link" not in reader.get(PARK)
        assert reader.get(f"{PARK}citation/").status_code == 503
    finally:
        done.set()
        writer.join()
    assert is_settled(at)
    assert "Link" in reader.get(PARK)
