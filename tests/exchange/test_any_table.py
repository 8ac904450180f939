"""Any table of cells, in any format and order: what a check tells is what becomes of it, and never half of it."""

import csv
import json
from contextlib import contextmanager
from itertools import count

import pytest
from django.db import connection, transaction
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models import Change, Version
from core.spreadsheets import neutralised
from core.workbooks import workbook
from exchange.exports import FORMATS, parts_of
from exchange.headers import verbose_name
from exchange.imports.places import report_of
from exchange.imports.report import lines_of
from exchange.imports.running import apply, begin, check
from exchange.rows import in_key_order, rows_of
from exchange.tables import tables
from tests.factories import make_park

pytestmark = pytest.mark.django_db
SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
_names = count()

# of each column, cells that are right, and such as are not or not alone
WRONG = st.sampled_from(["2003-13", "#REF!", "—", "x" * 300, "320999", "=1+1", "\u202e", "无"]) | st.text(
    st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Cn", "Z"]), max_size=6
)
RIGHT = {
    "slug": ["north", "south", "a-park", "b-park", "c-park"],
    "name_en": ["North", "'=1", "=Park", 'O\'Neill, "Sons"', ""],
    "name_zh": ["江阴园区", "北园", "", "[clear]"],
    "status": ["ACTIVE", "active", "存续", "MERGED", "closed"],
    "host": ["321282", "320281", "靖江市", ""],
    "established": ["2003", "2003年8月", "2003/8/29", "2003-08-29", "[清空]", ""],
    "part_of": ["", "north", "a-park", "b-park", "[clear]"],
}
COLUMNS = {column.name: column for column in tables()["parks"].columns}


@st.composite
def any_rows(draw) -> list[dict[str, str]]:
    """Rows by the names of columns, of which each has the same; mostly right ones."""
    names = ["slug", *draw(st.lists(st.sampled_from([*RIGHT][1:]), unique=True))]
    is_clumsy = draw(st.booleans())
    rows = []
    for _row in range(draw(st.integers(1, 6))):
        right = {name: draw(st.sampled_from(RIGHT[name])) for name in names}
        wrong = {draw(st.sampled_from(names)): draw(WRONG)} if is_clumsy and draw(st.booleans()) else {}
        rows.append(right | wrong)
    return rows


@st.composite
def any_file(draw, rows) -> tuple[str, bytes, dict]:
    """The format of a file of `rows`, what is in it, and how to read it: columns in any order, called as people do."""
    order = draw(st.permutations([*rows[0]]))
    header = []
    for name in order:
        with override(draw(st.sampled_from(["en", "zh-hans"]))):
            header.append(draw(st.sampled_from([name, name.upper(), verbose_name(COLUMNS[name]), f" {name} *"])))
    cells = [[row[name] for name in order] for row in rows]
    format = draw(st.sampled_from(["csv", "csv", "xlsx", "ndjson"]))
    if format == "xlsx":
        return format, b"".join(workbook("parks", header, (), cells)), {}
    if format == "ndjson":
        objects = (dict(zip([each.strip() for each in header], row, strict=True)) for row in cells)
        return format, "".join(f"{json.dumps(each)}\n" for each in objects).encode(), {}
    separator, ending = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    lines = Lines()
    writer = csv.writer(lines, delimiter=separator, lineterminator=ending, quoting=quoting)
    writer.writerows([header, *([neutralised(each) for each in row] for row in cells)])
    return format, "".join(lines).encode(encoding), {"encoding": encoding, "separator": separator}


class Lines(list):
    write = list.append


@pytest.fixture
def sent(settings, tmp_path):
    """An import of that content into the parks: `sent("csv", b"slug\\n...", encoding="utf-8")`."""
    settings.IMPORT_FILES = str(tmp_path / "imports")

    def sent(format, content, **options):
        path = tmp_path / f"{next(_names)}.{format}"
        path.write_bytes(content)
        return begin(tables()["parks"], path, name=path.name, **options)

    return sent


@contextmanager
def undone():
    """The registry with two parks; what is written in here is undone."""
    with transaction.atomic():
        make_park("north", name_en="North", name_zh="北园")
        make_park("south", host="320281", part_of=make_park("old"))
        yield
        transaction.set_rollback(True)


def recorded() -> tuple:
    """All that an import may write: the parks, and the history."""
    parks = [*rows_of(tables()["parks"], in_key_order(tables()["parks"]))]
    return parks, Version.objects.count(), Change.objects.count()


def told(upload) -> list[tuple]:
    """What the report says of each line: the outcome, what changes, and where something is wrong."""
    return [
        (
            line["outcome"],
            sorted((each["column"], str(each["old"]), str(each["new"])) for each in line["changes"]),
            sorted({each["column"] for each in line["problems"]}),
        )
        for line in lines_of(report_of(upload))
    ]


@SETTINGS
@given(st.data())
def test_what_a_check_tells_is_what_becomes_of_a_file_and_all_of_it_or_nothing(sent, data):
    rows = data.draw(any_rows())
    format, content, options = data.draw(any_file(rows))
    with undone():
        before = recorded()
        checked = check(sent(format, content, **options))
        assert recorded() == before
        foretold = told(checked)
        assert len(foretold) == sum(any(each.strip() for each in row.values()) for row in rows)
        done = apply(sent(format, content, **options))
        assert told(done) == foretold
        outcomes = [outcome for outcome, _changes, _problems in foretold]
        if "error" in outcomes:
            assert done.state == "FAILED"
            assert recorded() == before
            assert all(problems or outcome != "error" for outcome, _changes, problems in foretold)
        else:
            assert done.state == "APPLIED"
            assert (recorded() == before) == (set(outcomes) == {"unchanged"})
            again = apply(sent(format, content, **options))
            assert [outcome for outcome, *_rest in told(again)] == ["unchanged"] * len(outcomes)
            for each in FORMATS:
                exported = b"".join(parts_of(tables()["parks"], tables()["parks"].model.objects.all(), each))
                assert {outcome for outcome, *_rest in told(check(sent(each, exported)))} == {"unchanged"}


@SETTINGS
@given(st.data())
def test_same_table_says_the_same_in_any_format_order_and_encoding(sent, data):
    rows = data.draw(any_rows())
    with undone():
        one, other = (
            told(check(sent(format, content, **options)))
            for format, content, options in (data.draw(any_file(rows)), data.draw(any_file(rows)))
        )
        assert one == other


@SETTINGS
@given(st.data())
def test_of_what_is_wrong_nothing_is_written_where_only_the_rest_is_wanted(sent, data):
    rows = data.draw(any_rows())
    format, content, options = data.draw(any_file(rows))
    with undone():
        foretold = [outcome for outcome, *_rest in told(check(sent(format, content, **options)))]
        done = apply(sent(format, content, **options), only_good=True)
        assert [outcome for outcome, *_rest in told(done)] == foretold
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM parks_park")
            assert cursor.fetchone()[0] == 3 + foretold.count("new")
