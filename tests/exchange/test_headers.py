import time

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


@pytest.mark.django_db
def test_header_of_every_list_of_the_api_is_understood(client):
    """What a file of the API tells beside the fields of a record is passed over, and nothing else is."""
    for name in sorted(tables()):
        answer = client.get(f"/api/v1/{name}.csv")
        if answer.status_code == 404:
            # Told as facts of a park or an agreement alone.
            continue
        header = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[0].split(",")
        known = read_header(tables()[name], header)
        there = {column.name for column in known.columns if column}
        missing = {column.name for column in tables()[name].columns} - there
        # A post is told by its number there, which is that of one database.
        assert {each.partition(".")[0] for each in missing} <= {"post"}, name
        assert (known.id is None) == ("id" not in header), name


def test_address_of_a_source_is_known_beside_where_the_api_tells_it():
    header = read_header(tables()["sources"], ["slug", "url", "address", "archived_address"])
    assert [each and each.name for each in header.columns] == ["slug", None, "url", "archived_url"]
    assert header.passed_over == ["url"]
    assert told("sources", "slug", "url") == ["slug", "url"]


def test_number_of_a_row_and_the_unit_of_its_figure_have_their_own_places():
    header = read_header(tables()["observations"], ["序号", "id", "指标", "数值", "单位", "problem", "park_name_zh"])
    assert (header.id, header.unit, header.source) == (1, 4, None)
    assert header.passed_over == ["序号", "problem", "park_name_zh"]
    assert told("indicators", "code", "单位") == ["code", "unit"]


def test_every_problem_of_a_header_is_told():
    with pytest.raises(HeaderError) as error:
        read_header(tables()["observations"], ["数值（吨公里）", "数值", "value", "所在地", "xyz"])
    chinese = "园区, 指标, 时期, 类型, 范围, 累计, 累计起始, 数值, 上限, 精确程度, 增速(%), 原文表述"
    assert error.value.messages == [
        "“数值（吨公里）”: the unit “吨公里” is not known. Write one such as 亿元, 亩 or km².",
        "“数值” and “value” are the same column, value: take one out.",
        "No column is called “所在地”.",
        "No column is called “xyz”.",
        f"Take out what is no column, or name it as one of these: {chinese}.",
    ]


def test_remark_in_brackets_is_part_of_the_name_or_none():
    assert told("parks", "名称（中文）", "name (en)", "成立时间（年月）", "所在地*") == [
        "name_zh",
        "name_en",
        "established",
        "host",
    ]
    assert told("park-statements", "statement.official", "Statement Outlet") == [
        "statement.official",
        "statement.outlet",
    ]


def test_header_that_is_longer_than_any_name_costs_nothing():
    begun = time.process_time()
    for text in ("a" + " " * 100_000 + "b", "(" * 100_000, "園" * 100_000, "a (" * 30_000):
        with pytest.raises(HeaderError) as error:
            read_header(tables()["parks"], [text])
        assert error.value.messages[0].startswith(f"No column is called “{text[:60]}”.")
    assert time.process_time() - begun < 1


def test_table_of_which_nothing_is_known_may_be_a_title_or_another_kind():
    with pytest.raises(HeaderError) as error:
        read_header(tables()["remarks"], ["2024 report"])
    assert error.value.messages == [
        "No column is called “2024 report”.",
        "Take out what is no column, or name it as one of these: park, kind, text_en, text_zh.",
        "No header is known: is the first row a title, or does this table hold other records?",
    ]
