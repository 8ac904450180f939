"""Logging in with the office's account, at a provider that runs beside the tests: who comes in, and as what."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from config.sso.accounts import admit
from config.sso.models import OfficeAccount
from tests.config.test_logins import RIGHT, log_in, make_login
from tests.office import come_in, groups_of, refusal, told
from tests.people import client_of, logged_in, make_person

pytestmark = pytest.mark.django_db


# --- Coming in


def test_who_is_of_a_group_comes_in_as_one_of_it(provider):
    provider.has(
        "li",
        preferred_username="li.wei",
        given_name="Wei",
        family_name="Li",
        email="li@example.org",
        email_verified=True,
        groups=["registry"],
    )
    response, client = come_in(provider)
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    person = User.objects.get()
    shown = (person.username, person.first_name, person.last_name, person.email)
    assert shown == ("li.wei", "Wei", "Li", "li@example.org")
    assert (person.is_staff, person.is_superuser, person.has_usable_password()) == (True, False, False)
    assert groups_of("li.wei") == ["editors"]
    account = OfficeAccount.objects.get()
    assert (account.person, account.issuer, account.subject) == (person, provider.issuer, "li")
    assert client.get("/admin/parks/park/add/").status_code == 200
    assert client.session.get_expiry_age() <= 12 * 3600
    assert set(provider.asked()) == {
        "/.well-known/openid-configuration", "/oauth2/authorize", "/oauth2/token", "/jwks",
    }  # fmt: skip


def test_what_is_asked_for_binds_the_answer_to_this_login(provider):
    asked = parse_qs(urlsplit(Client().get("/admin/sso/")["Location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["client_id"] == ["park-registry"]
    assert asked["scope"] == ["openid profile email"]
    assert asked["redirect_uri"] == ["http://testserver/admin/sso/callback/"]
    assert asked["code_challenge_method"] == ["S256"]
    assert [len(asked[name][0]) for name in ("state", "nonce", "code_challenge")] == [32, 32, 43]


@pytest.mark.parametrize(
    ("claim", "group"),
    [
        (["boss"], "stewards"),
        (["staff", "planning", "boss"], "stewards"),
        (["staff", "planning"], "editors"),
        ("staff", "readers"),
        (["Boss", "stewards", "superuser"], None),
        ({"boss": True}, None),
        ([["boss"], None, 7], None),
        (None, None),
    ],
)
def test_group_is_the_first_that_the_claim_tells(provider, claim, group):
    provider.has("li", preferred_username="li.wei", groups=claim, is_superuser=True, is_staff=True)
    response, _client = come_in(provider)
    if group is None:
        assert told(response) == refusal("group")
        assert (User.objects.count(), OfficeAccount.objects.count()) == (0, 0)
    else:
        assert groups_of("li.wei") == [group]
        assert not User.objects.get().is_superuser


def test_groups_follow_the_claim_with_each_login(provider):
    come_in(provider)
    person = User.objects.get()
    person.groups.add(Group.objects.get(name="stewards"))
    come_in(provider)
    assert groups_of("li.wei") == ["editors"]
    provider.has("li", preferred_username="li.wei", groups=["boss"])
    come_in(provider)
    assert groups_of("li.wei") == ["stewards"]
    assert User.objects.count() == 1


def test_who_is_of_no_group_any_more_loses_all_at_once(provider):
    _response, first = come_in(provider)
    token = client_of(User.objects.get())
    new = {"slug": "new", "name_en": "New", "name_zh": "新"}
    assert token.post("/api/v1/parks/", {"slug": ""}).status_code == 400
    provider.has("li", preferred_username="li.wei", groups=["canteen"])
    response, second = come_in(provider)
    assert told(response) == refusal("group")
    assert (groups_of("li.wei"), User.objects.get().is_staff) == ([], False)
    assert [client.get("/admin/").status_code for client in (first, second)] == [302, 302]
    assert token.post("/api/v1/parks/", new).status_code == 403


def test_groups_are_asked_for_where_the_token_has_none(provider):
    provider.lies(claims={"groups": None})
    response, _client = come_in(provider)
    assert (response.status_code, groups_of("li.wei")) == (302, ["editors"])
    assert "/userinfo" in provider.asked()
    provider.lies(claims={"groups": None}, userinfo={"sub": "boss", "groups": ["boss"]})
    response, _client = come_in(provider)
    assert told(response) == refusal("token")
    assert groups_of("li.wei") == ["editors"]


# --- Who it is


def test_neither_address_nor_name_makes_anybody_somebody_else(provider):
    root = User.objects.create_superuser("admin", "root@example.org", "a long word of mine")
    make_login("steward", email="steward@example.org")
    for subject, name, address in (("a", "admin", "root@example.org"), ("b", "Steward", "steward@example.org")):
        provider.has(subject, preferred_username=name, email=address, email_verified=True, groups=["staff"])
        come_in(provider, subject)
    assert sorted(User.objects.values_list("username", "is_superuser")) == [
        ("Steward-2", False),
        ("admin", True),
        ("admin-2", False),
        ("steward", False),
    ]
    assert log_in("admin", "a long word of mine").status_code == 302
    assert not hasattr(root, "office_account")


def test_person_is_the_same_under_another_name_and_another_under_the_same(provider, settings):
    come_in(provider)
    provider.has("li", preferred_username="wei.chen", groups=["registry"])
    come_in(provider)
    assert User.objects.get().username == "li.wei"
    provider.has("other", preferred_username="li.wei", groups=["registry"])
    come_in(provider, "other")
    assert list(User.objects.order_by("id").values_list("username", flat=True)) == ["li.wei", "li.wei-2"]
    OfficeAccount.objects.filter(subject="li").update(issuer="https://elsewhere.example")
    come_in(provider)
    assert User.objects.count() == 3


def test_address_that_nobody_has_looked_at_is_not_kept(provider):
    for verified in (False, None, "true"):
        provider.has("li", email="boss@example.org", email_verified=verified, groups=["registry"])
        come_in(provider)
        assert User.objects.get().email == ""


@pytest.mark.parametrize(
    ("called", "username"),
    [
        ({"preferred_username": "李伟"}, "李伟"),
        ({"preferred_username": " li\x00 wei\n<b> "}, "li-wei-b"),
        ({"preferred_username": "x" * 400}, "x" * 140),
        ({"preferred_username": ["li"], "name": "Li Wei"}, "Li-Wei"),
        ({"preferred_username": "///"}, "somebody"),
        ({}, "li"),
    ],
)
def test_username_is_what_the_provider_calls_somebody(provider, called, username):
    provider.has("li", groups=["staff"], given_name="x" * 400, family_name=7, **called)
    come_in(provider)
    assert User.objects.get().username == username


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_first_logins_at_once_make_each_person_once(provider):
    together = Barrier(6)

    def log_in_at_once(subject):
        try:
            together.wait(20)
            return admit({"sub": subject, "preferred_username": "li", "groups": ["staff"]}).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        people = list(pool.map(log_in_at_once, "aabbcc"))
    assert people[::2] == people[1::2]
    assert sorted(User.objects.values_list("username", flat=True)) == ["li", "li-2", "li-3"]


def test_superuser_is_let_in_by_nobody_else(provider):
    come_in(provider)
    User.objects.update(is_superuser=True)
    provider.has("li", groups=["staff"])
    response, client = come_in(provider)
    assert told(response) == refusal("superuser")
    assert client.get("/admin/").status_code == 302
    assert groups_of("li.wei") == ["editors"]


def test_who_is_inactive_stays_out_and_is_not_made_active(provider):
    _response, open_session = come_in(provider)
    User.objects.update(is_active=False)
    response, client = come_in(provider)
    assert told(response) == refusal("inactive")
    assert [each.get("/admin/").status_code for each in (client, open_session)] == [302, 302]
    assert open_session.get("/admin/login/").wsgi_request.user.is_anonymous
    assert not User.objects.get().is_active


def test_superuser_gives_somebody_who_is_here_already_their_account(provider):
    person = make_login("li.old", email="li@example.org")
    root = logged_in(User.objects.create_superuser("root"))
    page = reverse("admin:auth_user_change", args=[person.pk])
    posted = {"username": "li.old", "is_active": "on", "is_staff": "on"}
    posted |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    posted |= {"office_account-TOTAL_FORMS": 1, "office_account-INITIAL_FORMS": 0}
    posted |= {"office_account-0-issuer": provider.issuer, "office_account-0-subject": "li"}
    answer = root.post(page, posted)
    assert answer.status_code == 302, answer.context["errors"]
    before = logged_in(person)
    come_in(provider)
    person.refresh_from_db()
    assert (person.username, person.has_usable_password(), groups_of("li.old")) == ("li.old", False, ["editors"])
    assert before.get("/admin/").status_code == 302
    assert log_in("li.old", "a long word of mine").status_code == 200


# --- There and back


def test_code_is_used_once_and_where_it_was_begun(provider):
    client = Client()
    back = provider.log_in(client.get("/admin/sso/")["Location"], "li")
    stolen = Client()
    stolen.get("/admin/sso/")
    assert told(stolen.get(back)) == refusal("lost")
    assert told(Client().get(back)) == refusal("lost")
    assert client.get(back).status_code == 302
    assert told(client.get(back)) == refusal("lost")
    assert client.get("/admin/").status_code == 200


def test_code_of_another_login_is_refused_by_its_proof(provider):
    client = Client()
    mine, theirs = (urlsplit(provider.log_in(Client().get("/admin/sso/")["Location"], "li")).query for _ in range(2))
    begun = parse_qs(urlsplit(client.get("/admin/sso/")["Location"]).query)
    code = parse_qs(theirs)["code"][0]
    response = client.get("/admin/sso/callback/", {"code": code, "state": begun["state"][0]})
    assert told(response) == refusal("lost")
    assert mine != theirs


@pytest.mark.parametrize("query", [{}, {"code": "x"}, {"state": "x"}, {"code": "x", "state": "x"}, {"error": "x"}])
def test_whoever_comes_from_nowhere_is_told_to_begin(provider, query):
    _response, client = come_in(provider)
    for browser in (Client(), client):
        assert told(browser.get("/admin/sso/callback/", query)) == refusal("lost")
    # nobody logs others out by a link
    assert client.get("/admin/").status_code == 200


def test_login_that_is_refused_there_is_told_here(provider):
    client = Client()
    back = provider.log_in(client.get("/admin/sso/")["Location"], "li", action="deny")
    if "state=" not in back:
        # RFC 6749, 4.1.2.1, which the provider of the tests leaves out
        back += "&state=" + next(iter(client.session["oidc_states"]))
    assert "error=access_denied" in back
    assert told(client.get(back)) == refusal("denied")
    assert told(client.get(back)) == refusal("lost")


def test_addresses_take_no_other_method(provider):
    for address in ("/admin/sso/", "/admin/sso/callback/"):
        assert Client().post(address).status_code == 405


def test_login_leads_on_within_the_registry(provider):
    response, _client = come_in(provider, there="/admin/parks/park/?q=east")
    assert response["Location"] == "/admin/parks/park/?q=east"
    for there in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        response, _client = come_in(provider, there=there)
        assert response["Location"] == "/admin/"


def test_login_page_leads_there_and_says_where_from(provider):
    page = Client().get("/admin/login/", {"next": "/admin/parks/park/?q=a&b=c"}).content.decode()
    assert "Log in with your office's account" in page
    assert 'href="/admin/sso/?next=%2Fadmin%2Fparks%2Fpark%2F%3Fq%3Da%26b%3Dc"' in page
    assert 'href="/admin/sso/?next=%2Fadmin%2F"' in Client().get("/admin/login/").content.decode()


def test_logout_says_that_the_office_account_goes_on(provider):
    _response, client = come_in(provider)
    key = client.session.session_key
    page = client.post("/admin/logout/").content.decode()
    assert f'href="{provider.issuer}/oauth2/end_session?client_id=park-registry"' in page
    assert not Session.objects.filter(session_key=key).exists()
    page = logged_in(make_person("readers")).post("/admin/logout/").content.decode()
    assert "end_session" not in page


def test_login_takes_a_new_session(provider):
    client = Client()
    begun = client.get("/admin/sso/")
    before = client.session.session_key
    client.get(provider.log_in(begun["Location"], "li"))
    assert client.session.session_key not in (None, before)


def test_session_ends_when_it_was_said_to_at_its_login(provider, settings):
    """Whoever found an open one, or its cookie, cannot begin one login after the other to keep it."""
    settings.SESSION_COOKIE_AGE = 100
    _answer, office = come_in(provider)
    password = Client()
    make_login("wang")
    assert password.post("/admin/login/", {"username": "wang", "password": RIGHT}).status_code == 302
    ends = {each.pk: each.expire_date for each in Session.objects.all()}
    settings.SESSION_COOKIE_AGE = 10_000
    for client in (office, password):
        assert client.get("/admin/sso/").status_code == 302
        key = client.session.session_key
        assert abs((Session.objects.get(pk=key).expire_date - ends[key]).total_seconds()) < 1
