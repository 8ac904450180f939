"""Markup in every text of every kind of record, in a real browser: all pages show it, and none runs it.

The Content-Security-Policy stops most of what would run: what it had to stop is a fault here too.
"""

import csv
import io

import pytest
from django.contrib import admin
from django.utils.translation import override
from playwright.sync_api import Page, expect

from core.history import record_models
from core.models import Change
from parks.models import Park
from portal.addresses import PAGES, address_of
from tests.admin import list_of, page_of
from tests.hostile.corpus import MARKUP, SCHEMES
from tests.hostile.spoiling import make_spoilt
from tests.people import make_person

pytestmark = pytest.mark.browser

WATCH = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt"]) window[name] = (text) => { window.ran.push(`${name} ${text}`) };
document.addEventListener("securitypolicyviolation", (event) => {
  window.ran.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
});
"""
LOOK = """() => ({
  ran: window.ran,
  made: [...document.querySelectorAll("[hostile]")].map((each) => each.outerHTML),
  led: [...document.querySelectorAll("[href], [action], [src]")]
    .flatMap((each) => ["href", "action", "src"].map((name) => each.getAttribute(name)).filter(Boolean))
    .filter((address) => !["http:", "https:", "mailto:"].includes(new URL(address, location).protocol)),
})"""
NOTHING = {"ran": [], "made": [], "led": []}
TEXTS = list(MARKUP.values())


@pytest.fixture
def page(page: Page) -> Page:
    page.add_init_script(WATCH)
    return page


@pytest.fixture
def spoilt():
    # each text begins with another, and has the others behind it as far as there is room
    make_spoilt([" ".join(TEXTS[number:] + TEXTS[:number]) for number in range(len(TEXTS))], SCHEMES)


def look(page: Page, path: str) -> bool:
    """Open the page at `path`: it shows texts of ours and runs none. Whether it shows any."""
    answer = page.goto(path)
    assert (path, answer.status) == (path, 200)
    assert page.evaluate(LOOK) == NOTHING, path
    return "alert(1)" in page.content()


def test_what_runs_and_what_is_made_is_seen(context, live_server):
    """What the tests here stand on, in a page that takes a text for markup, or follows it."""
    page = context.new_page()
    page.add_init_script(WATCH)
    for name, text in MARKUP.items():
        page.goto("/en/about/")
        page.evaluate("text => document.querySelector('main').innerHTML = text", text)
        assert ("<" in text) == bool(page.evaluate(LOOK)["made"]), name
    page.goto("/en/about/")
    page.evaluate(
        """text => new Promise((done) => {
          document.addEventListener("securitypolicyviolation", done, { once: true });
          document.querySelector("main").innerHTML = text;
        })""",
        MARKUP["an end of whatever it stands in"],
    )
    assert [each.split()[0] for each in page.evaluate(LOOK)["ran"]] == ["script-src-attr"]
    for address in SCHEMES:
        page.goto("/en/about/")
        page.evaluate("address => document.querySelector('main a').setAttribute('href', address)", address)
        assert page.evaluate(LOOK) == NOTHING | {"led": [address]}


def test_every_kind_of_page_shows_markup_and_runs_none(page: Page, spoilt):
    paths = [f"{name}/" for name in ("parks", "divisions", "agreements", "sources", "network", "changes")]
    keys = ",".join(Park.objects.order_by("pk").values_list("slug", flat=True)[:3])
    paths += ["", "search/?q=alert", f"compare/?parks={keys}", "parks/suxitong/?on=2005", "agreements/sutong-2009/"]
    with override("en"):
        paths += [address_of(model.objects.order_by("pk").first()).removeprefix("/en/") for model in PAGES]
    for language in ("en", "zh-hans"):
        for path in paths:
            assert look(page, f"/{language}/{path}"), path


def test_what_scripts_make_of_markup_runs_nothing(page: Page, spoilt):
    page.goto("/en/")
    page.get_by_role("combobox").first.press_sequentially("alert")
    expect(page.locator(".suggestions").get_by_role("option").first).to_contain_text("alert(1)")
    assert page.evaluate(LOOK) == NOTHING

    for path in ("parks/suxitong/", "parks/", ""):
        page.goto(f"/en/{path}")
        mark = page.locator(".map-box .map-mark").first
        mark.scroll_into_view_if_needed()
        mark.hover()
        mark.press("Enter")
        expect(page.locator(".leaflet-popup-content")).to_contain_text("alert(1)")
        assert page.evaluate(LOOK) == NOTHING

    page.goto("/en/network/")
    page.locator("[data-place]").first.hover()
    assert page.evaluate(LOOK) == NOTHING


def test_every_page_of_the_admin_shows_markup_and_runs_none(page: Page, spoilt, log_in):
    steward = make_person("stewards", is_superuser=True, first_name=TEXTS[0], last_name=TEXTS[1])
    Change.objects.update(reason=" ".join(TEXTS)[:500], person=steward)
    log_in(steward)
    for model in filter(admin.site.is_registered, record_models()):
        record = model._base_manager.order_by("pk").first()
        # the same templates tell the history and the end of all kinds; a park has most that hangs on it
        views = ("change", "history", "delete") if model is Park else ("change",)
        for path in [list_of(model), *(page_of(record, view) for view in views)]:
            assert look(page, path), path
    assert look(page, list_of(Change))
    look(page, "/admin/")


def test_a_file_of_markup_is_refused_or_checked_and_runs_nothing(page: Page, spoilt, log_in, settings, tmp_path):
    settings.IMPORT_FILES = str(tmp_path / "imports")
    log_in(make_person("stewards"))
    header = ["slug", "name_en", "name_zh", "host", "crosses"]
    # some rows are shown as what they would make, some as what is wrong with them
    rows = [[f"new-{number}", text, f"园{text}", "321282", text] for number, text in enumerate(TEXTS)]
    rows += [["wrong", "Wrong", "", text, text] for text in TEXTS]
    for columns, told in (([*header[:-1], TEXTS[2]], "No column is called"), (header, "host:")):
        page.goto("/admin/exchange/import/add/")
        page.get_by_label("What its rows are").select_option("parks")
        content = io.StringIO()
        csv.writer(content).writerows([columns, *rows])
        page.locator("[name=file]").set_input_files(
            {"name": TEXTS[0].replace("/", "") + ".csv", "mimeType": "text/csv", "buffer": content.getvalue().encode()}
        )
        page.get_by_role("button", name="Check the file").click()
        expect(page.get_by_text(told).first).to_be_visible()
        assert "alert(1)" in page.locator("#content").inner_text()
        assert page.evaluate(LOOK) == NOTHING


def test_what_the_admin_offers_runs_nothing(page: Page, spoilt, log_in):
    log_in(make_person("stewards"))
    page.goto(page_of(Park.objects.get(slug="suxitong")))
    page.locator("#id_successor + .select2").click()
    page.locator(".select2-search__field").last.fill("alert")
    expect(page.locator(".select2-results__option").first).to_contain_text("alert(1)")
    page.locator(".select2-results__option").first.click()
    expect(page.locator("#id_successor + .select2")).to_contain_text("alert(1)")
    assert page.evaluate(LOOK) == NOTHING
