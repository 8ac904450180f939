"""The admin, the docs of the API and the pages for maps under their Content-Security-Policy: what it forbids is an
error in the console, which no page here may have.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.factories import make_park, make_source

pytestmark = pytest.mark.browser


@pytest.fixture
def parks():
    make_park("east", host="321282", name_en="East Park", name_zh="东园", established="2003")
    make_source("daily", title="Two cities, one park", publisher="Daily")


def color_of(page: Page, name: str) -> str:
    return page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('{name}')")


def test_every_main_page_of_the_admin_works_under_its_policy(page: Page, parks, log_in, django_user_model):
    page.goto("/admin/login/")
    # the theme that unfold writes into the page
    assert color_of(page, "--color-primary-600") == "rgb(23, 115, 112)"
    log_in(django_user_model.objects.create_superuser("steward"))
    paths = [
        "",
        "password_change/",
        "parks/park/",
        "parks/park/add/",
        "sources/source/",
        "auth/user/",
        "auth/user/add/",
    ]
    paths += ["parks/park/?q=none", "sources/citation/", "exchange/import/", "core/change/"]
    for path in paths:
        answer = page.goto(f"/admin/{path}", wait_until="networkidle")
        assert (path, answer.status) == (path, 200)
        assert color_of(page, "--color-primary-600") == "rgb(23, 115, 112)"
    page.goto("/admin/parks/park/")
    page.locator("#result_list a", has_text="East Park").click()
    page.locator("a[href$='/history/'], a[href*='/history/?']").click()
    expect(page.locator("article.change").first).to_be_visible()


def test_docs_of_the_api_ask_and_show_an_answer_under_their_policy(page: Page, parks):
    page.goto("/api/docs/")
    # the description of the API is made when it is first asked for
    page.locator("#operations-tag-search").click(timeout=60_000)
    operation = page.locator("[id^='operations-search-']")
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("tr[data-param-name='q'] input").fill("East")
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text("East Park")


def test_pages_for_maps_and_of_the_browsable_api_keep_their_looks(page: Page, parks):
    page.goto("/ogc/collections/parks/items?f=html", wait_until="networkidle")
    assert page.evaluate("getComputedStyle(document.querySelector('header')).display") == "flex"
    page.goto("/api/v1/parks/east/", wait_until="networkidle")


def test_what_a_policy_forbids_is_seen(context, live_server):
    """What the tests here stand on: a style that is written into a page is an error in its console."""
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto("/admin/login/")
    page.evaluate("document.body.append(Object.assign(document.createElement('style'), {textContent: 'a {}'}))")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'none()'}))")
    assert [each.partition(" the following ")[0] for each in errors] == [
        "Applying inline style violates",
        "Executing inline script violates",
    ]
