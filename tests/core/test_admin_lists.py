"""What nobody may ask of the admin, however they write the address or the form."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from knox.models import AuthToken

from cities.models import Division
from core.history import record_models
from core.models import Change
from parks.models import Park
from sources.models import Citation, Source
from tests.admin import errors_of, list_of, page_of, save, typed
from tests.factories import make_park, make_role, make_whole_park
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db

HUGE = "9" * 24


@pytest.fixture
def reader():
    return logged_in(make_person("readers"))


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


@pytest.fixture
def superuser():
    return logged_in(User.objects.create_superuser("root"))


# --- Filters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "name_en__regex=(",
        "name_en__regex=(.*)*(.*)*(.*)*q$$z",
        "name_en__iregex=a",
        "name_en=a",
        "name_en__contains=a",
        "status__regex=(",
        "status__in=ACTIVE",
        "host__code__regex=(",
        "roles__note__regex=(",
        "span__regex=(",
        "changed__regex=(",
        "citations__note=a",
        "elsewhere=a",
    ],
)
def test_a_list_is_asked_by_its_filters_alone(reader, query):
    make_park()
    assert reader.get(f"{list_of(Park)}?{query}").status_code == 400


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Change, "person__password__startswith=md5"),
        (Change, "person__username__regex=("),
        (Change, "row_count__regex=("),
        (Change, "reason__regex=("),
        (User, "password__startswith=md5"),
        (User, "username__regex=("),
        (User, "groups__name__regex=("),
        (Group, "name__regex=("),
        (AuthToken, "digest__startswith=a"),
        (AuthToken, "user__password__startswith=md5"),
    ],
)
def test_nor_is_one_of_people_or_changes(superuser, model, query):
    assert superuser.get(f"{list_of(model)}?{query}").status_code == 400


def test_every_list_answers_its_own_filters_whatever_their_values(superuser):
    make_whole_park()
    for model in (*record_models(), Change, User, Group, AuthToken):
        address = list_of(model)
        for each in superuser.get(address).context["cl"].filter_specs:
            for parameter in each.expected_parameters():
                for value in ("1", "", HUGE, "²"):
                    answer = superuser.get(address, {parameter: value}, follow=True)
                    assert answer.status_code == 200, (address, parameter, value)


@pytest.mark.parametrize("query", [f"p={HUGE}", "p=-1", "p=²", "o=999.-x", f"o={HUGE}", "all=1", "e=1", "_to_field=id"])
def test_pages_and_orders_that_there_are_not_are_no_crash(reader, query):
    make_park()
    assert reader.get(f"{list_of(Park)}?{query}", follow=True).status_code == 200


# --- Searching ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a " * 21, "a" * 601, "a " * 1500, '"' * 700])
@pytest.mark.parametrize("model", [Park, Division, Source, Citation])
def test_a_search_of_too_many_words_is_refused(reader, model, text):
    page = reader.get(list_of(model), {"q": text})
    assert page.context["cl"].result_count == 0
    assert "Search for at most 20 words, of 600 characters in all." in page.content.decode()


def test_as_many_words_as_may_be_are_searched_for(reader):
    make_park(name_en=" ".join(f"Word{number}" for number in range(20)))
    page = reader.get(list_of(Park), {"q": " ".join(f"word{number}" for number in range(20))})
    assert page.context["cl"].result_count == 1


def test_autocompletes_are_asked_for_by_who_may_see_what_they_find(reader):
    make_park()
    asked = {"app_label": "parks", "model_name": "park", "field_name": "successor"}
    address = reverse("admin:autocomplete")
    assert len(reader.get(address, asked).json()["results"]) == 1
    assert reader.get(address, {**asked, "term": "a " * 1500}).json()["results"] == []
    for app, model, field in (
        ("core", "change", "person"),
        ("knox", "authtoken", "user"),
        ("auth", "user", "groups"),
        ("auth", "user", "password"),
        ("parks", "park", "name_en"),
        ("parks", "nothing", "host"),
    ):
        answer = reader.get(address, {"app_label": app, "model_name": model, "field_name": field})
        assert answer.status_code == 403, (app, model, field)


# --- Keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["change", "history", "delete"])
@pytest.mark.parametrize("model", [Park, Citation, Change, AuthToken])
@pytest.mark.parametrize("key", [HUGE, "²", "x", "_00"])
def test_keys_that_there_are_not_are_no_crash(superuser, model, view, key):
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_{view}", args=[key])
    assert superuser.get(address, follow=True).status_code in (200, 403, 404)


@pytest.mark.parametrize("key", [HUGE, f"-{HUGE}", "1e99", "²"])
@pytest.mark.parametrize("name", ["successor", "part_of", "edit_source", "industries-0-industry", "roles-0-body"])
def test_a_key_that_no_row_can_have_is_a_form_error(editor, name, key):
    park = make_park()
    rows = {"industries-TOTAL_FORMS": "1", "industries-0-tier": "LEADING"} if name.startswith("industries") else {}
    if name.startswith("roles"):
        make_role(park)
    answer = save(editor, page_of(park), **rows, **{name: key})
    assert answer.status_code == 200
    assert errors_of(answer) == ["Select a valid choice. That choice is not one of the available choices."]


# --- Rows -----------------------------------------------------------------------------------------------------------


def test_more_rows_than_a_form_may_hold_are_refused_and_not_made(editor):
    role = make_role()
    fields = typed(editor.get(page_of(role.park)), **{"roles-TOTAL_FORMS": "99999", "names-TOTAL_FORMS": "201"})
    answer = editor.post(page_of(role.park), fields)
    assert errors_of(answer) == ["Please submit at most 200 forms.", "Please submit at most 200 forms."]
    assert len(answer.context["inline_admin_formsets"][0].formset.forms) == 1
    fields |= {"roles-INITIAL_FORMS": "99999"}
    assert editor.post(page_of(role.park), fields).status_code == 200


@pytest.mark.parametrize("page", ["²", HUGE, "0", "x"])
def test_pages_of_rows_that_there_are_not_are_no_crash(editor, page):
    role = make_role()
    assert editor.get(page_of(role.park), {"roles-page": page}).status_code == 200
