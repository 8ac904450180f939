"""The timeline and the charts of a park, as people see them on a desk and on a phone, in both languages."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories import (
    make_agreement,
    make_citation,
    make_event,
    make_indicator,
    make_observation,
    make_park,
    make_park_agreement,
    make_park_name,
    make_role,
    make_share,
)

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def park(live_server):
    """A park of forty years in which nothing is simple."""
    park = make_park("the-park", name_en="Bridge Park", name_zh="大桥园区", established="2003")
    make_citation(park, field="established", stance="DISPUTES", stated_value="2003-02-15")
    make_park_name(park, name="旧园区", kind="FORMER", since="1987", until="2003-08-29")
    make_role(park, function="LAND", since="2003-08", until="2013")
    make_role(park, function="LAND", since="2015-03-01")
    make_role(park, function="FINANCE")
    make_share(park, percent="35", since="1994", until="2001")
    make_share(park, percent="65", since="2001", standing="PROPOSED")
    make_park_agreement(park, make_agreement(title_en="A pact", signed_on="2003-02-15", term_years=10))
    for year in range(1999, 2024):
        make_event(park, date=f"{year}-0{year % 9 + 1}", text_en=f"What happened in {year}.", text_zh=f"{year}年的事。")
    gdp = make_indicator("gdp", name_en="Regional GDP", name_zh="地区生产总值")
    make_observation(park, gdp, period="2012-H1", value="6155000000")
    make_observation(park, gdp, period="2020", value="9000000000", value_high="9500000000")
    disputed = make_observation(park, gdp, period="2022", value="11735000000", growth_percent="5.6")
    make_citation(disputed)
    make_citation(disputed, field="value", stance="DISPUTES", stated_value="98亿元")
    make_observation(park, gdp, period="2025", value="15000000000", kind="TARGET")
    make_observation(park, gdp, period="2026", value="16000000000", kind="FORECAST")
    make_observation(park, make_indicator("alone", unit="km²"), period="", value="60")
    return park


def test_timeline_and_charts_are_there_without_scripts_and_each_bar_leads_to_its_fact(
    page: Page, park, assert_anyone_can_use, screenshot
):
    page.goto("/en/parks/the-park/")
    role = park.roles.get(since="2003-08")
    bar = page.get_by_role("link", name="land · Division 320281: August 2003 – 2013")
    expect(bar).to_have_attribute("href", f"#comanagementrole-{role.pk}")
    bar.focus()
    page.keyboard.press("Enter")
    expect(page.locator(":target")).to_have_attribute("id", f"comanagementrole-{role.pk}")
    expect(page.get_by_role("img", name=re.compile("Regional GDP: 5 figures"))).to_be_visible()
    page.get_by_text("The same as a table, in order of time").click()
    expect(page.get_by_role("region", name="Chronicle").get_by_role("row")).to_have_count(35)
    assert_anyone_can_use()
    screenshot("portal-timeline", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_timeline_and_charts_fit_a_phone_in_chinese(page: Page, park, scheme, assert_anyone_can_use, screenshot):
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=scheme)
    page.goto("/zh-hans/parks/the-park/")
    expect(page.get_by_role("heading", name="时间轴", exact=True)).to_be_visible()
    assert_anyone_can_use()
    lane = page.locator(".time-roles .time-lane").first
    label, picture = (lane.locator(part).first.bounding_box() for part in (".time-label", "svg"))
    # the words stand above their bar, which has the whole width
    assert label["y"] + label["height"] <= picture["y"] + 1
    assert picture["width"] > 340
    assert picture["height"] >= 24
    screenshot(f"portal-timeline-phone-{scheme}", full_page=True)


def test_bars_stand_under_their_years(page: Page, park):
    page.goto("/en/parks/the-park/")
    first, last = (
        next(tick for tick in page.locator(".time-axis text").all() if tick.text_content() == year).bounding_box()["x"]
        for year in ("1990", "2020")
    )
    year = (last - first) / 30
    # 35 percent since 1994, until 2001: certain from the last day of the one to the first day of the other
    bar = page.locator(".time-shares .time-certain").first.bounding_box()
    # a year stands a little beside the line of its first day
    assert bar["x"] == pytest.approx(first - 3 + 5 * year, abs=2)
    assert bar["width"] == pytest.approx(6 * year, abs=2)


def test_table_of_the_timeline_scrolls_with_the_keyboard_where_it_is_too_wide(page: Page, park):
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto("/en/parks/the-park/")
    page.get_by_text("The same as a table, in order of time").click()
    region = page.get_by_role("region", name="Chronicle")
    # words that cannot be broken
    region.get_by_role("columnheader", name="What", exact=True).evaluate("cell => cell.textContent = 'W'.repeat(60)")
    region.focus()
    page.keyboard.press("ArrowRight")
    expect(region).not_to_have_js_property("scrollLeft", 0)
