"""The search box, the front page, the network and parks side by side, as people use them."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.documents import end_edit
from parks.models import Park
from tests.factories import make_agreement, make_citation, make_division, make_park, make_park_name, make_role

pytestmark = pytest.mark.browser

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1440, "height": 900}


@pytest.fixture
def registry(db):
    make_division("320000", name_en="Jiangsu", name_zh="江苏省")
    make_division("320200", name_en="Wuxi", name_zh="无锡市", pinyin="Wuxi")
    make_division("321200", name_en="Taizhou", name_zh="泰州市", pinyin="Taizhou")
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin", latitude="31.9", longitude="120.3")
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", pinyin="Jingjiang", latitude="32", longitude="120.3")
    for slug, english, chinese in (
        ("jiangyin-jingjiang", "Jiangyin-Jingjiang Industrial Park", "江阴—靖江工业园区"),
        ("jiangyin-north", "Jiangyin North Park", "江阴北园"),
    ):
        park = make_park(slug, host="321282", name_en=english, name_zh=chinese, established="2003")
        role = make_role(park, "OPERATIONS", division="320281", since="2003")
        make_role(park, "LAND", division="320200")
        make_citation(role)
        make_citation(park, field="established", stance="DISPUTES", stated_value="2005")
    make_agreement("treaty", title_en="Agreement on the Jiangyin park")
    end_edit()


def field(page: Page):
    return page.get_by_role("combobox", name=re.compile("Search|搜索"))


def options(page: Page):
    return page.locator(".suggestions").get_by_role("option")


def test_the_search_box_answers_and_is_worked_by_keys_alone(page, registry):
    page.goto("/en/sources/")
    page.keyboard.press("Tab")
    box = field(page)
    box.focus()
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("jiangyin", delay=20)
    expect(options(page)).to_have_count(4)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status").first).to_have_text("4 suggestions")
    # nothing is chosen until somebody does
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "find-list-0")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowUp")
    expect(box).to_have_attribute("aria-activedescendant", "find-list-3")
    # Escape closes and keeps what is typed; the arrow opens again
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("jiangyin")
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(4)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/divisions/320281/")


def test_a_suggestion_tells_the_name_that_it_was_found_as_letter_by_letter(page, registry):
    make_park_name(Park.objects.get(slug="jiangyin-north"), name="Carry $& $1 $'", language="en")
    end_edit()
    page.goto("/en/sources/")
    field(page).fill("carry")
    expect(page.locator(".suggested-matched")).to_have_text("found as: Carry $& $1 $'")


def test_enter_without_a_choice_leads_to_the_page_of_the_search(page, registry):
    page.goto("/en/sources/")
    field(page).fill("jingjiang")
    field(page).press("Enter")
    page.wait_for_url("**/en/search/?q=jingjiang")
    expect(field(page)).to_have_value("jingjiang")


def test_a_suggestion_is_clicked(page, registry):
    page.goto("/zh-hans/")
    field(page).press_sequentially("beiyuan")
    expect(options(page)).to_have_count(1)
    expect(options(page)).to_contain_text("江阴北园")
    options(page).click()
    page.wait_for_url("**/zh-hans/parks/jiangyin-north/")


def test_nothing_is_asked_or_sent_while_characters_are_composed(page, registry):
    page.goto("/zh-hans/sources/")
    box, asked = field(page), []
    page.on("request", lambda request: "suggest" in request.url and asked.append(request.url))
    box.focus()
    client = page.context.new_cdp_session(page)
    client.send("Input.imeSetComposition", {"text": "jiang", "selectionStart": 5, "selectionEnd": 5})
    page.wait_for_timeout(400)
    # the key that chooses among characters submits nothing
    box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "isComposing": True})
    assert asked == []
    assert page.url.endswith("/zh-hans/sources/")
    client.send("Input.insertText", {"text": "江阴"})
    expect(options(page).first).to_contain_text("江阴市")
    assert len(asked) == 1
    expect(box).to_have_value("江阴")


def test_the_search_works_without_a_script(browser, live_server, registry):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto("/en/")
    page.get_by_role("searchbox").fill("jiangyin north")
    page.get_by_role("button", name="Search").click()
    assert page.url.endswith("/en/search/?q=jiangyin+north")
    page.get_by_role("link", name="Jiangyin North Park").click()
    assert page.url.endswith("/en/parks/jiangyin-north/")
    page.goto("/en/compare/?parks=jiangyin-north")
    page.get_by_role("searchbox", name="Add a park").fill("Jiangyin-Jingjiang Industrial Park")
    page.get_by_role("button", name="Add").click()
    assert page.url.endswith("/en/compare/?parks=jiangyin-north,jiangyin-jingjiang")
    page.goto("/en/network/")
    page.get_by_role("link", name="Wuxi").first.click()
    assert page.url.endswith("/en/divisions/320200/")
    context.close()


def test_the_ties_of_a_city_stand_out_when_it_has_the_focus(page, registry):
    page.goto("/en/network/")
    page.locator("[data-place='320200']").focus()
    expect(page.locator("svg.circle")).to_have_class(re.compile("dimmed"))
    expect(page.locator("[data-ends].lit")).to_have_count(1)
    page.keyboard.press("Tab")
    page.get_by_role("heading", level=1).click()
    page.locator("[data-place='321200']").blur()
    expect(page.locator("svg.circle")).not_to_have_class(re.compile("dimmed"))


def test_a_park_is_added_to_others_from_the_suggestions(page, registry):
    page.goto("/en/compare/?parks=jiangyin-north&on=2010")
    box = page.get_by_role("combobox", name="Add a park")
    box.press_sequentially("jiangyin")
    # parks alone
    expect(options(page)).to_have_count(2)
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url("**/en/compare/?parks=jiangyin-north,jiangyin-jingjiang&on=2010")
    expect(page.get_by_role("columnheader")).to_have_count(2)
    page.get_by_role("link", name="Show only what differs").click()
    expect(page.get_by_role("rowheader", name="Host")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_anyone_can_use_the_pages(page, registry, assert_anyone_can_use, screenshot, language):
    for name, path in (
        ("home", ""),
        ("search", "search/?q=jiangyin"),
        ("search-none", "search/?q=jiangying+north+industry"),
        ("network", "network/"),
        ("compare", "compare/?parks=jiangyin-north,jiangyin-jingjiang"),
        ("compare-one", "compare/?parks=jiangyin-north"),
        ("changes", "changes/"),
        ("about", "about/"),
    ):
        for device, size in (("phone", PHONE), ("desktop", DESKTOP)):
            for scheme in ("light", "dark") if name in ("home", "network", "compare") else ("light",):
                page.set_viewport_size(size)
                page.emulate_media(color_scheme=scheme)
                page.goto(f"/{language}/{path}")
                assert_anyone_can_use()
                screenshot(f"portal-{name}-{device}-{scheme}-{language}", full_page=True)
    page.goto(f"/{language}/sources/")
    field(page).press_sequentially("jiang")
    expect(options(page).first).to_be_visible()
    assert_anyone_can_use()
