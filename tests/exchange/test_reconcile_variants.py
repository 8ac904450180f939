"""How well names are known again: the table of variants, against the shipped parks, agreements and divisions.

`reconcile_variants.csv` has names as offices and newspapers write them, made by hand from the real parks, and some that
mean none of them. Its halves were drawn before anything was tuned: see docs/adr/0019.
"""

import csv
from functools import cache
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from parks.models import Park
from tests.factories import make_park
from tests.reconciling import reconcile

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).parent / "reconcile_variants.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
HALVES = ("tuning", "held out")


@pytest.fixture(scope="module", autouse=True)
def registry(django_db_setup, django_db_blocker):
    """The registry as shipped, loaded once for all of these tests, which only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("loaddata", "divisions", "jiangyin_jingjiang", "parks", verbosity=0)
        call_command("render_documents", jobs=1, verbosity=0)
        yield
        transaction.set_rollback(True)


@cache
def candidates(*types) -> dict[str, list[dict]]:
    """The candidates of each name of the table, asked as one of these types."""
    return reconcile(Client(), **{row["name"]: {"query": row["name"], "type": list(types)} for row in ROWS})


def of_half(half):
    return [row for row in ROWS if row["half"] == half]


def test_the_table_is_large_enough_and_halved():
    assert len({row["name"] for row in ROWS}) == len(ROWS) >= 150
    kinds = {row["kind"] for row in ROWS}
    assert [kinds - {row["kind"] for row in of_half(half)} for half in HALVES] == [set(), set()]
    assert abs(len(of_half(HALVES[0])) - len(of_half(HALVES[1]))) <= 1


@pytest.mark.parametrize("half", HALVES)
def test_the_first_candidate_is_the_park_that_is_meant(half):
    """Of a name that means no park of the registry: none is matched."""
    right = 0
    for row in of_half(half):
        result = candidates("park")[row["name"]]
        if row["park"]:
            right += bool(result) and result[0]["id"] == f"park:{row['park']}"
        else:
            right += not any(each["match"] for each in result)
    assert right / len(of_half(half)) >= 0.95


@pytest.mark.parametrize("types", [("park",), ("park", "division", "agreement")])
def test_no_match_is_wrong(types):
    wrong = [
        (row["name"], each["id"], each["score"])
        for row in ROWS
        for each in candidates(*types)[row["name"]]
        if each["match"]
        and each["id"] != f"park:{row['park']}"
        # 江苏省 is no park, but a division
        and not (each["id"].startswith("division:") and each["score"] == 100 and not row["park"])
    ]
    assert wrong == []


def test_most_names_need_no_look():
    named = [row for row in ROWS if row["park"]]
    matched = sum(any(each["match"] for each in candidates("park")[row["name"]]) for row in named)
    assert matched / len(named) >= 0.6


def test_parks_of_like_names_are_not_taken_for_those_that_are_meant():
    """Each park has a neighbour, its name with what another park of the same partners might have beside."""
    for park in Park.objects.all():
        make_park(host=park.host, name_en=f"{park.name_en} Logistics Base", name_zh=f"{park.name_zh}物流基地")
    found = reconcile(Client(), **{row["name"]: {"query": row["name"], "type": "park"} for row in ROWS})
    wrong = [
        (row["name"], each["id"])
        for row in ROWS
        for each in found[row["name"]]
        if each["match"] and each["id"] != f"park:{row['park']}"
    ]
    assert wrong == []
