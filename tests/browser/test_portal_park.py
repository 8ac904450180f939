"""The page of a park in Chromium: with the keyboard alone, without JavaScript, on a phone, and on paper."""

import pytest

from parks.models import Park
from tests.factories import (
    make_body,
    make_citation,
    make_park_agreement,
    make_remark,
    make_role,
    make_share,
    make_source,
    make_whole_park,
)

pytestmark = pytest.mark.browser

PAGE = "/en/parks/bridge/"
ADDRESS = "https://example.org/report"


@pytest.fixture
def park() -> Park:
    """A park with one fact of every kind, one role that ended, another that is shared, and a dispute."""
    park = make_whole_park("bridge")
    Park.objects.filter(pk=park.pk).update(name_zh="江阴—靖江工业园区", summary_en="A park across the river.")
    source = make_source(title="A report on parks", url=ADDRESS, published_on="2012-10", language="en")
    for fact in (*park.roles.all(), *park.shares.all(), *park.events.all(), *park.remarks.all()):
        make_citation(fact, source=source, locator="¶2")
    make_citation(park, field="established", source=source, stance="DISPUTES", stated_value="2004")
    make_role(park, "FINANCE", division="321282", since="2003", until="2013", note="A long note, told whole. " * 5)
    make_role(park, "LAND", division="321282", standing="PROPOSED")
    make_role(park, "PARTNER", division="320500")
    make_role(park, "LAND", division=None, body=make_body("zone", division="320281"))
    make_role(park, "LAND", division="320281")
    make_share(park, "EQUITY", percent="65", since="2003")
    make_remark(park, "CHALLENGE", text_en="", text_zh="只有中文。")
    make_park_agreement(park)
    return park


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_anyone_can_use_the_page_of_a_park(page, park, assert_anyone_can_use, screenshot, language, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/{language}/parks/bridge/?on=2005")
    assert_anyone_can_use()
    page.emulate_media(color_scheme="dark")
    assert_anyone_can_use()
    screenshot(f"park-{language}-{width}", full_page=True)


def test_table_of_a_day_is_a_list_on_a_phone_and_still_a_table_to_who_hears_it(page, park):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{PAGE}?on=2005-01-01")
    table = page.get_by_role("table", name="Each function with the party that holds it")
    row = table.get_by_role("row").filter(has_text="Finance")
    assert row.get_by_role("rowheader").inner_text() == "Finance"
    assert [cell.is_visible() for cell in row.get_by_role("cell").all()].count(True) == 1
    assert row.get_by_role("link", name="Division 321282").is_visible()


def test_keyboard_alone_leads_through_the_day_and_to_a_note_and_back(page, park):
    page.goto(PAGE)
    for _press in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "on":
            break
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2005")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/en/parks/bridge/?on=2005#doing")
    assert "2003 – 2013" in page.locator("#doing").inner_text()

    mention = page.locator("#doing .notes a").first
    mention.focus()
    number = mention.evaluate("link => link.lastChild.textContent")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == f"#note-{number}"
    # From the note on, the next links are its own: its source, and the ways back.
    for _press in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hash") == f"#{mention.get_attribute('id')}":
            break
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == f"#{mention.get_attribute('id')}"
    assert mention.is_visible()


def test_copying_the_citation_says_that_it_is_done(page, context, park):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(PAGE)
    page.get_by_role("button", name="Copy the citation").click()
    page.get_by_role("status").filter(has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#citation").inner_text()


def test_page_tells_all_without_javascript(browser, live_server, park):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(PAGE)
    page.fill("#on", "1999")
    page.get_by_role("button", name="Show").click()
    assert "the park did not exist then." in page.locator("#doing").inner_text()
    assert page.get_by_role("button", name="Copy the citation").count() == 0
    assert page.locator("#citation").evaluate("text => getComputedStyle(text).userSelect") == "all"
    context.close()


def test_paper_has_the_notes_with_their_addresses_and_nothing_to_press(page, park):
    page.goto(PAGE)
    page.emulate_media(media="print")
    assert ADDRESS in page.locator("#notes").inner_text()
    assert [page.locator(each).first.is_visible() for each in (".top", ".bottom", ".contents", ".day", ".back")] == (
        [False] * 5
    )
    # What is folded up on screen is told on paper.
    assert page.get_by_text("Finance").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
