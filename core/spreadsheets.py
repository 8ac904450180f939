"""Texts that go into a spreadsheet and come back: none is run as a formula, and none is changed on the way."""

import re

# A text that begins with one of these is run by some spreadsheet; the wide forms by those made for East Asia.
FORMULA = "=+-@\t\r\n＝＋－＠"
_RUN = re.compile(f"'*[{re.escape(FORMULA)}]")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def neutralised(text: str) -> str:
    """The text as a cell holds it: with one apostrophe before it where it would be run as a formula.

    A text that has apostrophes there already gets one more, or one could not be taken off again. A plain number is
    left as it is.
    """
    return f"'{text}" if _RUN.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def restored(text: str) -> str:
    """The text that a cell holds, without the apostrophe of `neutralised`."""
    return text[1:] if text.startswith("'") and _RUN.match(text) else text
