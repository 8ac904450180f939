"""Who does what on the page of a park, and the page of what most needs a source."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from agreements.models import Agreement, Official
from cities.models import Body
from parks.models import Park
from parks.needs import neediest, needs_of
from sources.evidence import tally
from tests.admin import page_of, save
from tests.factories import (
    make_agreement,
    make_body,
    make_citation,
    make_event,
    make_official,
    make_park,
    make_park_name,
    make_role,
    make_source,
    make_whole_agreement,
    make_whole_park,
)
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db
NEEDS = "admin:parks_park_needs_source"


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


def rows(page):
    """Each row of the matrix: the parties that hold its function, for certain or not."""
    table = page.context["who_does_what"]
    return {
        row.title: {
            party: cell.is_certain for party, cells in zip(table.parties, row.cells, strict=True) for cell in cells
        }
        for row in table.rows
    }


def flags(page, name):
    return [row.title for row in page.context["who_does_what"].rows if getattr(row, name)]


# --- Who does what --------------------------------------------------------------------------------------------------


def test_the_page_tells_who_does_what_on_the_day(editor):
    park, agreement = make_park(), make_agreement("treaty", title_en="The treaty")
    operations = make_role(park, "OPERATIONS", since="2003", until="2013", agreement=agreement)
    make_citation(operations)
    make_role(park, "LAND", division="321282", since="2003-08")
    page = editor.get(page_of(park), {"on": "2010"})
    found = rows(page)
    land = park.roles.get(function="LAND")
    assert {name: holders for name, holders in found.items() if holders} == {
        "Operations": {operations.party_name(): True},
        capfirst(land.get_function_display()): {land.party_name(): True},
    }
    text = page.content.decode()
    assert reverse("admin:parks_comanagementrole_change", args=[operations.pk]) in text
    assert "The treaty" in text
    assert "Operations" not in flags(page, "is_gap")
    later = editor.get(page_of(park), {"on": "2020-01-01"})
    assert "Operations" in flags(later, "is_gap")


def test_inexact_dates_tell_possibly(editor):
    park = make_park()
    role = make_role(park, since="2003")
    page = editor.get(page_of(park), {"on": "2003-05-01"})
    assert rows(page)["Operations"] == {role.party_name(): False}
    assert "possibly" in page.content.decode()


def test_what_has_no_dates_is_told_while_there_was_a_park(editor):
    park = make_park(established="2003", closed="2010", status="CLOSED")
    role = make_role(park, "LAND")
    found = {}
    for on in ("2002", "2003-06", "2005", "2011"):
        page = editor.get(page_of(park), {"on": on})
        found[on] = rows(page)["Land"], len(flags(page, "is_gap"))
    land = role.party_name()
    assert found == {"2002": ({}, 0), "2003-06": ({land: False}, 13), "2005": ({land: True}, 13), "2011": ({}, 0)}


def test_two_at_once_are_told_and_those_on_purpose_apart(editor):
    park, treaty = make_park(), make_agreement()
    make_role(park, "OPERATIONS", division="320281")
    make_role(park, "OPERATIONS", division="321282")
    make_role(park, "LAND", division="320281", agreement=treaty)
    make_role(park, "LAND", division="321282", agreement=treaty)
    page = editor.get(page_of(park))
    assert flags(page, "is_overlap") == ["Operations"]
    assert len(flags(page, "is_shared")) == 1
    assert str(page.context["who_does_what"].on) == timezone.localdate().isoformat()


def test_a_partner_without_a_function_is_listed(editor):
    park = make_park()
    partner = make_role(park, "PARTNER")
    page = editor.get(page_of(park))
    assert [cell.role for cell in page.context["who_does_what"].partners] == [partner]
    assert "Partners of whom no source says what they do" in page.content.decode()


@pytest.mark.parametrize("on", ["2003-13", "x", "2003-08-29T00:00", "<script>"])
def test_a_bad_day_is_told_and_today_shown(editor, on):
    page = editor.get(page_of(make_park()), {"on": on})
    assert page.status_code == 200
    [message] = [str(each) for each in get_messages(page.wsgi_request)]
    assert message.startswith("Who does what: ")
    assert str(page.context["who_does_what"].on) == timezone.localdate().isoformat()


def test_the_page_that_adds_a_park_has_no_matrix(editor):
    assert "who_does_what" not in editor.get(reverse("admin:parks_park_add")).context


def test_that_a_row_is_wrong_is_said_once_and_above_the_matrix(editor):
    park = make_park()
    role = make_role(park, since="2003")
    page = page_of(park)
    answer = save(editor, page, **{"roles-0-since": "yesterday"})
    assert answer.status_code == 200
    told = answer.content.decode()
    assert told.count("Please correct the errors below.") == 1
    assert told.index("Please correct the errors below.") < told.index('id="who-does-what"')
    assert "Please correct" not in editor.get(page).content.decode()
    role.refresh_from_db()
    assert role.since == "2003"


def test_the_matrix_takes_as_many_queries_for_three_roles_as_for_one(editor):
    counts = []
    for number in (1, 3):
        park = make_park()
        for year in range(number):
            make_citation(make_role(park, since=str(2000 + year), until=str(2000 + year), agreement=make_agreement()))
        editor.get(page_of(park))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert editor.get(page_of(park), {"on": "2000"}).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- What most needs a source ---------------------------------------------------------------------------------------


def make_needy():
    """A park with three uncited rows; one with one, and one disputed; one with one, and one voice; one with none."""
    worst, disputed, single, double = (make_park(slug) for slug in ("worst", "disputed", "single", "double"))
    make_event(worst)
    make_park_name(worst)
    make_citation(make_event(disputed))
    make_citation(disputed, stance="DISPUTES")
    release = make_source()
    make_citation(single, source=release)
    make_citation(single, source=make_source(reprint_of=release))
    make_event(single)
    make_citation(double)
    make_citation(double)
    return worst, disputed, single, double


def test_records_are_ranked_by_what_is_uncited_then_by_what_is_disputed():
    worst, disputed, single, _double = make_needy()
    agreement = make_agreement()
    places = neediest(10)
    assert places == [
        ("parks.park", worst.pk),
        ("parks.park", disputed.pk),
        ("agreements.agreement", agreement.pk),
        ("parks.park", single.pk),
    ]
    assert neediest(1) == places[:1]


def test_the_numbers_are_those_of_the_evidence():
    make_needy()
    park, agreement = make_whole_park(), make_whole_agreement()
    make_citation(park, field="longitude")
    make_citation(park, field="closed", stance="DISPUTES")
    make_citation(agreement.clauses.first(), field="kind", stance="DISPUTES")
    make_citation(agreement, field="signed_on")
    make_citation(make_official(), field="name_en", stance="DISPUTES")
    make_body(division="320281")
    needs = needs_of(neediest(100))
    assert [each.evidence for each in needs] == [tally(each.record) for each in needs]
    order = [(-each.evidence["uncited"], -each.evidence["disputed"]) for each in needs]
    assert order == sorted(order)
    needy = [
        record
        for model in (Park, Agreement, Official, Body)
        for record in model.objects.all()
        if (counts := tally(record))["uncited"] or counts["disputed"]
    ]
    assert sorted(map(repr, needy)) == sorted(repr(each.record) for each in needs)


def test_the_page_links_each_park(editor):
    worst, *_others, double = make_needy()
    page = editor.get(reverse(NEEDS))
    text = page.content.decode()
    assert page_of(worst) in text
    assert page_of(double) not in text
    assert text.index(page_of(worst)) < text.index(page_of(_others[0]))
    assert "What most needs a source" in editor.get(reverse("admin:index")).content.decode()


def test_a_park_cited_since_goes_from_the_page(editor):
    park = make_park()
    assert page_of(park) in editor.get(reverse(NEEDS)).content.decode()
    make_citation(park)
    assert "Nothing is uncited or disputed." in editor.get(reverse(NEEDS)).content.decode()


def test_the_page_takes_as_many_queries_for_three_parks_as_for_one(editor):
    counts = []
    for number in (1, 2):
        for _each in range(number):
            make_event(make_park())
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(reverse(NEEDS)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    with CaptureQueriesContext(connection) as queries:
        editor.get(reverse(NEEDS))
    # What was ranked is not ranked again.
    assert len(queries) < counts[0]


def test_a_kind_that_a_person_may_not_see_is_not_ranked_for_them():
    park, agreement = make_park(), make_agreement()
    person = make_person("readers")
    person.groups.clear()
    person.user_permissions.add(Permission.objects.get(codename="view_park"))
    text = logged_in(person).get(reverse(NEEDS)).content.decode()
    assert (page_of(park) in text, page_of(agreement) in text) == (True, False)


def test_the_list_is_paged(editor, monkeypatch):
    monkeypatch.setattr("parks.admin.needs.PER_PAGE", 2)
    for _each in range(3):
        make_park()
    pages = [len(editor.get(reverse(NEEDS), {"p": number}).context["rows"]) for number in (1, 2, "x", 99)]
    assert pages == [2, 1, 2, 1]


def test_who_may_not_see_parks_does_not_see_what_they_need():
    assert logged_in(make_person(is_staff=True)).get(reverse(NEEDS)).status_code == 403
    assert logged_in(make_person("readers")).get(reverse(NEEDS)).status_code == 200
