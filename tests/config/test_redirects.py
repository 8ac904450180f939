"""No answer leads to another site, whatever was asked for."""

import re
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.test import Client

from tests.factories import make_division, make_park, make_source
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "////evil.example/",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\r\n/evil.example",
    "\x01//evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "HTTPS://evil.example\\@localhost",
    "https://localhost@evil.example",
    "https://localhost.evil.example",
    "javascript:alert(1)",
    "data:text/html,evil.example",
    "evil.example",
    "//evil。example",
    "/en/\r\nLocation: https://evil.example",
    "/en/\r\nSet-Cookie: evil=1",
]


def host_led_to(answer, asked="http://localhost/") -> str | None:
    """The host a browser goes to: it takes a backslash for a slash, and many slashes for two."""
    if "Location" not in answer:
        return None
    led = answer["Location"]
    assert all(character.isprintable() for character in led)
    found = urlsplit(urljoin(asked, re.sub(r"^/{2,}", "//", led.replace("\\", "/"))))
    return found.hostname if found.scheme in ("http", "https") else found.scheme


class Led(dict):
    """An answer that leads to an address."""

    def __init__(self, address: str):
        super().__init__(Location=address)


@pytest.mark.parametrize("address", [each for each in ELSEWHERE if each.isprintable() and not each.startswith("evil")])
def test_what_leads_elsewhere_is_seen(address):
    """What the tests below stand on."""
    # A browser takes a scheme of the page's own without slashes for an address on the same host.
    relative = address in ("https:evil.example", "https:/evil.example", "http:///evil.example")
    assert host_led_to(Led(address)) != "localhost" or relative


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_login_or_choice_of_language_leads_elsewhere(target, django_user_model):
    django_user_model.objects.create_superuser("steward", password="a long word")
    client = Client(headers={"Host": "localhost"})
    for path in ("/i18n/setlang/", "/admin/login/", "/admin/logout/"):
        typed = {"language": "en", "username": "steward", "password": "a long word", "next": target}
        answers = [
            client.post(path, typed),
            client.post(f"{path}?next={quote(target)}", {**typed, "next": ""}),
            client.get(f"{path}?next={quote(target)}"),
            client.post(path, {"language": "en"}, headers={"Referer": target.strip().replace("\r\n", "")}),
        ]
        for answer in answers:
            assert (path, host_led_to(answer)) in ((path, "localhost"), (path, None))
            assert "evil" not in answer.cookies


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_address_leads_elsewhere(target):
    make_division("320281", name_en="Jiangyin", name_zh="江阴市")
    make_park("east")
    make_source("daily")
    client = Client(headers={"Host": "localhost"}, raise_request_exception=False)
    # As it stands, and written so that it comes through as it is.
    for text in {quote(target, safe="/:@"), quote(target, safe="")}:
        for path in (
            f"/{text}",
            f"//{text}",
            f"/en/{text}",
            f"/en//{text}",
            f"/en/parks/{text}",
            f"/parks/{text}/",
            f"/api/{text}",
            f"/api/v1/{text}",
            f"/api/v1/parks/{text}",
            f"/ogc/{text}",
            f"/ogc/collections/{text}/",
            f"/reconcile/view/{text}/",
            f"/reconcile/{text}",
            f"/admin/{text}",
            f"/admin/parks/park/{text}",
            f"/en/compare/?park={text}",
            f"/en/compare/?add={text}",
            f"/admin/login?next={text}",
        ):
            answer = client.generic("GET", path)
            assert answer.status_code < 500
            assert (path, host_led_to(answer, f"http://localhost{path}")) in ((path, "localhost"), (path, None))


def test_no_host_but_ours_is_led_to(settings):
    settings.SECURE_SSL_REDIRECT = True
    for name in ("evil.example", "localhost@evil.example", "localhost:80@evil.example", "evil.example\\.localhost"):
        for headers in ({"Host": name}, {"Host": "localhost", "X-Forwarded-Host": name}):
            answer = Client(headers=headers).get("/en/parks")
            assert host_led_to(answer) in (None, "localhost")
            assert "evil" not in answer.get("Location", "")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_what_is_done_in_the_admin_leads_back_to_the_admin(target):
    steward = logged_in(make_person("stewards"))
    park = make_park("east")
    base = f"/admin/parks/park/{park.pk}"
    for path in (f"{base}/change/", f"{base}/delete/", "/admin/password_change/", "/admin/jsi18n/"):
        for name in ("next", "_changelist_filters", "_popup", "_to_field"):
            answer = steward.post(f"{path}?{name}={quote(target)}", {"post": "yes", name: target})
            assert host_led_to(answer) in (None, "testserver", "localhost")
