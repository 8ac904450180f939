"""What becomes of the evidence for a value when the value is changed by what another source says."""

import pytest
from django.contrib.auth.models import Permission

from core.history import change
from sources.actions import cite_change
from sources.models import Citation
from tests.admin import page_of, save
from tests.factories import (
    make_body,
    make_citation,
    make_division,
    make_observation,
    make_park,
    make_remark,
    make_role,
    make_source,
)
from tests.people import client_of, logged_in, make_person
from tests.rest import get, patch, refused

PARK = "/api/v1/parks/suxitong/"


@pytest.fixture
def park(db):
    return make_park("suxitong", established="2003-06")


def standing(record):
    """The citations of a record, in order: the source, the field, the stance, what is stated instead, where."""
    return sorted(Citation.objects.of(record).values_list("source__slug", "field", "stance", "stated_value", "locator"))


def cited(record, source, locator="", **values):
    with change():
        for name, value in values.items():
            setattr(record, name, value)
        record.save()
        return cite_change(source=source, locator=locator)


def test_who_said_the_old_value_disputes_the_new_one_and_the_source_disputes_no_more(park):
    blog, other = make_source("blog"), make_source("other")
    make_citation(park, source=make_source("annals"), field="established", locator="¶1")
    make_citation(park, source=blog, field="established", stance="DISPUTES", stated_value="2004", locator="p. 2")
    make_citation(park, source=other, field="established", stance="DISPUTES", stated_value="1992")
    make_citation(park, source=make_source("gazette"))
    make_citation(park, source=make_source("daily"), field="name_en")
    done = cited(park, blog, "p. 3", established="2004")
    assert standing(park) == [
        ("annals", "established", "DISPUTES", "2003-06", "¶1"),
        ("blog", "established", "SUPPORTS", "", "p. 3"),
        ("daily", "name_en", "SUPPORTS", "", ""),
        ("gazette", "", "SUPPORTS", "", ""),
        ("other", "established", "DISPUTES", "1992", ""),
    ]
    assert (len(done.made), len(done.turned), len(done.replaced)) == (1, 1, 1)


def test_who_said_the_new_value_all_along_supports_it(park):
    make_citation(park, source=make_source("annals"), field="established", stance="DISPUTES", stated_value="2004")
    cited(park, make_source("blog"), established="2004")
    assert standing(park) == [
        ("annals", "established", "SUPPORTS", "", ""),
        ("blog", "established", "SUPPORTS", "", ""),
    ]
    cited(park, make_source("daily"), established="2003-06")
    assert standing(park) == [
        ("annals", "established", "DISPUTES", "2004", ""),
        ("blog", "established", "DISPUTES", "2004", ""),
        ("daily", "established", "SUPPORTS", "", ""),
    ]


def test_what_a_source_states_in_its_own_words_stays_stated(park):
    make_citation(park, source=make_source("annals"), field="established", stated_value="the summer of 2003")
    cited(park, make_source("blog"), established="2004")
    assert standing(park)[0] == ("annals", "established", "DISPUTES", "the summer of 2003", "")


def test_the_source_itself_and_copies_of_its_text_are_read_anew_and_say_the_new_value(park):
    release = make_source("release")
    make_citation(park, source=release, field="established", locator="¶1")
    make_citation(park, source=make_source("copy", reprint_of=release), field="established")
    cited(park, release, "¶2", established="2004")
    assert standing(park) == [
        ("copy", "established", "SUPPORTS", "", ""),
        ("release", "established", "SUPPORTS", "", "¶1"),
        ("release", "established", "SUPPORTS", "", "¶2"),
    ]


def test_citations_written_in_the_same_edit_speak_of_the_new_value(park):
    annals, blog = make_source("annals"), make_source("blog")
    with change():
        park.established = "2004"
        park.save()
        make_citation(park, source=annals, field="established")
        cite_change(source=blog)
        cite_change(source=make_source("daily"))
    assert [stance for _source, _field, stance, *_rest in standing(park)] == ["SUPPORTS"] * 3


def test_who_spoke_of_an_empty_field_said_nothing_that_could_be_disputed(park):
    make_citation(park, source=make_source("annals"), field="closed")
    cited(park, make_source("blog"), closed="2020")
    assert standing(park) == [("annals", "closed", "SUPPORTS", "", ""), ("blog", "closed", "SUPPORTS", "", "")]


def test_who_said_what_is_emptied_disputes_that(park):
    make_citation(park, source=make_source("annals"), field="established")
    cited(park, make_source("blog"), established="")
    assert standing(park)[0] == ("annals", "established", "DISPUTES", "2003-06", "")


def test_a_source_that_says_both_from_one_place_is_left_to_do_so(park):
    annals = make_source("annals")
    make_citation(park, source=annals, field="established", locator="¶1")
    make_citation(park, source=annals, field="established", locator="¶1", stance="DISPUTES", stated_value="1992")
    cited(park, make_source("blog"), established="2004")
    assert standing(park)[:2] == [
        ("annals", "established", "DISPUTES", "1992", "¶1"),
        ("annals", "established", "SUPPORTS", "", "¶1"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "field", "old", "new", "stated"),
    [
        (make_observation, "value", "60.50", "45", "60.5"),
        (make_observation, "value", "11735000000", "0", "11735000000"),
        (make_observation, "cumulative", True, False, "true"),
        (make_park, "is_programme", False, True, "false"),
        (make_park, "status", "ACTIVE", "CLOSED", "ACTIVE"),
        (make_role, "note", "Acting", "", "Acting"),
        (make_remark, "text_en", "One board.\nOf two\tcities.", "None.", "One board. Of two cities."),
        (make_remark, "text_en", "x" * 301, "None.", "x" * 299 + "…"),
        (make_remark, "text_en", "x" * 300, "None.", "x" * 300),
    ],
)
def test_the_old_value_is_stated_as_the_api_tells_it(make, field, old, new, stated):
    record = make(**{field: old})
    make_citation(record, source=make_source("annals"), field=field)
    cited(record, make_source("blog"), **{field: new})
    assert standing(record)[0] == ("annals", field, "DISPUTES", stated, "")


def test_an_old_reference_is_stated_by_its_key(park):
    role = make_role(park, division="320281")
    for name in ("division", "body"):
        make_citation(role, source=make_source(f"annals-{name}"), field=name)
    cited(role, make_source("blog"), division=None, body=make_body("board"))
    assert ("annals-division", "division", "DISPUTES", "320281", "") in standing(role)
    make_citation(role, source=make_source("other"), field="division", stance="DISPUTES", stated_value="321282")
    cited(role, make_source("daily"), division=make_division("321282"), body=None)
    assert ("blog", "body", "DISPUTES", "board", "") in standing(role)
    assert ("other", "division", "SUPPORTS", "", "") in standing(role)


# --- Over REST ------------------------------------------------------------------------------------------------------


def test_an_edit_tells_both_sides_at_once(editor, park):
    make_citation(park, source=make_source("annals"), field="established")
    make_citation(park, source=make_source("blog"), field="established", stance="DISPUTES", stated_value="2004")
    response = patch(editor, PARK, {"established": "2004", "source": "blog", "source_locator": "¶2"})
    assert response.status_code == 200
    told = get(editor, PARK, expand="citations", fields="disputes,support,evidence")
    assert [(each["accepted"], each["stated"], each["source"]["slug"]) for each in told["disputes"]] == [
        ("2004", "2003-06", "annals")
    ]
    assert told["support"] == {"cited": True, "sources": 1, "disputed": True}
    assert told["evidence"]["disputed"] == 1


def test_an_edit_without_a_source_leaves_the_citations_as_they_are(editor, park):
    make_citation(park, source=make_source("annals"), field="established")
    assert patch(editor, PARK, {"established": "2004"}).status_code == 200
    assert standing(park) == [("annals", "established", "SUPPORTS", "", "")]


@pytest.mark.parametrize(("stance", "verb"), [("SUPPORTS", "change"), ("DISPUTES", "delete")])
def test_who_may_not_write_the_citations_of_others_changes_no_value_that_rests_on_them(park, stance, verb):
    blog = make_source("blog")
    source = blog if stance == "DISPUTES" else make_source("annals")
    make_citation(park, source=source, field="established", stance=stance, stated_value="2004")
    before = standing(park)
    person = make_person(username="adds")
    person.user_permissions.set(Permission.objects.filter(codename__in=["change_park", "add_citation"]))
    adds = client_of(person)
    answer = refused_for(patch(adds, PARK, {"established": "2005", "source": "blog"}))
    assert answer == f"You lack the permission “sources.{verb}_citation”."
    park.refresh_from_db()
    assert (park.established, standing(park)) == ("2003-06", before)
    assert patch(adds, PARK, {"name_zh": "园区", "source": "blog"}).status_code == 200


def refused_for(response):
    refused(response, 403)
    return response.json()["detail"]


# --- In the admin ---------------------------------------------------------------------------------------------------


def test_an_edit_in_the_admin_says_how_many_citations_changed_sides(park):
    make_citation(park, source=make_source("annals"), field="established")
    blog = make_source("blog")
    client = logged_in(make_person("editors"))
    response = save(client, page_of(park), established="2004", edit_source=blog.pk)
    told = [str(message) for message in client.get(response["Location"]).context["messages"]]
    assert "1 citation of Title of blog added." in told
    assert "1 citation spoke of the old value and has changed sides." in told
    assert standing(park)[0] == ("annals", "established", "DISPUTES", "2003-06", "")
