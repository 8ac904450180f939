"""Rows of tables: what each cell tells, alike on both engines, and how often the database is asked."""

from decimal import Decimal

import pytest
from django.contrib.contenttypes.models import ContentType

from cities.models import City
from exchange import rows
from exchange.rows import header_of, in_key_order, rows_of
from exchange.tables import table_of, tables
from parks.models import CoManagementRole, Observation, Park, ParkSite
from sources.models import Citation
from tests.factories import (
    MAKERS,
    make_body,
    make_citation,
    make_division,
    make_indicator,
    make_observation,
    make_park,
    make_role,
    make_site,
    make_source,
)

pytestmark = pytest.mark.django_db


def told(model, cells="text"):
    table = table_of(model)
    return [dict(zip(header_of(table), row, strict=True)) for row in rows_of(table, in_key_order(table), cells)]


def test_row_tells_every_kind_of_value_typed_and_as_text():
    make_observation(make_park("p"), make_indicator("gdp"), value="117.35", cumulative=True, as_stated="=1+1")
    typed = {
        "park": "p",
        "indicator": "gdp",
        "period": "2022",
        "kind": "ACTUAL",
        "scope": "",
        "cumulative": True,
        "cumulative_since": "",
        "value": Decimal("117.3500"),
        "value_high": None,
        "precision": "EXACT",
        "growth_percent": None,
        "as_stated": "=1+1",
    }
    assert told(Observation, "typed") == [typed]
    assert told(Observation) == [
        typed | {"cumulative": "true", "value": "117.3500", "value_high": "", "growth_percent": ""}
    ]
    # 1 == True, and a decimal equals others that have less places.
    assert [type(value) for value in told(Observation, "typed")[0].values()][5] is bool
    assert str(told(Observation, "typed")[0]["value"]) == "117.3500"


def test_rows_of_every_table_have_a_cell_for_each_column():
    for make in MAKERS.values():
        make()
    for table in tables().values():
        for cells in ("text", "typed"):
            found = list(rows_of(table, in_key_order(table), cells))
            assert len(found) == table.model._base_manager.count() > 0
            assert {len(row) for row in found} == {len(header_of(table))}


def test_rows_stay_in_the_order_and_choice_of_what_was_asked_for():
    for slug in ("b", "c", "a"):
        make_park(slug)
    chosen = Park.objects.exclude(slug="c").select_related("host").prefetch_related("names").order_by("-slug")
    assert [row[0] for row in rows_of(table_of(Park), chosen)] == ["b", "a"]


def test_rows_of_a_proxy_are_those_of_the_table_it_stands_for():
    make_division("320200")
    assert [row[:3] for row in rows_of(table_of(City), City.objects.all())] == [
        ["320200", "PREFECTURE", "PREFECTURE_LEVEL_CITY"]
    ]


def test_key_order_is_that_of_the_characters_with_the_unknown_first_on_each_engine():
    park = make_park("p")
    for name in ("é", "b", "B", "a", "中", "_", "😀", "~", "￥"):
        make_site(park, name_en=name)
    assert [row["name_en"] for row in told(ParkSite)] == [*("B", "_", "a", "b", "~", "é", "中", "￥", "😀")]
    make_role(park, division=None, body=make_body("z"))
    make_role(park, division="320281", body=make_body("a"))
    make_role(park, division="320281")
    assert [(row["division"], row["body"]) for row in told(CoManagementRole)] == [
        ("", "z"),
        ("320281", ""),
        ("320281", "a"),
    ]


def test_citation_tells_what_it_speaks_of_by_natural_key():
    source = make_source("s")
    park = make_park("p")
    make_citation(park, source=source)
    make_citation(make_role(park, since="2003"), source=source, locator="¶2")
    make_citation(make_division("320281"), source=source, locator="¶3")
    assert sorted(row["target"] for row in told(Citation)) == [
        "co-management-role:p/OPERATIONS/320281//IN_FORCE/2003",
        "division:320281",
        "park:p",
    ]


def test_citations_are_read_in_batches_with_one_query_for_each_kind_they_speak_of(
    monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(rows, "BATCH", 3)
    ContentType.objects.get_for_model(Park)
    for count, queries in ((3, 2), (6, 4)):
        park = make_park()
        for _each in range(3):
            make_citation(park)
        # The citations once, and for each three of them the park.
        with django_assert_num_queries(queries - count // 6):
            assert len(list(rows_of(table_of(Citation), Citation.objects.order_by("id")))) == count


def test_citation_of_what_went_while_rows_were_read_is_left_out():
    make_citation(make_park("stays"))
    gone = make_citation(make_park("goes"))
    # Past the collector, as it looks to who has read the citations before somebody deletes the park.
    Park.objects.filter(pk=gone.object_id)._raw_delete("default")
    assert Citation.objects.count() == 2
    assert [row[1] for row in rows_of(table_of(Citation), Citation.objects.order_by("id"))] == ["park:stays"]
