"""Setting single sign-on up: by variables, with what is wrong told."""

import pytest
from django.core.cache import cache
from django.test import Client

from config import sso
from config.doctor import sso as doctor
from tests.config.test_settings import PRODUCTION, python, read
from tests.office import SECRET

pytestmark = pytest.mark.django_db


# --- Setting it up

SET_UP = {
    "OIDC_ISSUER": "https://id.example.org/realms/office",
    "OIDC_CLIENT_ID": "park-registry",
    "OIDC_CLIENT_SECRET": SECRET,
    "OIDC_EDITORS": "registry, planning",
}


def test_without_a_provider_nothing_is_there():
    client = Client()
    assert "office" not in client.get("/admin/login/").content.decode()
    assert client.get("/admin/sso/").status_code == 302
    assert read("AUTHENTICATION_BACKENDS") == [
        ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
    ]


def test_variables_set_it_up():
    code = (
        "from django.conf import settings; from django.urls import resolve; s = settings.SSO;"
        "print(s.issuer, s.values, s.claim, s.scopes, settings.AUTHENTICATION_BACKENDS[2], sep='|');"
        "print(resolve('/admin/sso/').url_name, resolve('/admin/sso/callback/').url_name, s)"
    )
    done = python("manage.py", "shell", "-v", "0", "-c", code, **SET_UP)
    first, second = done.stdout.splitlines()
    assert first.split("|") == [
        SET_UP["OIDC_ISSUER"],
        "{'stewards': [], 'editors': ['registry', 'planning'], 'readers': []}",
        "groups",
        "openid profile email",
        sso.BACKEND,
    ]
    assert second.startswith("sso sso-callback ")
    assert SECRET not in done.stdout


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"OIDC_ISSUER": "http://id.example.org"}, "OIDC_ISSUER: the provider has to be asked over https://"),
        ({"OIDC_ISSUER": "http://127.0.0.1"} | PRODUCTION, "OIDC_ISSUER: the provider has to be asked over https://"),
        ({"OIDC_ISSUER": ""}, "OIDC_ISSUER is set but empty."),
        ({"OIDC_ISSUER": None}, "OIDC_CLIENT_ID is set, but not OIDC_ISSUER"),
        ({"OIDC_CLIENT_ID": None}, "OIDC_CLIENT_ID is not set."),
        ({"OIDC_CLIENT_SECRET": None}, "OIDC_CLIENT_SECRET is not set."),
        ({"OIDC_CLIENT_SECRET": "word-7x"}, "OIDC_CLIENT_SECRET: its value is too easy to guess (at least 16"),
        ({"OIDC_EDITORS": None}, "OIDC_ISSUER is set, but nobody could come in."),
        ({"OIDC_SCOPES": "email"}, "OIDC_SCOPES: without openid"),
    ],
    ids=str,
)
def test_what_does_not_suffice_is_told(wrong, said):
    environment = {name: value for name, value in (SET_UP | wrong).items() if value is not None}
    done = python("manage.py", "check", **environment)
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {said}" in done.stderr
    assert "word-7x" not in done.stderr


def test_packages_that_are_missing_are_named():
    code = (
        "import runpy, sys; sys.modules['mozilla_django_oidc'] = None; sys.argv = ['manage.py', 'check'];"
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    assert python("-c", code).returncode == 0
    done = python("-c", code, **SET_UP)
    assert done.returncode == 1
    assert "what it needs is not installed. Run `registry restart`" in done.stderr


def test_doctor_looks_at_the_provider(provider, settings):
    def found():
        cache.clear()
        return [(each.level, each.what) for each in doctor.single_sign_on()]

    assert found() == []
    provider.lies(keys={"keys": []})
    assert found() == [("error", "The provider shows no key for RS256.")]
    provider.lies(
        description={"code_challenge_methods_supported": ["plain"], "id_token_signing_alg_values_supported": ["ES256"]}
    )
    assert [what for _level, what in found()] == [
        "The provider says that it does not sign with RS256.",
        "The provider says that it does not know PKCE with S256.",
    ]
    provider.lies(description={"issuer": "https://evil.example"})
    [(level, what)] = found()
    assert (level, what) == (
        "error",
        "Nobody can log in with an office account: its description is of another issuer than OIDC_ISSUER.",
    )
    settings.SSO = None
    assert found() == []
