"""Sheets as offices keep them, from the file to the values."""

from decimal import Decimal

import openpyxl
import pytest

from exchange.cells import LEAVE, read_cell, read_figure
from exchange.files import opened
from exchange.headers import read_header
from exchange.tables import tables


def values(table, path, **beside):
    """Of each row, the value of each column that is told."""
    with opened(path) as rows:
        header = read_header(tables()[table], rows.header)
        return [
            {
                column.name: read_cell(column, cell, {**beside, "unit": header.unit is not None and cells[header.unit]})
                for column, cell in zip(header.columns, cells, strict=True)
                if column is not None
            }
            for _line, cells in rows
        ]


def test_list_of_parks_in_gb18030(tmp_path):
    path = tmp_path / "园区.csv"
    header = "序号\t园区代码\t园区名称\t英文名称\t所在地\t状态\t成立时间\t网址\n"
    row = "1\tjiangyin-jingjiang\t江阴-靖江工业园区\tJiangyin-Jingjiang Park\t３２１２８２\t运行中\t2003年8月\t\n"
    path.write_bytes((header + row).encode("gb18030"))
    assert values("parks", path) == [
        {
            "slug": "jiangyin-jingjiang",
            "name_zh": "江阴-靖江工业园区",
            "name_en": "Jiangyin-Jingjiang Park",
            "host": "321282",
            "status": "ACTIVE",
            "established": "2003-08",
            "website": LEAVE,
        }
    ]


def test_workbook_of_roles(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["园区名称", "合作方", "职能", "起始时间", "备注", "数据来源"])
    book.active.append(["江阴-靖江工业园区", "江阴市", "招商引资", 2003, "[清空]", "年鉴"])
    book.save(tmp_path / "roles.xlsx")
    ((row),) = values("co-management-roles", tmp_path / "roles.xlsx")
    assert {name: str(value) for name, value in row.items()} == {
        "park": "江阴-靖江工业园区",
        "division": "江阴市",
        "function": "INVESTMENT_PROMOTION",
        "since": "2003",
        "note": "Mark.CLEAR",
    }


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (["园区", "指标", "年份", "数值（亿元）"], ["a", "gdp", "2022年上半年", 117.35]),
        (["园区", "指标", "年份", "数值", "单位"], ["a", "gdp", "2022H1", "117.35", "亿元"]),
        (["園區", "指標", "年份", "數值"], ["a", "gdp", "2022-H1", "117.35億元"]),
    ],
)
def test_workbook_of_figures(tmp_path, header, cells):
    book = openpyxl.Workbook()
    book.active.append(header)
    book.active.append(cells)
    book.save(tmp_path / "figures.xlsx")
    assert values("observations", tmp_path / "figures.xlsx", base="CNY") == [
        {"park": "a", "indicator": "gdp", "period": "2022-H1", "value": Decimal("11735000000")}
    ]


def test_figure_says_how_it_was_stated():
    column = read_header(tables()["observations"], ["数值（亿元）"]).columns[0]
    assert read_figure(column, 117.35, {"base": "CNY"}) == (Decimal("11735000000"), "117.35亿元")
