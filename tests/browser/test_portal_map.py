"""Maps, as people use them: with a mouse, a keyboard, fingers, in the dark, and without a script."""

import pytest

from tests.factories import make_division, make_park, make_role, make_site

pytestmark = pytest.mark.browser

PAGE = "/en/parks/bridge/"
PHONE = {"width": 390, "height": 844}

# How often, on the way from the first mark to the second as they stand on the screen, land is left or reached.
BANKS = """([one, other]) => {
  const land = [...document.querySelectorAll(".map-land")].pop();
  const middle = (mark) => {
    const box = mark.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [[x1, y1], [x2, y2]] = [middle(one), middle(other)];
  const toDrawing = land.getScreenCTM().inverse();
  const at = (t) => new DOMPoint(x1 + (x2 - x1) * t, y1 + (y2 - y1) * t).matrixTransform(toDrawing);
  const isLand = (t) => land.isPointInFill(at(t));
  const steps = Array.from({ length: 101 }, (_, step) => isLand(step / 100));
  return { ends: [steps[0], steps[100]], banks: steps.filter((land, step) => step && land !== steps[step - 1]).length };
}"""


@pytest.fixture
def bridge():
    """A park in Jingjiang, run by Jiangyin on the other bank of the Yangtze, with a site upstream."""
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", latitude="31.921345", longitude="120.286129")
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", latitude="31.982751", longitude="120.277138")
    park = make_park("bridge", name_en="Bridge Park", name_zh="桥园", host="321282")
    make_role(park, division="320281")
    make_site(park, name_en="North", division="321282")
    make_site(park, name_en="Upstream", division="321282", latitude="32.05", longitude="120.1")


def open_map(page, path=PAGE):
    page.goto(path)
    page.locator(".map-box .map-mark").first.wait_for()
    page.locator(".map-box").scroll_into_view_if_needed()
    return page.locator(".map-box")


def mark(page, name):
    return page.locator(".map-box").get_by_role("button", name=name)


def test_yangtze_is_seen_between_the_two_cities(page, bridge, screenshot, assert_anyone_can_use):
    open_map(page)
    page.locator(".map-sea").wait_for(state="attached")
    cities = [mark(page, name).element_handle() for name in ("Jingjiang", "Jiangyin")]
    assert page.evaluate(BANKS, cities) == {"ends": [True, True], "banks": 2}
    assert page.locator(".map-line").count() == 1
    assert page.locator(".map-label:visible").all_inner_texts() == ["Jingjiang", "Upstream", "Jiangyin"]
    assert_anyone_can_use()
    screenshot("map")


def test_marks_are_reached_and_told_by_keyboard(page, bridge, assert_anyone_can_use):
    open_map(page)
    page.get_by_role("link", name="Skip the map").focus()
    reached = []
    for _step in range(6):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.title")
        )
    # The map itself moves with the arrows.
    assert reached == [
        "Map of the park, its sites and its partners",
        "Jingjiang; North",
        "Upstream",
        "Jiangyin",
        "Zoom in",
        "Zoom out",
    ]
    for key in ("Enter", "Space"):
        mark(page, "Jingjiang").focus()
        page.keyboard.press(key)
        popup = page.locator(".leaflet-popup-content")
        assert popup.inner_text().split("\n\n") == ["Jingjiang", "hosts the park", "North", "site of the park"]
        assert page.evaluate("document.activeElement.textContent") == "Jingjiang"
        assert_anyone_can_use()
        page.keyboard.press("Escape")
        popup.wait_for(state="detached")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Jingjiang; North"
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup-content a", has_text="Jingjiang").click()
    assert page.url.endswith("/en/divisions/321282/")


def test_wheel_scrolls_the_page_and_moves_the_map_only_with_control(page, bridge):
    open_map(page)
    wide = [mark(page, name) for name in ("Upstream", "Jiangyin")]

    def apart():
        return abs(wide[0].bounding_box()["x"] - wide[1].bounding_box()["x"])

    page.locator(".map-box").hover()
    before, scrolled = apart(), page.evaluate("scrollY")
    page.mouse.wheel(0, 200)
    page.wait_for_function("before => scrollY > before", arg=scrolled)
    assert apart() == pytest.approx(before)
    page.locator(".map-box").hover()
    scrolled = page.evaluate("scrollY")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(500)
    page.keyboard.up("Control")
    assert apart() > before * 1.1
    assert page.evaluate("scrollY") == scrolled


def test_colours_follow_the_reader_at_once(page, bridge, screenshot):
    open_map(page)
    page.locator(".map-sea").wait_for(state="attached")
    colours = (
        "[...new Set([...document.querySelectorAll('.map-land, .map-sea')].map((each) => getComputedStyle(each).fill))]"
    )
    light = page.evaluate(colours)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(colours)
    assert (len(light), len(dark)) == (2, 2)
    assert not set(light) & set(dark)
    screenshot("map-dark")


def test_map_is_as_wide_as_a_phone_and_leaves_one_finger_to_the_page(browser, live_server, bridge):
    context = browser.new_context(
        base_url=live_server.url, viewport=PHONE, has_touch=True, is_mobile=True, locale="zh-CN"
    )
    page = context.new_page()
    box = open_map(page, "/zh-hans/parks/bridge/")
    assert (box.bounding_box()["x"], box.bounding_box()["width"]) == (0, PHONE["width"])
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert box.evaluate("(box) => getComputedStyle(box).touchAction") == "pan-x pan-y"
    mark(page, "江阴市").tap()
    assert page.locator(".leaflet-popup-content").inner_text().split("\n\n") == ["江阴市", "园区的合作方"]
    context.close()


def test_without_a_script_the_page_says_so_and_leaves_no_hole(browser, live_server, bridge):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(PAGE)
    assert "The map needs JavaScript." in page.locator("#map").inner_text()
    assert page.locator(".map-box").is_hidden()
    context.close()


def test_tiles_stand_in_for_the_basemap(page, bridge, live_server, settings):
    # Any picture will do for a tile.
    settings.MAP_TILES = f"{live_server.url}/static/js_lib_leaflet/images/layers.png?{{z}}/{{x}}/{{y}}"
    settings.MAP_TILES_ATTRIBUTION = "Tiles by the test"
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_map(page)
    page.locator(".leaflet-tile-loaded").first.wait_for()
    assert page.locator(".leaflet-tile-loaded").first.evaluate("(tile) => tile.naturalWidth") == 26
    assert "Tiles by the test" in page.locator("figure.map figcaption").inner_text()
    assert [url for url in asked if "basemap" in url] == []


@pytest.fixture
def parks():
    """Three parks at one division, and one far from them with a partner."""
    make_division("321282", name_en="Jingjiang", latitude="31.98", longitude="120.28")
    make_division("500101", name_en="Wanzhou", latitude="30.8", longitude="108.4")
    make_division("510100", name_en="Chengdu", latitude="30.6", longitude="104.1")
    for name in ("One", "Two", "Three"):
        make_park(name.lower(), name_en=name, host="321282")
    make_role(make_park("far", name_en="Far", host="500101", status="CLOSED"), division="510100")


def test_parks_at_one_place_are_one_mark_that_names_them(page, parks, assert_anyone_can_use):
    open_map(page, "/en/")
    mark(page, "3 parks").click()
    popup = page.locator(".leaflet-popup-content")
    assert sorted(popup.get_by_role("link").all_inner_texts()) == ["One", "Three", "Two"]
    assert_anyone_can_use()
    # It stays while the map moves and asks again.
    page.locator(".map-box").focus()
    with page.expect_response(lambda response: "/map/?bbox=" in response.url):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert popup.is_visible()
    popup.get_by_role("link", name="Two").click()
    assert page.url.endswith("/en/parks/two/")


def test_park_that_has_focus_shows_whom_it_is_run_with(page, parks):
    open_map(page, "/en/")
    mark(page, "Far (closed)").focus()
    assert page.locator(".map-line.is-followed").count() == 1
    page.keyboard.press("Enter")
    told = page.locator(".leaflet-popup-content").inner_text().split("\n\n")
    assert told == ["Far", "closed", "Shown at its division: no source gives its own place."]
    mark(page, "Chengdu").focus()
    assert page.locator(".map-line.is-followed").count() == 0


def test_map_that_cannot_load_its_data_says_so(browser, live_server, parks):
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.route("**/map/**", lambda route: route.abort())
    page.goto("/en/")
    page.get_by_text("The map could not load its data.").wait_for()
    page.unroute("**/map/**")
    mark(page, "Zoom in").click()
    mark(page, "3 parks").wait_for()
    assert page.locator(".map-failed").inner_text() == ""
    context.close()
