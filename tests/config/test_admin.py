"""The front page, the menu, people and API tokens."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.db.models import Q
from django.urls import reverse
from knox.auth import TokenAuthentication
from knox.models import AuthToken

from agreements.models import Agreement
from core.history import record_models
from core.models import Change
from parks.models import CoManagementRole, Park
from sources.models import Citation, Source
from tests.admin import list_of, page_of, save
from tests.factories import make_citation, make_park, make_role
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db

FRONT = "admin:index"
REGISTRY_APPS = {model._meta.app_label for model in (Change, *record_models())}


@pytest.fixture(autouse=True)
def nothing_counted_yet():
    cache.clear()


@pytest.fixture
def steward():
    return logged_in(make_person("stewards"))


@pytest.fixture
def superuser():
    return logged_in(User.objects.create_superuser("root"))


# --- Front page -----------------------------------------------------------------------------------------------------


def test_every_number_of_the_front_page_is_that_of_the_list_it_links_to(steward):
    east, west = make_park("east"), make_park("west", host="510104")
    make_role(east, "OPERATIONS", division="320281")
    make_role(east, "LAND", division="320281")
    make_role(west, "LAND", division="510100")
    make_citation(east)
    make_citation(west, stance="DISPUTES")
    page = steward.get(reverse(FRONT))
    numbers = [(card["number"], card["href"]) for card in page.context["cards"] if card["href"] != "#evidence"]
    numbers += [(cell["number"], cell["href"]) for row in page.context["evidence_rows"] for cell in row["cells"]]
    numbers += [(bar["number"], bar["href"]) for chart in page.context["charts"] for bar in chart["bars"]]
    assert len(numbers) == 4 + 12 * 3 + 5 + 17
    for number, address in numbers:
        assert number == str(steward.get(address).context["cl"].result_count), address


def test_the_front_page_tells_the_numbers_and_the_latest_changes(steward):
    park = make_park("east", name_en="East")
    make_role(park)
    make_citation(park)
    save(steward, page_of(park), crosses="Tai Hu", edit_reason="Looked it up")
    page = steward.get(reverse(FRONT))
    cards = {str(card["title"]): card["number"] for card in page.context["cards"]}
    assert cards == {
        "Parks": "1",
        "Agreements": "0",
        "Sources": "1",
        "Citations": "1",
        "Uncited facts": "1",
        "Disputed facts": "0",
    }
    [spans, functions] = page.context["charts"]
    assert [bar["number"] for bar in spans["bars"]] == ["0", "0", "1", "0", "0"]
    assert [bar["label"] for bar in functions["bars"] if bar["number"] != "0"] == ["Operations"]
    latest = page.context["latest"][0]
    assert (latest["who"], latest["change"].reason) == ("stewards", "Looked it up")
    assert latest["records"] == [{"name": "East", "href": page_of(park)}]


def test_the_front_page_is_counted_once_for_each_state_of_the_registry(steward, django_assert_num_queries):
    make_role()
    steward.get(reverse(FRONT))
    # session, person, permissions of the person and of groups; the newest version, the latest changes, their versions,
    # and the names of the parks and divisions they touched
    with django_assert_num_queries(9):
        steward.get(reverse(FRONT))
    make_park()
    page = steward.get(reverse(FRONT))
    assert page.context["cards"][0]["number"] == "2"


def test_a_slow_count_is_kept_for_a_while(steward, settings):
    settings.SLOW_COUNT_SECONDS = 0
    make_park()
    assert steward.get(reverse(FRONT)).context["cards"][0]["number"] == "1"
    make_park()
    assert steward.get(reverse(FRONT)).context["cards"][0]["number"] == "1"


def test_who_is_in_no_group_is_told_so():
    nobody = logged_in(User.objects.create(username="new", is_staff=True))
    assert "Ask a steward to put you into a group." in nobody.get(reverse(FRONT)).content.decode()


def test_the_menu_leads_to_the_lists_that_a_person_may_see(steward, superuser):
    def menu(client):
        sections = client.get(reverse(FRONT)).context["sidebar_navigation"]
        return [str(item["link"]) for section in sections for item in section["items"] if item["has_permission"]]

    assert list_of(User) not in menu(steward)
    assert list_of(AuthToken) in menu(steward)
    addresses = menu(superuser)
    for model in (Park, CoManagementRole, Agreement, Source, Citation, Change, User, Group, AuthToken):
        assert list_of(model) in addresses
    for address in addresses:
        assert superuser.get(address).status_code == 200


def test_every_list_opens_and_is_searched_empty_and_full(superuser):
    from django.contrib import admin

    make_citation(make_role())
    for model, page in admin.site._registry.items():
        for query in ("", "?q=x", "?q=江阴") if page.search_fields else ("",):
            assert superuser.get(list_of(model) + query).status_code == 200, model
        if page.has_add_permission(superuser.get(reverse(FRONT)).wsgi_request):
            assert superuser.get(list_of(model, "add")).status_code == 200, model


# --- Changes --------------------------------------------------------------------------------------------------------


def test_changes_are_read_only(superuser):
    park = make_park()
    save(superuser, page_of(park), crosses="Tai Hu", edit_reason="Looked it up")
    edit = Change.objects.latest("id")
    page = superuser.get(page_of(edit))
    assert [field.new for row in page.context["rows"] for field in row.fields] == ["Tai Hu"]
    assert superuser.post(page_of(edit), {"reason": "Other"}).status_code == 403
    assert superuser.post(page_of(edit, "delete"), {"post": "yes"}).status_code == 403
    assert superuser.get(list_of(Change, "add")).status_code == 403


@pytest.mark.parametrize("key", ["999999999999999999999", "x", "0", "%00"])
def test_a_change_that_is_not_there_is_no_crash(superuser, key):
    assert superuser.get(f"{list_of(Change)}{key}/change/", follow=True).status_code == 200


# --- People and tokens ----------------------------------------------------------------------------------------------


def test_stewards_may_do_everything_with_every_record_and_read_the_history():
    of_records = Permission.objects.filter(content_type__app_label__in=REGISTRY_APPS)
    written_by_the_database = Q(content_type__model="openchange") | Q(
        content_type__model__in=["change", "version"], codename__regex="^(add|change|delete)_"
    )
    of_stewards = Permission.objects.filter(group__name="stewards", content_type__app_label__in=REGISTRY_APPS)
    assert set(of_stewards) == set(of_records.exclude(written_by_the_database))


def test_people_are_the_superusers_business(steward, superuser):
    assert steward.get(list_of(User)).status_code == 403
    person = make_person("editors")
    assert superuser.get(page_of(person)).status_code == 200
    answer = superuser.post(list_of(User, "add"), {"username": "x", "password1": "a", "password2": "b"})
    assert answer.status_code == 200


def test_a_person_who_has_edited_is_not_deleted(superuser):
    editor = make_person("editors")
    save(logged_in(editor), page_of(make_park()), crosses="Tai Hu")
    assert superuser.post(page_of(editor, "delete"), {"post": "yes"}).status_code == 403
    assert page_of(editor, "delete") not in superuser.get(page_of(editor)).content.decode()
    assert User.objects.filter(username="editors").exists()


def test_a_steward_makes_a_token_for_themselves_that_is_shown_once(steward, rf):
    other = make_person("editors")
    page = steward.post(list_of(AuthToken, "add"), {"days": "30", "user": other.pk})
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    token = page.context["token"]
    assert token in page.content.decode()
    made = AuthToken.objects.get()
    assert made.user.username == "stewards"
    user, _token = TokenAuthentication().authenticate(rf.get("/", HTTP_AUTHORIZATION=f"Token {token}"))
    assert user.username == "stewards"
    for address in (list_of(AuthToken), page_of(made)):
        again = steward.get(address).content.decode()
        assert token not in again
        assert token[:8] in again


def test_a_superuser_makes_a_token_for_anybody(superuser):
    editor = make_person("editors")
    assert superuser.post(list_of(AuthToken, "add"), {"days": "1", "user": editor.pk}).status_code == 200
    assert AuthToken.objects.get().user == editor


@pytest.mark.parametrize("days", ["0", "-1", "99999", "", "x", "\x00"])
def test_a_token_lasts_a_day_to_ten_years(steward, days):
    assert steward.post(list_of(AuthToken, "add"), {"days": days}).context["adminform"].form.errors["days"]
    assert not AuthToken.objects.exists()


def test_tokens_of_others_are_neither_seen_nor_taken_back_by_a_steward(steward):
    token, _secret = AuthToken.objects.create(user=make_person("editors"))
    assert token.token_key not in steward.get(list_of(AuthToken)).content.decode()
    steward.post(page_of(token, "delete"), {"post": "yes"})
    assert AuthToken.objects.count() == 1
    editor = logged_in(token.user)
    assert editor.get(list_of(AuthToken)).status_code == 403
