"""The list of parks in a browser: chosen by keyboard, with scripts and without, on a phone and on a desktop."""

import re

import pytest
from playwright.sync_api import expect

from core.history import change
from tests.factories import make_citation, make_division, make_park, make_role

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def parks(live_server):
    with change():
        for code, name_en, name_zh in (
            ("320000", "Jiangsu", "江苏省"),
            ("340000", "Anhui", "安徽省"),
            ("340500", "Maanshan", "马鞍山市"),
            ("321282", "Jingjiang", "靖江市"),
            ("320281", "Jiangyin", "江阴市"),
        ):
            division = make_division(code)
            division.name_en, division.name_zh = name_en, name_zh
            division.latitude, division.longitude = f"3{int(code[1:3]) % 3}.{code[4:]}", f"11{code[1]}.{code[:2]}"
            division.save()
        for number in range(30):
            host = "340500" if number % 3 == 0 else "321282"
            park = make_park(f"park-{number:02}", host=host, name_en=f"Park {number:02}", name_zh=f"{number:02}号园区")
            make_role(park, division="320281" if number % 2 else "340500")
        make_citation(park, stance="DISPUTES")


def names(page) -> list[str]:
    return [name.strip() for name in page.locator(".park-row h3 a").all_inner_texts()]


def test_one_chooses_parks_by_keyboard_alone(page, parks, assert_anyone_can_use, screenshot):
    page.goto("/en/parks/")
    expect(page.locator("#count")).to_have_text("30 parks")
    expect(page.locator(".leaflet-marker-icon").first).to_be_visible()
    assert_anyone_can_use()
    anhui = page.get_by_role("checkbox", name=re.compile("Anhui"))
    anhui.focus()
    page.keyboard.press("Space")
    expect(page.locator("#count")).to_have_text("10 parks")
    assert page.url.endswith("/en/parks/?within__in=340000")
    # The same box has the focus, though the form is another.
    expect(page.get_by_role("checkbox", name=re.compile("Anhui"))).to_be_focused()
    page.get_by_role("checkbox", name=re.compile("Jiangsu")).focus()
    page.keyboard.press("Space")
    expect(page.locator("#count")).to_have_text("30 parks")
    assert page.url.endswith("/en/parks/?within__in=320000,340000")
    page.locator("#words").focus()
    page.keyboard.type("Park 03")
    expect(page.locator("#count")).to_have_text("1 park")
    expect(page.locator("#words")).to_be_focused()
    expect(page.locator("#words")).to_have_value("Park 03")
    assert names(page) == ["Park 03"]
    assert_anyone_can_use()
    screenshot("parks")
    page.get_by_role("link", name=re.compile("Park 03.*take off")).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text("30 parks")
    expect(page.locator("#found")).to_be_focused()
    page.go_back()
    expect(page.locator("#count")).to_have_text("1 park")
    # What the address says is what a reader sees whom one gives it to.
    page.reload()
    expect(page.locator("#count")).to_have_text("1 park")
    assert names(page) == ["Park 03"]


def test_pages_follow_one_another_in_place_and_some_are_compared(page, parks):
    page.goto("/en/parks/?sort=name")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    assert names(page) == [f"Park {number}" for number in range(24, 30)]
    for name in ("Park 24", "Park 25"):
        page.get_by_role("checkbox", name=re.compile(rf"Compare\s*: {name}")).check()
    page.get_by_role("button", name="Compare those ticked").click()
    page.wait_for_url(re.compile(r"/en/compare/\?"))
    assert "park-24" in page.url
    assert "park-25" in page.url


def test_on_a_phone_what_one_chooses_by_is_folded_away(page, parks, assert_anyone_can_use, screenshot):
    page.set_viewport_size(PHONE)
    page.goto("/zh-hans/parks/")
    expect(page.locator("#count")).to_have_text("30 个园区")
    expect(page.locator("#words")).to_be_hidden()
    assert_anyone_can_use()
    page.get_by_text("筛选园区").click()
    page.get_by_role("checkbox", name=re.compile("安徽省")).check()
    expect(page.locator("#count")).to_have_text("10 个园区")
    expect(page.locator("#words")).to_be_visible()
    assert_anyone_can_use()
    screenshot("parks-phone")


def test_without_scripts_the_form_does_the_same(browser, live_server, parks):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto("/en/parks/")
    page.get_by_role("checkbox", name=re.compile("Anhui")).check()
    page.get_by_role("checkbox", name=re.compile("Some source disputes")).check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#count")).to_have_text("0 parks")
    expect(page.get_by_text("No park meets all of this.")).to_be_visible()
    page.get_by_role("link", name=re.compile("Anhui.*take off")).click()
    expect(page.locator("#count")).to_have_text("1 park")
    assert names(page) == ["Park 29"]
    context.close()
