"""The pages of the map service, as people use them: without a script, on a phone and on a desk."""

import pytest

from tests.factories import make_division, make_park

pytestmark = pytest.mark.browser

ITEMS = "/ogc/collections/parks/items"


@pytest.fixture
def parks():
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", latitude="32", longitude="120")
    make_park("here", name_en="A park with a name that is as long as the names of such parks are", name_zh="江阴园区")
    make_park("far", latitude="10", longitude="100", established="2003-08-29")


def test_a_reader_comes_from_the_landing_page_to_a_park_in_a_box(page, parks, screenshot):
    page.goto("/ogc/")
    page.get_by_role("navigation", name="Parks").get_by_role("link", name="The features").click()
    assert page.get_by_role("row").count() == 3
    page.get_by_label("West, south, east and north").fill("119,31,121,33")
    page.get_by_role("button", name="Show").click()
    assert page.get_by_role("row").count() == 2
    screenshot("features")
    page.get_by_role("row").get_by_role("link").click()
    assert "A park with a name" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="简体中文").click()
    assert page.get_by_role("heading", level=1).inner_text() == "江阴园区"
    assert page.locator("html").get_attribute("lang") == "zh-hans"


@pytest.mark.parametrize("path", ["/ogc/", "/ogc/api", "/ogc/collections/parks", ITEMS, f"{ITEMS}/here"])
def test_no_page_is_wider_than_a_phone(page, parks, path):
    page.set_viewport_size({"width": 375, "height": 740})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
