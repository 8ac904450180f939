"""The pages of records: saving, citing, refusing. Parks stand for all kinds of records."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from core.models import Change
from parks.models import Park
from sources.models import Citation, Source
from tests.admin import errors_of, list_of, page_of, registry, save
from tests.factories import (
    make_division,
    make_event,
    make_park,
    make_park_name,
    make_role,
    make_share,
    make_source,
)
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


# --- Source for this edit -------------------------------------------------------------------------------------------


def test_an_edit_with_a_source_cites_each_changed_field_and_new_row(editor):
    park, source = make_park(), make_source("daily")
    make_division("320281")
    answer = save(
        editor,
        page_of(park),
        website="https://example.org/",
        **{
            "roles-TOTAL_FORMS": "1",
            "roles-0-function": "OPERATIONS",
            "roles-0-standing": "IN_FORCE",
            "roles-0-division": "320281",
            "roles-0-since": "2003-08",
        },
        edit_source=source.pk,
        edit_locator="¶2",
        edit_confidence="MEDIUM",
        edit_reason="As the paper says",
    )
    assert answer.status_code == 302
    [role] = park.roles.all()
    assert (role.function, role.division_id, role.since) == ("OPERATIONS", "320281", "2003-08")
    cited = Citation.objects.order_by("id").values_list("source__slug", "object_id", "field", "locator", "confidence")
    assert set(cited) == {
        ("daily", str(park.pk), "website", "¶2", "MEDIUM"),
        ("daily", str(role.pk), "", "¶2", "MEDIUM"),
    }
    edit = Change.objects.latest("id")
    assert (edit.person.username, edit.origin, edit.reason, edit.source) == (
        "editors",
        "ADMIN",
        "As the paper says",
        "daily",
    )
    assert edit.versions.count() == 4


def test_an_edit_that_changes_nothing_cites_nothing_and_says_so(editor):
    park, source = make_park(), make_source()
    before = registry()
    answer = save(editor, page_of(park), edit_source=source.pk)
    assert registry() == before
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert told[0] == "Nothing was changed, so the source was cited for nothing."


def test_a_new_park_is_cited_as_a_whole(editor):
    source = make_source()
    make_division("321282")
    answer = save(
        editor, list_of(Park, "add"), slug="new", name_en="New", status="ACTIVE", host="321282", edit_source=source.pk
    )
    assert answer.status_code == 302
    park = Park.objects.get(slug="new")
    assert list(Citation.objects.values_list("object_id", "field")) == [(str(park.pk), "")]


@pytest.mark.parametrize(
    ("box", "error"),
    [
        ({"edit_source": "999999"}, "Select a valid choice. That choice is not one of the available choices."),
        ({"edit_source": "a\x00b"}, "Null characters are not allowed."),
        ({"edit_locator": "¶2"}, "Choose the source in which this place is, or empty it."),
        ({"edit_locator": "x" * 121}, "Ensure this value has at most 120 characters (it has 121)."),
        ({"edit_reason": "x" * 501}, "Ensure this value has at most 500 characters (it has 501)."),
        ({"edit_reason": "a\x00b"}, "Null characters are not allowed."),
        (
            {"edit_confidence": "SURE"},
            "Select a valid choice. SURE is not one of the available choices.",
        ),
    ],
)
def test_bad_input_in_the_box_is_an_error_that_keeps_what_was_typed(editor, box, error):
    park = make_park()
    before = registry()
    answer = save(editor, page_of(park), website="https://example.org/", **box)
    assert answer.status_code == 200
    assert errors_of(answer) == [error]
    assert 'value="https://example.org/"' in answer.content.decode()
    assert registry() == before


def test_a_source_is_added_in_a_popup_from_the_box(editor):
    park = make_park()
    page = editor.get(page_of(park)).content.decode()
    assert f'href="{list_of(Source, "add")}?_to_field=id&amp;_popup=1"' in page
    answer = editor.post(
        list_of(Source, "add") + "?_to_field=id&_popup=1",
        {"slug": "paper", "title": "T", "publisher": "P", "kind": "ARTICLE", "_popup": "1", "_to_field": "id"},
    )
    assert answer.status_code == 200
    assert str(Source.objects.get(slug="paper").pk) in answer.content.decode()


def test_records_that_are_not_cited_have_a_reason_only(editor):
    answer = save(editor, page_of(make_source()), publisher="Evening Post", edit_reason="Renamed")
    assert answer.status_code == 302
    assert Change.objects.latest("id").reason == "Renamed"


# --- Rows of one save -----------------------------------------------------------------------------------------------


def role_row(number, **fields):
    values = {
        "function": "OPERATIONS",
        "standing": "IN_FORCE",
        "division": "320281",
        "since": "",
        "until": "",
        **fields,
    }
    return {f"roles-{number}-{name}": value for name, value in values.items()}


def share_row(number, **fields):
    values = {"subject": "EQUITY", "basis": "TOTAL", "standing": "IN_FORCE", "division": "320281", **fields}
    return {f"shares-{number}-{name}": value for name, value in values.items()}


def test_two_new_rows_that_overlap_are_refused_together(editor):
    park = make_park()
    make_division("320281")
    before = registry()
    rows = {"roles-TOTAL_FORMS": "2", **role_row(0, since="2003"), **role_row(1, since="2005")}
    answer = save(editor, page_of(park), **rows)
    assert answer.status_code == 200
    told = errors_of(answer)
    assert len(told) == 2
    assert told[0].startswith("This party's role is recorded already for a period that overlaps this one")
    assert registry() == before


def test_two_new_rows_of_the_same_fact_are_refused_together(editor):
    park = make_park()
    make_division("320281")
    before = registry()
    rows = {
        "roles-TOTAL_FORMS": "2",
        **role_row(0, since="2003", until="2003"),
        **role_row(1, since="2003", until="2003"),
    }
    answer = save(editor, page_of(park), **rows)
    assert errors_of(answer) == ["This party's role is recorded already from the same date."]
    assert answer.context["inline_admin_formsets"][0].formset.forms[1].errors
    assert registry() == before


def test_new_rows_of_more_than_all_are_refused(editor):
    park = make_park()
    make_division("320281")
    before = registry()
    rows = {
        "shares-TOTAL_FORMS": "2",
        **share_row(0, percent="60"),
        **share_row(1, percent="41", division="321282"),
    }
    told = errors_of(save(editor, page_of(park), **rows))
    assert told == ["With this row, the shares would add up to more than 100 percent on some day."] * 2
    assert registry() == before


def test_one_role_ends_and_another_begins_in_one_save(editor):
    park = make_park()
    make_role(park, since="2003")
    rows = {"roles-TOTAL_FORMS": "2", "roles-0-until": "2010", **role_row(1, since="2010")}
    answer = save(editor, page_of(park), **rows)
    assert answer.status_code == 302
    assert list(park.roles.values_list("since", "until").order_by("since")) == [("2003", "2010"), ("2010", "")]


@pytest.mark.parametrize("order", [("65", "35"), ("35", "65")])
def test_shares_change_places_in_one_save(editor, order):
    park = make_park()
    for code, percent in zip(("320281", "321282"), order, strict=True):
        make_share(park, "EQUITY", division=code, percent=percent)
    answer = save(editor, page_of(park), **{"shares-0-percent": order[1], "shares-1-percent": order[0]})
    assert answer.status_code == 302
    assert [str(percent) for percent in park.shares.values_list("percent", flat=True)] == [
        f"{order[1]}.0000",
        f"{order[0]}.0000",
    ]


def test_a_row_may_take_the_place_of_one_that_is_deleted(editor):
    park = make_park()
    make_role(park, since="2003")
    rows = {"roles-TOTAL_FORMS": "2", "roles-0-DELETE": "on", **role_row(1, since="2004")}
    editor_may_delete_facts = save(editor, page_of(park), **rows)
    assert editor_may_delete_facts.status_code == 302
    assert list(park.roles.values_list("since", flat=True)) == ["2004"]


def test_what_only_the_database_refuses_is_told_at_the_row(editor):
    taken = make_park_name(name="A", kind="OFFICIAL")
    other = make_park("other")
    taken.park.identifiers.create(scheme="NBS", value="1")
    before = registry()
    rows = {"identifiers-TOTAL_FORMS": "2"}
    for number in (0, 1):
        rows |= {f"identifiers-{number}-scheme": "NBS", f"identifiers-{number}-value": "7"}
    answer = save(editor, page_of(other), **rows)
    assert answer.status_code == 200
    assert registry() == before


# --- Bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed_in", "error"),
    [
        (
            {"established": "2003-13"},
            "“2003-13” is not a date. Write a year, a month or a day: 2003, 2003-08 or 2003-08-29.",
        ),
        (
            {"established": "20030"},
            "“20030” is not a date. Write a year, a month or a day: 2003, 2003-08 or 2003-08-29.",
        ),
        ({"established": "2003", "closed": "2002"}, "It cannot close before it is established."),
        ({"name_en": "a\x00b"}, "Null characters are not allowed."),
        ({"name_en": ""}, "This field is required."),
        ({"host": "a\x00b"}, "Null characters are not allowed."),
        ({"host": "000000"}, "Select a valid choice. That choice is not one of the available choices."),
        ({"successor": "abc"}, "Select a valid choice. That choice is not one of the available choices."),
        (
            {"latitude": "91", "longitude": "0"},
            "Give both latitude (-90 to 90) and longitude (-180 to 180), in degrees, or neither.",
        ),
        ({"latitude": "1"}, "Give both latitude (-90 to 90) and longitude (-180 to 180), in degrees, or neither."),
        ({"website": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"status": "GONE"}, "Select a valid choice. GONE is not one of the available choices."),
    ],
)
def test_a_bad_value_is_an_error_at_its_field(editor, typed_in, error):
    park = make_park()
    before = registry()
    answer = save(editor, page_of(park), **typed_in)
    assert answer.status_code == 200
    assert errors_of(answer) == [error]
    assert registry() == before


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (
            role_row(0, since="2003-13"),
            "“2003-13” is not a date. Write a year, a month or a day: 2003, 2003-08 or 2003-08-29.",
        ),
        (role_row(0, since="2003", until="2002"), "The end lies before the start."),
        (role_row(0, division=""), "Choose a division, a body, or a body acting for a division."),
        (role_row(0, function="\x00"), "Select a valid choice. \x00 is not one of the available choices."),
        (role_row(0, note="\x00"), "Null characters are not allowed."),
        (role_row(0, division="\x00"), "Null characters are not allowed."),
        (role_row(0, body="abc"), "Select a valid choice. That choice is not one of the available choices."),
        (share_row(0, percent="101"), "Ensure this value is less than or equal to 100."),
        (share_row(0, percent="NaN"), "Enter a number."),
    ],
)
def test_a_bad_value_in_a_row_is_an_error_at_its_row(editor, row, error):
    park = make_park()
    make_division("320281")
    before = registry()
    kind = next(iter(row)).split("-")[0]
    answer = save(editor, page_of(park), **{f"{kind}-TOTAL_FORMS": "1"}, **row)
    assert answer.status_code == 200
    assert error in errors_of(answer)
    assert registry() == before


def test_a_park_is_not_its_own_successor(editor):
    park = make_park()
    for name, error in (
        ("successor", "A park cannot be merged into itself."),
        ("part_of", "A park cannot be part of itself."),
    ):
        assert error in errors_of(save(editor, page_of(park), **{name: park.pk}))


def test_emoji_and_right_to_left_text_are_kept(editor):
    park = make_park()
    assert save(editor, page_of(park), name_en="مدينة 🏭").status_code == 302
    park.refresh_from_db()
    assert park.name_en == "مدينة 🏭"


def test_a_text_too_long_for_an_index_is_kept_or_refused_but_no_crash(editor):
    park = make_park()
    # 3,200 bytes of all kinds, which nothing makes shorter
    text = "".join(chr(0x20000 + 97 * number % 40_000) for number in range(800))
    event = {"kind": "OTHER", "text_en": text[:400], "text_zh": text[400:]}
    rows = {"events-TOTAL_FORMS": "1", **{f"events-0-{name}": value for name, value in event.items()}}
    answer = save(editor, page_of(park), **rows)
    if answer.status_code != 302:
        assert errors_of(answer) == ["A value is too large or too long to be kept."]
    assert park.events.count() == (answer.status_code == 302)


def test_names_are_escaped_everywhere(editor):
    evil = "<script>alert(1)</script>"
    park = make_park(name_en=evil, name_zh=evil)
    make_role(park, note=evil)
    make_event(park, text_en=evil)
    source = make_source(title=evil)
    save(editor, page_of(park), crosses=evil, edit_source=source.pk, edit_reason=evil)
    pages = [
        list_of(Park),
        page_of(park),
        page_of(park, "history"),
        page_of(park.roles.get()),
        list_of(Citation),
        list_of(Change),
        page_of(Change.objects.latest("id")),
        reverse("admin:index"),
    ]
    for address in pages:
        assert evil not in editor.get(address).content.decode(), address


@pytest.mark.parametrize("query", ["q=%00", "q=a%00b", "province=%00", "status__exact=%00", "%00=1", "partner=%00"])
def test_a_nul_in_the_address_is_refused(editor, query):
    answer = editor.get(f"{list_of(Park)}?{query}", follow=True)
    assert answer.status_code == 200
    assert "The address held a character that no record can hold." in answer.content.decode()
