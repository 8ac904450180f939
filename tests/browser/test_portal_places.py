"""Places, agreements and sources in Chromium: on desktop and phone, in both languages, without mouse or scripts."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
PAGES = (
    "divisions/",
    "divisions/320281/?on=2010",
    "agreements/?on=2024",
    "agreements/wuxi-taizhou-2023/",
    "officials/du-xiaogang/",
    "sources/",
    "sources/charityinchina-2023-09/",
)


@pytest.fixture
def registry():
    call_command("loaddata", "divisions", "jiangyin_jingjiang", verbosity=0)


def test_every_page_of_places_can_be_used_by_anyone(page, registry, assert_anyone_can_use, screenshot):
    for language, size, scheme in (("en", DESKTOP, "light"), ("zh-hans", PHONE, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        for address in PAGES:
            assert page.goto(f"/{language}/{address}").status == 200, address
            assert_anyone_can_use()
            screenshot(f"{language}-{address.partition('?')[0].strip('/').replace('/', '-')}", full_page=True)


def test_totals_are_chosen_with_the_keyboard(page, registry):
    page.goto("/en/divisions/321282/?on=2010")
    totals = page.get_by_role("region", name="Totals that count each park once")
    expect(totals.get_by_role("row", name=re.compile("Jiangyin-Jingjiang"))).to_be_visible()
    totals.get_by_label("Whose a park’s figure is").focus()
    page.keyboard.press("e")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("attribution=partner"))
    assert "on=2010" in page.url
    expect(totals.get_by_text("never add these totals of several places up", exact=False)).to_be_visible()


def test_periods_on_offer_are_those_of_the_figure_that_is_chosen(page, registry):
    page.goto("/en/divisions/321282/")
    figure, period = page.locator("#indicator"), page.locator("#period")
    offered = {}
    for value in [each.get_attribute("value") for each in figure.get_by_role("option").all()]:
        figure.select_option(value)
        offered[value] = [each.get_attribute("value") for each in period.get_by_role("option").all()]
    assert len(offered) > 1
    for value, periods in offered.items():
        page.goto(f"/en/divisions/321282/?indicator={value}")
        assert [each.get_attribute("value") for each in period.get_by_role("option").all()] == periods


def test_pages_of_places_work_without_scripts(browser, live_server, registry):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/en/agreements/")
    page.get_by_label("Kind").select_option("CONSTRUCTION")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("main").get_by_role("link", name=re.compile("Agreement on accelerating")).click()
    page.get_by_role("link", name="Wuxi", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wuxi")
    page.get_by_label("As of").fill("2010")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("As of")).to_have_value("2010")
    context.close()


def test_note_leads_to_the_source_and_back_to_the_fact(page, registry):
    page.goto("/en/agreements/wuxi-taizhou-2023/")
    clauses = page.get_by_role("region", name="What it says")
    clauses.get_by_role("link", name=re.compile("^Note")).first.click()
    page.locator("li:target").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=2, name="What rests on it")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Clause: 1,")).first.click()
    expect(page.locator("li:target")).to_be_visible()
    assert "/en/agreements/wuxi-taizhou-2023/#clause-" in page.url
