import pytest
from django.utils.translation import override

from exchange.headers import HeaderError, known_names, read_header
from exchange.tables import tables


def told(table, *header):
    return [column and column.name for column in read_header(tables()[table], list(header)).columns]


def test_header_is_known_by_the_names_of_columns_and_fields_and_those_of_offices():
    for header in (
        ["park", "division", "function", "since"],
        ["park_slug", "division_code", "FUNCTION", "Since"],
        ["园区名称", "合作方", "职能", "起始时间"],
        ["園區名稱", "合作方", "職能", "起始時間"],
        ["Ｐａｒｋ", " DIVISION ", "func-tion", "start date"],
    ):
        assert told("co-management-roles", *header) == ["park", "division", "function", "since"]


def test_header_may_tell_the_unit_of_figures():
    header = read_header(tables()["observations"], ["园区", "指标", "年份", "数值（亿元）", "数据来源"])
    assert [(each.name, each.unit) for each in header.columns if each] == [
        ("park", ""),
        ("indicator", ""),
        ("period", ""),
        ("value", "亿元"),
    ]
    assert (header.source, header.passed_over) == (4, ["数据来源"])


def test_header_that_is_not_known_is_refused_with_what_is_meant_in_its_language():
    with pytest.raises(HeaderError) as error:
        read_header(tables()["co-management-roles"], ["park", "functoin", "起始时问", "sincee", "since"])
    assert error.value.messages == [
        "No column is called “functoin”. Did you mean “function”?",
        "No column is called “起始时问”. Did you mean “起始时间”?",
        "No column is called “sincee”. Did you mean “since”?",
    ]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_names_of_columns_do_not_depend_on_the_language_of_who_asks(language):
    with override(language):
        known_names.cache_clear()
        assert told("parks", "园区名称", "所在地", "English name", "状态") == ["name_zh", "host", "name_en", "status"]


def test_every_column_is_known_by_its_own_name():
    for table in tables().values():
        assert told(table.name, *[column.name for column in table.columns]) == [each.name for each in table.columns]
