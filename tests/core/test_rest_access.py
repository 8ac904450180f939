"""Who may do what over REST, with which token, and how often."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from core.models import Change
from tests.factories import make_division, make_park
from tests.people import client_of, make_person

PARKS = "/api/v1/parks/"
PARK = {"slug": "new", "name_en": "New", "host": "321282"}


@pytest.fixture
def user(db):
    return get_user_model().objects.create_superuser("du")


def with_token(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=token)
    return client


def make_token(*arguments):
    out, err = StringIO(), StringIO()
    call_command("create_api_token", *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


# --- Tokens ---------------------------------------------------------------------------------------------------------


def test_a_token_from_the_command_opens_the_api(user):
    make_division()
    token, note = make_token("du")
    kept = AuthToken.objects.get()
    assert kept.user == user
    assert token not in (kept.digest, kept.token_key)
    assert timedelta(days=364) < kept.expiry - timezone.now() < timedelta(days=366)
    assert note.startswith(f"Good until {kept.expiry:%Y-%m-%d}.")
    client = with_token(f"Token {token}")
    response = client.post(PARKS, PARK, format="json")
    assert response.status_code == 201, response.content
    assert Change.objects.latest("id").person == user


def test_a_token_can_be_made_for_some_days(user):
    make_token("du", "--days", "7")
    assert AuthToken.objects.get().expiry < timezone.now() + timedelta(days=8)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "There is no user “nobody”"),
        (["du", "--days", "0"], "0 days will not do"),
        (["away"], "not active"),
    ],
)
def test_the_command_says_why_it_makes_no_token(user, arguments, says):
    get_user_model().objects.create_user("away", is_active=False)
    with pytest.raises(CommandError, match=says):
        make_token(*arguments)
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize(
    "header",
    ["Token", "Token wrong", "Token two words", "Token \xff\xfe", "Token " + "x" * 5000, "Token a\u0000b"],
)
def test_a_token_that_is_none_is_refused_even_for_reading(db, header):
    response = with_token(header).get(PARKS)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Bearer x", "bearer x", "Bearer"])
def test_a_bearer_is_told_what_to_write(db, header):
    response = with_token(header).get(PARKS)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token")
    assert response.json()["detail"] == "Write “Authorization: Token ...”, not “Bearer”."


def test_a_token_that_expired_or_whose_person_left_is_refused(user):
    _kept, token = AuthToken.objects.create(user)
    client = with_token(f"Token {token}")
    assert client.get(PARKS).status_code == 200
    user.is_active = False
    user.save()
    assert client.get(PARKS).status_code == 401
    user.is_active = True
    user.save()
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert client.post(PARKS, PARK, format="json").status_code == 401


def test_a_person_logged_in_writes_too_but_not_from_another_site(user):
    make_division()
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    response = client.post(PARKS, PARK, format="json")
    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    client = APIClient()
    client.force_login(user)
    assert client.post(PARKS, PARK, format="json").status_code == 201
    user.is_active = False
    user.save()
    assert client.post(PARKS, PARK | {"slug": "newer"}, format="json").status_code == 401


# --- Facts need their own permissions --------------------------------------------------------------------------------


def test_who_may_change_parks_but_no_roles_changes_none(db):
    park = make_park("suxitong")
    client = client_of(make_person(username="clerk"))
    clerk = get_user_model().objects.get(username="clerk")
    clerk.user_permissions.add(Permission.objects.get(codename="change_park"))
    path = f"{PARKS}suxitong/"
    headers = {"If-Match": "*"}
    assert client.patch(path, {"name_zh": "苏锡通"}, headers=headers).status_code == 200
    roles = [{"function": "OPERATIONS", "division": "321282"}]
    response = client.patch(path, {"name_zh": "园", "roles": roles}, headers=headers)
    assert (response.status_code, response.json()["detail"]) == (
        403,
        "You lack the permission “parks.add_comanagementrole”.",
    )
    park.refresh_from_db()
    assert (park.name_zh, park.roles.count()) == ("苏锡通", 0)


# --- How often ------------------------------------------------------------------------------------------------------


@pytest.fixture
def few(settings):
    settings.API_REQUESTS_PER_MINUTE = {"anonymous": 2, "token": 3}


def counted(client, **headers):
    """The statuses of four requests in a row."""
    return [client.get("/api/v1/", headers=headers).status_code for _ in range(4)]


def test_a_client_is_told_its_limit_and_stopped_beyond_it(few, reader, db):
    first = reader.get("/api/v1/")
    assert first["RateLimit-Policy"] == '"anonymous";q=2;w=60'
    assert first["RateLimit"].startswith('"anonymous";r=1;t=')
    reader.get("/api/v1/")
    stopped = reader.get("/api/v1/")
    assert (stopped.status_code, stopped["Content-Type"]) == (429, "application/problem+json")
    assert 1 <= int(stopped["Retry-After"]) <= 60
    assert stopped["RateLimit"].startswith('"anonymous";r=0;t=')


def test_each_token_has_its_own_limit(few, user, reader):
    assert counted(reader)[-1] == 429
    for _client in range(2):
        _kept, token = AuthToken.objects.create(user)
        assert counted(with_token(f"Token {token}")) == [200, 200, 200, 429]


def test_without_a_proxy_nobody_escapes_by_naming_another_address(few, reader, db):
    spoofed = [
        reader.get("/api/v1/", headers={"X-Forwarded-For": f"192.0.2.{n}", "Forwarded": f"for=192.0.2.{n}"}).status_code
        for n in range(3)
    ]
    assert spoofed == [200, 200, 429]


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(few, reader, settings, db):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    spoofed = [
        reader.get("/api/v1/", headers={"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.7"}).status_code for n in range(3)
    ]
    assert spoofed == [200, 200, 429]
    assert counted(reader, **{"X-Forwarded-For": "192.0.2.1, 198.51.100.8"}) == [200, 200, 429, 429]


def test_the_addresses_of_one_network_of_ipv6_are_one_client(few, reader, settings, db):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    seen = [reader.get("/api/v1/", headers={"X-Forwarded-For": f"2001:db8::{n}"}).status_code for n in range(1, 4)]
    assert seen == [200, 200, 429]
