"""The country by its cities: nothing left out, nothing twice."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cities.models import Division
from cities.partition import Cell, cells, partition
from fixtures.build import divisions as builder
from tests.factories import make_division

ENTRIES = json.loads(builder.FIXTURE.read_text(encoding="utf-8"))
DIVISIONS = [
    Division(code=entry["pk"], level=entry["fields"]["level"], kind=entry["fields"]["kind"]) for entry in ENTRIES
]


def test_every_division_of_the_country_and_abroad_belongs_to_exactly_one_cell():
    found = cells(DIVISIONS)
    assert {division.code: sum(cell.covers(division.code) for cell in found) for division in DIVISIONS} == {
        division.code: 1 for division in DIVISIONS
    }


def test_the_cells_are_the_cities_and_what_no_city_has():
    told = Counter((cell.division.level, cell.alone) for cell in cells(DIVISIONS))
    assert told["PREFECTURE", False] == 333
    # The four municipalities and the two special administrative regions; the other provinces for themselves.
    assert (told["PROVINCE", False], told["PROVINCE", True]) == (6, 28)
    assert told["COUNTY", False] == sum(
        division.level == "COUNTY" and division.code[:4] in ("4190", "4290", "4690", "6590") for division in DIVISIONS
    )
    assert told["NATION", False] == sum(division.level == "NATION" for division in DIVISIONS)


@given(st.lists(st.sampled_from(DIVISIONS), unique_by=lambda division: division.code, max_size=40))
def test_so_does_every_division_of_any_selection(divisions):
    found = cells(divisions)
    assert all(sum(cell.covers(division.code) for cell in found) == 1 for division in divisions)


@pytest.mark.django_db
def test_the_partition_is_read_in_one_query(django_assert_num_queries):
    for code in ("320281", "110101", "419001"):
        make_division(code)
    with django_assert_num_queries(1):
        found = partition()
    assert [(cell.division.code, cell.alone) for cell in found] == [
        ("110000", False),
        ("320000", True),
        ("320200", False),
        ("410000", True),
        ("419001", False),
    ]
    assert Cell(found[2].division).covers("320281")
    assert not found[1].covers("320281")
