"""The examples in the API's description are what it answers on the shipped fixtures.

To write them anew when the API or the fixtures have changed: `UPDATE_EXAMPLES=1 pytest tests/api/test_examples.py`.
"""

import json
import os
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from config.management.commands.demo import FIXTURES

V1 = "/api/v1"
# The path as described, and the address of an example of it.
EXAMPLES = {
    "/divisions/{code}/": "/divisions/321282/",
    "/provinces/{code}/": "/provinces/320000/",
    "/cities/{code}/": "/cities/320200/",
    "/county-level-cities/{code}/": "/county-level-cities/320281/",
    "/parks/{slug}/": "/parks/liusong/",
    "/parks/{slug}/co-management/": "/parks/jiangyin-jingjiang/co-management/?on=2023",
    "/agreements/{slug}/": "/agreements/wuxi-taizhou-2023/",
    "/search/": "/search/?q=江阴&limit=1",
    "/bodies/{slug}/": "/bodies/",
    "/co-management-roles/{id}/": "/co-management-roles/?park=jiangyin-jingjiang",
    "/benefit-shares/{id}/": "/benefit-shares/",
    "/observations/{id}/": "/observations/?park=jiangyin-jingjiang",
    "/events/{id}/": "/events/?park=jiangyin-jingjiang",
    "/remarks/{id}/": "/remarks/?park=jiangyin-jingjiang",
    "/industries/{code}/": "/industries/",
    "/indicators/{code}/": "/indicators/",
    "/officials/{slug}/": "/officials/",
    "/statements/{id}/": "/statements/",
    "/sources/{slug}/": "/sources/?slug=charityinchina-2023-09",
    "/citations/{id}/": "/citations/?target=park:jiangyin-jingjiang",
}


def without_chance(told):
    """The answer without what differs from one loading of the fixtures to the next."""
    if isinstance(told, dict):
        return {name: _fixed(name, value) for name, value in told.items()}
    return [without_chance(each) for each in told] if isinstance(told, list) else told


def _fixed(name, value):
    if name in ("id", "role") and isinstance(value, int):
        return 1
    if name in ("created", "changed"):
        return "2026-01-01T00:00:00Z"
    if name == "url":
        value = value.replace("http://testserver", "https://parks.example.org")
        return re.sub(r"(roles|shares|observations|events|remarks|statements|citations)/[0-9]+/$", r"\1/1/", value)
    return without_chance(value)


@pytest.fixture
def answers(db):
    client, told = APIClient(), {}
    call_command("loaddata", *FIXTURES, verbosity=0)
    for path, address in EXAMPLES.items():
        answer = client.get(V1 + address).json()
        rows = answer.get("results", [answer])
        if rows:
            told[V1 + path] = without_chance(rows[0])
    return told


def test_the_examples_are_what_the_api_answers(answers):
    if os.environ.get("UPDATE_EXAMPLES"):
        settings.API_EXAMPLES.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n")
    assert json.loads(settings.API_EXAMPLES.read_text()) == answers
