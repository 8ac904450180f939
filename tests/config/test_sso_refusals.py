"""Who does not come in with an office account: a provider that lies or is away, and what is guarded as before."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from config import sso
from tests.config.test_logins import log_in, make_login
from tests.office import SECRET, come_in, refusal, told

pytestmark = pytest.mark.django_db


# --- What does not hold


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"aud": "another-client"}},
        {"claims": {"aud": ["another-client", "third"]}},
        {"claims": {"aud": None}},
        {"claims": {"aud": ["park-registry", "another"], "azp": "another"}},
        {"claims": {"aud": ["park-registry", "another"], "azp": None}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"iss": None}},
        {"claims": {"exp": 1_000_000_000}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"nonce": "of another login"}},
        {"claims": {"nonce": None}},
        {"claims": {"sub": None}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": "x" * 256}},
        {"claims": {"sub": "li\n"}},
        {"key": "another"},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"kid": "no such key"},
        {"keys": {"keys": []}},
        {"raw": "no.token.atall"},
        {"raw": None},
        {"raw": ["x"]},
    ],
    ids=str,
)
def test_token_that_does_not_hold_lets_nobody_in(provider, caplog, lie):
    provider.lies(**lie)
    response, client = come_in(provider)
    assert told(response) == refusal("token")
    assert "Back to the login" in response.content.decode()
    assert User.objects.count() == 0
    assert client.get("/admin/").status_code == 302
    assert "A login with an office account was refused: token: " in caplog.text


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"token_status": 400}, "lost"),
        ({"token_status": 500}, "unreachable"),
        ({"token_status": 401}, "unreachable"),
        ({"keys": {"keys": 7}}, "token"),
    ],
)
def test_provider_that_fails_in_the_midst_is_told_of(provider, lie, why):
    provider.lies(**lie)
    response, _client = come_in(provider)
    assert told(response) == refusal(why)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_provider_that_describes_itself_wrongly_is_not_asked(provider, description):
    provider.lies(description=description)
    assert told(Client().get("/admin/sso/")) == refusal("unreachable")
    assert provider.asked() == ["/.well-known/openid-configuration"]


def test_provider_that_is_away_keeps_nobody_else_out(provider, settings):
    make_login("steward")
    _response, client = come_in(provider)
    settings.SSO = sso.SingleSignOn(**vars(settings.SSO) | {"issuer": "http://127.0.0.1:1"})
    cache.clear()
    response = Client().get("/admin/sso/")
    assert told(response) == refusal("unreachable")
    assert "请过一分钟再试" in Client().get("/admin/sso/", headers={"Accept-Language": "zh-hans"}).content.decode()
    assert client.get("/admin/").status_code == 200
    assert Client().get("/admin/login/").status_code == 200
    assert log_in("steward", "a long word of mine").status_code == 302
    assert "still logged in" in client.post("/admin/logout/").content.decode()


# --- Beside the rest


def test_failed_passwords_are_counted_as_before(provider):
    make_login("steward")
    assert [log_in("steward", "wrong").status_code for _ in range(5)] == [200] * 4 + [429]
    come_in(provider)
    assert log_in("li.wei", "!").status_code == 200


def test_address_that_is_locked_out_is_told_to_wait(provider, settings):
    settings.LOGIN_FAILURES_PER_ADDRESS = 8
    for number in range(9):
        log_in(f"name{number}", "wrong", "127.0.0.1")
    response, client = come_in(provider)
    assert response.status_code == 429
    assert client.get("/admin/").status_code == 302


def test_password_form_takes_no_code(provider):
    client = Client()
    back = provider.log_in(client.get("/admin/sso/")["Location"], "li")
    query = urlsplit(back).query
    provider.asked()
    response = client.post(f"/admin/login/?{query}", {"username": "li", "password": "x"})
    assert (response.status_code, provider.asked(), User.objects.count()) == (200, [], 0)


def test_who_asks_too_often_is_refused(provider, settings):
    settings.DEAR_PER_MINUTE = 2
    # more than two minutes hold, should one end meanwhile
    statuses = [Client().get("/admin/sso/").status_code for _ in range(5)]
    assert (statuses[:2], statuses[4]) == ([302, 302], 429)


def test_nothing_secret_is_logged(provider, caplog):
    caplog.set_level(logging.DEBUG)
    client = Client()
    backs = []
    for lie in ({}, {"key": "another"}, {"token_status": 400}, {"token_status": 500}, {"claims": {"groups": None}}):
        provider.lies(**lie)
        begun = client.get("/admin/sso/")["Location"]
        backs += [begun, provider.log_in(begun, "li")]
        client.get(backs[-1])
    secrets = {SECRET}
    for back in backs:
        asked = parse_qs(urlsplit(back).query)
        secrets |= {asked[name][0] for name in ("code", "nonce", "state") if name in asked}
    written = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("urllib3", "tests"))
    )
    assert "li.wei logged in with an office account, as one of the editors" in written
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret in written] == []
