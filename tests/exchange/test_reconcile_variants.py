"""How well names are known again: the table of variants, against the shipped parks, agreements and divisions.

`reconcile_variants.csv` has names as offices and newspapers write them, made by hand from the real parks, and some that
mean none of them. Its halves were drawn before anything was tuned: see docs/adr/0019.
"""

import csv
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from tests.reconciling import reconcile

pytestmark = pytest.mark.django_db

ROWS = list(csv.DictReader((Path(__file__).parent / "reconcile_variants.csv").open(encoding="utf-8")))
HALVES = ("tuning", "held out")


@pytest.fixture(scope="module", autouse=True)
def registry(django_db_setup, django_db_blocker):
    """The registry as shipped, loaded once for all of these tests, which only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("loaddata", "divisions", "jiangyin_jingjiang", "parks", verbosity=0)
        call_command("render_documents", verbosity=0)
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def found(registry):
    """The candidates of each name, by what it is asked as."""
    told = {}
    for asked in ("park", ["park", "division", "agreement"]):
        queries = {row["name"]: {"query": row["name"], "type": asked} for row in ROWS}
        told[str(asked)] = reconcile(Client(), **queries)
    return told


def of_half(half):
    return [row for row in ROWS if row["half"] == half]


def test_the_table_is_large_enough_and_halved():
    assert len({row["name"] for row in ROWS}) == len(ROWS) >= 150
    kinds = {row["kind"] for row in ROWS}
    assert [kinds - {row["kind"] for row in of_half(half)} for half in HALVES] == [set(), set()]
    assert abs(len(of_half(HALVES[0])) - len(of_half(HALVES[1]))) <= 1


@pytest.mark.parametrize("half", HALVES)
def test_the_first_candidate_is_the_park_that_is_meant(found, half):
    """Of a name that means no park of the registry: none is matched."""
    right = 0
    for row in of_half(half):
        result = found["park"][row["name"]]
        if row["park"]:
            right += bool(result) and result[0]["id"] == f"park:{row['park']}"
        else:
            right += not any(each["match"] for each in result)
    assert right / len(of_half(half)) >= 0.95


@pytest.mark.parametrize("asked", ["park", str(["park", "division", "agreement"])])
def test_no_match_is_wrong(found, asked):
    wrong = [
        (row["name"], each["id"], each["score"])
        for row in ROWS
        for each in found[asked][row["name"]]
        if each["match"]
        and each["id"] != f"park:{row['park']}"
        # 江苏省 is no park, but a division
        and not (each["id"].startswith("division:") and each["score"] == 100 and not row["park"])
    ]
    assert wrong == []


def test_most_names_need_no_look(found):
    named = [row for row in ROWS if row["park"]]
    matched = sum(any(each["match"] for each in found["park"][row["name"]]) for row in named)
    assert matched / len(named) >= 0.6
