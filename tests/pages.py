"""What a public page says, to compare in tests."""

import re
from html import unescape

from django.utils.html import strip_tags


def words(html: bytes | str) -> str:
    """The text of a page or of a part of it, with single spaces."""
    html = html.decode() if isinstance(html, bytes) else html
    return " ".join(unescape(strip_tags(re.sub(r"(?s)<(script|head)\b.*?</\1>", "", html))).split())


def section(response, title: str) -> str:
    """The HTML of the section whose heading has this `id`; "" where there is none."""
    found = re.search(rf'(?s)<section[^>]* aria-labelledby="{title}".*?</section>', response.content.decode())
    return found[0] if found else ""


def rows(html: str) -> list[list[str]]:
    """The text of each cell of each row of the tables in it."""
    return [
        [words(cell) for cell in re.findall(r"(?s)<t[hd][ >].*?</t[hd]>", row)]
        for row in re.findall(r"(?s)<tr[ >].*?</tr>", html)
    ]


def items(html: str) -> list[str]:
    """The text of each item of the lists in it that has no list of its own."""
    return [words(item) for item in re.findall(r"(?s)<li[ >](?:(?!<li[ >]).)*?</li>", html)]
