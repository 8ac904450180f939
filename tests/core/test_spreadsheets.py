"""What begins like a formula is made text in a cell, and comes back as it was."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.spreadsheets import FORMULA, neutralised, restored

# Mostly of what matters: any text at all rarely begins with it.
TEXTS = st.text() | st.text(st.sampled_from(f"'{FORMULA}0123456789.x１"))


@given(TEXTS)
@example("'-5")
@example("-5\n")
@example("'")
def test_any_text_comes_back_from_a_cell_and_is_never_run(text):
    cell = neutralised(text)
    assert restored(cell) == text
    if cell.startswith(tuple(FORMULA)):
        assert cell == text
        float(cell)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("＝SUM(A1)", "'＝SUM(A1)"),
        ("－5", "'－5"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("+86 10", "'+86 10"),
        ("'=1+1", "''=1+1"),
        ("'-5", "''-5"),
        ("-5,-6", "'-5,-6"),
        ("-٥", "'-٥"),
        ("-5", "-5"),
        ("-1.50", "-1.50"),
        ("'90s", "'90s"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_one_apostrophe_is_put_before_what_would_be_run(text, cell):
    assert (neutralised(text), restored(cell)) == (cell, text)
