from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from exchange.cells import CLEAR, LEAVE, read_cell, read_figure
from exchange.headers import read_header
from exchange.tables import tables


def column(table, header):
    return read_header(tables()[table], [header]).columns[0]


def read(table, header, value, **beside):
    return read_cell(column(table, header), value, beside)


def refused(table, header, value, **beside) -> str:
    with pytest.raises(ValidationError) as error:
        read(table, header, value, **beside)
    return " ".join(error.value.messages)


def test_cell_that_is_empty_leaves_alone_and_one_that_says_so_clears():
    for value in (None, "", "  ", "　"):
        assert read("parks", "name_zh", value) is LEAVE
    for value in ("[clear]", "[清空]", "[CLEAR]"):
        assert read("parks", "name_zh", value) is CLEAR
    assert refused("parks", "slug", "[clear]") == (
        "This is never empty: write a value, or leave the cell empty to keep it."
    )


@pytest.mark.parametrize("value", ["320281", "３２０２８１", "320281.0", 320281, 320281.0, Decimal("320281.0")])
def test_reference_is_read_as_the_text_of_its_key(value):
    assert read("parks", "host", value) == "320281"


@pytest.mark.parametrize("value", ["OPERATIONS", "operations", "Operations", "运营"])
def test_choice_is_read_by_its_value_or_its_label_in_either_language(value):
    assert read("co-management-roles", "function", value) == "OPERATIONS"


def test_figure_is_turned_into_the_unit_of_its_indicator():
    value = column("observations", "数值（亿元）")
    assert read_figure(value, 117.35, {"base": "CNY"}) == (Decimal("11735000000"), "117.35亿元")
    assert read_cell(value, "3,500万", {"base": "CNY"}) == Decimal("35000000")
    assert read("observations", "value", "405亩", base="km²") == Decimal("0.27")
