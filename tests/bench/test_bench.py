"""`make bench` runs to its end, and its made-up parks are the same everywhere. What it measures is not tested."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from bench.agreement import difference
from bench.registry import Registry, slug

COUNTIES = [("320281", "Jiangyin", "江阴市"), ("321282", "Jingjiang", "靖江市"), ("310101", "Huangpu", "黄浦区")]


class AnyNumber(dict):
    def __missing__(self, key):
        return 1


def rows_of(size):
    registry = Registry(size, COUNTIES, AnyNumber(), AnyNumber())
    return {model: list(rows) for model, _columns, rows in registry.tables()}


def test_small_registry_is_the_beginning_of_a_large_one():
    small, large = rows_of(20), rows_of(60)
    for model in small.keys() - {"sources.citation"}:
        assert large[model][: len(small[model])] == small[model]
    assert {model: len(rows) for model, rows in small.items()} == {
        "sources.source": 1,
        "parks.industry": 40,
        "parks.indicator": 5,
        "agreements.agreement": 5,
        "agreements.agreementparty": 10,
        "parks.park": 20,
        "parks.parkname": 10,
        "parks.comanagementrole": 50,
        "parks.parkindustry": 40,
        "parks.parkagreement": 20,
        "parks.observation": 60,
        "sources.citation": 90,
    }


def test_parks_have_names_of_their_own_to_be_found_by():
    assert [slug(number) for number in range(3)] == ["henggang-000000", "zuanchuang-000001", "yayin-000002"]


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "c": 3}, ""),
        ({"a": [{"value": "4"}]}, {"a": [{"value": "4.0000"}]}, ""),
        ({"a": [{"value": "4"}]}, {"a": [{"value": "5"}]}, ".a[0].value: '4' and '5'"),
        ({"a": [1]}, {"a": []}, ".a: 1 rows and 0"),
        ({"a": 1}, {"b": 1}, ": they share no field"),
        ({"a": None}, {"a": {"b": 1}}, ".a: None and {'b': 1}"),
    ],
)
def test_answers_agree_where_both_tell(one, other, told):
    assert difference(one, other) == told


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it brings both engines itself: once is enough")
def test_bench_of_fifty_parks_says_what_it_measured_and_what_it_could_not(tmp_path):
    # without wrk, since a machine that tests need not have it: nothing else is called by its name alone
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name in ("git", "chmod"):
        (binaries / name).symlink_to(shutil.which(name))
    made = subprocess.run(
        # Django's own loaddata alone takes half a minute
        [sys.executable, "-m", "bench", "--size", "50", "--folder", tmp_path, "--leave-out", "loaddata"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PATH": str(binaries)},
        capture_output=True,
        text=True,
    )
    page = Path(tmp_path, "benchmarks.md")
    assert (made.returncode, page.exists()) == (0, True), made.stdout + made.stderr
    told = page.read_text(encoding="utf-8")
    assert "answers of the peers were compared with this project's and agree." in told
    assert "- one park: wrk is not here (Debian's package wrk)" in told
    assert "- loaddata: left out, as asked" in told
    for what in ("an edit of a park", "admin list", "cold start", "import of 50 parks", "NDJSON"):
        assert f"| {what}" in told
    assert not (tmp_path / "run").exists()
