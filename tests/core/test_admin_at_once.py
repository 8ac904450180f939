"""Two who edit one record at once: who saves later is told what the other did."""

import pytest
from django.db import connection

from core.history import change
from parks.models import BenefitShare, CoManagementRole, Park
from tests.admin import errors_of, list_of, page_of, registry, typed
from tests.factories import (
    make_division,
    make_park,
    make_role,
    make_share,
)
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


def meanwhile(write):
    """Somebody else's edit."""
    with change(person=make_person("editors", username="li.wei", first_name="Wei", last_name="Li"), origin="API"):
        write()


def test_a_stale_save_is_refused_with_who_changed_what_and_passes_once_that_was_shown(editor):
    park = make_park(status="ACTIVE")
    sent = typed(editor.get(page_of(park)), website="https://example.org/")
    meanwhile(lambda: (Park.objects.filter(pk=park.pk).update(crosses="Yangtze River"), make_role(park)))
    before = registry()

    answer = editor.post(page_of(park), sent)
    assert answer.status_code == 200
    first, told, last = errors_of(answer)
    assert first == "Not saved: this record was changed after you opened it."
    assert told.startswith("Wei Li, ")
    assert f"Park: {park.name_en}, {park.slug}: Crosses “—” → “Yangtze River”" in told
    assert "Co-management role: operations, Division 320281 区划320281 (320281), in force: created" in told
    assert last == "Below stands what you typed, together with what only others changed. Compare and save again."
    page = answer.content.decode()
    assert 'value="https://example.org/"' in page
    assert 'value="Yangtze River"' in page
    assert registry() == before

    assert editor.post(page_of(park), typed(answer)).status_code == 302
    park.refresh_from_db()
    assert (park.website, park.crosses, park.roles.count()) == ("https://example.org/", "Yangtze River", 1)


def test_what_both_changed_stays_as_typed_and_what_only_others_changed_is_taken_over_in_rows_too(editor):
    park = make_park()
    role = make_role(park, note="old")
    share = make_share(park, percent="50")
    sent = typed(editor.get(page_of(park)), crosses="Mine", **{"roles-0-note": "mine"})

    def write():
        Park.objects.filter(pk=park.pk).update(crosses="Theirs", website="https://example.org/")
        CoManagementRole.objects.filter(pk=role.pk).update(note="theirs", until="2010")
        BenefitShare.objects.filter(pk=share.pk).update(percent="40")

    meanwhile(write)
    answer = editor.post(page_of(park), sent)
    assert answer.status_code == 200
    assert editor.post(page_of(park), typed(answer)).status_code == 302
    assert Park.objects.values_list("crosses", "website").get() == ("Mine", "https://example.org/")
    assert CoManagementRole.objects.values_list("note", "until").get() == ("mine", "2010")
    assert BenefitShare.objects.get().percent == 40


def test_a_row_deleted_meanwhile_is_told_and_stays_deleted(editor):
    role = make_role()
    sent = typed(editor.get(page_of(role.park)), **{"roles-0-note": "Kept?"}, crosses="Tai Hu")
    meanwhile(role.delete)
    answer = editor.post(page_of(role.park), sent)
    assert answer.status_code == 200
    assert "in force: deleted." in errors_of(answer)[1]
    assert editor.post(page_of(role.park), typed(answer, **{"roles-0-DELETE": "on"})).status_code == 302
    assert not CoManagementRole.objects.exists()
    assert Park.objects.get().crosses == "Tai Hu"


@pytest.mark.parametrize("version", ["", "x", "-1", "0", "9" * 30, "\x00"])
def test_a_version_that_is_none_is_refused(editor, version):
    park = make_park()
    sent = typed(editor.get(page_of(park)), website="https://example.org/", edit_version=version)
    assert errors_of(editor.post(page_of(park), sent))[0] == "Not saved: this record was changed after you opened it."


def test_what_another_wrote_between_check_and_save_is_a_form_error_not_a_crash(editor):
    make_division("321282")
    before = registry()
    others = []

    def write_first(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "parks_park"') and not others:
            others.append(sql)
            make_park("new")
        return execute(sql, params, many, context)

    page = editor.get(list_of(Park, "add"))
    with connection.execute_wrapper(write_first):
        answer = editor.post(list_of(Park, "add"), typed(page, slug="new", name_en="New", host="321282"))
    assert others
    assert answer.context["adminform"].form.errors == {"slug": ["This value is taken: choose another."]}
    assert 'value="New"' in answer.content.decode()
    assert registry() == before
